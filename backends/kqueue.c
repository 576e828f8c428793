/* SPDX-License-Identifier: MIT */
/*
 * kqueue.c - the kqueue(2) poller.
 *
 * The kernel watches filters, callers speak of descriptors: an interest needs
 * one filter or two, and each that fires is an event of its own (T12). In
 * slots[fd], `want` is the interest that was set, and `have` the interest whose
 * filters the kernel may still hold.
 *
 * What is wanted and not had is added at once, with EV_RECEIPT: so set()
 * returns the errors of its own fd and of no other, and our descriptor tells
 * the truth to a poller that watches it. What is had and not wanted is queued
 * and goes with the next wait for nothing: its errors are worth nothing (T13).
 *
 *     dirty -> fd 7 -> fd 4 -> NONE      the queue, linked through slots[].next
 *
 * Kernels refuse to watch a pipe for writing once its reader has gone, or drop
 * the filter after one event (EV_ONESHOT). An EVFILT_USER that is always
 * triggered then stands in, as EDDY_ERROR.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <sys/types.h> /* before sys/event.h, on OpenBSD */

#include <sys/event.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend.h"

/* NOTE_LOWAT is how the end of input is watched and not the input, but on macOS
 * a full buffer satisfies any low-water mark: a paused reader would spin. */
#ifdef __APPLE__
enum { THE_END = 0 };
#else
enum { THE_END = EDDY_CAN_HALFCLOSE };
#endif

enum { FEATURES = EDDY_CAN_NS | EDDY_CAN_SCALE | EDDY_CAN_NEST | THE_END };

#ifdef EVFILT_USER
#define STAND_IN .filter = EVFILT_USER, .fflags = NOTE_TRIGGER
#else
#define STAND_IN .filter = EVFILT_TIMER, .data = 1 /* every millisecond */
#endif

/* Which interest needs which filter. Of EDDY_ERROR, only `want` and `have` know
 * as an interest: the fd has a stand-in. */
static const struct {
    struct kevent kev;
    unsigned interest;
} filters[] = {
    { { .filter = EVFILT_READ }, EDDY_READ | EDDY_HALFCLOSE },
    { { .filter = EVFILT_WRITE }, EDDY_WRITE },
    { { STAND_IN }, EDDY_ERROR },
};
enum { READER, WRITER, STANDER, FILTERS, BATCH = 64, NONE = -1 };

struct slot {
    unsigned want, have;
    int next; /* in the queue, if dirty */
    int at;   /* where its event is in out[], if out[at].fd == fd */
    bool dirty, socket;
};

struct eddy_poller {
    struct eddy_mem mem;
    int kq;
    int dirty;          /* the first of the queue, or NONE */
    pid_t owner;        /* in a forked child, kq is somebody else's (T52) */
    struct slot *slots; /* indexed by fd */
    size_t capacity;
    struct kevent changes[BATCH], events[BATCH];
};

/* ---- Opening and closing ------------------------------------------------ */

static int kqueue_poller_open(struct eddy_poller **ret_poller,
                              const struct eddy_mem *mem)
{
    struct eddy_poller *p = mem->resize(mem->arg, NULL, sizeof *p);
    int kq = p == NULL ? -ENOMEM : eddy__settle(kqueue());

    if (kq < 0) {
        mem->resize(mem->arg, p, 0);
        return kq;
    }
    *p = (struct eddy_poller){ .mem = *mem, .kq = kq, .dirty = NONE };
    p->owner = getpid();
    *ret_poller = p;
    return 0;
}

static void kqueue_poller_close(struct eddy_poller *p)
{
    struct eddy_mem mem;

    if (p == NULL)
        return;
    mem = p->mem;
    if (p->owner == getpid())
        (void)close(p->kq);
    mem.resize(mem.arg, p->slots, 0);
    mem.resize(mem.arg, p, 0);
}

static unsigned kqueue_poller_features(const struct eddy_poller *p)
{
    (void)p;
    return FEATURES;
}

static int kqueue_poller_fd(struct eddy_poller *p)
{
    return p->kq;
}

/* ---- Interest ----------------------------------------------------------- */

static struct kevent change(size_t f, int fd, unsigned flags)
{
    struct kevent kev = filters[f].kev;

    kev.ident = (uintptr_t)fd;
    kev.flags = (unsigned short)flags;
    return kev;
}

/* Counts are cast to what fits both int and size_t: kernels disagree. */
static int submit(int kq, const struct kevent *changes, int count,
                  struct kevent *events, int room, int64_t timeout_ns)
{
    struct timespec ts;
    int got = kevent(kq, changes, (unsigned short)count, events,
                     (unsigned short)room, eddy__timespec(&ts, timeout_ns));

