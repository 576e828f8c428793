/* SPDX-License-Identifier: MIT */
/* task_support.h - tasks for a test, and an operation that it ends itself. */
#ifndef EDDY_TESTS_TASK_SUPPORT_H
#define EDDY_TESTS_TASK_SUPPORT_H

#include <eddy/scope.h>
#include <eddy/task.h>

#include "loop_support.h"

/* ---- Tasks --------------------------------------------------------------- */

/* In the loop's scope; it must succeed. */
void spawn(struct eddy_loop *loop, eddy_task_fn *fn, void *arg);
/* The same, with a handle. */
struct eddy_task *spawn_held(struct eddy_loop *loop, eddy_task_fn *fn,
                             void *arg);
/* The same, with a name and other options; the handle is in them, if asked. */
void spawn_with(struct eddy_loop *loop, eddy_task_fn *fn, void *arg,
                struct eddy_task_options options);
/* Runs the loop until it is over, and gives the handle back: its n. */
int64_t end_of(struct eddy_loop *loop, struct eddy_task *task);

/* Marks its text, and is over. */
struct eddy_result say(struct eddy_task *self, void *text);
/* Marks its text, three times, and yields in between. */
struct eddy_result say_thrice(struct eddy_task *self, void *text);

/* ---- Latches ------------------------------------------------------------- */

/* An operation that waits until the test ends it. Zeroed at first. */
struct latch {
    struct eddy_request *request; /* that waits; NULL: none */
    bool stubborn;                /* it does not end when it is cancelled */
    int cancels;                  /* how often it was asked */
};

/* n: what release() says. -EBUSY: one waits already. */
struct eddy_op wait_at(struct latch *latch);
/* The same, and one who is cancelled runs it, too. */
struct eddy_op end_at(struct latch *latch);
void release(struct latch *latch, int64_t n);

/* Waits at its latch: what came. */
struct eddy_result wait_there(struct eddy_task *self, void *latch);

#endif
