/* SPDX-License-Identifier: MIT */
/*
 * eddy/deferredlock.h - semaphores, locks and queues between deferreds.
 *
 * The semantics are those of Twisted's DeferredSemaphore, DeferredLock and
 * DeferredQueue. All in one thread: what these guard is an order of steps that
 * wait, not memory. They may outlive their domain's owner; when one is freed,
 * what that sets going must not use it any more.
 *
 * Who waits stands in line until it is served, cancelled or fired by somebody
 * else. To let go of it does not take it out: its links get what it waited for.
 * But one that has no links, and is held by nobody but the line, is passed
 * over.
 */
#ifndef EDDY_DEFERREDLOCK_H
#define EDDY_DEFERREDLOCK_H

#include <eddy/deferred.h>

EDDY_BEGIN_DECLS

/* ---- Semaphores and locks ----------------------------------------------- */

struct eddy_deferred_semaphore;

/* A semaphore of so many tokens; of one, it is a lock. -EINVAL: none. -ENOMEM.
 */
EDDY_API int
eddy_deferred_semaphore_new(struct eddy_deferred_semaphore **ret_semaphore,
                            struct eddy_domain *domain, size_t tokens);

/* Fires with eddy_none() when there is a token for it: now, or first come,
 * first served. Cancelling it while it waits takes it out of the queue; later
 * it does nothing. -ENOMEM is its error. Never NULL; the reference is yours. */
EDDY_API struct eddy_deferred *
eddy_deferred_acquire(struct eddy_deferred_semaphore *semaphore);

/* Gives a token back: the first who waits has it at once, inline.
 * -EINVAL: all tokens are there. */
EDDY_API int eddy_deferred_release(struct eddy_deferred_semaphore *semaphore);

/* Acquires, calls fn(arg), and releases when what it returned, which may be a
 * deferred, has its result, which is that of the deferred returned. Cancelling
 * it, or firing it, while it waits: fn is not called. Later, cancelling reaches
 * fn's deferred, and releases still. A token is lost if all let go of fn's
 * deferred unfired. -ENOMEM is its error, before fn is called. Never NULL; the
 * reference is yours, and may be dropped. */
EDDY_API struct eddy_deferred *
eddy_deferred_run_with(struct eddy_deferred_semaphore *semaphore,
                       eddy_make_fn *fn, void *arg);

/* How many tokens are there to be had. */
EDDY_API size_t
eddy_deferred_semaphore_tokens(const struct eddy_deferred_semaphore *semaphore);

/* Who still waits gets -ECANCELED; what runs in eddy_deferred_run_with() goes
 * on. NULL is welcome. */
EDDY_API void
eddy_deferred_semaphore_free(struct eddy_deferred_semaphore *semaphore);

/* ---- Queues ------------------------------------------------------------- */

struct eddy_deferred_queue;

#define EDDY_UNBOUNDED SIZE_MAX

/* A queue that holds at most `size` values and lets at most `backlog` getters
 * wait. With size 0 a put needs a getter that waits. -ENOMEM. */
EDDY_API int eddy_deferred_queue_new(struct eddy_deferred_queue **ret_queue,
                                     struct eddy_domain *domain, size_t size,
                                     size_t backlog);

/* Gives a value to the getter that waited longest, inline, or keeps it.
 * -ENOBUFS: it is full; -EINVAL: the value is a deferred; -ENOMEM, if it would
 * have to keep it. The value is taken in any case. */
EDDY_API int eddy_deferred_queue_put(struct eddy_deferred_queue *queue,
                                     struct eddy_value value);

/* Fires with the next value. -ENOBUFS, as its error: too many wait. One that
 * was cancelled waits no longer. Never NULL; the reference is yours. */
EDDY_API struct eddy_deferred *
eddy_deferred_queue_get(struct eddy_deferred_queue *queue);

/* How many values are in it. */
EDDY_API size_t
eddy_deferred_queue_count(const struct eddy_deferred_queue *queue);

/* Values that are left are freed; who still waits gets -ECANCELED. NULL is
 * welcome. */
EDDY_API void eddy_deferred_queue_free(struct eddy_deferred_queue *queue);

EDDY_END_DECLS

#endif
