/* SPDX-License-Identifier: MIT */
/*
 * timers_heap.c - another limit of timers.h, which keeps nanoseconds: a
 * four-way heap that moves at once whatever is armed or cancelled. Equal timers
 * have no order.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/epoll.h>

#include "measure.h"
#include "timers.h"

enum { WAYS = 4, MS = 1000000 };

struct timer {
    size_t place; /* in the heap, plus one; 0: not armed */
    void (*fn)(void);
};

struct entry {
    int64_t due_ns;
    struct timer *timer;
};

static struct entry *heap;
static struct timer *timers;
static size_t armed;
static int64_t time_ns;
static int epoll;

void timers_open(const struct arguments *arguments, int count)
{
    (void)arguments;
    timers = calloc((size_t)count, sizeof *timers);
    heap = calloc((size_t)count, sizeof *heap);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    must(timers != NULL && heap != NULL && epoll >= 0, "a loop");
    for (int i = 0; i < count; i++)
        timers[i].fn = timers_fired;
    time_ns = now_ns();
}

static void put(size_t i, struct entry entry)
{
    heap[i] = entry;
    entry.timer->place = i + 1;
}

static void sift_up(size_t i, struct entry entry)
{
    while (i > 0 && entry.due_ns < heap[(i - 1) / WAYS].due_ns) {
        put(i, heap[(i - 1) / WAYS]);
        i = (i - 1) / WAYS;
    }
    put(i, entry);
}

static size_t least_child(size_t first)
{
    size_t end = first + WAYS < armed ? first + WAYS : armed;
    size_t least = first;

    for (size_t i = first + 1; i < end; i++)
        if (heap[i].due_ns < heap[least].due_ns)
            least = i;
    return least;
}

static void sift_down(size_t i, struct entry entry)
{
    while (i * WAYS + 1 < armed) {
        size_t least = least_child(i * WAYS + 1);

        if (heap[least].due_ns >= entry.due_ns)
            break;
        put(i, heap[least]);
        i = least;
    }
    put(i, entry);
}

/* Where it may go either way. */
static void settle(size_t i, struct entry entry)
{
    if (i > 0 && entry.due_ns < heap[(i - 1) / WAYS].due_ns)
        sift_up(i, entry);
    else
        sift_down(i, entry);
}

static void remove_at(size_t i)
{
    struct entry last = heap[--armed];

    heap[i].timer->place = 0;
    if (i < armed)
        settle(i, last);
}

void timers_cancel(int index)
{
    if (timers[index].place != 0)
        remove_at(timers[index].place - 1);
}

void timers_arm(int index, int timeout_ms)
{
    struct timer *timer = &timers[index];
    struct entry entry = { time_ns + (int64_t)timeout_ms * MS, timer };

    if (timer->place != 0)
        settle(timer->place - 1, entry);
    else
        sift_up(armed++, entry);
}

void timers_fire_due(void)
{
    struct epoll_event none;

    must(epoll_wait(epoll, &none, 1, 0) == 0, "epoll_wait");
    time_ns = now_ns();
    while (armed > 0 && heap[0].due_ns <= time_ns) {
        struct timer *timer = heap[0].timer;

        remove_at(0);
        timer->fn();
    }
}