    return got < 0 ? -errno : got;
}

static size_t filter_of(const struct kevent *event)
{
    size_t f = 0;

    while (f < STANDER && filters[f].kev.filter != event->filter)
        f++;
    return f;
}

/* Has gather() see to the filters of fd that nobody wants. */
static void enqueue(struct eddy_poller *p, int fd)
{
    struct slot *slot = &p->slots[fd];

    if (slot->dirty)
        return;
    slot->dirty = true;
    slot->next = p->dirty;
    p->dirty = fd;
}

/* Fills changes[0..n) with the removal of what fd has and is `stale`. */
static int removals(struct slot *slot, int fd, unsigned stale, unsigned flags,
                    struct kevent *changes)
{
    int n = 0;

    for (size_t f = 0; f < FILTERS; f++) {
        unsigned interest = filters[f].interest;
        if ((slot->have & stale & interest) != interest)
            continue;
        changes[n++] = change(f, fd, EV_DELETE | flags);
        slot->have &= ~interest;
    }
    return n;
}

/* What a refused addition means for set(): an error, or 1 for "the other end
 * has gone" (which NetBSD calls EBADF). */
static int judge(int fd, int refusal)
{
    if (refusal == EBADF || refusal == ENOENT || refusal == EPIPE)
        return eddy__is_closed(fd) ? -EBADF : 1;
    if (refusal == EINVAL || refusal == ENODEV || refusal == EOPNOTSUPP)
        return -EPERM; /* a device that knows no such filter */
    return -refusal;
}

/* Adds the filters that `to` needs, without the stale ones (libkqueue forgets
 * none that is closed, and changes none), and returns as judge() does. */
static int add_filters(struct eddy_poller *p, int fd, unsigned stale,
                       unsigned to)
{
    struct kevent changes[2 * FILTERS + 1], receipts[2 * FILTERS + 1];
    struct slot *slot = &p->slots[fd];
    int removed = removals(slot, fd, stale, EV_RECEIPT, changes);
    unsigned missing = to & ~slot->have;
    int n = removed, verdict = 0;

    for (size_t f = 0; f < FILTERS; f++) {
        if ((missing & filters[f].interest) == 0)
            continue;
        slot->have |= filters[f].interest;
        changes[n++] = change(f, fd, EV_ADD | EV_RECEIPT);
        if (f == READER && !(missing & EDDY_READ)) { /* its end only */
            changes[n - 1].fflags = NOTE_LOWAT;
            changes[n - 1].data = INT_MAX;
        }
        if (f == STANDER) /* only one that exists can be triggered */
            changes[n++] = change(f, fd, EV_ADD | EV_RECEIPT);
    }
    if (n > 0)
        n = submit(p->kq, changes, n, receipts, n, 0);
    for (int i = removed; i < n; i++) {
        if (!(receipts[i].flags & EV_ERROR) || receipts[i].data == 0)
            continue;
        slot->have &= ~filters[filter_of(&receipts[i])].interest;
        if (verdict >= 0)
            verdict = judge(fd, (int)receipts[i].data);
    }
    return n < 0 ? n : verdict;
}

/* From now on fd is always ready, whatever the kernel says of it. */
static int stand_in(struct eddy_poller *p, int fd)
{
    p->slots[fd].want |= EDDY_ERROR;
    return add_filters(p, fd, 0, EDDY_ERROR);
}

/* Kernels take a file, then call it always ready, or ready once (T7). */
static int look_at(struct slot *slot, int fd)
{
    struct stat st;

    slot->want = 0; /* unless it can be watched */
    if (fstat(fd, &st) < 0)
        return -errno;
    slot->socket = S_ISSOCK(st.st_mode);
    if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
        return -EPERM;
    return 0;
}

static int add(struct eddy_poller *p, int fd, unsigned from, unsigned to)
{
    struct slot *slot = &p->slots[fd];
    unsigned old = slot->want;
    unsigned stale = from == 0 || from == to ? ~0u : 0; /* a new file? (T5) */
    int err = stale != 0 ? look_at(slot, fd) : 0;

    if (err < 0)
        return err;
    if (!slot->socket)
        to &= ~EDDY_HALFCLOSE;  /* it would never come (T10) */
    if ((old ^ to) & EDDY_READ) /* the filter takes its other form */
        stale |= filters[READER].interest;

    slot->want = to;
    err = add_filters(p, fd, stale, to);
    if (err > 0)
        err = stand_in(p, fd);
    if (err < 0)
        slot->want = err == -EBADF ? 0 : old;
    return err;
}

