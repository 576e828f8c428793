/* SPDX-License-Identifier: MIT */
/*
 * wakeup.h - what it costs to wake a loop from another thread.
 *
 * wakeup_main.c runs the threads, and a competitor has the functions below. A
 * wake-up that comes while another one is on its way may be one with it.
 */
#ifndef EDDY_BENCH_WAKEUP_H
#define EDDY_BENCH_WAKEUP_H

#include "arguments.h"

struct sleeper; /* a loop that can be woken */

struct sleeper *sleeper_new(const struct arguments *arguments,
                            void (*on_wake)(void *arg), void *arg);
/* Runs it until sleeper_stop() is called within on_wake. */
void sleeper_run(struct sleeper *sleeper);
void sleeper_stop(struct sleeper *sleeper);
/* From any thread. */
void sleeper_wake(struct sleeper *sleeper);

#endif
