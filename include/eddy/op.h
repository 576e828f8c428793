/* SPDX-License-Identifier: MIT */
/*
 * eddy/op.h - operations: what is wanted, as a value; and how to wait for it.
 *
 * An operation is a small struct that says what is wanted, as an io_uring
 * submission does. Making one does nothing, allocates nothing and cannot fail;
 * running it does not write to it, so it may be run again. True of all of them:
 *
 * - It completes exactly once, from the loop's thread, never inside the call
 *   that started it, but in the same turn where it can.
 * - What it points to (buffers, children, the request it runs in) belongs to it
 *   until then. Cancelling only asks: the answer still comes.
 * - The result is two words: n >= 0, whose meaning stands at the constructor,
 *   or a negative errno; and beside it what was made, or how much was done even
 *   though it failed. Bad arguments come as the result, -EINVAL, too.
 * - A result that exists is delivered: cancelling, or running out of time, in
 *   the turn that finished the work does not undo it. Otherwise the result is
 *   -ECANCELED, or -ETIME when a limit set by eddy_within() ran out (TCP's own
 *   time-out is -ETIMEDOUT). What nobody can take any more is freed.
 * - A multishot operation delivers items, each with n > 0, until a last result
 *   with n <= 0 that carries nothing (0: the end). It can be paused. It cannot
 *   be a child of eddy_all() or eddy_any(), nor run by eddy_loop_run_until():
 *   -EINVAL.
 * - One that is begun in a loop that is not that of its stream (or other
 *   object): -EXDEV. In a loop that is being freed: -ESHUTDOWN.
 */
#ifndef EDDY_OP_H
#define EDDY_OP_H

#include <eddy/loop.h>
#include <eddy/pool.h>

EDDY_BEGIN_DECLS

/* Makes the compiler complain about an operation that nobody runs. */
#define EDDY_OP EDDY_API EDDY_NODISCARD

struct eddy_op_type;
struct eddy_stream;
struct eddy_file;

struct eddy_op {
    const struct eddy_op_type *type;
    void *on;           /* the stream or other object it is about, or NULL */
    uint64_t within_ns; /* 0: no limit; set by eddy_within() */
    uint64_t word[5];   /* the type's own */
};

struct eddy_result {
    int64_t n;
    union {
        void *made;       /* n >= 0: what was made, now yours */
        const void *data; /* an item of eddy_receive(): the loop's bytes */
        struct eddy_stream *stream;
        struct eddy_file *file;
        uint64_t done; /* n < 0: how much was done all the same */
    };
};

typedef void eddy_done_fn(struct eddy_result result, void *arg);

/* ---- Running them ------------------------------------------------------- */

/* A running operation; the storage must not move. */
struct eddy_request {
    uint64_t opaque[20];
};

/*
 * The primitive: runs *op in the caller's storage, so it needs no memory and
 * cannot fail. on_done(result, arg) is called once, or for a multishot
 * operation once for each item and once at the end. NULL: nobody wants to know.
 * From the last on_done on the storage is the caller's, for the next one too.
 */
EDDY_API void eddy_begin(struct eddy_loop *loop, struct eddy_request *request,
                         const struct eddy_op *op, eddy_done_fn *on_done,
                         void *arg);

/*
 * The same in storage of the loop's. *slot (NULL: no need of it) holds the
 * request while it runs and is NULL from just before the last on_done, so a
 * late cancel hurts nobody; it must live as long.
 * One operation at a time to a slot.
 * -ENOMEM; -ESHUTDOWN; -EINVAL for a NULL loop or an empty op.
 */
EDDY_API int eddy_start_op(struct eddy_loop *loop, const struct eddy_op *op,
                           eddy_done_fn *on_done, void *arg,
                           struct eddy_request **slot);

static inline int eddy_start(struct eddy_loop *loop, struct eddy_op op,
                             eddy_done_fn *on_done, void *arg,
                             struct eddy_request **slot)
{
    return eddy_start_op(loop, &op, on_done, arg, slot);
}

/* The same from another thread; on_done runs in the thread of `loop`, where
 * -ENOMEM may still be the result. Nobody has a handle of it: what has no end
 * of its own is better begun by a call posted there. -ENOMEM, -ESHUTDOWN. [any
 * thread] */
EDDY_API int eddy_start_in_op(struct eddy_loop *loop, const struct eddy_op *op,
                              eddy_done_fn *on_done, void *arg);

static inline int eddy_start_in(struct eddy_loop *loop, struct eddy_op op,
                                eddy_done_fn *on_done, void *arg)
{
    return eddy_start_in_op(loop, &op, on_done, arg);
}