static int kqueue_poller_set(struct eddy_poller *p, int fd, unsigned from,
                             unsigned to)
{
    struct slot *slots;
    int err;

    if (to == 0 && fd >= 0 && (size_t)fd < p->capacity) {
        p->slots[fd].want = 0;
        enqueue(p, fd);
    }
    if (to == 0)
        return 0;
    err = eddy__check_set(fd, to, FEATURES, p->capacity);
    if (err < 0)
        return err;
    slots = eddy_mem_reserve(&p->mem, p->slots, &p->capacity, (size_t)fd + 1,
                             sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    p->slots = slots;
    err = add(p, fd, from, to);
    enqueue(p, fd);
    return err;
}

/* ---- Waiting ------------------------------------------------------------ */

/* Turns the queue into p->changes, as far as there is room. */
static int gather(struct eddy_poller *p)
{
    int n = 0;

    while (p->dirty != NONE && n + FILTERS <= BATCH) {
        int fd = p->dirty;
        struct slot *slot = &p->slots[fd];

        p->dirty = slot->next;
        slot->dirty = false;
        n += removals(slot, fd, ~slot->want, 0, p->changes + n);
    }
    return n;
}

/* Removals go along if there is room for their errors, lest kevent() fail half
 * way; the rest goes before. Errors come first, and may come alone. */
static int wait_for(struct eddy_poller *p, int room, int64_t timeout_ns)
{
    int changes = gather(p);
    int got;

    while (p->dirty != NONE || changes > room) {
        for (int i = 0; i < changes; i++)
            p->changes[i].flags = EV_DELETE | EV_RECEIPT;
        (void)submit(p->kq, p->changes, changes, p->events, changes, 0);
        changes = gather(p);
    }
    got = submit(p->kq, p->changes, changes, p->events, room, timeout_ns);
    if (changes > 0 && got > 0 && (p->events[got - 1].flags & EV_ERROR))
        got = submit(p->kq, NULL, 0, p->events, room, timeout_ns);
    return got;
}

/* EV_EOF of a socket's writer may be our own shutdown(), and says nothing of
 * its input (T11). That of a pipe is what poll() calls an error. */
static unsigned readiness(const struct kevent *event, size_t f,
                          const struct slot *slot)
{
    unsigned ready = slot->want & filters[f].interest;
    bool broken = event->fflags != 0 || (f == WRITER && !slot->socket);

    if (event->flags & EV_EOF)
        return broken ? ready | EDDY_ERROR : ready;
    return event->flags & EV_ERROR ? EDDY_ERROR : ready & ~EDDY_HALFCLOSE;
}

/* Puts an event into out[0..n), or adds to that of the same fd; returns n. */
static int merge(struct eddy_poller *p, struct eddy_event *out, int n,
                 const struct kevent *event)
{
    int fd = (int)event->ident;
    struct slot *slot = &p->slots[fd];
    size_t f = filter_of(event);
    unsigned interest = filters[f].interest;
    unsigned ready = readiness(event, f, slot);

    if ((slot->want & interest) == 0) { /* should not be there, or is not */
        slot->have |= event->flags & EV_ERROR ? 0 : interest;
        enqueue(p, fd);
        return n;
    }
    if (f == STANDER && eddy__is_closed(fd)) { /* the kernel cannot notice */
        slot->want = 0;
        enqueue(p, fd);
    } else if (event->flags & EV_ONESHOT) { /* unasked: it was the last one */
        slot->have &= ~interest;
        (void)stand_in(p, fd);
    }
    if (ready == 0)
        return n;
    if (slot->at >= n || out[slot->at].fd != fd) {
        slot->at = n;
        out[n++] = (struct eddy_event){ .fd = fd };
    }
    out[slot->at].ready |= ready;
    return n;
}

static int kqueue_poller_wait(struct eddy_poller *p, struct eddy_event *out,
                              int cap, int64_t timeout_ns)
{
    int got = wait_for(p, cap < BATCH ? cap : BATCH, timeout_ns);
    int n = 0;

    if (got < 0)
        return got == -EINTR ? 0 : got;
    for (int i = 0; i < got; i++)
        n = merge(p, out, n, &p->events[i]);
    return n;
}

const struct eddy_poller_ops eddy__kqueue_ops = {
    .abi = EDDY_POLLER_ABI,
    .name = "kqueue",
    .open = kqueue_poller_open,
    .close = kqueue_poller_close,
    .features = kqueue_poller_features,
    .fd = kqueue_poller_fd,
    .set = kqueue_poller_set,
    .wait = kqueue_poller_wait,
};
