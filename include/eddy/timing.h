/* SPDX-License-Identifier: MIT */
/*
 * eddy/timing.h - deferreds and time: limits, later calls, periodic calls.
 *
 * The semantics are those of Twisted's addTimeout, deferLater and LoopingCall.
 */
#ifndef EDDY_TIMING_H
#define EDDY_TIMING_H

#include <eddy/deferred.h>

EDDY_BEGIN_DECLS

/* ---- Limits ------------------------------------------------------------- */

/*
 * Cancels the deferred after timeout_ns, and makes the -ECANCELED of it -ETIME
 * (if it has details it becomes the cause, and how much was done stays). It is
 * about what was added before it; a result that comes in time ends it. What a
 * canceller or an earlier link gave instead of -ECANCELED stays. Several may be
 * set: the earliest counts. A timeout_ns <= 0: in the next turn. Holds no
 * reference. Returns `deferred`, NULL for NULL.
 *
 * If the loop ends first, or has no memory for the time, the deferred is
 * cancelled then, with that error. -EXDEV (the deferred is of another loop),
 * -EINVAL and -ENOMEM act like a link that fails.
 */
EDDY_API struct eddy_deferred *eddy_limit(struct eddy_deferred *deferred,
                                          struct eddy_loop *loop,
                                          int64_t timeout_ns);

/* The same with a function that is called on the result, in place of the
 * -ETIME, if the time ran out, even if an earlier link mended it. What it
 * returns goes on, as with any link. NULL: none. */
EDDY_API struct eddy_deferred *
eddy_limit_with(struct eddy_deferred *deferred, struct eddy_loop *loop,
                int64_t timeout_ns, eddy_link_fn *on_timeout, void *arg);

/* ---- Later -------------------------------------------------------------- */

/* Calls fn(arg) after timeout_ns; goes on with what it returned, which may be
 * eddy_wait_for(). Cancelling it before is -ECANCELED, when the loop has put
 * the time away, and fn is not called. Never NULL; the reference is yours,
 * and may be dropped. -EINVAL: no fn. */
EDDY_API struct eddy_deferred *eddy_later(struct eddy_loop *loop,
                                          int64_t timeout_ns, eddy_make_fn *fn,
                                          void *arg);

/* ---- Again and again ---------------------------------------------------- */

struct eddy_looping;

/* count: how many intervals it is since the last call, at least 1. What it
 * returns is freed; if it is a deferred (eddy_wait_for()), the next call waits
 * for it; an error ends the calls. It may stop, reset or free the looping. */
typedef struct eddy_value eddy_looping_fn(uint64_t count, void *arg);

/* -ENOMEM; -EINVAL. The looping may outlive the loop. */
EDDY_API int eddy_looping_new(struct eddy_looping **ret_looping,
                              struct eddy_loop *loop, eddy_looping_fn *fn,
                              void *arg);

/*
 * Calls it every interval_ns from now on, or 0: as often as the loop comes
 * round; the first time at once, inline, if `now`. Calls come on multiples of
 * the interval from the start; those that were missed are skipped. The deferred
 * fires with eddy_none() when it is stopped, or with the error of fn. Never
 * NULL; the reference is yours, and may be dropped.
 *
 * Cancelling it stops the calls and cancels fn's deferred if there is one:
 * -ECANCELED, unless that one gives another error. So does the end of the loop.
 * -EALREADY: the deferred of the last start() has not fired yet; -EINVAL: a
 * negative interval; -ESHUTDOWN: the loop has gone: all as its error.
 */
EDDY_API struct eddy_deferred *
eddy_looping_start(struct eddy_looping *looping, int64_t interval_ns, bool now);

/* No more calls; fires the deferred of start(), at once or, if fn is being
 * called or its deferred still waited for, after it. -EINVAL: it is not
 * running. */
EDDY_API int eddy_looping_stop(struct eddy_looping *looping);

/* The next call is one interval from now, or on a multiple of it if fn's
 * deferred takes longer. -EINVAL: it is not running. */
EDDY_API int eddy_looping_reset(struct eddy_looping *looping);

/* Started, and not stopped since. */
EDDY_API bool eddy_looping_running(const struct eddy_looping *looping);

/* Stops it, as eddy_looping_stop() does, and frees it. NULL is welcome. */
EDDY_API void eddy_looping_free(struct eddy_looping *looping);

EDDY_END_DECLS

#endif
