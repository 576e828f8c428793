/* SPDX-License-Identifier: MIT */
/* backend.c - what the pollers share. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "backend.h"

/* Three years, in seconds: some kernels refuse more (EINVAL). */
enum { LONGEST = 100000000 };

struct timespec *eddy__timespec(struct timespec *ts, int64_t timeout_ns)
{
    int64_t seconds = timeout_ns / EDDY_SECOND;

    if (timeout_ns < 0 || timeout_ns == EDDY_FOREVER)
        return NULL;
    *ts = (struct timespec){ .tv_sec = LONGEST };
    if (seconds < LONGEST) {
        ts->tv_sec = (time_t)seconds;
        ts->tv_nsec = (long)(timeout_ns % EDDY_SECOND);
    }
    return ts;
}

int eddy__check_set(int fd, unsigned to, unsigned can, size_t capacity)
{
    unsigned interest = EDDY_READ | EDDY_WRITE;

    interest |= (can & EDDY_CAN_URGENT) ? EDDY_URGENT : 0;
    interest |= (can & EDDY_CAN_HALFCLOSE) ? EDDY_HALFCLOSE : 0;
    if ((to & ~interest) != 0)
        return -ENOTSUP;
    if (fd < 0 || ((size_t)fd >= capacity && eddy__is_closed(fd)))
        return -EBADF;
    return 0;
}

bool eddy__is_closed(int fd)
{
    return fcntl(fd, F_GETFD) < 0 && errno == EBADF;
}

int eddy__settle(int take_fd)
{
    int fd = take_fd;
    int result;

    if (fd >= 0 && fd <= 2)
        fd = fcntl(take_fd, F_DUPFD_CLOEXEC, 3);
    else if (fd > 2 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        fd = -1;
    result = fd < 0 ? -errno : fd;
    if (take_fd >= 0 && fd != take_fd)
        (void)close(take_fd);
    return result;
}
