/* SPDX-License-Identifier: MIT */
/*
 * yardstick.h - what going to another stack costs at least.
 *
 * P is a pair: to another stack and back, six registers saved and restored each
 * way, and a jump. T is a turn in a ring of 16 that switch from four calls
 * deep, each to the next, by a return. Both are written by hand for x86-64;
 * elsewhere they are what eddy itself has.
 */
#ifndef EDDY_BENCH_YARDSTICK_H
#define EDDY_BENCH_YARDSTICK_H

#include <stdint.h>

#include <eddy/stack.h>

enum { PAIRS = 10000, RING = 16, TURNS = 1000 * RING };

/* Keeps a function a function, and its caller a caller. */
#define APART __attribute__((noinline, noclone))

/* Defines name(arg), which calls leaf(arg) so that it runs four calls deep. */
#define FOUR_DEEP(name, leaf, type)                                            \
    static APART int name##_3(type arg)                                        \
    {                                                                          \
        return leaf(arg) + 1;                                                  \
    }                                                                          \
    static APART int name##_2(type arg)                                        \
    {                                                                          \
        return name##_3(arg) + 1;                                              \
    }                                                                          \
    static APART int name(type arg)                                            \
    {                                                                          \
        return name##_2(arg) + 1;                                              \
    }

void prepare_yardsticks(struct eddy_stacks *stacks);

/* Each returns the time of PAIRS or of TURNS; arg is nothing. */
int64_t time_pairs(void *arg);
int64_t time_ring(void *arg);
/* The same ring by eddy_switch(). */
int64_t time_eddy_ring(void *arg);

#endif
