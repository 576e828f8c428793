/* SPDX-License-Identifier: MIT */
/*
 * ring.h - an io_uring: two queues that are shared with the kernel.
 *
 * By system calls, not by liburing. What liburing would take from us is in
 * ring.c: some hundred lines around three calls, none of which loops. For it a
 * build would get a dependency, so that most builds had no such poller and
 * nobody tested it; and the versions that stable distributions carry cannot say
 * what we must: "submit, run what is due and wait, in one call, without being
 * counted as waiting for a disk".
 */
#ifndef EDDY_RING_H
#define EDDY_RING_H

#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    int fd;
    bool enabled;         /* from the first enter on it is one thread's */
    bool deferred;        /* work waits until we ask for it */
    unsigned enter_flags; /* of every call */

    struct io_uring_sqe *sqes;
    atomic_uint *sq_head, *sq_tail, *sq_flags;
    unsigned sq_mask, sq_entries;
    unsigned tail; /* ours; the kernel's is told by the next enter */

    struct io_uring_cqe *cqes;
    atomic_uint *cq_head, *cq_tail;
    unsigned cq_mask;

    void *map;
    size_t map_size, sqes_size;
};

/* -ENOSYS: no io_uring, or one before Linux 5.11; -EPERM: forbidden; -ENOMEM,
 * -EMFILE. sq_entries: four times as many completions fit before the kernel has
 * to keep them elsewhere, which costs time, but loses none. watched: somebody
 * is to be told by the ring's descriptor that it has something. */
int eddy__ring_open(struct ring *ring, unsigned sq_entries, bool watched);
void eddy__ring_close(struct ring *ring);
/* Does the kernel know this IORING_OP_x? */
bool eddy__ring_knows(const struct ring *ring, unsigned op);

/* Shares a ring of `count` buffers, for what is of that group. */
int eddy__ring_lend(struct ring *ring, struct io_uring_buf_ring *buffers,
                    unsigned count, unsigned group);

/* Has the ring hold this file until nothing of it is under way any more, be it
 * closed long before. Once only. */
int eddy__ring_hold(struct ring *ring, int fd);

/* The next submission, zeroed: it counts from now on and goes with the next
 * enter. NULL: there is no room, and the kernel takes none now (T58). */
struct io_uring_sqe *eddy__ring_sqe(struct ring *ring);

/* Hands over what was prepared, and waits for `least` completions, 0 or 1, at
 * most timeout_ns. 0, also if the time ran out; -EINTR; -EEXIST: the ring is
 * another thread's; and what the kernel says when it has no memory. */
int eddy__ring_enter(struct ring *ring, unsigned least, int64_t timeout_ns);

/* Hands over what was prepared, and lets the kernel finish what it has begun:
 * afterwards a file is held by nothing that was cancelled. */
int eddy__ring_settle(struct ring *ring);

/* The place of the last one that was prepared. */
static inline unsigned eddy__ring_place(const struct ring *ring)
{
    return ring->tail - 1;
}

/* A place that the kernel has taken. */
static inline unsigned eddy__ring_past(const struct ring *ring)
{
    return atomic_load_explicit(ring->sq_head, memory_order_acquire) - 1;
}

/* Has the kernel taken what was prepared there? */
static inline bool eddy__ring_took(const struct ring *ring, unsigned place)
{
    return (int)(place -
                 atomic_load_explicit(ring->sq_head, memory_order_acquire)) < 0;
}

/* Makes nothing of it, before the kernel has taken it. */
void eddy__ring_retract(struct ring *ring, unsigned place, uint64_t user_data);

/* Does the kernel keep completions that the ring had no room for? */
bool eddy__ring_overflown(const struct ring *ring);

/* Is there something that came after the last enter, or was left by it? */
bool eddy__ring_has_old(const struct ring *ring);

/* The oldest completion, or NULL; and away with it. */
static inline const struct io_uring_cqe *eddy__ring_peek(struct ring *ring)
{
    unsigned head = atomic_load_explicit(ring->cq_head, memory_order_relaxed);

    if (head == atomic_load_explicit(ring->cq_tail, memory_order_acquire))
        return NULL;
    return &ring->cqes[head & ring->cq_mask];
}

static inline void eddy__ring_pop(struct ring *ring)
{
    unsigned head = atomic_load_explicit(ring->cq_head, memory_order_relaxed);

    atomic_store_explicit(ring->cq_head, head + 1, memory_order_release);
}

#endif
