/* SPDX-License-Identifier: MIT */
/* uring.h - what the files of the io_uring poller share. */
#ifndef EDDY_URING_H
#define EDDY_URING_H

#include <poll.h>
#include <sys/types.h>

#include "backend.h"
#include "ring.h"

enum {
    URING_BATCH = 512,   /* events of a wait */
    URING_BUFFERS = 128, /* 2 MiB, from the first receive on; a power of 2 */
    URING_GROUP = 0,     /* of these buffers */
    URING_FEW = 128,     /* under way: room from the beginning */
    URING_FEATURES = EDDY_CAN_NS | EDDY_CAN_URGENT | EDDY_CAN_HALFCLOSE |
                     EDDY_CAN_SCALE | EDDY_CAN_NEST,
};

/*
 * The user_data of a submission: the last two bits say what it is.
 *
 *     token                                   the caller's, a multiple of four
 *     token | URING_FILE                      that of what is done to a file
 *     generation << 33 | fd << 2 | URING_POLL see uring_polls.c
 *     address | URING_SEND                    of a struct eddy_io_send
 *
 * URING_NOBODY, that of what needs no answer, is the name of no poll.
 */
#define URING_KIND   UINT64_C(3)
#define URING_POLL   UINT64_C(1)
#define URING_FILE   UINT64_C(2)
#define URING_SEND   UINT64_C(3)
#define URING_NOBODY (UINT64_MAX << 2 | URING_POLL)

struct eddy__uring_slot {
    uint32_t generation; /* of the poll that counts */
    int next;            /* in the list, fd + 1; 0: none */
    uint16_t interest;   /* 0: not watched */
    bool armed, listed;
};

/* A ring, and what is submitted to it. */
struct eddy__uring_engine {
    struct ring ring;
    size_t under_way;
    struct eddy__uring_pool *pool; /* NULL: not needed yet */

    /* uring_file.c */
    size_t files; /* of those under way */
    int rest_fd;  /* hangs up when a closed ring has come to rest; 0: none */
};

struct eddy_poller {
    struct eddy_mem mem;
    struct eddy__uring_engine now;
    struct ring next; /* that the next wait changes to */
    bool has_next;
    pid_t pid;    /* who opened it */
    bool watched; /* fd() was asked for */

    /* uring_polls.c */
    uint32_t generation;            /* the last one given */
    struct eddy__uring_slot *slots; /* indexed by fd */
    size_t capacity;
    int first, last; /* of the list, fd + 1 */
    size_t armed;    /* polls that count */
    struct pollfd batch[URING_BATCH];

    /* uring_io.c */
    unsigned can;
    struct eddy_io_done *dones;
    size_t done_room;
    int done_count; /* since the last wait began */
    bool gave_up;   /* and the others are not told */

    /* uring_send.c */
    struct eddy_io_send *sends; /* that go with the wait, or NULL */
    bool unsent;                /* some of them did not go whole */
};

/* ---- uring_polls.c ------------------------------------------------------ */

int eddy__uring_want(struct eddy_poller *p, int fd, unsigned to);
/* Nothing any more. true: the ring has a poll to let go of. */
bool eddy__uring_drop(struct eddy_poller *p, int fd);
/* Submits what is listed, with the next enter. */
void eddy__uring_arm(struct eddy_poller *p);
/* Lets go of all polls, with the next enter. */
void eddy__uring_disarm(struct eddy_poller *p);
/* The ring is a new one and has none. */
void eddy__uring_arm_anew(struct eddy_poller *p);
/* Whose poll it was. */
static inline int eddy__uring_fd_of(const struct io_uring_cqe *cqe)
{
    return (int)(cqe->user_data >> 2 & INT32_MAX);
}
/* What to report for a completion; 0: nothing. */
unsigned eddy__uring_judge(struct eddy_poller *p,
                           const struct io_uring_cqe *cqe);
/* Keeps those of the events that are true. */
int eddy__uring_look_again(struct eddy_poller *p, struct eddy_event *out, int n,
                           bool all);

/* ---- uring_io.c --------------------------------------------------------- */

unsigned eddy__uring_can(const struct ring *ring);
int eddy__uring_submit(struct eddy__uring_engine *e, const struct eddy_io *io,
                       uint64_t token);
/* Both with the next enter. */
void eddy__uring_cancel(struct eddy__uring_engine *e, uint64_t token);
void eddy__uring_cancel_all(struct eddy__uring_engine *e);
struct eddy_io_done eddy__uring_done(struct eddy__uring_engine *e,
                                     const struct io_uring_cqe *cqe);
/* Nobody is told of what has come and will come: waits for it, as far as this
 * thread can. */
void eddy__uring_drain(struct eddy__uring_engine *e);

/* Makes room for all that a wait may find to be done. */
int eddy__uring_reserve(struct eddy_poller *p, size_t under_way);

static inline bool eddy__uring_is_io(const struct io_uring_cqe *cqe)
{
    return (cqe->user_data & 1) == 0;
}

/* ---- uring_send.c ------------------------------------------------------- */

/* With the next enter. */
void eddy__uring_send(struct eddy_poller *p);
/* It has been: those that it has not taken are sent all the same. */
void eddy__uring_send_rest(struct eddy_poller *p);
/* Without the ring. */
void eddy__uring_send_directly(struct eddy_poller *p);
void eddy__uring_sent(struct eddy_poller *p, const struct io_uring_cqe *cqe);

static inline bool eddy__uring_is_send(const struct io_uring_cqe *cqe)
{
    return (cqe->user_data & URING_KIND) == URING_SEND;
}

/* ---- uring_file.c ------------------------------------------------------- */

unsigned eddy__uring_file_can(const struct ring *ring);
int eddy__uring_file_submit(struct eddy__uring_engine *e,
                            const struct eddy_io *io, uint64_t token);
/* The ring is closed. wait: until nothing writes to memory any more. */
void eddy__uring_file_rest(struct eddy__uring_engine *e, bool wait);

/* ---- uring_pool.c ------------------------------------------------------- */

/* 0: there are buffers. -ENOBUFS: all are lent out; -ENOMEM, -EINVAL. */
int eddy__uring_pool_need(struct eddy__uring_engine *e);
/* The one that the kernel has put `size` bytes into; NULL: none. */
struct eddy_io_buffer *eddy__uring_pool_take(struct eddy__uring_pool *pool,
                                             unsigned id, int size);
void eddy__uring_give_back(struct eddy_io_buffer *buffer);
/* The kernel is done with it: its ring is closed, or in a child after a fork
 * the parent's. */
void eddy__uring_pool_close(struct eddy__uring_pool *pool);

#endif
