/* SPDX-License-Identifier: MIT */
/*
 * request.c - a running operation, from begin to the delivery of its end.
 *
 *     begin -> start() -+-> done at once --+-> over: in the queue of
 *                       |                  |   completions -> delivered
 *                       +-> eddy_complete -+      (or at once: prompt)
 *
 * "Over" is the point of no return: what comes later (a cancel, a limit, a
 * second completion) finds the result there and changes nothing (Z4).
 */
#include "core.h"

static_assert(sizeof(struct request) <= sizeof(struct eddy_request),
              "the public struct has room for the private one");
static_assert(offsetof(struct timer_node, flags) >= sizeof(struct eddy_result),
              "a result leaves the flags alone");

static struct eddy_request *public_of(struct request *r)
{
    return (struct eddy_request *)r;
}

/* ---- All that run ------------------------------------------------------- */

static void count_in(struct eddy_loop *loop)
{
    loop->alive++;
    loop->stats.started++;
    loop->stats.running++;
}

static void link_in(struct eddy_loop *loop, struct request *r)
{
    if (loop->requests == NULL) {
        r->prev = r->next = r;
        loop->requests = r;
    } else {
        r->next = loop->requests;
        r->prev = r->next->prev;
        r->next->prev = r->prev->next = r;
    }
    r->limit.flags |= REQUEST_LISTED;
    count_in(loop);
}

static void link_out(struct eddy_loop *loop, struct request *r)
{
    if (loop->requests == r)
        loop->requests = r->next == r ? NULL : r->next;
    r->prev->next = r->next;
    r->next->prev = r->prev;
}

/* ---- The end ------------------------------------------------------------ */

/* What an awaited one does not have: a note of its origin, a slot, storage of
 * the loop's. */
__attribute__((noinline)) static void retire_listed(struct eddy_loop *loop,
                                                    struct request *r)
{
    eddy__origin_forget(loop, r);
    if (r->slot != NULL)
        *r->slot = NULL;
    if ((r->limit.flags & REQUEST_POOLED) != 0)
        eddy__request_free(loop, public_of(r));
}

/* Gives its storage back before anybody is told, so that what the callback
 * starts next finds it warm. */
static inline struct eddy_result retire(struct request *r)
{
    struct eddy_result result = r->result;
    struct eddy_loop *loop = r->loop;

    loop->alive -= (r->limit.flags & REQUEST_BACKGROUND) != 0 ? 0 : 1;
    loop->stats.completed++;
    loop->stats.running--;
    if (r->extra != NULL)
        eddy__extra_free(r);
    r->loop = NULL; /* what comes late finds nobody */
    if ((r->limit.flags & REQUEST_LISTED) != 0)
        retire_listed(loop, r);
    return result;
}

/* The last result of a multishot operation carries nothing. */
static void drop(const struct eddy_op_type *type, struct eddy_result result)
{
    if (type->drop != NULL && (type->flags & EDDY_OP_MULTISHOT) == 0)
        type->drop(result.made);
}

/* What a success gives goes where it belongs, or nobody takes it. */
static inline void settle(struct request *r, bool taken)
{
    const struct eddy_op_type *type = r->type;

    if (type == NULL || r->result.n < 0)
        return;
    if (type->settle != NULL)
        type->settle(public_of(r), taken);
    else if (taken)
        eddy__hand_over(type, r->word[0], r->result);
    else
        drop(type, r->result);
    if (!taken)
        r->result = eddy_n(-ECANCELED);
}

static void deliver(struct eddy_call *call)
{
    struct request *r = EDDY_CONTAINER_OF(call, struct request, call);
    struct eddy_loop *loop = r->loop;
    const struct eddy_op_type *type = r->type;
    eddy_done_fn *on_done = r->on_done;
    void *arg = r->arg;
    struct eddy_result result;

    settle(r, on_done != NULL && (r->limit.flags & REQUEST_UNWANTED) == 0);
    result = retire(r);
    if (on_done == NULL)
        return;
    loop->stats.calls++;
    if (loop->debug)
        eddy__tell_slowly(loop, type, on_done, arg, result);
    else
        on_done(result, arg);
}

