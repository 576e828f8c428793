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

static void free_memory(struct eddy_poller *p)
{
    struct eddy_mem mem = p->mem;

    mem.resize(mem.arg, p->slots, 0);
    mem.resize(mem.arg, p->dones, 0);
    mem.resize(mem.arg, p, 0);
}

static int uring_poller_open(struct eddy_poller **ret_poller,
                             const struct eddy_mem *mem)
{
    struct eddy_poller *p = mem->resize(mem->arg, NULL, sizeof *p);
    int err;

    if (p == NULL)
        return -ENOMEM;
    *p = (struct eddy_poller){ .mem = *mem, .pid = getpid() };
    err = eddy__uring_reserve(p, URING_FEW);
    if (err == 0)
        err = eddy__ring_open(&p->now.ring, EDDY_RING_ENTRIES, false);
    if (err < 0) {
        free_memory(p);
        return err;
    }
    p->can = eddy__uring_can(&p->now.ring);
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

static void close_engine(struct eddy__uring_engine *e, bool ours)
{
    eddy__ring_close(&e->ring);
    eddy__uring_file_rest(e, ours);
    eddy__uring_pool_close(e->pool);
}

/* What is under way would write into memory that is gone, and polls would hold
 * their files. But after a fork the ring is the parent's still, and here only
 * let go of (T67). */
static void uring_poller_close(struct eddy_poller *p)
{
    bool ours;

    if (p == NULL)
        return;
    ours = p->pid == getpid();
    if (p->now.ring.enabled && ours) {
        eddy__uring_disarm(p);
        eddy__uring_cancel_all(&p->now);
        eddy__uring_drain(&p->now);
    }
    close_engine(&p->now, ours);
    if (p->has_next)
        eddy__ring_close(&p->next);
    free_memory(p);
}

static unsigned uring_poller_features(const struct eddy_poller *p)
{
    (void)p;
    return URING_FEATURES;
}

/* Takes in what has been done; false: there is no room. */
static bool take_done(struct eddy_poller *p, const struct io_uring_cqe *cqe)
{
    if ((size_t)p->done_count == p->done_room)
        return false;
    p->dones[p->done_count++] = eddy__uring_done(&p->now, cqe);
    return true;
}

/* Another ring in place of this one, and all polls anew: because the loop has
 * moved to another thread, where no ring follows it, or is to be watched. The
 * kernel ends what was submitted to the one that is closed, without having done
 * it, for all that is done is done by the thread that owns it; but for files,
 * which are waited for. */
static void change_ring(struct eddy_poller *p, const struct ring *by)
{
    const struct io_uring_cqe *cqe;

    while ((cqe = eddy__ring_peek(&p->now.ring)) != NULL) {
        if (eddy__uring_is_io(cqe))
            (void)take_done(p, cqe);
        eddy__ring_pop(&p->now.ring);
    }
    p->gave_up = p->now.under_way > 0;
    close_engine(&p->now, true);
    p->now = (struct eddy__uring_engine){ .ring = *by };
    eddy__uring_arm_anew(p);
}

static int move_here(struct eddy_poller *p)
{
    struct ring ring;
    int err = eddy__ring_open(&ring, EDDY_RING_ENTRIES, false);

    if (err == 0)
        change_ring(p, &ring);
    return err;
}

/* ---- Interest ----------------------------------------------------------- */

/* Whoever watches the ring is told by the kernel what happens to what is in it,
 * so nothing may wait for the next wait. */
static void enter_for_watcher(struct eddy_poller *p)
{
    if (p->watched)
        (void)eddy__ring_enter(&p->now.ring, 0, 0);
}

static void arm_for_watcher(struct eddy_poller *p)
{
    if (!p->watched || p->first == 0)
        return;
    eddy__uring_arm(p);
    enter_for_watcher(p);
}

/* What is under way is not taken over outside of a wait, which tells of it: so
 * the new ring is made readable, for the wait to come soon. */
static void change_soon(struct eddy_poller *p)
{
    struct io_uring_sqe *sqe = eddy__ring_sqe(&p->next);

    sqe->opcode = IORING_OP_NOP;
    sqe->user_data = URING_NOBODY;
    (void)eddy__ring_enter(&p->next, 0, 0);
    p->has_next = true;
}

static int uring_poller_fd(struct eddy_poller *p)
{
    int err;

    if (p->has_next)
        return p->next.fd;
    if (!p->watched) {
        err = eddy__ring_open(&p->next, EDDY_RING_ENTRIES, true);
        if (err < 0)
            return err;
        p->watched = true;
        if (p->now.under_way > 0) {
            change_soon(p);
            return p->next.fd;
        }
        change_ring(p, &p->next);
    }
    arm_for_watcher(p);
    return p->now.ring.fd;
}

static int uring_poller_set(struct eddy_poller *p, int fd, unsigned from,
                            unsigned to)
{
    int err = 0;

    (void)from; /* the slot says it, and knows of closed ones as well */
    if (to != 0)
        err = eddy__uring_want(p, fd, to);
    else if (eddy__uring_drop(p, fd) &&
             eddy__ring_settle(&p->now.ring) == -EEXIST &&
             p->now.under_way == 0)
        (void)move_here(p); /* else the next wait does it */
    arm_for_watcher(p);
    return err;
}

/* ---- Waiting ------------------------------------------------------------ */

/* Takes it in; false: there is no room. */
static bool take(struct eddy_poller *p, const struct io_uring_cqe *cqe,
                 struct eddy_event *out, int cap, int *n)
{
    unsigned ready;

    if (eddy__uring_is_io(cqe))
        return take_done(p, cqe);
    if (eddy__uring_is_send(cqe)) {
        eddy__uring_sent(p, cqe);
        return true;
    }
    if (*n == cap)
        return false;
    ready = eddy__uring_judge(p, cqe);
    if (ready != 0)
        out[(*n)++] = (struct eddy_event){ eddy__uring_fd_of(cqe), ready };
    return true;
}

static int reap(struct eddy_poller *p, struct eddy_event *out, int cap)
{
    const struct io_uring_cqe *cqe;
    int n = 0;

    do
        while ((cqe = eddy__ring_peek(&p->now.ring)) != NULL &&
               take(p, cqe, out, cap, &n))
            eddy__ring_pop(&p->now.ring);
    while (p->sends != NULL && eddy__ring_overflown(&p->now.ring) &&
           eddy__ring_enter(&p->now.ring, 0, 0) == 0);
    return n;
}

static int64_t clock_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * EDDY_SECOND + ts.tv_nsec;
}

