/* SPDX-License-Identifier: MIT */
/* queue.c - values between those who make them and those who deal with them. */
#include "exchange.h"

struct eddy_queue {
    struct eddy_loop *loop; /* first, as in struct object */
    struct exchange exchange;
    struct link joiners;
    uint64_t dealt_with; /* of all that came: exchange.store.seq */
    bool shut, dropping; /* down; at once */
    bool freed;          /* lives on until all it gave have been told */
};

int eddy_queue_new(struct eddy_queue **ret_queue, struct eddy_loop *loop,
                   const struct eddy_queue_options *options)
{
    static const struct eddy_queue_options none = { .capacity = 0 };
    const struct eddy_mem *mem;
    struct eddy_queue *queue;
    struct store *store;
    int err = eddy_loop_check(loop);

    if (options == NULL)
        options = &none;
    if (err < 0)
        return err;
    if (ret_queue == NULL || (unsigned)options->order > EDDY_PRIORITY)
        return -EINVAL;
    mem = &eddy_loop_settings(loop)->mem;
    queue = mem->resize(mem->arg, NULL, sizeof *queue);
    if (queue == NULL)
        return -ENOMEM;
    *queue = (struct eddy_queue){ .loop = loop };
    eddy__exchange_init(&queue->exchange,
                        options->capacity == 0 ? SIZE_MAX : options->capacity,
                        mem);
    line_init(&queue->joiners);
    store = &queue->exchange.store;
    store->order = options->order;
    store->compare = options->compare;
    store->compare_arg = options->compare_arg;
    *ret_queue = queue;
    return 0;
}

size_t eddy_queue_count(const struct eddy_queue *queue)
{
    return queue != NULL ? queue->exchange.store.count : 0;
}

/* ---- What is dealt with ------------------------------------------------- */

static void deal_with(struct eddy_queue *queue, size_t count)
{
    queue->dealt_with += count;
    if (queue->dealt_with == queue->exchange.store.seq)
        eddy__line_end(&queue->joiners, 0);
}

int eddy_queue_task_done(struct eddy_queue *queue)
{
    int err = eddy__object_check(queue);

    if (err == 0 && queue->dealt_with == queue->exchange.store.seq)
        err = -EINVAL;
    if (err == 0)
        deal_with(queue, 1);
    return err;
}

static bool join_now(struct eddy_loop *loop, const struct eddy_op *op,
                     struct eddy_result *ret_result)
{
    const struct eddy_queue *queue = op->on;

    *ret_result = eddy_n(0);
    return eddy__object_is_here(queue, loop) &&
           queue->dealt_with == queue->exchange.store.seq;
}

static bool start_join(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct eddy_queue *queue = eddy_request_on(request);

    if (!eddy__object_admits(request, ret_result))
        return true;
    *ret_result = eddy_n(0);
    if (queue->dealt_with == queue->exchange.store.seq)
        return true;
    line_join(&queue->joiners, (struct link *)eddy_request_words(request));
    return false;
}

struct eddy_op eddy_queue_join(struct eddy_queue *queue)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "join queue",
        .start = start_join,
        .cancel = eddy__object_cancel,
        .now = join_now,
    };

    return (struct eddy_op){ .type = &type, .on = queue };
}

/* ---- Putting ------------------------------------------------------------ */

static int put(struct eddy_queue *queue, struct eddy_value value)
{
    struct transfer *getter = NULL;
    int err =
        queue->shut ? -EPIPE : exchange_give(&queue->exchange, value, &getter);

    if (getter != NULL)
        eddy__transfer_end(getter);
    return err;
}

int eddy_queue_try_put(struct eddy_queue *queue, struct eddy_value value)
{
    int err = eddy__object_check(queue);

    return err < 0 ? err : put(queue, value);
}

static bool put_now(struct eddy_loop *loop, const struct eddy_op *op,
                    struct eddy_result *ret_result)
{
    int err = eddy__object_is_here(op->on, loop)
                  ? put(op->on, eddy__carried(op))
                  : -EAGAIN;

    *ret_result = eddy_n(err);
    if (err < 0 && err != -EAGAIN)
        eddy__transfer_refuse(op);
    return err != -EAGAIN;
}

static bool start_put(struct eddy_request *request,
                      struct eddy_result *ret_result)
{
    struct eddy_queue *queue = eddy_request_on(request);
    struct transfer *transfer = eddy__transfer_begin(request);

    if (eddy__object_admits(request, ret_result))
        *ret_result = eddy_n(put(queue, transfer->item.value));
    if (ret_result->n == -EAGAIN)
        line_join(&queue->exchange.givers, &transfer->link);
    else if (ret_result->n < 0)
        eddy_value_free(&transfer->item.value);
    return ret_result->n != -EAGAIN;
}

static void give_up(struct eddy_request *request, bool takes)
{
    struct eddy_queue *queue = eddy_request_on(request);
    struct link *link = (struct link *)eddy_request_words(request);

    eddy__transfer_end(
        transfer_leave(&queue->exchange, link, takes, -ECANCELED));
}

static void cancel_put(struct eddy_request *request)
{
    give_up(request, false);
}

