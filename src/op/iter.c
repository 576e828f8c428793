/* SPDX-License-Identifier: MIT */
/*
 * iter.c - iteration over a multishot operation (C21, C22).
 *
 *     eddy_next --> goes on --> item --> paused again, next is done
 *
 * It lives here and not with the generators, for it is an operation like any
 * other and needs no stack: all styles iterate.
 */
#include <eddy/iter.h>

#include "op.h"

struct closer { /* in the words of its request */
    struct closer *next;
};

EDDY_FITS_REQUEST(struct closer);

struct iter {
    struct eddy_result item; /* public: the last one */
    struct eddy_request request;
    struct eddy_op_type next; /* drops as the operation does */
    const struct eddy_op_type *type;
    struct eddy_loop *loop;
    struct eddy_request *waiting;
    struct closer *closers;
    void *kept;   /* what holds the bytes of the item */
    int64_t end;  /* what it ended with */
    bool ended;   /* ... and it has */
    bool pending; /* nobody has taken the item */
    bool closed;
};

static_assert(sizeof(struct iter) <= sizeof(struct eddy_iter),
              "the public struct has room for the private one");

static void answer(struct iter *it, struct eddy_result result)
{
    struct eddy_request *waiting = it->waiting;

    it->waiting = NULL;
    if (waiting == NULL)
        return;
    eddy_request_words(waiting)[0] = result.n > 0; /* it has an item */
    eddy_complete(waiting, result);
}

static void release_item(struct iter *it)
{
    void *kept = it->kept;

    it->kept = NULL;
    if (kept != NULL)
        it->type->release(kept);
}

static void drop_item(struct iter *it)
{
    if (it->pending && it->type->drop != NULL)
        it->type->drop(it->item.made);
    it->pending = false;
}

/* ---- The operation ------------------------------------------------------ */

static void tell_end(struct iter *it, int64_t n)
{
    struct closer *closer = it->closers;

    it->ended = true;
    it->end = n;
    answer(it, eddy_n(n));
    it->closers = NULL;
    while (closer != NULL) { /* once they are told, `it` may be gone */
        struct closer *next = closer->next;

        eddy_complete(eddy__request_of(closer), eddy_n(0));
        closer = next;
    }
}

static void on_item(struct eddy_result result, void *arg)
{
    struct iter *it = arg;

    if (result.n <= 0) {
        tell_end(it, result.n);
        return;
    }
    (void)eddy_request_pause(&it->request, true);
    if (it->type->keep != NULL)
        it->kept = it->type->keep(&it->request);
    it->item = result;
    it->pending = it->waiting == NULL;
    answer(it, result);
}

/* ---- next --------------------------------------------------------------- */

static bool start_next(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct iter *it = eddy_request_on(request);
    bool busy = it != NULL && it->waiting != NULL;

    *ret_result = eddy_n(busy ? -EBUSY : -EINVAL);
    if (it == NULL || busy)
        return true;
    if (it->loop != NULL && it->loop != eddy_request_loop(request)) {
        *ret_result = eddy_n(-EXDEV);
        return true;
    }
    if (it->pending) {
        it->pending = false;
        eddy_request_words(request)[0] = 1;
        *ret_result = it->item;
        return true;
    }
    release_item(it);
    *ret_result = eddy_n(it->end);
    if (it->ended)
        return true;
    it->waiting = request;
    (void)eddy_request_pause(&it->request, false);
    return false;
}

static void cancel_next(struct eddy_request *request)
{
    struct iter *it = eddy_request_on(request);

    (void)eddy_request_pause(&it->request, true);
    answer(it, eddy_n(-ECANCELED));
}

/* Nobody takes it: then it is for the next one. */
static void settle_next(struct eddy_request *request, bool taken)
{
    struct iter *it = eddy_request_on(request);

    if (taken || it == NULL || eddy_request_words(request)[0] == 0)
        return;
    it->pending = true;
    if (it->closed)
        drop_item(it);
}

static const struct eddy_op_type next_type = {
    .abi = EDDY_OP_ABI,
    .flags = EDDY_OP_PROMPT,
    .name = "next",
    .start = start_next,
    .cancel = cancel_next,
    .settle = settle_next,
};

struct eddy_op eddy_next(struct eddy_iter *iter)
{
    struct iter *it = (struct iter *)iter;

    return (struct eddy_op){ .type = it != NULL ? &it->next : &next_type,
                             .on = it };
}

/* ---- open --------------------------------------------------------------- */

void eddy_iter_open(struct eddy_loop *loop, struct eddy_iter *iter,
                    const struct eddy_op *op)
{
    struct iter *it = (struct iter *)iter;

    if (it == NULL)
        return;
    *it = (struct iter){
        .next = next_type, .loop = loop, .ended = true, .end = -EINVAL
    };
    if (loop == NULL || op == NULL || op->type == NULL ||
        (op->type->flags & EDDY_OP_MULTISHOT) == 0)
        return;
    it->ended = false;
    it->type = op->type;
    it->next.drop = op->type->drop;
    if (it->next.drop != NULL)
        it->next.flags |= EDDY_OP_MAKES;
    eddy_begin(loop, &it->request, op, on_item, it);
    (void)eddy_request_pause(&it->request, true);
    (void)eddy_request_background(&it->request, true);
}

/* ---- close -------------------------------------------------------------- */

static bool start_close(struct eddy_request *request,
                        struct eddy_result *ret_result)
{
    struct iter *it = eddy_request_on(request);
    struct closer *closer = (struct closer *)eddy_request_words(request);

    *ret_result = eddy_n(-EINVAL);
    if (it == NULL || it->next.abi == 0)
        return true;
    *ret_result = eddy_n(-EXDEV);
    if (it->loop != NULL && it->loop != eddy_request_loop(request))
        return true;
    release_item(it);
    drop_item(it);
    it->closed = true;
    *ret_result = eddy_n(0);
    if (it->ended)
        return true;
    closer->next = it->closers;
    it->closers = closer;
    eddy_request_cancel(&it->request);
    return false;
}

/* It is an end already, which comes as soon as it can. */
static void cancel_close(struct eddy_request *request)
{
    (void)request;
}

struct eddy_op eddy_iter_close(struct eddy_iter *iter)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_ENDS | EDDY_OP_LATE,
        .name = "close of an iteration",
        .start = start_close,
        .cancel = cancel_close,
    };

    return (struct eddy_op){ .type = &type, .on = iter };
}