/* From outside the loop: runs it until the operation is done. The result is
 * -EBUSY in a loop that runs. If the loop is stopped meanwhile, or was before,
 * the operation is cancelled and waited for. */
EDDY_API struct eddy_result eddy_run_op(struct eddy_loop *loop,
                                        const struct eddy_op *op);

static inline struct eddy_result eddy_loop_run_until(struct eddy_loop *loop,
                                                     struct eddy_op op)
{
    return eddy_run_op(loop, &op);
}

/* Asks a running operation to end. NULL, or twice: nothing happens. After the
 * last on_done the storage is no request any more, and this undefined. */
EDDY_API void eddy_request_cancel(struct eddy_request *request);

/* Holds the items of a multishot operation back, or lets them come again.
 * Idempotent; inside one turn it costs nothing. -ENOTSUP if not multishot. */
EDDY_API int eddy_request_pause(struct eddy_request *request, bool paused);

/* Should it keep the loop alive? One that was just begun does. */
EDDY_API int eddy_request_background(struct eddy_request *request,
                                     bool background);

/* ---- Combining them ----------------------------------------------------- */

/* The same operation, but at most timeout_ns from its start, else -ETIME; of
 * several limits the shortest holds. A negative timeout_ns, or EDDY_FOREVER, is
 * no limit; 0 gives it no time to wait at all. */
static inline EDDY_NODISCARD struct eddy_op eddy_within(int64_t timeout_ns,
                                                        struct eddy_op op)
{
    bool none = timeout_ns < 0 || timeout_ns == EDDY_FOREVER;
    uint64_t ns = none ? 0 : timeout_ns == 0 ? 1 : (uint64_t)timeout_ns;

    if (ns != 0 && (op.within_ns == 0 || ns < op.within_ns))
        op.within_ns = ns;
    return op;
}

struct eddy_child {
    struct eddy_op op;         /* in */
    struct eddy_result result; /* out */
    struct eddy_request request;
    void *opaque; /* eddy's */
};

/* Runs all children, and is done when each is. n: how many succeeded, perhaps
 * 0; what they gave stands in their results, and is yours, also if the group as
 * a whole ran out of time or was cancelled. Cancelling it
 * cancels all: -ECANCELED unless each succeeded still, and done is how many
 * did. Groups in groups take stack: some thousands deep, no more. */
EDDY_OP struct eddy_op eddy_all(struct eddy_child *children, size_t count);

/* Runs all children until one succeeds, then cancels the others, and is done
 * when each is. n: the index of the winner. What a loser made all the same is
 * freed, and what it got from a channel, a queue or a lock goes back there, as
 * the next to be had; it is stored nowhere, and the result reads -ECANCELED
 * (but a group among the losers leaves what its own children made to you, in
 * their results). If all fail: the error
 * of the last one to fail. count 0: -EINVAL. */
EDDY_OP struct eddy_op eddy_any(struct eddy_child *children, size_t count);

/* ---- Time --------------------------------------------------------------- */

/* n: 0. Never early; a timeout_ns <= 0 lets I/O have its turn first. */
EDDY_OP struct eddy_op eddy_sleep(int64_t timeout_ns);
EDDY_OP struct eddy_op eddy_sleep_until(int64_t deadline_ns);

/* n: 0, in the next turn of the loop. */
EDDY_OP struct eddy_op eddy_next_turn(void);

/* What becomes of ticks that a busy loop missed. */
enum eddy_missed {
    EDDY_SKIP,  /* one item for all of them, then on along the old grid */
    EDDY_BURST, /* an item for each, as fast as they can be had */
    EDDY_DELAY  /* each tick is interval_ns after the last one was delivered */
};

/* Multishot. An item each interval_ns (at least 1), the first one after one
 * interval; n: how many intervals it stands for. */
EDDY_OP struct eddy_op eddy_every(int64_t interval_ns, enum eddy_missed missed);

/* ---- Threads and descriptors -------------------------------------------- */

/* Runs work(arg) on the loop's pool. n: what it returned. One that waits in the
 * queue can be cancelled; one that runs is waited for, and if it succeeds, that
 * is the result. -EAGAIN: the queue is full. */
EDDY_OP struct eddy_op eddy_offload(eddy_work_fn *work, void *arg);

/* Waits until the borrowed fd is ready. n: what is ready, as in eddy/watch.h:
 * never 0. A failure is that of eddy_watch_start(). */
EDDY_OP struct eddy_op eddy_ready(int fd, unsigned interest);
EDDY_OP struct eddy_op eddy_readable(int fd);
EDDY_OP struct eddy_op eddy_writable(int fd);

EDDY_END_DECLS

#endif
