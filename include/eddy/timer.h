/* SPDX-License-Identifier: MIT */
/*
 * eddy/timer.h - being called at a time.
 *
 * Nanoseconds, never early, first armed first called among equals. Arming,
 * re-arming and stopping are a few instructions, however many there are, and
 * need no memory.
 */
#ifndef EDDY_TIMER_H
#define EDDY_TIMER_H

#include <eddy/loop.h>

EDDY_BEGIN_DECLS

/* The caller's storage; not to be moved while armed. */
struct eddy_timer {
    uint64_t opaque[7];
};

/* Called once for each arming, in the timers' phase, when it is disarmed. */
typedef void eddy_timer_fn(struct eddy_timer *timer, void *arg);

EDDY_API int eddy_timer_init(struct eddy_timer *timer, struct eddy_loop *loop,
                             eddy_timer_fn *fn, void *arg);

/* Arms it, or arms it anew, timeout_ns after this very moment (the clock is
 * read); a negative one counts as 0: as soon as I/O has had its turn. */
EDDY_API int eddy_timer_start(struct eddy_timer *timer, int64_t timeout_ns);

/* The same with a point on the loop's clock, which is not read: the cheapest
 * way to push a deadline out is eddy_loop_now_ns() + timeout. */
EDDY_API int eddy_timer_start_at(struct eddy_timer *timer, int64_t deadline_ns);

/* Disarms it. Was it armed? */
EDDY_API bool eddy_timer_stop(struct eddy_timer *timer);

/* When it is due; EDDY_FOREVER if it is not armed. */
EDDY_API int64_t eddy_timer_deadline_ns(const struct eddy_timer *timer);

/* Should it keep the loop alive while armed? A new one does. */
EDDY_API int eddy_timer_background(struct eddy_timer *timer, bool background);

EDDY_END_DECLS

#endif
