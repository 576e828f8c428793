/* SPDX-License-Identifier: MIT */
/*
 * eddy/signal.h - being told of signals, in any number of loops.
 *
 * The handler is the process's, so it is shared: installed (with SA_RESTART)
 * with the first subscription to a signal, and the former disposition put back
 * with the last. Every subscription in every loop is told. In a handler nothing
 * happens but a count and a wake-up; callbacks run in the loop's thread. A
 * forked child has the handlers too, and does nothing in them, until exec or
 * eddy_loop_after_fork().
 */
#ifndef EDDY_SIGNAL_H
#define EDDY_SIGNAL_H

#include <eddy/loop.h>

EDDY_BEGIN_DECLS

/* The caller's storage, zeroed or started. */
struct eddy_signal {
    uint64_t opaque[8];
};

/* count: how many arrived since the last call, at least 1. The kernel merges
 * what comes faster than it delivers. */
typedef void eddy_signal_fn(struct eddy_signal *sub, int signum, unsigned count,
                            void *arg);

/* -EINVAL for SIGKILL, SIGSTOP and numbers that are no signals; -ENOMEM. */
EDDY_API int eddy_signal_start(struct eddy_loop *loop, struct eddy_signal *sub,
                               int signum, eddy_signal_fn *fn, void *arg);
/* fn is not called again; with the last one for a signal the disposition that
 * was there before the first comes back, whatever was set since. Twice is
 * harmless. */
EDDY_API int eddy_signal_stop(struct eddy_signal *sub);
/* Should it keep the loop alive? A new one does. */
EDDY_API int eddy_signal_background(struct eddy_signal *sub, bool background);

EDDY_END_DECLS

#endif
