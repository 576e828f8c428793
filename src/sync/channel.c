/* SPDX-License-Identifier: MIT */
/*
 * channel.c - sending and receiving.
 *
 * All is decided under the lock of the channel, if it has one, and told without
 * it. Who waits in another loop is told by a call posted there; a cancel that
 * comes in between finds that the transfer has left its line, and lets the call
 * bring what was decided.
 */
#include "channel.h"

static int send_value(struct eddy_channel_end *end, struct eddy_value value,
                      struct transfer **ret_told)
{
    struct channel *channel = end->channel;

    if (end->state != SENDS)
        return -EBADF;
    if (channel->open[false] == 0)
        return -EPIPE;
    return exchange_give(&channel->exchange, value, ret_told);
}

/* 1: an item; 0: the end. */
static int receive_item(struct eddy_channel_end *end, struct item *ret_item,
                        struct transfer **ret_told)
{
    struct channel *channel = end->channel;

    if (end->state != RECEIVES)
        return -EBADF;
    if (exchange_take(&channel->exchange, ret_item, ret_told))
        return 1;
    return channel->open[true] == 0 ? 0 : -EAGAIN;
}

/* ---- Telling ------------------------------------------------------------ */

static void tell_here(struct transfer *transfer)
{
    if (transfer->n < 0)
        channel_unpend(eddy_request_on(eddy__request_of(transfer)));
    eddy__transfer_end(transfer);
}

static void tell_posted(struct eddy_call *call)
{
    tell_here(EDDY_CONTAINER_OF(call, struct transfer, call));
}

void eddy__channel_tell(struct transfer *transfer, struct eddy_loop *loop)
{
    struct eddy_loop *its = eddy_request_loop(eddy__request_of(transfer));

    if (its == loop) {
        tell_here(transfer);
        return;
    }
    transfer->call.run = tell_posted;
    (void)eddy_loop_post_call(its, &transfer->call); /* it runs in that loop */
}

/* ---- At once ------------------------------------------------------------ */

static int send_at_once(struct eddy_channel_end *end, struct eddy_value value)
{
    struct transfer *told = NULL;
    int err;

    channel_lock(end->channel);
    err = send_value(end, value, &told);
    channel_unlock(end->channel);
    if (told != NULL)
        eddy__channel_tell(told, end->loop);
    return err;
}

static int receive_at_once(struct eddy_channel_end *end, struct item *ret_item)
{
    struct transfer *told = NULL;
    int n;

    channel_lock(end->channel);
    n = receive_item(end, ret_item, &told);
    channel_unlock(end->channel);
    if (told != NULL)
        eddy__channel_tell(told, end->loop);
    return n;
}

int eddy_channel_try_send(struct eddy_channel_end *end, struct eddy_value value)
{
    int err = eddy__object_check(end);

    return err < 0 ? err : send_at_once(end, value);
}

int eddy_channel_try_receive(struct eddy_channel_end *end,
                             struct eddy_value *ret_value)
{
    struct item item;
    int n = eddy__object_check(end);

    if (n == 0)
        n = ret_value == NULL ? -EINVAL : receive_at_once(end, &item);
    if (n > 0)
        *ret_value = item.value;
    return n;
}

/* With all that may stand in the way: closed ends, other loops. */
static bool send_with_care(const struct eddy_op *op,
                           struct eddy_result *ret_result)
{
    int err = send_at_once(op->on, carried_value(op->word));

    *ret_result = eddy_n(err);
    if (err < 0 && err != -EAGAIN)
        eddy__transfer_refuse(op);
    return err != -EAGAIN;
}

/* To one who waits, or there is no room. */
__attribute__((noinline)) static bool hand_on(struct eddy_loop *loop,
                                              const struct eddy_op *op,
                                              struct eddy_result *ret_result)
{
    struct eddy_channel_end *end = op->on;
    struct exchange *exchange;

    if (!eddy__object_is_here(end, loop))
        return false;
    exchange = &end->channel->exchange;
    if (end->state != SENDS || !end->channel->flows)
        return send_with_care(op, ret_result);
    if (line_is_empty(&exchange->takers))
        return exchange->store.count < exchange->capacity &&
               send_with_care(op, ret_result); /* the store is to grow */
    transfer_tell(exchange_serve(exchange, carried_value(op->word)));
    *ret_result = eddy_n(0);
    return true;
}

static bool send_now(struct eddy_loop *loop, const struct eddy_op *op,
                     struct eddy_result *ret_result)
{
    struct eddy_channel_end *end = op->on;

    if (!eddy__object_is_here(end, loop) || end->state != SENDS ||
        !end->channel->flows || !exchange_may_store(&end->channel->exchange))
        return hand_on(loop, op, ret_result);
    store_push_last(&end->channel->exchange.store, carried_value(op->word));
    *ret_result = eddy_n(0);
    return true;
}

static bool receive_with_care(const struct eddy_op *op,
                              struct eddy_result *ret_result)
{
    struct item item;
    int n = receive_at_once(op->on, &item);

    if (n > 0)
        hand_over(place_for_value(op->word), item.value);
    *ret_result = eddy_n(n);
    return n != -EAGAIN;
}

/* From one who waits, or there is nothing. */
__attribute__((noinline)) static bool take_on(struct eddy_loop *loop,
                                              const struct eddy_op *op,
                                              struct eddy_result *ret_result)
{
    struct eddy_channel_end *end = op->on;
    struct exchange *exchange;
    struct transfer *giver;

