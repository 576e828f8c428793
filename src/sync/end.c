/* SPDX-License-Identifier: MIT */
/* end.c - the ends of a channel: how they come, and how they go. */
#include "channel.h"

/* ---- Coming ------------------------------------------------------------- */

static void *resize(struct channel *channel, void *ptr, size_t size)
{
    const struct eddy_mem *mem = &channel->exchange.store.mem;

    return mem->resize(mem->arg, ptr, size);
}

static struct eddy_channel_end *make_end(struct channel *channel,
                                         struct eddy_loop *loop, bool sends)
{
    struct eddy_channel_end *end = resize(channel, NULL, sizeof *end);

    if (end == NULL)
        return NULL;
    *end = (struct eddy_channel_end){ .loop = loop,
                                      .channel = channel,
                                      .state = sends ? SENDS : RECEIVES };
    channel->open[sends]++;
    channel->ends++;
    channel->flows = !channel->shared && channel->open[!sends] > 0;
    return end;
}

static int make(struct eddy_channel_end **ret_sender,
                struct eddy_channel_end **ret_receiver,
                struct eddy_loop *const loops[2], size_t capacity, bool shared)
{
    const struct eddy_mem mem = eddy_loop_settings(loops[0])->mem;
    struct channel *channel = mem.resize(mem.arg, NULL, sizeof *channel);
    struct eddy_channel_end *sender, *receiver;

    if (channel == NULL)
        return -ENOMEM;
    memset(channel, 0, sizeof *channel);
    eddy__exchange_init(&channel->exchange, capacity, &mem);
    channel->shared = shared;
    sender = make_end(channel, loops[0], true);
    receiver = make_end(channel, loops[1], false);
    if (sender == NULL || receiver == NULL ||
        (shared && pthread_mutex_init(&channel->mutex, NULL) != 0)) {
        (void)resize(channel, sender, 0);
        (void)resize(channel, receiver, 0);
        (void)mem.resize(mem.arg, channel, 0);
        return -ENOMEM;
    }
    *ret_sender = sender;
    *ret_receiver = receiver;
    return 0;
}

int eddy_channel_new(struct eddy_channel_end **ret_sender,
                     struct eddy_channel_end **ret_receiver,
                     struct eddy_loop *loop, size_t capacity)
{
    struct eddy_loop *const loops[2] = { loop, loop };
    int err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (ret_sender == NULL || ret_receiver == NULL)
        return -EINVAL;
    return make(ret_sender, ret_receiver, loops, capacity, false);
}

int eddy_channel_new_shared(struct eddy_channel_end **ret_sender,
                            struct eddy_loop *sender_loop,
                            struct eddy_channel_end **ret_receiver,
                            struct eddy_loop *receiver_loop, size_t capacity)
{
    struct eddy_loop *const loops[2] = { sender_loop, receiver_loop };

    if (sender_loop == NULL || receiver_loop == NULL || ret_sender == NULL ||
        ret_receiver == NULL)
        return -EINVAL;
    return make(ret_sender, ret_receiver, loops, capacity, true);
}

int eddy_channel_clone(struct eddy_channel_end **ret_end,
                       struct eddy_channel_end *end, struct eddy_loop *loop)
{
    struct eddy_channel_end *clone;
    struct channel *channel;
    int err = eddy__object_check(end);

    if (err < 0)
        return err;
    channel = end->channel;
    if (ret_end == NULL || loop == NULL)
        return -EINVAL;
    if (end->state == CLOSED)
        return -EBADF;
    if (loop != end->loop && !channel->shared)
        return -EXDEV;
    channel_lock(channel);
    clone = make_end(channel, loop, end->state == SENDS);
    channel_unlock(channel);
    if (clone == NULL)
        return -ENOMEM;
    *ret_end = clone;
    return 0;
}

/* ---- Going -------------------------------------------------------------- */

/* Those of `line` that are to go leave it, and wait in `told` to be told: all,
 * or those that came by way of `end`. */
