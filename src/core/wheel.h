/* SPDX-License-Identifier: MIT */
/*
 * wheel.h - deadlines: see wheel.c; a part of core.h.
 *
 * To arm, to move and to disarm is done here, for these are what servers do all
 * day.
 */
#ifndef EDDY_CORE_WHEEL_H
#define EDDY_CORE_WHEEL_H

#include <eddy/base.h>

enum {
    TIMER_NEAR = 256, /* slots of a tick: a quarter of a second */
    TIMER_LEVELS = 4, /* behind them: three days */
    TIMER_SLOTS = 32, /* in each */
    TIMER_FAR = TIMER_NEAR + TIMER_LEVELS * TIMER_SLOTS, /* beyond */
    TIMER_PRESENT, /* of the present tick or before, in no order yet */
    TIMER_FRESH,   /* armed lately, of any time */
    TIMER_CURRENT, /* those in order */
    TIMER_HEADS
};

enum { TIMER_OF_USER = 1u << 15 }; /* struct timer_node, flags: see timer.c */

struct timer_link {
    struct timer_link *prev, *next; /* next is NULL: not armed */
};

struct timer_node {
    struct timer_link link; /* in a slot whose time is not after the deadline */
    int64_t deadline_ns;
    uint32_t seq; /* with seq_high: so many there never are */
    uint16_t seq_high;
    uint16_t flags; /* the owner's, but for TIMER_OF_USER */
};

struct timer_wheel {
    int64_t tick_ns; /* the end of the present one: slots before it are empty */
    uint64_t seq;
    size_t count;
    int64_t next_ns;                     /* no deadline is before it */
    bool next_is_old;                    /* and perhaps none at it */
    uint32_t filled[TIMER_FAR / 32 + 1]; /* slots that may not be empty */
    struct timer_link heads[TIMER_HEADS];
};

void eddy__timers_open(struct eddy_loop *loop);
/* Forgets all, so that the owners' storage may outlive the loop. */
void eddy__timers_close(struct eddy_loop *loop);
/* When to look again: the nearest deadline, or before it if much is to be put
 * in order then; INT64_MAX: never. */
int64_t eddy__timer_next(struct eddy_loop *loop);
/* Of those armed when timers.seq was still below `end`. */
void eddy__timer_fire_due(struct eddy_loop *loop, uint64_t end);

/* order.c: a chain linked by `next` alone, and so is what it returns. */
struct timer_link *eddy__timers_sort(struct timer_link *chain);

static inline struct timer_node *eddy__timer_of(struct timer_link *link)
{
    return EDDY_CONTAINER_OF(link, struct timer_node, link);
}

static inline uint64_t eddy__timer_seq(const struct timer_node *node)
{
    return (uint64_t)node->seq_high << 32 | node->seq;
}

static inline bool eddy__timer_is_armed(const struct timer_node *node)
{
    return node->link.next != NULL;
}

static inline void eddy__timer_link(struct timer_link *head,
                                    struct timer_node *node)
{
    struct timer_link *last = head->prev;

    node->link.prev = last;
    node->link.next = head;
    last->next = head->prev = &node->link;
}

static inline void eddy__timer_unlink(struct timer_node *node)
{
    node->link.prev->next = node->link.next;
    node->link.next->prev = node->link.prev;
}

/* Its deadline is one no more. */
static inline void eddy__timer_forget(struct timer_wheel *wheel,
                                      const struct timer_node *node)
{
    if (node->deadline_ns <= wheel->next_ns)
        wheel->next_is_old = true;
}

static inline void eddy__timer_set(struct timer_wheel *wheel,
                                   struct timer_node *node, int64_t deadline_ns)
{
    uint64_t seq = wheel->seq++;

    node->deadline_ns = deadline_ns;
    node->seq = (uint32_t)seq;
    node->seq_high = (uint16_t)(seq >> 32);
}

/* One that is not armed, or has just been unlinked. */
static inline void eddy__timer_begin(struct timer_wheel *wheel,
                                     struct timer_node *node,
                                     int64_t deadline_ns)
{
    eddy__timer_link(&wheel->heads[TIMER_FRESH], node);
    eddy__timer_set(wheel, node, deadline_ns);
    if (deadline_ns < wheel->next_ns)
        wheel->next_ns = deadline_ns;
}

/* Arms it, anew if it is armed. One that is pushed out stays where it stands if
 * that is a slot: the wheel hears of it when the time of the slot has come. */
static inline void eddy__timer_arm(struct timer_wheel *wheel,
                                   struct timer_node *node, int64_t deadline_ns)
{
    if (!eddy__timer_is_armed(node)) {
        wheel->count++;
        eddy__timer_begin(wheel, node, deadline_ns);
        return;
    }
    eddy__timer_forget(wheel, node);
    if (deadline_ns >= node->deadline_ns &&
        node->deadline_ns > wheel->tick_ns) {
        eddy__timer_set(wheel, node, deadline_ns);
    } else {
        eddy__timer_unlink(node);
        eddy__timer_begin(wheel, node, deadline_ns);
    }
}

static inline void eddy__timer_disarm(struct timer_wheel *wheel,
                                      struct timer_node *node)
{
    eddy__timer_unlink(node);
    node->link.next = NULL;
    eddy__timer_forget(wheel, node);
    if (--wheel->count == 0)
        wheel->next_ns = INT64_MAX;
}

#endif
