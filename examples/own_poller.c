/* SPDX-License-Identifier: MIT */
/*
 * own_poller.c - a poller of a program's own: poll() on an array that has an
 * entry for every descriptor number, -1 in those that are not watched. Slow
 * where numbers are high, and hard to get wrong.
 *
 * eddy/poller.h says what it has to keep. eddy's own tests of pollers run on
 * this one, too; who writes another could use them likewise.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>

#include <eddy.h>

#include "own_poller.h"

struct eddy_poller {
    struct eddy_mem mem;
    struct pollfd *entry; /* by descriptor */
    size_t count;
    size_t next; /* where the next scan begins, so that none starves */
};

static int own_open(struct eddy_poller **ret_poller, const struct eddy_mem *mem)
{
    struct eddy_poller *p = mem->resize(mem->arg, NULL, sizeof *p);

    if (p == NULL)
        return -ENOMEM;
    *p = (struct eddy_poller){ .mem = *mem };
    *ret_poller = p;
    return 0;
}

static void own_close(struct eddy_poller *p)
{
    struct eddy_mem mem;

    if (p == NULL)
        return;
    mem = p->mem;
    mem.resize(mem.arg, p->entry, 0);
    mem.resize(mem.arg, p, 0);
}

static unsigned own_features(const struct eddy_poller *p)
{
    (void)p;
    return 0; /* reading and writing, to the millisecond */
}

static int own_fd(struct eddy_poller *p)
{
    (void)p;
    return -ENOTSUP;
}

static int own_set(struct eddy_poller *p, int fd, unsigned from, unsigned to)
{
    size_t old = p->count;
    struct pollfd *entry;

    (void)from;
    if ((to & ~(EDDY_READ | EDDY_WRITE)) != 0)
        return -ENOTSUP;
    if (to == 0 && (size_t)fd >= p->count)
        return 0;
    if (to != 0 && fcntl(fd, F_GETFD) < 0)
        return -EBADF; /* no array for a number that is no descriptor */
    entry = eddy_mem_reserve(&p->mem, p->entry, &p->count, (size_t)fd + 1,
                             sizeof *entry);
    if (entry == NULL)
        return -ENOMEM;
    p->entry = entry;
    for (size_t i = old; i < p->count; i++)
        entry[i].fd = -1; /* poll() passes over it */
    entry[fd].fd = to != 0 ? fd : -1;
    entry[fd].events = (short)((to & EDDY_READ ? POLLIN : 0) |
                               (to & EDDY_WRITE ? POLLOUT : 0));
    return 0;
}

static unsigned own_ready(const struct pollfd *entry)
{
    unsigned ready = 0;

    ready |= entry->revents & POLLIN ? EDDY_READ : 0;
    ready |= entry->revents & POLLOUT ? EDDY_WRITE : 0;
    ready |= entry->revents & POLLHUP ? EDDY_HANGUP : 0;
    ready |= entry->revents & (POLLERR | POLLNVAL) ? EDDY_ERROR : 0;
    return ready;
}

/* Rounded up: a wait that ends too early would be followed by many. */
static int own_timeout_ms(int64_t timeout_ns)
{
    if (timeout_ns < 0 || timeout_ns == EDDY_FOREVER)
        return -1;
    if (timeout_ns / EDDY_MS >= INT_MAX)
        return INT_MAX;
    return (int)((timeout_ns + EDDY_MS - 1) / EDDY_MS);
}

static int own_wait(struct eddy_poller *p, struct eddy_event *out, int cap,
                    int64_t timeout_ns)
{
    int found = poll(p->entry, (nfds_t)p->count, own_timeout_ms(timeout_ns));
    int n = 0;

    if (found < 0)
        return errno == EINTR ? 0 : -errno;
    for (size_t i = 0; i < p->count && n < found && n < cap; i++) {
        struct pollfd *entry = &p->entry[p->next++ % p->count];
        if (entry->fd < 0 || entry->revents == 0)
            continue;
        out[n++] = (struct eddy_event){ entry->fd, own_ready(entry) };
        if (entry->revents & POLLNVAL)
            entry->fd = -1; /* it was closed: told once, then forgotten */
    }
    return n;
}

const struct eddy_poller_ops own_poller = {
    .abi = EDDY_POLLER_ABI,
    .name = "own",
    .open = own_open,
    .close = own_close,
    .features = own_features,
    .fd = own_fd,
    .set = own_set,
    .wait = own_wait,
};
