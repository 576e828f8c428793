/* SPDX-License-Identifier: MIT */
/*
 * timers.h - what timers cost: timers_main.c arms them, and a competitor has
 * the functions below. Timers are told apart by their indices.
 */
#ifndef EDDY_BENCH_TIMERS_H
#define EDDY_BENCH_TIMERS_H

#include "arguments.h"

/* Makes room for `count` timers, none of them armed. */
void timers_open(const struct arguments *arguments, int count);

/* Arms one, or arms it anew, from now on: the time of the loop is enough. */
void timers_arm(int index, int timeout_ms);
void timers_cancel(int index);
/* A turn that does not wait: calls timers_fired() for each one that is due. */
void timers_fire_due(void);

void timers_fired(void);

#endif
