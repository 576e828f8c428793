/* SPDX-License-Identifier: MIT */
/*
 * timers_wheel.c - the limit of timers.h: a wheel of 65536 slots, a millisecond
 * each, of doubly linked rings. It is early or late by a tick, knows no order
 * within one, and nothing beyond a minute.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/epoll.h>

#include "measure.h"
#include "timers.h"

enum { SLOTS = 65536, MS = 1000000 };

struct timer {
    struct timer *prev, *next; /* NULL: not armed */
    void (*fn)(void);
};

static struct timer slots[SLOTS];
static struct timer *timers;
static int64_t now_ms;
static int epoll;

void timers_open(const struct arguments *arguments, int count)
{
    (void)arguments;
    timers = calloc((size_t)count, sizeof *timers);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    must(timers != NULL && epoll >= 0, "a loop");
    for (int i = 0; i < SLOTS; i++)
        slots[i].prev = slots[i].next = &slots[i];
    for (int i = 0; i < count; i++)
        timers[i].fn = timers_fired;
    now_ms = now_ns() / MS;
}

void timers_cancel(int index)
{
    struct timer *timer = &timers[index];

    if (timer->next == NULL)
        return;
    timer->prev->next = timer->next;
    timer->next->prev = timer->prev;
    timer->next = NULL;
}

void timers_arm(int index, int timeout_ms)
{
    struct timer *timer = &timers[index];
    struct timer *slot = &slots[(now_ms + timeout_ms) % SLOTS];

    timers_cancel(index);
    timer->next = slot;
    timer->prev = slot->prev;
    slot->prev->next = timer;
    slot->prev = timer;
}

static void fire_slot(struct timer *slot)
{
    while (slot->next != slot) {
        struct timer *timer = slot->next;

        slot->next = timer->next;
        timer->next->prev = slot;
        timer->next = NULL;
        timer->fn();
    }
}

void timers_fire_due(void)
{
    struct epoll_event none;
    int64_t until_ms;

    must(epoll_wait(epoll, &none, 1, 0) == 0, "epoll_wait");
    until_ms = now_ns() / MS;
    while (now_ms < until_ms)
        fire_slot(&slots[++now_ms % SLOTS]);
}