/* Besides events. */
static bool has_news(const struct eddy_poller *p)
{
    return p->done_count > 0 || p->gave_up || p->unsent;
}

static int wait_once(struct eddy_poller *p, struct eddy_event *out, int cap,
                     int64_t timeout_ns)
{
    bool old = eddy__ring_has_old(&p->now.ring);
    int err, n;

    eddy__uring_arm(p);
    if (p->armed > (size_t)cap) /* each of them may be told once */
        eddy__uring_send_directly(p);
    eddy__uring_send(p);
    err = eddy__ring_enter(&p->now.ring, timeout_ns != 0 && !p->unsent,
                           timeout_ns);
    eddy__uring_send_rest(p);
    if (err == -EEXIST)
        err = move_here(p);
    n = reap(p, out, cap);
    p->sends = NULL;
    n = eddy__uring_look_again(p, out, n, old);
    return n > 0 || has_news(p) ? n : err;
}

/* Again if it was woken by what is nobody's: the end of a cancelled poll. */
static int wait_for(struct eddy_poller *p, struct eddy_event *out, int cap,
                    int64_t timeout_ns)
{
    bool limited = timeout_ns > 0 && timeout_ns != EDDY_FOREVER;
    int64_t since_ns = limited ? clock_ns() : 0;
    int64_t left_ns = timeout_ns;
    int n;

    do {
        n = wait_once(p, out, cap, left_ns);
        if (n != 0 || has_news(p))
            break;
        if (limited)
            left_ns = timeout_ns - (clock_ns() - since_ns);
    } while (limited ? left_ns > 0 : left_ns != 0);
    return n;
}

static int uring_poller_wait(struct eddy_poller *p, struct eddy_event *out,
                             int cap, int64_t timeout_ns)
{
    int n;

    p->done_count = 0;
    p->gave_up = p->unsent = false;
    if (eddy__uring_reserve(p, p->now.under_way) < 0)
        eddy__uring_send_directly(p);
    if (p->has_next && p->now.files == 0) { /* those need not be disturbed */
        change_ring(p, &p->next);
        p->has_next = false;
    }
    n = wait_for(p, out, cap < URING_BATCH ? cap : URING_BATCH,
                 p->gave_up ? 0 : timeout_ns);
    arm_for_watcher(p);
    return n == -EINTR || n == -EBUSY || n == -EAGAIN ? 0 : n;
}

/* ---- The tables --------------------------------------------------------- */

static unsigned can(const struct eddy_poller *p)
{
    return p->can;
}

static int submit(struct eddy_poller *p, const struct eddy_io *io,
                  uint64_t token)
{
    int err = eddy__uring_submit(&p->now, io, token);

    enter_for_watcher(p);
    return err;
}

static void cancel(struct eddy_poller *p, uint64_t token)
{
    eddy__uring_cancel(&p->now, token);
    enter_for_watcher(p);
}

static void settle(struct eddy_poller *p)
{
    (void)eddy__ring_settle(&p->now.ring);
}

static int reap_dones(struct eddy_poller *p,
                      const struct eddy_io_done **ret_dones, bool *ret_gave_up)
{
    *ret_dones = p->dones;
    *ret_gave_up = p->gave_up;
    return p->done_count;
}

static void send_with_wait(struct eddy_poller *p, struct eddy_io_send *first)
{
    p->sends = first;
}

static const struct eddy_completion_ops completion_ops = {
    .can = can,
    .submit = submit,
    .cancel = cancel,
    .settle = settle,
    .reap = reap_dones,
    .send = send_with_wait,
    .give_back = eddy__uring_give_back,
};

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
    .completion = &completion_ops,
};
