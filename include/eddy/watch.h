/* SPDX-License-Identifier: MIT */
/*
 * eddy/watch.h - being told when a descriptor is ready.
 *
 * The ground under the operations, for those who do their own reads and writes
 * or lend the loop to another library. Watches are level-triggered, and there
 * may be any number on one descriptor, called in the order of their starting.
 * The descriptor is borrowed: never closed, never made non-blocking.
 */
#ifndef EDDY_WATCH_H
#define EDDY_WATCH_H

#include <eddy/loop.h>

EDDY_BEGIN_DECLS

/* The caller's storage, zeroed or started; not to be moved while started. */
struct eddy_watch {
    uint64_t opaque[6];
};

/*
 * Called once a turn while something of interest is ready. `ready` holds what
 * of the interest is ready, and EDDY_HANGUP or EDDY_ERROR unasked; whoever
 * waits to read or write is woken by these too, so that the read or write tells
 * the error. Readiness may be spurious: be prepared for EAGAIN.
 * A descriptor that the poller cannot take gives EDDY_ERROR once, and
 * eddy_watch_error() says why; then nothing more. So does one that was closed
 * while watched, where the poller notices; epoll and kqueue keep silent.
 */
typedef void eddy_watch_fn(struct eddy_watch *watch, unsigned ready, void *arg);

/*
 * Starts watching. interest is a set of EDDY_READ, EDDY_WRITE, EDDY_URGENT and
 * EDDY_HALFCLOSE, or 0 to begin paused. A regular file is always ready.
 * -EINVAL for anything else, and for a negative fd; -EBADF if fd is not open
 * (where that shows at once); -ENOTSUP if the poller lacks URGENT or HALFCLOSE;
 * -ENOMEM. Of a watch that is started already: undefined.
 */
EDDY_API int eddy_watch_start(struct eddy_loop *loop, struct eddy_watch *watch,
                              int fd, unsigned interest, eddy_watch_fn *fn,
                              void *arg);

/* Changes the interest; 0 pauses. Costs a system call only if the change still
 * stands when the loop waits next. Errors as above; -EINVAL if not started. */
EDDY_API int eddy_watch_set(struct eddy_watch *watch, unsigned interest);

/* fn is not called again, and the storage is the caller's. Call it before
 * closing the descriptor; if that may live on elsewhere (dup, fork), call
 * eddy_loop_forget() too. Twice is harmless. */
EDDY_API int eddy_watch_stop(struct eddy_watch *watch);

/* Should it keep the loop alive? A new one does. */
EDDY_API int eddy_watch_background(struct eddy_watch *watch, bool background);

/* 0, or what EDDY_ERROR is about, where the loop knows: -EBADF, -ENOMEM,
 * -ERANGE (beyond what the poller can hold) ... */
EDDY_API int eddy_watch_error(const struct eddy_watch *watch);

/* Takes fd out of the poller at once, not at the next wait. Watches that are
 * still on it are told EDDY_ERROR, -EBADF. */
EDDY_API int eddy_loop_forget(struct eddy_loop *loop, int fd);

EDDY_END_DECLS

#endif
