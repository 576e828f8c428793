/* SPDX-License-Identifier: MIT */
/*
 * select.c - the select(2) poller.
 *
 * What is wanted stands in three bit arrays, indexed by fd; select() overwrites
 * what it is given, so it gets copies:
 *
 *     want[0]  fds to read   -- copy -->  got[0]
 *     want[1]  fds to write  -- copy -->  got[1]     `words` words of each
 *     want[2]  urgent data   -- copy -->  got[2]
 *
 * They are arrays of our own, for an fd_set ends at FD_SETSIZE where the kernel
 * does not (T18). Scans go by words, so that many idle fds cost little.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Without it macOS refuses an fd past FD_SETSIZE. */
#define _DARWIN_UNLIMITED_SELECT 1

#include <errno.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/types.h>

#include "backend.h"

/* No header tells whether a kernel takes longer arrays than its fd_set. */
#if defined(__linux__) || defined(__APPLE__) || defined(__FreeBSD__) ||        \
    defined(__NetBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)
enum { FD_LIMIT = INT_MAX };
#else
enum { FD_LIMIT = FD_SETSIZE };
#endif

enum { FEATURES = EDDY_CAN_NS | EDDY_CAN_URGENT };

static const unsigned kinds[] = { EDDY_READ, EDDY_WRITE, EDDY_URGENT };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

enum { BITS = sizeof(fd_mask) * CHAR_BIT };

struct set {
    fd_mask *words;
    size_t capacity;
};

struct eddy_poller {
    struct eddy_mem mem;
    struct set want[KINDS], got[KINDS];
    size_t words; /* those after it are empty in every want[] */
    int cursor;   /* where the next scan starts, lest a small cap starve */
    int left;     /* bits in got[] that were not found yet */
};

static int select_poller_open(struct eddy_poller **ret_poller,
                              const struct eddy_mem *mem)
{
    struct eddy_poller *p = mem->resize(mem->arg, NULL, sizeof *p);

    if (p == NULL)
        return -ENOMEM;
    *p = (struct eddy_poller){ .mem = *mem };
    *ret_poller = p;
    return 0;
}

static void select_poller_close(struct eddy_poller *p)
{
    struct eddy_mem mem;

    if (p == NULL)
        return;
    mem = p->mem;
    for (size_t k = 0; k < KINDS; k++) {
        mem.resize(mem.arg, p->want[k].words, 0);
        mem.resize(mem.arg, p->got[k].words, 0);
    }
    mem.resize(mem.arg, p, 0);
}

static unsigned select_poller_features(const struct eddy_poller *p)
{
    (void)p;
    return FEATURES;
}

static int select_poller_fd(struct eddy_poller *p)
{
    (void)p;
    return -ENOTSUP;
}

/* ---- Bits --------------------------------------------------------------- */

static unsigned long bit_of(int fd)
{
    return 1ul << (fd % BITS);
}

/* As unsigned long, whatever the sign and the size of an fd_mask. */
static unsigned long load(const struct set *set, int fd)
{
    unsigned long mask = ~0ul >> (sizeof(long) * CHAR_BIT - BITS);

    return (unsigned long)set->words[fd / BITS] & mask;
}

static void store(struct set *set, int fd, bool on)
{
    unsigned long word = load(set, fd);

    word = on ? word | bit_of(fd) : word & ~bit_of(fd);
    set->words[fd / BITS] = (fd_mask)word;
}

/* The first fd in [fd, end) that is in one of the sets, or end. */
static int next_fd(const struct set sets[KINDS], int fd, int end)
{
    while (fd < end) {
        unsigned long word = 0;
        for (size_t k = 0; k < KINDS; k++)
            word |= load(&sets[k], fd);
        word >>= fd % BITS;
        if (word == 0) {
            fd += BITS - fd % BITS;
            continue;
        }
        fd += __builtin_ctzl(word);
        break;
    }
    return fd < end ? fd : end;
}

/* ---- Interest ----------------------------------------------------------- */

/* Makes room for `words` words in all sets; on failure some of them are longer
 * than they need be, which is harmless. */
static int reserve(struct eddy_poller *p, struct set sets[KINDS], size_t words)
{
    for (size_t k = 0; k < KINDS; k++) {
        fd_mask *array =
            eddy_mem_reserve(&p->mem, sets[k].words, &sets[k].capacity, words,
                             sizeof *sets[k].words);
        if (array == NULL)
            return -ENOMEM;
        sets[k].words = array;
    }
    return 0;
}