static inline void finish(struct request *r, struct eddy_result result)
{
    unsigned flags = r->limit.flags;

    if (result.n == -ECANCELED && (flags & REQUEST_LATE) != 0)
        result.n = -ETIME;
    r->limit.flags = (uint16_t)(flags | REQUEST_OVER);
    if (eddy__timer_is_armed(&r->limit))
        eddy__timer_disarm(&r->loop->timers, &r->limit);
    r->result = result;
    if ((flags & REQUEST_LISTED) != 0)
        link_out(r->loop, r);
    r->call.run = deliver;
}

void eddy_complete(struct eddy_request *request, struct eddy_result result)
{
    struct request *r = (struct request *)request;

    if (r == NULL || (r->limit.flags & REQUEST_OVER) != 0)
        return;
    finish(r, result);
    if ((r->limit.flags & REQUEST_PROMPT) != 0)
        deliver(&r->call);
    else
        calls_push(&r->loop->done, &r->call);
}

void eddy_complete_call(struct eddy_loop *loop, struct eddy_call *call)
{
    if (loop != NULL && call != NULL && call->run != NULL)
        calls_push(&loop->done, call);
}

/* ---- Cancelling --------------------------------------------------------- */

static void cancel(struct request *r, uint16_t how)
{
    if ((r->limit.flags & (REQUEST_OVER | REQUEST_CANCELLED)) != 0)
        return;
    r->limit.flags |= how;
    r->type->cancel(public_of(r));
}

void eddy__limit_fire(struct eddy_loop *loop, struct timer_node *node)
{
    (void)loop;
    cancel(EDDY_CONTAINER_OF(node, struct request, limit),
           REQUEST_CANCELLED | REQUEST_LATE);
}

void eddy_request_cancel(struct eddy_request *request)
{
    struct request *r = (struct request *)request;

    if (r != NULL && eddy_loop_check(r->loop) == 0)
        cancel(r, REQUEST_CANCELLED);
}

void eddy_request_discard(struct eddy_request *request)
{
    struct request *r = (struct request *)request;

    if (r == NULL || eddy_loop_check(r->loop) < 0)
        return;
    r->limit.flags |= REQUEST_UNWANTED;
    cancel(r, REQUEST_CANCELLED);
}

/* Once round the ring, by turning it: one that is told promptly leaves it, and
 * may take others along. Those that are in no ring are known to who waits. */
void eddy__requests_cancel(struct eddy_loop *loop)
{
    eddy__slots_wind_up(loop);
    for (size_t left = loop->stats.running; left > 0; left--) {
        struct request *r = loop->requests;

        if (r == NULL)
            return;
        loop->requests = r->next;
        cancel(r, REQUEST_CANCELLED);
    }
}

/* ---- Beginning ---------------------------------------------------------- */

static bool is_whole(const struct eddy_op_type *type)
{
    return type != NULL && type->abi == EDDY_OP_ABI && type->start != NULL &&
           type->cancel != NULL &&
           ((type->flags & EDDY_OP_MULTISHOT) == 0 || type->pause != NULL);
}

__attribute__((noinline)) static void arm_limit(struct request *r,
                                                uint64_t within_ns)
{
    int64_t span = within_ns > INT64_MAX ? INT64_MAX : (int64_t)within_ns;

    if ((r->limit.flags & REQUEST_OVER) == 0)
        eddy__timer_arm(&r->loop->timers, &r->limit,
                        eddy__time_add(eddy__read_clock(r->loop), span));
}

/* In a loop that is being freed nothing begins but what lets go of storage. */
static bool is_too_late(const struct eddy_loop *loop, const struct eddy_op *op)
{
    return loop->dying && (op == NULL || op->type == NULL ||
                           (op->type->flags & EDDY_OP_LATE) == 0);
}

/* May it not begin? Then *ret_result is the answer. */
__attribute__((noinline)) static bool is_refused(const struct eddy_loop *loop,
                                                 const struct eddy_op *op,
                                                 struct eddy_result *ret_result)
{
    bool too_late = is_too_late(loop, op);

    if (op != NULL && is_whole(op->type) && !too_late)
        return false;
    *ret_result = eddy_n(too_late ? -ESHUTDOWN : -EINVAL);
    eddy_op_refuse(op);
    return true;
}

/* One by one: just now they were written, in pairs perhaps, and a pair that
 * begins in the middle of another is read when both have reached the cache. */
