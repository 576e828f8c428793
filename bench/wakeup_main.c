/* SPDX-License-Identifier: MIT */
/*
 * wakeup_main.c - two threads, one on CPU_A and one on CPU_B. B wakes A's loop
 * N times without a pause; then both have a loop, and wake each other P times
 * there and back.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "measure.h"
#include "wakeup.h"

static void pin(long cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    must(sched_setaffinity(0, sizeof set, &set) == 0, "the processor");
}

static void run_beside(void *(*fn)(void *arg), pthread_t *ret_thread, void *arg)
{
    must(pthread_create(ret_thread, NULL, fn, arg) == 0, "a thread");
}

/* ---- The flood ---------------------------------------------------------- */

static struct flood {
    struct sleeper *sleeper;
    long count, cpu;
    int64_t ns;
    atomic_bool last; /* all have been sent */
    long delivered;
} flood;

static void on_flood(void *arg)
{
    struct flood *f = arg;

    f->delivered++;
    if (atomic_load(&f->last))
        sleeper_stop(f->sleeper);
}

static void *send_flood(void *arg)
{
    struct flood *f = arg;
    int64_t start;

    pin(f->cpu);
    start = now_ns();
    for (long i = 0; i < f->count; i++)
        sleeper_wake(f->sleeper);
    f->ns = now_ns() - start;
    atomic_store(&f->last, true);
    sleeper_wake(f->sleeper);
    return NULL;
}

static void run_flood(const struct arguments *arguments)
{
    pthread_t thread;

    flood.count = arguments->number[0];
    flood.cpu = arguments->number[3];
    flood.sleeper = sleeper_new(arguments, on_flood, &flood);
    run_beside(send_flood, &thread, &flood);
    sleeper_run(flood.sleeper);
    pthread_join(thread, NULL);
    printf("flood_ns %.2f\n", (double)flood.ns / (double)flood.count);
    printf("delivered_pct %.2f\n",
           100 * (double)flood.delivered / (double)flood.count);
}

/* ---- There and back ----------------------------------------------------- */

static struct side {
    struct sleeper *sleeper;
    struct side *other;
    long left, cpu;
} sides[2];

/* Whoever has none left stops, after having let the other one know. */
static void on_ball(void *arg)
{
    struct side *side = arg;

    side->left--;
    sleeper_wake(side->other->sleeper);
    if (side->left == 0)
        sleeper_stop(side->sleeper);
}

static void *play(void *arg)
{
    struct side *side = arg;

    pin(side->cpu);
    sleeper_run(side->sleeper);
    return NULL;
}

static void run_rally(const struct arguments *arguments)
{
    long count = arguments->number[1];
    pthread_t thread;
    int64_t start;

    for (int i = 0; i < 2; i++)
        sides[i] = (struct side){ .other = &sides[1 - i],
                                  .left = count,
                                  .cpu = arguments->number[2 + i] };
    for (int i = 0; i < 2; i++)
        sides[i].sleeper = sleeper_new(arguments, on_ball, &sides[i]);
    run_beside(play, &thread, &sides[1]);
    start = now_ns();
    sleeper_wake(sides[0].sleeper);
    sleeper_run(sides[0].sleeper);
    pthread_join(thread, NULL);
    printf("rtt_us %.3f\n", (double)(now_ns() - start) / (double)count / 1e3);
}

int main(int argc, char **argv)
{
    struct arguments arguments;

    read_arguments(&arguments, argc, argv, "N P CPU_A CPU_B");
    must(arguments.number[0] > 0 && arguments.number[1] > 0, "numbers");
    pin(arguments.number[2]);
    run_flood(&arguments);
    run_rally(&arguments);
    return 0;
}