static void send_away(struct channel *channel, bool takes, int32_t n,
                      const struct eddy_channel_end *end, struct link *told)
{
    struct link *line =
        takes ? &channel->exchange.takers : &channel->exchange.givers;
    struct link *next;

    for (struct link *l = line->next; l != line; l = next) {
        next = l->next;
        if (end != NULL && eddy_request_on(eddy__request_of(l)) != end)
            continue;
        (void)transfer_leave(&channel->exchange, l, takes, n);
        line_join(told, l);
    }
}

/* No receiver is left: takes out one of the values that nobody will have. */
static bool take_rest(struct channel *channel, struct item *ret_item)
{
    bool left;

    channel_lock(channel);
    left = channel->open[false] == 0 && channel->exchange.store.count > 0;
    if (left)
        store_pop(&channel->exchange.store, ret_item);
    channel_unlock(channel);
    return left;
}

int eddy_channel_close(struct eddy_channel_end *end)
{
    struct channel *channel;
    struct link told;
    struct item item;
    bool sends;

    if (end == NULL)
        return -EINVAL;
    if (end->state == CLOSED)
        return 0;
    channel = end->channel;
    sends = end->state == SENDS;
    end->state = CLOSED;
    line_init(&told);
    channel_lock(channel);
    send_away(channel, !sends, -EBADF, end, &told);
    if (--channel->open[sends] == 0) { /* the other side is told */
        channel->flows = false;
        send_away(channel, sends, sends ? 0 : -EPIPE, NULL, &told);
    }
    channel_unlock(channel);
    while (!line_is_empty(&told)) {
        struct link *first = told.next;

        line_leave(first);
        eddy__channel_tell(EDDY_CONTAINER_OF(first, struct transfer, link),
                           end->loop);
    }
    while (take_rest(channel, &item))
        eddy_value_free(&item.value);
    return 0;
}

void eddy__channel_put_back(struct eddy_channel_end *end, struct item item)
{
    struct channel *channel = end->channel;
    struct transfer *next = NULL;
    bool lost;

    channel_lock(channel);
    lost = channel->open[false] == 0;
    if (lost)
        channel->exchange.store.reserved--;
    else
        next = eddy__exchange_put_back(&channel->exchange, item);
    channel_unlock(channel);
    if (lost)
        eddy_value_free(&item.value);
    if (next != NULL)
        eddy__channel_tell(next, end->loop);
}

void eddy__channel_bury(struct eddy_channel_end *end)
{
    struct channel *channel = end->channel;
    struct eddy_mem mem = channel->exchange.store.mem;
    bool last;

    channel_lock(channel);
    last = --channel->ends == 0;
    channel_unlock(channel);
    (void)mem.resize(mem.arg, end, 0);
    if (!last)
        return;
    if (channel->shared)
        (void)pthread_mutex_destroy(&channel->mutex);
    eddy__store_close(&channel->exchange.store);
    (void)mem.resize(mem.arg, channel, 0);
}

void eddy_channel_free(struct eddy_channel_end *end)
{
    if (end == NULL)
        return;
    end->pending++; /* lest closing it be its end */
    (void)eddy_channel_close(end);
    end->freed = true;
    channel_unpend(end);
}

int eddy_channel_stats(const struct eddy_channel_end *end,
                       struct eddy_channel_stats *ret_stats)
{
    struct channel *channel;
    struct eddy_channel_stats stats = { .capacity = 0 };

    if (end == NULL || ret_stats == NULL)
        return -EINVAL;
    channel = end->channel;
    channel_lock(channel);
    stats.capacity = channel->exchange.capacity;
    stats.count = channel->exchange.store.count;
    stats.senders = channel->open[true];
    stats.receivers = channel->open[false];
    stats.sending = line_count(&channel->exchange.givers);
    stats.receiving = line_count(&channel->exchange.takers);
    channel_unlock(channel);
    *ret_stats = stats;
    return 0;
}