    if (!eddy__object_is_here(end, loop))
        return false;
    exchange = &end->channel->exchange;
    if (end->state != RECEIVES || !end->channel->flows ||
        exchange->store.count > 0)
        return receive_with_care(op, ret_result);
    if (line_is_empty(&exchange->givers))
        return false;
    giver = exchange_relieve(exchange);
    exchange->store.seq++;
    hand_over(place_for_value(op->word), giver->item.value);
    transfer_tell(giver);
    *ret_result = eddy_n(1);
    return true;
}

static bool receive_now(struct eddy_loop *loop, const struct eddy_op *op,
                        struct eddy_result *ret_result)
{
    struct eddy_channel_end *end = op->on;
    struct item item;

    if (!eddy__object_is_here(end, loop) || end->state != RECEIVES ||
        !end->channel->flows || !exchange_is_stored(&end->channel->exchange))
        return take_on(loop, op, ret_result);
    store_pop_first(&end->channel->exchange.store, &item);
    hand_over(place_for_value(op->word), item.value);
    *ret_result = eddy_n(1);
    return true;
}

/* ---- As operations ------------------------------------------------------ */

static bool start_send(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct eddy_channel_end *end = eddy_request_on(request);
    struct transfer *transfer = eddy__transfer_begin(request);
    struct transfer *told = NULL;
    int err;

    if (!eddy__object_is_here(end, eddy_request_loop(request)) &&
        !eddy__object_admits(request, ret_result)) {
        eddy_value_free(&transfer->item.value);
        return true;
    }
    channel_lock(end->channel);
    err = send_value(end, transfer->item.value, &told);
    if (err == -EAGAIN)
        line_join(&end->channel->exchange.givers, &transfer->link);
    transfer->is_out = err != -EAGAIN;
    end->pending += err == 0 || err == -EAGAIN;
    channel_unlock(end->channel);
    if (told != NULL)
        eddy__channel_tell(told, end->loop);
    if (err < 0 && err != -EAGAIN)
        eddy_value_free(&transfer->item.value);
    *ret_result = eddy_n(err);
    return err != -EAGAIN;
}

/* Room is reserved for what it gets, for it may come back. */
static int start_taking(struct eddy_channel_end *end, struct transfer *transfer,
                        struct transfer **ret_told)
{
    struct exchange *exchange = &end->channel->exchange;
    int n = store_room(&exchange->store);

    if (n < 0)
        return n;
    exchange->store.reserved++;
    n = receive_item(end, &transfer->item, ret_told);
    if (n == -EAGAIN)
        line_join(&exchange->takers, &transfer->link);
    else if (n <= 0)
        exchange->store.reserved--;
    transfer->is_out = n != -EAGAIN;
    transfer->n = n;
    return n;
}

static bool start_receive(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    struct eddy_channel_end *end = eddy_request_on(request);
    struct transfer *transfer = eddy__transfer_begin(request);
    struct transfer *told = NULL;
    int n;

    if (!eddy__object_is_here(end, eddy_request_loop(request)) &&
        !eddy__object_admits(request, ret_result))
        return true;
    channel_lock(end->channel);
    n = start_taking(end, transfer, &told);
    channel_unlock(end->channel);
    end->pending += n >= 0 || n == -EAGAIN;
    if (told != NULL)
        eddy__channel_tell(told, end->loop);
    *ret_result = eddy_n(n);
    return n != -EAGAIN;
}

static void give_up(struct eddy_request *request, bool takes)
{
    struct eddy_channel_end *end = eddy_request_on(request);
    struct channel *channel = end->channel;
    struct transfer *transfer = (struct transfer *)eddy_request_words(request);
    bool waits;

    channel_lock(channel);
    waits = !transfer->is_out;
    if (waits)
        (void)transfer_leave(&channel->exchange, &transfer->link, takes,
                             -ECANCELED);
    channel_unlock(channel);
    if (waits)
        tell_here(transfer);
}

static void cancel_send(struct eddy_request *request)
{
    give_up(request, false);
}

static void cancel_receive(struct eddy_request *request)
{
    give_up(request, true);
}

static void settle_send(struct eddy_request *request, bool taken)
{
    (void)taken; /* what is sent is sent */
    channel_unpend(eddy_request_on(request));
}

static void settle_receive(struct eddy_request *request, bool taken)
{
    struct eddy_channel_end *end = eddy_request_on(request);
    struct transfer *transfer = (struct transfer *)eddy_request_words(request);

    if (transfer->n > 0 && !taken) {
        eddy__channel_put_back(end, transfer->item);
    } else if (transfer->n > 0) {
        channel_lock(end->channel);
        end->channel->exchange.store.reserved--;
        channel_unlock(end->channel);
        hand_over(transfer->ret_value, transfer->item.value);
    }
    channel_unpend(end);
}

struct eddy_op eddy_channel_send(struct eddy_channel_end *end,
                                 struct eddy_value value)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "send to channel",
        .start = start_send,
        .cancel = cancel_send,
        .now = send_now,
        .settle = settle_send,
        .refuse = eddy__transfer_refuse,
    };

    return exchange_op(&type, end, value, NULL);
}

struct eddy_op eddy_channel_receive(struct eddy_channel_end *end,
                                    struct eddy_value *ret_value)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "receive from channel",
        .start = start_receive,
        .cancel = cancel_receive,
        .now = receive_now,
        .settle = settle_receive,
    };

    return exchange_op(&type, end, eddy_none(), ret_value);
}
