/* SPDX-License-Identifier: MIT */
/*
 * uring.c - the io_uring(7) poller.
 *
 * What is watched has polls in the ring (uring_polls.c), and all that there is
 * to say to the kernel goes with the one system call of the wait. But a poll
 * holds its file: whoever takes a descriptor out of the set is about to
 * close it, and the peer must hear of that. So removal of an armed one does not
 * wait for the next wait (T63).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <unistd.h>

#include "uring.h"

/* The tests make them small. */
#ifndef EDDY_RING_ENTRIES
#define EDDY_RING_ENTRIES 256 /* 16 KiB, and as much for completions */
#endif

/* ---- Opening and closing ------------------------------------------------ */

static int uring_poller_open(struct eddy_poller **ret_poller,
                             const struct eddy_mem *mem)
{
    struct eddy_poller *p = mem->resize(mem->arg, NULL, sizeof *p);
    int err;

    if (p == NULL)
        return -ENOMEM;
    *p = (struct eddy_poller){ .mem = *mem, .pid = getpid() };
    err = eddy__ring_open(&p->ring, EDDY_RING_ENTRIES, false);
    if (err < 0) {
        mem->resize(mem->arg, p, 0);
        return err;
    }
    *ret_poller = p;
    return 0;
}

static const char *uring_poller_why(int err)
{
    switch (err) {
    case -ENOSYS:
        return "the kernel has no io_uring, or one from before Linux 5.11";
    case -EPERM:
    case -EACCES:
        return "io_uring is forbidden here: by a sandbox, or by "
               "kernel.io_uring_disabled";
    case -ENOMEM:
        return "no memory for its rings, or more than may be locked";
    default:
        return NULL;
    }
}

/* After a fork the ring is still the parent's, and here only let go of (T67).
 */
static void uring_poller_close(struct eddy_poller *p)
{
    struct eddy_mem mem;

    if (p == NULL)
        return;
    mem = p->mem;
    if (p->ring.enabled && p->pid == getpid()) {
        eddy__uring_disarm(p); /* else they hold their files a little longer */
        (void)eddy__ring_settle(&p->ring);
    }
    eddy__ring_close(&p->ring);
    mem.resize(mem.arg, p->slots, 0);
    mem.resize(mem.arg, p, 0);
}

static unsigned uring_poller_features(const struct eddy_poller *p)
{
    (void)p;
    return URING_FEATURES;
}

/* Another ring in place of this one, and all polls anew: because the loop has
 * moved to another thread, where no ring follows it, or is to be watched. */
static int change_ring(struct eddy_poller *p, bool watched)
{
    struct ring ring;
    int err = eddy__ring_open(&ring, EDDY_RING_ENTRIES, watched);

    if (err < 0)
        return err;
    eddy__ring_close(&p->ring);
    p->ring = ring;
    p->watched = watched;
    eddy__uring_arm_anew(p);
    return 0;
}

/* ---- Interest ----------------------------------------------------------- */

/* Whoever watches the ring is told by the kernel what happens to polls that are
 * armed, so none may wait for the next wait. */
static void arm_for_watcher(struct eddy_poller *p)
{
    if (!p->watched || p->first == 0)
        return;
    eddy__uring_arm(p);
    (void)eddy__ring_enter(&p->ring, 0, 0);
}

static int uring_poller_fd(struct eddy_poller *p)
{
    int err = p->watched ? 0 : change_ring(p, true);

    if (err < 0)
        return err;
    arm_for_watcher(p);
    return p->ring.fd;
}

static int uring_poller_set(struct eddy_poller *p, int fd, unsigned from,
                            unsigned to)
{
    int err = 0;

    (void)from; /* the slot says it, and knows of closed ones as well */
    if (to != 0)
        err = eddy__uring_want(p, fd, to);
    else if (eddy__uring_drop(p, fd) && eddy__ring_settle(&p->ring) == -EEXIST)
        (void)change_ring(p, false); /* else the next wait tells */
    arm_for_watcher(p);
    return err;
}

/* ---- Waiting ------------------------------------------------------------ */

static int reap(struct eddy_poller *p, struct eddy_event *out, int cap)
{
    const struct io_uring_cqe *cqe;
    int n = 0;

    while (n < cap && (cqe = eddy__ring_peek(&p->ring)) != NULL) {
        int fd = (int)(uint32_t)cqe->user_data;
        unsigned ready = eddy__uring_judge(p, cqe);

        eddy__ring_pop(&p->ring);
        if (ready != 0)
            out[n++] = (struct eddy_event){ .fd = fd, .ready = ready };
    }
    return n;
}

static int64_t clock_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * EDDY_SECOND + ts.tv_nsec;
}

static int wait_once(struct eddy_poller *p, struct eddy_event *out, int cap,
                     int64_t timeout_ns)
{
    bool old = eddy__ring_has_old(&p->ring);
    int err, n;

    eddy__uring_arm(p);
    err = eddy__ring_enter(&p->ring, timeout_ns != 0, timeout_ns);
    if (err == -EEXIST)
        err = change_ring(p, false);
    n = reap(p, out, cap < URING_BATCH ? cap : URING_BATCH);
    n = eddy__uring_look_again(p, out, n, old);
    return n > 0 ? n : err;
}

/* Again if it was woken by what is nobody's: the end of a cancelled poll. */
static int uring_poller_wait(struct eddy_poller *p, struct eddy_event *out,
                             int cap, int64_t timeout_ns)
{
    bool limited = timeout_ns > 0 && timeout_ns != EDDY_FOREVER;
    int64_t since_ns = limited ? clock_ns() : 0;
    int64_t left_ns = timeout_ns;
    int n;

    do {
        n = wait_once(p, out, cap, left_ns);
        if (limited && n == 0)
            left_ns = timeout_ns - (clock_ns() - since_ns);
    } while (n == 0 && left_ns != 0 && (!limited || left_ns > 0));
    arm_for_watcher(p);
    return n == -EINTR || n == -EBUSY || n == -EAGAIN ? 0 : n;
}

const struct eddy_poller_ops eddy__uring_ops = {
    .abi = EDDY_POLLER_ABI,
    .name = "uring",
    .open = uring_poller_open,
    .close = uring_poller_close,
    .features = uring_poller_features,
    .fd = uring_poller_fd,
    .set = uring_poller_set,
    .wait = uring_poller_wait,
    .why = uring_poller_why,
};
