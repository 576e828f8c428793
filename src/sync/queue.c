/* SPDX-License-Identifier: MIT */
/* queue.c - queues: how they come and go, and what has been dealt with. */
#include "queue.h"

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

void eddy__queue_deal_with(struct eddy_queue *queue, size_t count)
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
        eddy__queue_deal_with(queue, 1);
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
        eddy__queue_deal_with(queue, count);
    }
    return 0;
}

void eddy__queue_bury(struct eddy_queue *queue)
{
    struct eddy_mem mem = queue->exchange.store.mem;

    if (!queue->freed || queue->exchange.store.reserved > 0)
        return;
    eddy__store_close(&queue->exchange.store);
    (void)mem.resize(mem.arg, queue, 0);
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
    eddy__queue_bury(queue);
}
