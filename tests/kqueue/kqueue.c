/* SPDX-License-Identifier: MIT */
/*
 * kqueue.c - the two calls themselves: changes in, events out, and the waiting
 * between them. What a queue holds is knote.c's, what it tells is harvest.c's.
 */
#include "fake.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>

#define SECOND  INT64_C(1000000000)
#define FOREVER INT64_MAX

static int fail(int err)
{
    errno = err;
    return -1;
}

int kqueue(void)
{
    /* neither close-on-exec nor above 2, as little as on BSD */
    int fd = epoll_create1(0);
    int err;

    if (fd < 0)
        return -1;
    err = kq_open(fd);
    if (err == 0)
        return fd;
    kq_close_raw(fd);
    return fail(err);
}

/* Returns how many entries were written, or -errno. */
static int apply(struct queue *q, const struct kevent *changes, int count,
                 struct kevent *events, int room)
{
    int told = 0;

    for (int i = 0; i < count; i++) {
        struct kevent change = changes[i]; /* may be events[told], too */
        int err = kq_change(q, &change);
        if (err == 0 && (change.flags & EV_RECEIPT) == 0)
            continue;
        if (told == room)
            return err != 0 ? -err : told;
        change.flags = EV_ERROR;
        change.data = err;
        events[told++] = change;
    }
    return told;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

static int64_t deadline(const struct timespec *timeout)
{
    if (timeout == NULL || timeout->tv_sec > INT32_MAX)
        return FOREVER;
    return now_ns() + (int64_t)timeout->tv_sec * SECOND + timeout->tv_nsec;
}

/* Waits, without the lock, until the queue may have something to tell. */
static int doze(int kq, const struct queue *q, int64_t until)
{
    struct pollfd readable = { .fd = kq, .events = POLLIN };
    int64_t left_ns = until == FOREVER ? 0 : until - now_ns();
    struct timespec left = { 0, 0 };
    int err;

    if (left_ns > 0) {
        left.tv_sec = (time_t)(left_ns / SECOND);
        left.tv_nsec = (long)(left_ns % SECOND);
    }
    kq_leave();
    err = ppoll(&readable, 1, until == FOREVER ? NULL : &left, NULL) < 0 ? errno
                                                                         : 0;
    kq_lock();
    return kq_queue(kq) == q ? err : EBADF; /* closed by another thread */
}

static int await(int kq, struct queue *q, struct kevent *events, int room,
                 const struct timespec *timeout)
{
    int64_t until = deadline(timeout);

    for (;;) {
        int n = kq_harvest(q, events, room);
        int err = 0;
        if (n > 0 || (until != FOREVER && now_ns() >= until))
            return n;
        err = doze(kq, q, until);
        if (err != 0)
            return -err;
    }
}

static bool is_valid(const struct timespec *timeout)
{
    return timeout == NULL || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 &&
                               timeout->tv_nsec < SECOND);
}

int kevent(int kq, const struct kevent *changelist, int nchanges,
           struct kevent *eventlist, int nevents,
           const struct timespec *timeout)
{
    struct queue *q;
    int n = -EBADF;

    if (!kq_enter())
        return fail(EBADF);
    q = kq_queue(kq);
    if (q != NULL)
        n = -EINVAL;
    if (q != NULL && nchanges >= 0 && nevents >= 0) {
        n = apply(q, changelist, nchanges, eventlist, nevents);
        kq_ring(q);
        if (n == 0 && nevents > 0)
            n = is_valid(timeout) ? await(kq, q, eventlist, nevents, timeout)
                                  : -EINVAL;
    }
    kq_leave();
    return n < 0 ? fail(-n) : n;
}
