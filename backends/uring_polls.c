/* SPDX-License-Identifier: MIT */
/*
 * uring_polls.c - descriptors that are watched by polls in a ring.
 *
 * Each of them has one poll, which ends with its first event; the next wait
 * submits it anew, and so finds what is still ready: that makes it
 * level-triggered. The generation in its user_data is valid while slots[fd]
 * agrees and is armed; so one that comes late, of a poll that was cancelled, is
 * known (T61).
 *
 *     slots[fd]   listed   the next wait submits a poll     list: fd + 1 -> ...
 *                 armed    the ring has one
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>

#include "uring.h"

#ifndef POLLRDHUP
#define POLLRDHUP 0x2000 /* only who asks for all of GNU has it by name */
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

/* ---- The list of what is to be armed ------------------------------------ */

static void list(struct eddy_poller *p, int fd)
{
    struct eddy__uring_slot *slot = &p->slots[fd];

    if (slot->listed)
        return;
    slot->listed = true;
    slot->next = 0;
    if (p->last != 0)
        p->slots[p->last - 1].next = fd + 1;
    else
        p->first = fd + 1;
    p->last = fd + 1;
}

static void unlist_first(struct eddy_poller *p)
{
    struct eddy__uring_slot *slot = &p->slots[p->first - 1];

    slot->listed = false;
    p->first = slot->next;
    if (p->first == 0)
        p->last = 0;
}

/* ---- Polls in the ring -------------------------------------------------- */

static uint64_t name_of(const struct eddy_poller *p, int fd)
{
    return (uint64_t)p->slots[fd].generation << 33 | (uint64_t)fd << 2 |
           URING_POLL;
}

/* A poll for POLLPRI alone is not woken by urgent data, but by "band data", as
 * which sockets announce whatever comes: see look_again(). */
static uint32_t poll_mask(unsigned interest)
{
    uint32_t mask = eddy__to_theirs(words, WORDS, interest);

    mask |= (interest & EDDY_URGENT) != 0 ? POLLRDBAND : 0;
    /* the kernel reads two halves, the lower one first */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    mask = mask << 16 | mask >> 16;
#endif
    return mask;
}

void eddy__uring_arm(struct eddy_poller *p)
{
    for (; p->first != 0; unlist_first(p)) {
        int fd = p->first - 1;
        struct eddy__uring_slot *slot = &p->slots[fd];
        struct io_uring_sqe *sqe;

        if (slot->interest == 0 || slot->armed)
            continue;
        sqe = eddy__ring_sqe(&p->now.ring);
        if (sqe == NULL)
            return; /* by the next wait, when completions have made room */
        sqe->opcode = IORING_OP_POLL_ADD;
        sqe->fd = fd;
        sqe->poll32_events = poll_mask(slot->interest);
        sqe->user_data = name_of(p, fd);
        slot->armed = true;
        p->armed++;
    }
}

/* Cancels the poll of fd, with the next enter. Without room for that it stays,
 * and is not believed when it ends. */
static void disarm(struct eddy_poller *p, int fd)
{
    struct io_uring_sqe *sqe = eddy__ring_sqe(&p->now.ring);

    if (sqe != NULL) {
        sqe->opcode = IORING_OP_POLL_REMOVE;
        sqe->addr = name_of(p, fd);
        sqe->user_data = URING_NOBODY;
    }
    p->slots[fd].armed = false;
    p->armed--;
}

void eddy__uring_disarm(struct eddy_poller *p)
{
    for (size_t fd = 0; fd < p->capacity; fd++)
        if (p->slots[fd].armed)
            disarm(p, (int)fd);
}

void eddy__uring_arm_anew(struct eddy_poller *p)
{
    p->armed = 0;
    for (size_t fd = 0; fd < p->capacity; fd++) {
        p->slots[fd].armed = false;
        if (p->slots[fd].interest != 0)
            list(p, (int)fd);
    }
}

/* ---- Interest ----------------------------------------------------------- */

bool eddy__uring_drop(struct eddy_poller *p, int fd)
{
    bool armed;

    if (fd < 0 || (size_t)fd >= p->capacity)
        return false;
    p->slots[fd].interest = 0;
    armed = p->slots[fd].armed;
    if (armed)
        disarm(p, fd);
    return armed;
}

int eddy__uring_want(struct eddy_poller *p, int fd, unsigned to)
{
    struct eddy__uring_slot *slots;
    int err = eddy__check_set(fd, to, URING_FEATURES, p->capacity);

    if (err < 0)
        return err;
    slots = eddy_mem_reserve(&p->mem, p->slots, &p->capacity, (size_t)fd + 1,
                             sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    p->slots = slots;

    if (slots[fd].armed)
        disarm(p, fd);
    slots[fd].generation = ++p->generation;
    slots[fd].interest = (uint16_t)to;
    list(p, fd);
    return 0;
}

/* ---- Events ------------------------------------------------------------- */

unsigned eddy__uring_judge(struct eddy_poller *p,
                           const struct io_uring_cqe *cqe)
{
    int fd = eddy__uring_fd_of(cqe);
    struct eddy__uring_slot *slot;

    if (cqe->user_data == URING_NOBODY)
        return 0;
    slot = &p->slots[fd];
    if (!slot->armed || name_of(p, fd) != cqe->user_data)
        return 0;
    slot->armed = false;
    p->armed--;
    if (cqe->res < 0 && cqe->res != -ECANCELED) { /* closed, for one: once */
        slot->interest = 0;
        return EDDY_ERROR;
    }
    list(p, fd);
    if (cqe->res < 0) /* the thread that armed it has ended */
        return 0;
    return eddy__to_ours(words, WORDS, (unsigned)cqe->res);
}

static bool any_urgent(const struct eddy_event *out, int n)
{
    unsigned ready = 0;

    for (int i = 0; i < n; i++)
        ready |= out[i].ready;
    return (ready & EDDY_URGENT) != 0;
}

/* An event that came before this wait tells what was true then; since then the
 * program may have read what there was. So what is true now is asked, of all in
 * one call. And urgent data is announced when there is none, so that is asked
 * for always. */
int eddy__uring_look_again(struct eddy_poller *p, struct eddy_event *out, int n,
                           bool all)
{
    int still = 0;

    if (n <= 0 || (!all && !any_urgent(out, n)))
        return n;
    for (int i = 0; i < n; i++)
        p->batch[i] = (struct pollfd){
            .fd = out[i].ready == EDDY_ERROR ? -1 : out[i].fd,
            .events = (short)eddy__to_theirs(words, WORDS,
                                             p->slots[out[i].fd].interest),
        };
    if (poll(p->batch, (nfds_t)n, 0) < 0)
        return n;
    for (int i = 0; i < n; i++) {
        unsigned bits = (unsigned short)p->batch[i].revents;

        if (p->batch[i].fd >= 0)
            out[i].ready = eddy__to_ours(words, WORDS, bits);
        if ((bits & POLLNVAL) != 0)
            p->slots[out[i].fd].interest = 0;
        if (out[i].ready != 0)
            out[still++] = out[i];
    }
    return still;
}
