/* SPDX-License-Identifier: MIT */
/*
 * deferred.h - calls for the next turn: deferred_main.c counts them, and a
 * competitor has the functions below.
 */
#ifndef EDDY_BENCH_DEFERRED_H
#define EDDY_BENCH_DEFERRED_H

#include "arguments.h"

typedef void deferred_fn(void *arg);

void deferred_open(const struct arguments *arguments);
/* Has fn(arg) called in the next turn. A turn has a look at the world, too. */
void deferred_call(deferred_fn *fn, void *arg);
/* Turns, until nothing is left to be called. */
void deferred_run(void);

#endif
