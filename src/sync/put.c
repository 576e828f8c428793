/* SPDX-License-Identifier: MIT */
/* put.c - putting values into queues, and getting them out. */
#include "queue.h"

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
                  ? put(op->on, carried_value(op->word))
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

    return exchange_op(&type, queue, value, NULL);
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
        hand_over(place_for_value(op->word), item.value);
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

/* Nobody takes it: back to where it was, if that is still a place to be. */
static void put_back(struct eddy_queue *queue, struct item item)
{
    struct transfer *next = NULL;

    if (queue->freed || queue->dropping) {
        queue->exchange.store.reserved--;
        eddy_value_free(&item.value);
        eddy__queue_deal_with(queue, 1);
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
    eddy__queue_bury(queue);
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

    return exchange_op(&type, queue, eddy_none(), ret_value);
}