static inline void copy_words(uint64_t *to, const volatile uint64_t *from)
{
    to[0] = from[0];
    to[1] = from[1];
    to[2] = from[2];
    to[3] = from[3];
    to[4] = from[4];
    to[5] = to[6] = 0;
}

/* Starts it; true: *ret_result is the answer already. */
static inline bool start(struct request *r, const struct eddy_op *op,
                         struct eddy_result *ret_result)
{
    if ((op == NULL || r->loop->dying || !is_whole(op->type)) &&
        is_refused(r->loop, op, ret_result))
        return true;
    r->type = op->type;
    r->on = op->on;
    copy_words(r->word, op->word);
    if (r->type->start(public_of(r), ret_result))
        return (r->limit.flags & REQUEST_OVER) == 0;
    if (op->within_ns != 0)
        arm_limit(r, op->within_ns);
    return false;
}

static void init(struct eddy_loop *loop, struct request *r,
                 eddy_done_fn *on_done, void *arg)
{
    r->type = NULL;
    r->on = NULL;
    r->loop = loop;
    r->on_done = on_done;
    r->arg = arg;
    r->slot = NULL;
    r->limit.link.next = NULL;
    r->limit.flags = 0;
    r->extra = NULL;
}

static void deliver_trespass(struct eddy_call *call)
{
    struct request *r = EDDY_CONTAINER_OF(call, struct request, call);

    if (r->on_done != NULL)
        r->on_done(eddy_n(-EPERM), r->arg);
}

void eddy_begin(struct eddy_loop *loop, struct eddy_request *request,
                const struct eddy_op *op, eddy_done_fn *on_done, void *arg)
{
    struct request *r = (struct request *)request;
    struct eddy_result result = eddy_n(0);

    if (loop == NULL || request == NULL)
        return;
    init(loop, r, on_done, arg);
    if (eddy_loop_check(loop) < 0) {
        /* a wrong thread must not touch the loop, but is owed an answer */
        eddy_op_refuse(op);
        r->call.run = deliver_trespass;
        (void)eddy_loop_post_call(loop, &r->call);
        return;
    }
    link_in(loop, r);
    eddy__note_origin(loop, r, __builtin_return_address(0));
    if (start(r, op, &result))
        eddy_complete(request, result);
}

void eddy__begin_pooled(struct eddy_loop *loop, struct eddy_request *request,
                        const struct eddy_op *op, eddy_done_fn *on_done,
                        void *arg, struct eddy_request **slot)
{
    struct request *r = (struct request *)request;
    struct eddy_result result = eddy_n(0);

    init(loop, r, on_done, arg);
    link_in(loop, r);
    r->limit.flags |= REQUEST_POOLED;
    r->slot = slot;
    if (slot != NULL)
        *slot = request;
    if (start(r, op, &result))
        eddy_complete(request, result);
}

/* It is over: true, and *ret_result is the answer; or told like any other. */
__attribute__((noinline)) static bool
finish_or_complete(struct request *r, struct eddy_result result,
                   struct eddy_result *ret_result)
{
    if (r->loop->finishes == 0) {
        r->limit.flags &= (uint16_t)~REQUEST_PROMPT;
        eddy_complete(public_of(r), result);
        return false;
    }
    r->loop->finishes--;
    finish(r, result);
    settle(r, true);
    *ret_result = retire(r);
    return true;
}

bool eddy_begin_or_finish(struct eddy_loop *loop, struct eddy_request *request,
                          const struct eddy_op *op, eddy_done_fn *on_done,
                          void *arg, struct eddy_result *ret_result)
{
    struct request *r = (struct request *)request;
    struct eddy_result result;

    if (loop == NULL || request == NULL || ret_result == NULL)
        return false;
    result = *ret_result;
    if (eddy__check(loop) < 0) {
        eddy_op_refuse(op);
        *ret_result = eddy_n(-EPERM);
        return true;
    }
    init(loop, r, on_done, arg);
    count_in(loop); /* in no ring: neighbours would be cold when it goes */
    if (op != NULL && op->type != NULL &&
        (op->type->flags & EDDY_OP_PROMPT) != 0)
        r->limit.flags = REQUEST_PROMPT;
    return start(r, op, &result) && finish_or_complete(r, result, ret_result);
}
