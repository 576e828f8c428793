/* SPDX-License-Identifier: MIT */
/*
 * poll.c - the poll(2) poller.
 *
 * The kernel wants a dense array, callers speak of descriptors; hence two:
 *
 *     fds     fd 4 | fd 7 | fd 5         `count` entries, in any order
 *     index     0      1      2
 *     slot    . . . . 0 2 . 1            indexed by fd
 *
 * fd is watched if and only if slot[fd] < count and fds[slot[fd]].fd == fd; so
 * slots need no "none", and what is stale in them does no harm. Removal moves
 * the last entry into the hole: set costs O(1), wait O(count).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <poll.h>

#include "backend.h"

struct eddy_poller {
    struct eddy_mem mem;
    struct pollfd *fds;
    size_t count, fds_capacity;
    size_t *slot;
    size_t slot_capacity;
    size_t cursor; /* where the next scan starts, lest a small cap starve */
};

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

/* clang-format off */
static const struct eddy__word words[] = {
    { POLLIN,    EDDY_READ      },
    { POLLOUT,   EDDY_WRITE     },
    { POLLPRI,   EDDY_URGENT    },
    { POLLRDHUP, EDDY_HALFCLOSE },
    { POLLHUP,   EDDY_HANGUP    },
    { POLLERR,   EDDY_ERROR     },
    { POLLNVAL,  EDDY_ERROR     },
};
/* clang-format on */
enum { WORDS = sizeof words / sizeof words[0] };

#ifdef HAVE_PPOLL
enum { FINE = EDDY_CAN_NS };

static int poll_for(struct pollfd *fds, size_t count, int64_t timeout_ns)
{
    struct timespec ts;

    return ppoll(fds, (nfds_t)count, eddy__timespec(&ts, timeout_ns), NULL);
}
#else
enum { FINE = 0 };

static int poll_for(struct pollfd *fds, size_t count, int64_t timeout_ns)
{
    return poll(fds, (nfds_t)count, eddy__ms_ceil(timeout_ns));
}
#endif

enum {
    FEATURES = FINE | EDDY_CAN_URGENT | (POLLRDHUP ? EDDY_CAN_HALFCLOSE : 0)
};

static int poll_poller_open(struct eddy_poller **ret_poller,
                            const struct eddy_mem *mem)
{
    struct eddy_poller *p = mem->resize(mem->arg, NULL, sizeof *p);

    if (p == NULL)
        return -ENOMEM;
    *p = (struct eddy_poller){ .mem = *mem };
    *ret_poller = p;
    return 0;
}

static void poll_poller_close(struct eddy_poller *p)
{
    struct eddy_mem mem;

    if (p == NULL)
        return;
    mem = p->mem;
    mem.resize(mem.arg, p->slot, 0);
    mem.resize(mem.arg, p->fds, 0);
    mem.resize(mem.arg, p, 0);
}

static unsigned poll_poller_features(const struct eddy_poller *p)
{
    (void)p;
    return FEATURES;
}

static int poll_poller_fd(struct eddy_poller *p)
{
    (void)p;
    return -ENOTSUP;
}

/* The entry of fd, NULL if it is not watched. */
static struct pollfd *find_entry(struct eddy_poller *p, int fd)
{
    size_t i = (size_t)fd < p->slot_capacity ? p->slot[fd] : p->count;

    return i < p->count && p->fds[i].fd == fd ? &p->fds[i] : NULL;
}

static int add_entry(struct eddy_poller *p, int fd, short events)
{
    size_t *slot = eddy_mem_reserve(&p->mem, p->slot, &p->slot_capacity,
                                    (size_t)fd + 1, sizeof *slot);
    if (slot == NULL)
        return -ENOMEM;
    p->slot = slot;

    struct pollfd *fds = eddy_mem_reserve(&p->mem, p->fds, &p->fds_capacity,
                                          p->count + 1, sizeof *fds);
    if (fds == NULL)
        return -ENOMEM; /* slot[] stays longer than it need be: harmless */
    p->fds = fds;

    fds[p->count] = (struct pollfd){ .fd = fd, .events = events };
    slot[fd] = p->count++;
    return 0;
}

static void remove_entry(struct eddy_poller *p, struct pollfd *hole)
{
    *hole = p->fds[--p->count];
    p->slot[hole->fd] = (size_t)(hole - p->fds);
}

static int poll_poller_set(struct eddy_poller *p, int fd, unsigned from,
                           unsigned to)
{
    struct pollfd *entry = find_entry(p, fd);
    short events = (short)eddy__to_theirs(words, WORDS, to);
    int err;

    (void)from; /* the entry says it, and knows of closed ones as well */
    if (to == 0) {
        if (entry != NULL)
            remove_entry(p, entry);
        return 0;
    }
    err = eddy__check_set(fd, to, FEATURES, p->slot_capacity);
    if (err < 0)
        return err;
    if (entry == NULL)
        return add_entry(p, fd, events);
    entry->events = events;
    return 0;
}

/* A closed fd is told once, then forgotten: otherwise no wait would ever wait
 * again while its owner is slow to notice (T21). */
static void forget_closed(struct eddy_poller *p, const struct eddy_event *out,
                          int n)
{
    for (int i = 0; i < n; i++) {
        struct pollfd *entry = find_entry(p, out[i].fd);
        if (entry->revents & POLLNVAL)
            remove_entry(p, entry);
    }
}

static int poll_poller_wait(struct eddy_poller *p, struct eddy_event *out,
                            int cap, int64_t timeout_ns)
{
    int ready = poll_for(p->fds, p->count, timeout_ns);
    size_t at = p->cursor < p->count ? p->cursor : 0;
    unsigned seen = 0;
    int n = 0;

    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    for (size_t i = 0; i < p->count && n < ready && n < cap; i++) {
        const struct pollfd *entry = &p->fds[at++];

        if (at == p->count)
            at = 0;
        if (entry->revents == 0)
            continue;
        seen |= (unsigned short)entry->revents;
        out[n].fd = entry->fd;
        out[n++].ready =
            eddy__to_ours(words, WORDS, (unsigned short)entry->revents);
    }
    p->cursor = at;
    if (seen & POLLNVAL)
        forget_closed(p, out, n);
    return n;
}

const struct eddy_poller_ops eddy__poll_ops = {
    .abi = EDDY_POLLER_ABI,
    .name = "poll",
    .open = poll_poller_open,
    .close = poll_poller_close,
    .features = poll_poller_features,
    .fd = poll_poller_fd,
    .set = poll_poller_set,
    .wait = poll_poller_wait,
};
