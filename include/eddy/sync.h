/* SPDX-License-Identifier: MIT */
/*
 * eddy/sync.h - locks and their kin, and queues: what those share who wait in
 * one loop. They guard an order of steps that wait, not memory against threads;
 * for ends in several threads see eddy/channel.h.
 *
 * True of all of them:
 *
 * - Waiting is an operation, so callbacks, deferreds and coroutines use the
 *   same ones. Who waits is served in the order of coming, and whoever comes
 *   later does not get past: what is released goes to the first who waits.
 * - They need no memory, except limiters and queues.
 * - One belongs to the loop it was made for: an operation begun in another one
 *   ends with -EXDEV. It may outlive that loop, only to be done with or freed.
 * - Storage is the caller's and must not move. x_done() gives it back: who
 *   still waits gets -ECANCELED. Twice is harmless; what is done with, or was
 *   never set up, answers -EINVAL to everything.
 * - Nobody is called from inside these functions, except destructors of values
 *   and what compares them: what they set going is told by the loop. So a
 *   callback may release, free and be done with anything.
 * - What was handed to someone who does not take it (a loser of eddy_any(), an
 *   operation without on_done) goes back, or on to the next.
 */
#ifndef EDDY_SYNC_H
#define EDDY_SYNC_H

#include <eddy/op.h>
#include <eddy/value.h>

EDDY_BEGIN_DECLS

/* ---- Lock --------------------------------------------------------------- */

struct eddy_lock {
    uint64_t opaque[8];
};

EDDY_API int eddy_lock_init(struct eddy_lock *lock, struct eddy_loop *loop);
EDDY_API void eddy_lock_done(struct eddy_lock *lock);

/* n: 0, and the lock is owner's: any pointer that says who that is, or NULL for
 * nobody in particular. -EDEADLK: that owner, not NULL, has it already. */
EDDY_OP struct eddy_op eddy_lock_acquire(struct eddy_lock *lock, void *owner);

/* Hands it to the first who waits. -EPERM: that owner does not have it. */
EDDY_API int eddy_lock_release(struct eddy_lock *lock, void *owner);

/* Does anybody have it? */
EDDY_API bool eddy_lock_is_held(const struct eddy_lock *lock);

#ifdef __GNUC__
/* A lock for a block of a task. */
struct eddy_held {
    struct eddy_lock *lock;
    void *owner;
    int64_t n; /* 0: it is held; else why it is not */
};

/* Releases it, once; what is not held is left alone. */
EDDY_API void eddy_held_release(struct eddy_held *held);

/*
 * Declares `held`, and waits for the lock (eddy/task.h); it is the task's until
 * the block is left, by its end, return, break or goto, or eddy_held_release().
 *
 *     EDDY_AUTO_LOCK(self, held, &lock);
 *     if (held.n < 0)
 *         return eddy_n(held.n); cancelled, say
 */
#define EDDY_AUTO_LOCK(self, held, which)                                      \
    __attribute__((cleanup(eddy_held_release))) struct eddy_held held = {      \
        which, self, eddy_await(self, eddy_lock_acquire(which, self))          \
    }
#endif

/* ---- Flag --------------------------------------------------------------- */

/* What others call an event: it is set or not, and one can wait until it is. */
struct eddy_flag {
    uint64_t opaque[8];
};

EDDY_API int eddy_flag_init(struct eddy_flag *flag, struct eddy_loop *loop);
EDDY_API void eddy_flag_done(struct eddy_flag *flag);

/* All who wait go on, even if it is cleared before they are told. */
EDDY_API int eddy_flag_set(struct eddy_flag *flag);
EDDY_API int eddy_flag_clear(struct eddy_flag *flag);
EDDY_API bool eddy_flag_is_set(const struct eddy_flag *flag);

/* n: 0, when it is set, or was after this began. */
EDDY_OP struct eddy_op eddy_flag_wait(struct eddy_flag *flag);

/* ---- Condition ---------------------------------------------------------- */

/* News about what a lock guards. */
struct eddy_condition {
    uint64_t opaque[8];
};