struct eddy_op eddy_queue_put(struct eddy_queue *queue, struct eddy_value value)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "put",
        .start = start_put,
        .cancel = cancel_put,
        .now = put_now,
        .refuse = eddy__transfer_refuse,
    };

    return eddy__exchange_op(&type, queue, &value, NULL);
}

/* ---- Getting ------------------------------------------------------------ */

static int get(struct eddy_queue *queue, struct item *ret_item)
{
    struct transfer *putter = NULL;

    if (!exchange_take(&queue->exchange, ret_item, &putter))
        return queue->shut ? -EPIPE : -EAGAIN;
    if (putter != NULL)
        eddy__transfer_end(putter);
    return 1;
}

int eddy_queue_try_get(struct eddy_queue *queue, struct eddy_value *ret_value)
{
    struct item item;
    int n = eddy__object_check(queue);

    if (n == 0)
        n = ret_value == NULL ? -EINVAL : get(queue, &item);
    if (n < 0)
        return n;
    *ret_value = item.value;
    return 0;
}

static bool get_now(struct eddy_loop *loop, const struct eddy_op *op,
                    struct eddy_result *ret_result)
{
    struct item item;
    int n = eddy__object_is_here(op->on, loop) ? get(op->on, &item) : -EAGAIN;

    if (n > 0)
        hand_over(eddy_pointer(op->word[4]), item.value);
    *ret_result = eddy_n(n);
    return n != -EAGAIN;
}

static bool start_get(struct eddy_request *request,
                      struct eddy_result *ret_result)
{
    struct eddy_queue *queue = eddy_request_on(request);
    struct transfer *transfer = eddy__transfer_begin(request);
    struct store *store;
    int n;

    if (!eddy__object_admits(request, ret_result))
        return true;
    store = &queue->exchange.store;
    n = store_room(store);
    if (n == 0) {
        store->reserved++;
        n = get(queue, &transfer->item);
    }
    if (n == -EAGAIN)
        line_join(&queue->exchange.takers, &transfer->link);
    else if (n < 0 && n != -ENOMEM)
        store->reserved--;
    *ret_result = eddy_n(n);
    return n != -EAGAIN;
}

static void cancel_get(struct eddy_request *request)
{
    give_up(request, true);
}

static void bury(struct eddy_queue *queue)
{
    struct eddy_mem mem = queue->exchange.store.mem;

    if (!queue->freed || queue->exchange.store.reserved > 0)
        return;
    eddy__store_close(&queue->exchange.store);
    (void)mem.resize(mem.arg, queue, 0);
}

/* Nobody takes it: back to where it was, if that is still a place to be. */
static void put_back(struct eddy_queue *queue, struct item item)
{
    struct transfer *next = NULL;

    if (queue->freed || queue->dropping) {
        queue->exchange.store.reserved--;
        eddy_value_free(&item.value);
        deal_with(queue, 1);
    } else {
        next = eddy__exchange_put_back(&queue->exchange, item);
    }
    if (next != NULL)
        eddy__transfer_end(next);
}

static void settle_get(struct eddy_request *request, bool taken)
{
    struct eddy_queue *queue = eddy_request_on(request);
    struct transfer *transfer = (struct transfer *)eddy_request_words(request);

    if (taken) {
        queue->exchange.store.reserved--;
        hand_over(transfer->ret_value, transfer->item.value);
    } else {
        put_back(queue, transfer->item);
    }
    bury(queue);
}

struct eddy_op eddy_queue_get(struct eddy_queue *queue,
                              struct eddy_value *ret_value)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "get",
        .start = start_get,
        .cancel = cancel_get,
        .now = get_now,
        .settle = settle_get,
    };

    return eddy__exchange_op(&type, queue, NULL, ret_value);
}

/* ---- The end ------------------------------------------------------------ */

static void end_all(struct eddy_queue *queue, struct link *line, bool takes,
                    int32_t n)
{
    while (!line_is_empty(line))
        eddy__transfer_end(
            transfer_leave(&queue->exchange, line->next, takes, n));
}

int eddy_queue_shutdown(struct eddy_queue *queue, bool immediately)
{
    int err = eddy__object_check(queue);
    size_t count;

    if (err < 0)
        return err;
    queue->shut = true;
    queue->dropping = queue->dropping || immediately;
    end_all(queue, &queue->exchange.givers, false, -EPIPE);
    end_all(queue, &queue->exchange.takers, true, -EPIPE);
    count = queue->exchange.store.count;
    if (immediately && count > 0) {
        eddy__store_clear(&queue->exchange.store);
        deal_with(queue, count);
    }
    return 0;
}

void eddy_queue_free(struct eddy_queue *queue)
{
    if (queue == NULL)
        return;
    queue->freed = true;
    queue->shut = true;
    end_all(queue, &queue->exchange.givers, false, -ECANCELED);
    end_all(queue, &queue->exchange.takers, true, -ECANCELED);
    eddy__line_end(&queue->joiners, -ECANCELED);
    eddy__store_clear(&queue->exchange.store);
    bury(queue);
}
