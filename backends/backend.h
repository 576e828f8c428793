/* SPDX-License-Identifier: MIT */
/* backend.h - what the pollers share; not installed. */
#ifndef EDDY_BACKEND_H
#define EDDY_BACKEND_H

#include <limits.h>
#include <time.h>

#include <eddy/poller.h>

/* One line per mechanism; registry.c orders those that this build has. */
extern const struct eddy_poller_ops eddy__epoll_ops;
extern const struct eddy_poller_ops eddy__kqueue_ops;
extern const struct eddy_poller_ops eddy__poll_ops;
extern const struct eddy_poller_ops eddy__select_ops;
extern const struct eddy_poller_ops eddy__uring_ops;

/* A dictionary between a mechanism's bits and EDDY_* bits. The common
 * ones come first, for the search ends when nothing is left. */
struct eddy__word {
    unsigned theirs, ours;
};

static inline unsigned eddy__to_theirs(const struct eddy__word *words, size_t n,
                                       unsigned ours)
{
    unsigned theirs = 0;

    for (size_t i = 0; ours != 0 && i < n; i++)
        if ((ours & words[i].ours) != 0) {
            theirs |= words[i].theirs;
            ours &= ~words[i].ours;
        }
    return theirs;
}

static inline unsigned eddy__to_ours(const struct eddy__word *words, size_t n,
                                     unsigned theirs)
{
    unsigned ours = 0;

    for (size_t i = 0; theirs != 0 && i < n; i++)
        if ((theirs & words[i].theirs) != 0) {
            ours |= words[i].ours;
            theirs &= ~words[i].theirs;
        }
    return ours;
}

/* Milliseconds, rounded up: rounded down, a loop would wake just before its
 * timer is due and spin until it is. */
static inline int eddy__ms_ceil(int64_t timeout_ns)
{
    if (timeout_ns < 0 || timeout_ns == EDDY_FOREVER)
        return -1;
    if (timeout_ns > (int64_t)INT_MAX * EDDY_MS - (EDDY_MS - 1))
        return INT_MAX;
    return (int)((timeout_ns + (EDDY_MS - 1)) / EDDY_MS);
}

/* Fills *ts and returns it; NULL for EDDY_FOREVER, as the kernels want it. */
struct timespec *eddy__timespec(struct timespec *ts, int64_t timeout_ns);

/* What set() asks before it adds: -EBADF for what can be no descriptor,
 * -ENOTSUP for an interest beyond `can` (EDDY_CAN_x). A table of `capacity`
 * slots only has to grow for an fd that is open, lest a wild number cost
 * gigabytes. */
int eddy__check_set(int fd, unsigned to, unsigned can, size_t capacity);

bool eddy__is_closed(int fd);

/* Takes what a system call has made and returns it, or a copy above 2 if it was
 * 0, 1 or 2 (T28); close-on-exec either way. On failure fd is closed; if it is
 * -1, the failure is errno. */
int eddy__settle(int take_fd);

#endif