/* The lock must not be done with before the condition is. */
EDDY_API int eddy_condition_init(struct eddy_condition *condition,
                                 struct eddy_lock *lock);
/* Who waits gets -ECANCELED when it has the lock again. */
EDDY_API void eddy_condition_done(struct eddy_condition *condition);

/*
 * Lets go of the lock, waits to be notified, and takes its place in the line
 * for the lock. n: 0. Whatever the result, also -ECANCELED or -ETIME, owner has
 * the lock again when it comes; so it comes only when the others let go of it.
 * Once notified, it is not cancelled any more. It is never woken for nothing,
 * but others may have had the lock since: look again at what was waited for.
 * Where nobody takes the result, the next who waits is notified instead, and
 * owner has the lock all the same.
 * Without the lock: -EPERM, at once; -ESHUTDOWN, in a loop that is being freed
 * while others have it; -ECANCELED, if the lock was done with.
 */
EDDY_OP struct eddy_op eddy_condition_wait(struct eddy_condition *condition,
                                           void *owner);

/* Notifies the first `count` who wait, or all. -EPERM: the lock is not that
 * owner's. */
EDDY_API int eddy_condition_notify(struct eddy_condition *condition,
                                   void *owner, size_t count);
EDDY_API int eddy_condition_notify_all(struct eddy_condition *condition,
                                       void *owner);

/* ---- Semaphore ---------------------------------------------------------- */

struct eddy_semaphore {
    uint64_t opaque[8];
};

/* So many tokens to begin with, and never more than `limit`, if that is not 0.
 * -EINVAL: more than the limit. */
EDDY_API int eddy_semaphore_init(struct eddy_semaphore *semaphore,
                                 struct eddy_loop *loop, size_t tokens,
                                 size_t limit);
EDDY_API void eddy_semaphore_done(struct eddy_semaphore *semaphore);

/* n: 0, with a token. */
EDDY_OP struct eddy_op eddy_semaphore_acquire(struct eddy_semaphore *semaphore);

/* One token more, or for the first who waits. -EOVERFLOW: past the limit. */
EDDY_API int eddy_semaphore_release(struct eddy_semaphore *semaphore);

/* How many there are to be had. */
EDDY_API size_t eddy_semaphore_tokens(const struct eddy_semaphore *semaphore);

/* ---- Barrier ------------------------------------------------------------ */

struct eddy_barrier {
    uint64_t opaque[12];
};

/* For so many parties, at least 1. */
EDDY_API int eddy_barrier_init(struct eddy_barrier *barrier,
                               struct eddy_loop *loop, size_t parties);
EDDY_API void eddy_barrier_done(struct eddy_barrier *barrier);

/* n: its place among the parties, 0 for the first to come, when all are there.
 * Until each of these has been told, those who come for the next round are not
 * counted yet. Cancelling one leaves a place to be filled. -EPIPE: the barrier
 * is broken, or was reset meanwhile. */
EDDY_OP struct eddy_op eddy_barrier_wait(struct eddy_barrier *barrier);

/* Breaks it: who waits, and who comes until it is reset, gets -EPIPE. */
EDDY_API int eddy_barrier_abort(struct eddy_barrier *barrier);
/* As new. Who waits gets -EPIPE. */
EDDY_API int eddy_barrier_reset(struct eddy_barrier *barrier);

/* How many are counted as there, and is it broken? */
EDDY_API size_t eddy_barrier_waiting(const struct eddy_barrier *barrier);
EDDY_API bool eddy_barrier_is_broken(const struct eddy_barrier *barrier);

/* ---- Limiter ------------------------------------------------------------ */

/* A semaphore that knows who has its tokens: one a borrower. */
struct eddy_limiter {
    uint64_t opaque[16];
};

/* `total` may be 0: nobody gets one until there are more. */
EDDY_API int eddy_limiter_init(struct eddy_limiter *limiter,
                               struct eddy_loop *loop, size_t total);
EDDY_API void eddy_limiter_done(struct eddy_limiter *limiter);

