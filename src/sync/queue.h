/* SPDX-License-Identifier: MIT */
/* queue.h - the inside of a queue, seen by queue.c and put.c alone. */
#ifndef EDDY_QUEUE_PRIVATE_H
#define EDDY_QUEUE_PRIVATE_H

#include "exchange.h"

struct eddy_queue {
    struct eddy_loop *loop; /* first, as in struct object */
    struct exchange exchange;
    struct link joiners;
    uint64_t dealt_with; /* of all that came: exchange.store.seq */
    bool shut, dropping; /* down; at once */
    bool freed;          /* lives on until all it gave have been told */
};

/* So many more of the values have been dealt with. */
void eddy__queue_deal_with(struct eddy_queue *queue, size_t count);

/* Gives its memory back, if it was freed and all it gave has been told. */
void eddy__queue_bury(struct eddy_queue *queue);

#endif
