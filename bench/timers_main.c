/* SPDX-License-Identifier: MIT */
/*
 * timers_main.c - N timers of 1 to 1000 ms are created, half of them cancelled,
 * at random, and the rest fired when all are due; then M times one timer, and
 * one of 10000, at random, is armed anew to a minute from now.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "measure.h"
#include "timers.h"

enum { LONGEST_MS = 1000, MANY = 10000, MINUTE_MS = 60000 };

static long fired;

void timers_fired(void)
{
    fired++;
}

/* The same numbers for all that are compared. */
static unsigned next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 32);
}

static int *shuffled(int count)
{
    int *order = calloc((size_t)count + 1, sizeof *order);

    must(order != NULL, "memory");
    for (int i = 0; i < count; i++) {
        int j = (int)(next_random() % (unsigned)(i + 1));

        order[i] = order[j];
        order[j] = i;
    }
    return order;
}

static void sleep_ms(int ms)
{
    const struct timespec span = { ms / 1000, ms % 1000 * 1000000L };

    nanosleep(&span, NULL);
}

static void live_and_die(int count)
{
    int *order = shuffled(count), *timeouts = shuffled(count);
    int64_t start;

    for (int i = 0; i < count; i++)
        timeouts[i] = 1 + timeouts[i] % LONGEST_MS;
    for (int i = 0; i < count; i++) /* so that the memory is there */
        timers_arm(i, timeouts[i]);
    for (int i = 0; i < count; i++)
        timers_cancel(i);
    timers_fire_due(); /* the loop's time is now */
    start = now_ns();
    for (int i = 0; i < count; i++)
        timers_arm(i, timeouts[i]);
    print_since("create_ns", start, count);
    start = now_ns();
    for (int i = 0; i < count / 2; i++)
        timers_cancel(order[i]);
    print_since("cancel_ns", start, count / 2);
    sleep_ms(LONGEST_MS + 10);
    start = now_ns();
    while (fired < count - count / 2)
        timers_fire_due();
    print_since("fire_ns", start, count - count / 2);
    free(order);
    free(timeouts);
}

static void rearm(const char *name, int among, long count)
{
    enum { CHUNK = 4096 };
    static int index[CHUNK];
    int64_t start;

    for (int i = 0; i < CHUNK; i++)
        index[i] = (int)(next_random() % (unsigned)among);
    timers_fire_due();
    for (int i = 0; i < among; i++)
        timers_arm(i, MINUTE_MS);
    start = now_ns();
    for (long i = 0; i < count; i++)
        timers_arm(index[i % CHUNK], MINUTE_MS);
    print_since(name, start, count);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    int count;

    read_arguments(&arguments, argc, argv, "N M");
    count = (int)arguments.number[0];
    timers_open(&arguments, count > MANY ? count : MANY);
    live_and_die(count);
    rearm("rearm1_ns", 1, arguments.number[1]);
    rearm("rearm10k_ns", MANY, arguments.number[1]);
    return 0;
}
