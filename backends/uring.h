/* SPDX-License-Identifier: MIT */
/* uring.h - what the files of the io_uring poller share. */
#ifndef EDDY_URING_H
#define EDDY_URING_H

#include <poll.h>
#include <sys/types.h>

#include "backend.h"
#include "ring.h"

enum {
    URING_BATCH = 512, /* events of a wait */
    URING_FEATURES = EDDY_CAN_NS | EDDY_CAN_URGENT | EDDY_CAN_HALFCLOSE |
                     EDDY_CAN_SCALE | EDDY_CAN_NEST,
};

/* The user_data of what needs no answer. */
#define URING_NOBODY UINT64_MAX

struct eddy__uring_slot {
    uint32_t generation; /* of the poll that counts */
    int next;            /* in the list, fd + 1; 0: none */
    uint16_t interest;   /* 0: not watched */
    bool armed, listed;
};

struct eddy_poller {
    struct eddy_mem mem;
    struct ring ring;
    pid_t pid;    /* who opened it */
    bool watched; /* fd() was asked for */

    /* uring_polls.c */
    uint32_t generation;            /* the last one given */
    struct eddy__uring_slot *slots; /* indexed by fd */
    size_t capacity;
    int first, last; /* of the list, fd + 1 */
    struct pollfd batch[URING_BATCH];
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
/* What to report for a completion; 0: nothing. */
unsigned eddy__uring_judge(struct eddy_poller *p,
                           const struct io_uring_cqe *cqe);
/* Keeps those of the events that are true. */
int eddy__uring_look_again(struct eddy_poller *p, struct eddy_event *out, int n,
                           bool all);

#endif
