/* SPDX-License-Identifier: MIT */
/*
 * oom_support.h - scenes to be played once for each allocation in them that may
 * fail: each step gives an error or its result, and nothing is lost.
 */
#ifndef EDDY_TESTS_OOM_SUPPORT_H
#define EDDY_TESTS_OOM_SUPPORT_H

#include "deferred_support.h"

/* In a fresh loop with a virtual clock. 0: all came as it would have with
 * memory for all; or -ENOMEM. */
typedef int64_t play_fn(struct eddy_loop *loop);

/* Plays it with no failure, then with each; whatever is left open, allocated or
 * to be said in another way than with 0 or -ENOMEM fails the test. */
void play_all(int index, play_fn *play);

/* Runs the loop until it is done, and lets go of it: its integer, or its error.
 */
int64_t outcome(struct eddy_loop *loop, struct eddy_deferred *deferred);

/* What a scene returns: 0 if it came to `wanted`, -ENOMEM if that was said, and
 * fails the test if it is something else. */
int64_t came_to(int64_t n, int64_t wanted);

/* Of two such, what both came to. */
static inline int64_t both_of(int64_t a, int64_t b)
{
    return a < 0 ? a : b;
}

#endif