/* n: 0, with a token for the borrower: any pointer but NULL (-EINVAL).
 * -EDEADLK: it has one already, or waits for one. -ENOMEM. */
EDDY_OP struct eddy_op eddy_limiter_acquire(struct eddy_limiter *limiter,
                                            void *borrower);

/* -EPERM: that borrower has none. */
EDDY_API int eddy_limiter_release(struct eddy_limiter *limiter, void *borrower);

/* From now on there are so many. If more are out, none is lent until enough
 * have come back. */
EDDY_API int eddy_limiter_set_total(struct eddy_limiter *limiter, size_t total);
EDDY_API size_t eddy_limiter_total(const struct eddy_limiter *limiter);
EDDY_API size_t eddy_limiter_borrowed(const struct eddy_limiter *limiter);
/* How many there are to be had. */
EDDY_API size_t eddy_limiter_available(const struct eddy_limiter *limiter);

/* ---- Queue -------------------------------------------------------------- */

struct eddy_queue;

enum eddy_queue_order {
    EDDY_FIFO,    /* first in, first out */
    EDDY_LIFO,    /* last in, first out */
    EDDY_PRIORITY /* least first; among equals, first in, first out */
};

/* < 0: a goes first; > 0: b does; 0: they are equal. Must not touch the queue.
 */
typedef int eddy_compare_fn(const struct eddy_value *a,
                            const struct eddy_value *b, void *arg);

/* Zero is the default of every field. */
struct eddy_queue_options {
    size_t capacity; /* 0: unbounded */
    enum eddy_queue_order order;
    eddy_compare_fn *compare; /* NULL: by the integers they are */
    void *compare_arg;
    void *reserved[4];
};

/* options NULL: an unbounded FIFO. -ENOMEM; -EINVAL for another order. */
EDDY_API int eddy_queue_new(struct eddy_queue **ret_queue,
                            struct eddy_loop *loop,
                            const struct eddy_queue_options *options);

/* Who waits gets -ECANCELED, and the values that are left are freed. NULL is
 * welcome. */
EDDY_API void eddy_queue_free(struct eddy_queue *queue);

/*
 * Puts the value in when there is room for it. n: 0. -EPIPE: the queue is shut
 * down; -ENOMEM. An operation that was begun has taken the value, and frees it
 * if the result is an error, whatever that is; one that was not begun, as when
 * eddy_start() failed, leaves it to you. So begin it once.
 */
EDDY_OP struct eddy_op eddy_queue_put(struct eddy_queue *queue,
                                      struct eddy_value value);

/* n: 1, and the value is in *ret_value and yours (ret_value NULL: it is freed).
 * *ret_value is written just before on_done is called, and only then. -EPIPE:
 * the queue is shut down and empty; -ENOMEM, only if it has to wait. */
EDDY_OP struct eddy_op eddy_queue_get(struct eddy_queue *queue,
                                      struct eddy_value *ret_value);

/* The same without waiting: -EAGAIN if it is full, or empty. A value that was
 * not put is still yours. */
EDDY_API int eddy_queue_try_put(struct eddy_queue *queue,
                                struct eddy_value value);
EDDY_API int eddy_queue_try_get(struct eddy_queue *queue,
                                struct eddy_value *ret_value);

/* How many values are in it; none that waits to be put. */
EDDY_API size_t eddy_queue_count(const struct eddy_queue *queue);

/* Says that what was got is dealt with. -EINVAL: more often than was put. */
EDDY_API int eddy_queue_task_done(struct eddy_queue *queue);

/* n: 0, when eddy_queue_task_done() was called for each value put. */
EDDY_OP struct eddy_op eddy_queue_join(struct eddy_queue *queue);

/* From now on a put gives -EPIPE, also one that waits, and so does a get once
 * the queue is empty. With `immediately` the values in it are freed, and count
 * as dealt with. It may be called again. */
EDDY_API int eddy_queue_shutdown(struct eddy_queue *queue, bool immediately);

EDDY_END_DECLS

#endif
