/* SPDX-License-Identifier: MIT */
/*
 * wake.c - ending the sleep of a loop from another thread or a signal handler.
 *
 * The loop says `asleep` before it looks at its mail for the last time and
 * waits; whoever puts something into the mail and then finds it asleep writes
 * to a descriptor that is in the poller. Both sides write first and look
 * second (sequentially consistent), so one of them sees the other; and only the
 * first of many writers pays for the system call.
 */
#include "core.h"

#include <fcntl.h>
#include <unistd.h>
#ifdef HAVE_SYS_EVENTFD_H
#include <sys/eventfd.h>
#endif

/* Someone may have closed stdin; nothing of ours may land there (T28). */
static int above_stdio(int fd)
{
    int higher;

    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    higher = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    return higher;
}

#ifdef HAVE_SYS_EVENTFD_H

static int open_pair(int *ret_read, int *ret_write)
{
    int fd = above_stdio(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

    if (fd < 0)
        return -errno;
    *ret_read = *ret_write = fd;
    return 0;
}

#else

static int prepare_end(int *fd)
{
    *fd = above_stdio(*fd);
    if (*fd < 0 || fcntl(*fd, F_SETFD, FD_CLOEXEC) < 0 ||
        fcntl(*fd, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    return 0;
}

static int open_pair(int *ret_read, int *ret_write)
{
    int fds[2], err;

    if (pipe(fds) < 0)
        return -errno;
    err = prepare_end(&fds[0]);
    if (err == 0)
        err = prepare_end(&fds[1]);
    if (err < 0) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        return err;
    }
    *ret_read = fds[0];
    *ret_write = fds[1];
    return 0;
}

#endif

static void drain(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct eddy_loop *loop = arg;
    char sink[64];

    (void)watch;
    (void)ready;
    while (read(loop->wake_read, sink, sizeof sink) == (ssize_t)sizeof sink)
        continue;
}

int eddy__wake_open(struct eddy_loop *loop)
{
    int err = open_pair(&loop->wake_read, &loop->wake_write);

    if (err < 0)
        return err;
    err = eddy_watch_start(loop, &loop->wake_watch, loop->wake_read, EDDY_READ,
                           drain, loop);
    if (err == 0) { /* at once: a loop that cannot be woken is none */
        eddy__slots_flush(loop);
        err = eddy_watch_error(&loop->wake_watch);
    }
    if (err < 0) {
        eddy__wake_close(loop);
        return err;
    }
    (void)eddy_watch_background(&loop->wake_watch, true);
    return 0;
}

void eddy__wake_close(struct eddy_loop *loop)
{
    (void)eddy_watch_stop(&loop->wake_watch);
    if (loop->wake_read >= 0) {
        if (loop->poller != NULL)
            (void)eddy_loop_forget(loop, loop->wake_read);
        (void)close(loop->wake_read);
    }
    if (loop->wake_write >= 0 && loop->wake_write != loop->wake_read)
        (void)close(loop->wake_write);
    loop->wake_read = loop->wake_write = -1;
}

void eddy__wake(struct eddy_loop *loop)
{
    static const uint64_t one = 1; /* eight bytes are what an eventfd takes */
    int saved = errno;

    if (!atomic_load(&loop->asleep) || !atomic_exchange(&loop->asleep, false))
        return;
    atomic_fetch_add_explicit(&loop->wakeups, 1, memory_order_relaxed);
    /* A full pipe wakes as well as a new byte: nothing is lost. */
    if (write(loop->wake_write, &one, sizeof one) < 0)
        errno = saved;
}