static int make_room(struct eddy_poller *p, int fd)
{
    size_t words = (size_t)fd / BITS + 1;
    int err;

    if (words <= p->words)
        return 0;
    err = reserve(p, p->want, words);
    if (err == 0)
        err = reserve(p, p->got, words);
    if (err == 0)
        p->words = words;
    return err;
}

static void put(struct eddy_poller *p, int fd, unsigned interest)
{
    for (size_t k = 0; k < KINDS; k++)
        store(&p->want[k], fd, (interest & kinds[k]) != 0);
}

/* Gives up the empty words at the end, for select() costs by its highest fd. */
static void trim(struct eddy_poller *p)
{
    while (p->words > 0) {
        int fd = (int)(p->words - 1) * BITS;
        if (next_fd(p->want, fd, fd + BITS) < fd + BITS)
            break;
        p->words--;
    }
}

static int select_poller_set(struct eddy_poller *p, int fd, unsigned from,
                             unsigned to)
{
    int err;

    (void)from; /* the bits say it, and know of closed ones as well */
    if (to == 0) {
        if (fd >= 0 && (size_t)fd / BITS < p->words) {
            put(p, fd, 0);
            trim(p);
        }
        return 0;
    }
    err = eddy__check_set(fd, to, FEATURES, p->words * BITS);
    if (err == 0)
        err = fd < FD_LIMIT ? make_room(p, fd) : -ERANGE;
    if (err == 0)
        put(p, fd, to);
    return err;
}

/* ---- Waiting ------------------------------------------------------------ */

static struct timeval *timeval_of(struct timeval *tv, int64_t timeout_ns)
{
    struct timespec ts;
    long us;

    if (eddy__timespec(&ts, timeout_ns) == NULL)
        return NULL;
    us = (ts.tv_nsec + 999) / 1000; /* up, lest a timer be early */
    *tv = (struct timeval){ .tv_sec = ts.tv_sec };
    tv->tv_sec += us / 1000000;
    tv->tv_usec = (int)(us % 1000000);
    return tv;
}

static int select_words(struct eddy_poller *p, int64_t timeout_ns)
{
    struct timeval tv;

    for (size_t k = 0; k < KINDS && p->words > 0; k++)
        memcpy(p->got[k].words, p->want[k].words, p->words * sizeof(fd_mask));
    return select((int)p->words * BITS, (fd_set *)p->got[0].words,
                  (fd_set *)p->got[1].words, (fd_set *)p->got[2].words,
                  timeval_of(&tv, timeout_ns));
}

/* As bits, and how many of them are left. */
static unsigned take_kinds(struct eddy_poller *p, int fd)
{
    unsigned bits = 0;

    for (size_t k = 0; k < KINDS; k++)
        if ((load(&p->got[k], fd) & bit_of(fd)) != 0) {
            bits |= kinds[k];
            p->left--;
        }
    return bits;
}

static int collect(struct eddy_poller *p, struct eddy_event *out, int cap,
                   int fd, int end)
{
    int n = 0;

    while (n < cap && p->left > 0 && (fd = next_fd(p->got, fd, end)) < end) {
        out[n].fd = fd;
        out[n++].ready = take_kinds(p, fd);
        p->cursor = ++fd;
    }
    return n;
}

/* One closed fd fails the whole select(), and it does not say which. Each is
 * told once, then forgotten, so that the others get their turn (T21). */
static int collect_closed(struct eddy_poller *p, struct eddy_event *out,
                          int cap)
{
    int end = (int)p->words * BITS;
    int n = 0;

    for (int fd = 0; n < cap && (fd = next_fd(p->want, fd, end)) < end; fd++) {
        if (!eddy__is_closed(fd))
            continue;
        out[n++] = (struct eddy_event){ .fd = fd, .ready = EDDY_ERROR };
        put(p, fd, 0);
    }
    trim(p);
    return n;
}

static int select_poller_wait(struct eddy_poller *p, struct eddy_event *out,
                              int cap, int64_t timeout_ns)
{
    int end = (int)p->words * BITS;
    int start = p->cursor < end ? p->cursor : 0;
    int ready = select_words(p, timeout_ns);
    int n;

    if (ready < 0 && errno == EBADF)
        return collect_closed(p, out, cap);
    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    p->left = ready;
    n = collect(p, out, cap, start, end);
    return n + collect(p, out + n, cap - n, 0, start);
}

const struct eddy_poller_ops eddy__select_ops = {
    .abi = EDDY_POLLER_ABI,
    .name = "select",
    .open = select_poller_open,
    .close = select_poller_close,
    .features = select_poller_features,
    .fd = select_poller_fd,
    .set = select_poller_set,
    .wait = select_poller_wait,
};
