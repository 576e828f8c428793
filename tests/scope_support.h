/* SPDX-License-Identifier: MIT */
/*
 * scope_support.h - children for the scopes of a test, in virtual time.
 *
 * A test of scopes is a scene: a function that runs as a task, and returns 0.
 */
#ifndef EDDY_TESTS_SCOPE_SUPPORT_H
#define EDDY_TESTS_SCOPE_SUPPORT_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <eddy.h>

#include "loop_support.h"

enum { NOT_TOLD = 1 };

/* Sleeps, and ends with n. If it is cancelled it sleeps for late_ns still,
 * behind a shield, and ends with cancelled_n; 0: -ECANCELED. */
struct child {
    int64_t sleep_ns, n, late_ns, cancelled_n;
    const char *name;
    int64_t told;     /* out: what the sleep told */
    int64_t ended_ns; /* out: when, as from the start of the test; 0: not yet */
};

/* Virtual time since the start of the test. */
int64_t elapsed_ns(void);

void spawn_children(struct eddy_scope *scope, struct child *children,
                    size_t count);
void expect_child(const struct child *child, int64_t told, int64_t ended_ns);

/* Runs fn(task, loop) in a new virtual loop; it must return 0, and leave no
 * task behind. */
struct eddy_loop *play(int index, eddy_task_fn *fn);

/* Opens one, which must succeed. */
void open_scope(struct eddy_task *self, struct eddy_scope *scope,
                unsigned flags, int64_t timeout_ns);
/* Closes it, which must give this. */
void expect_close(struct eddy_scope *scope, int64_t err, int wanted);
/* Sleeps, which must give this. */
void expect_sleep(struct eddy_task *self, int64_t sleep_ns, int64_t wanted);

/* Calls fn(arg) from the loop, so long after now. One at a time. */
void call_after(struct eddy_loop *loop, int64_t after_ns, eddy_call_fn *fn,
                void *arg);
/* Such calls: an eddy_scope, an eddy_task; the reason is "so it was said". */
void cancel_scope(void *scope);
void cancel_task(void *task);

/* Succeeds after so long, whether it is cancelled or not. */
struct eddy_op stubborn_sleep(int64_t sleep_ns);

#endif
