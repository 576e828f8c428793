/* SPDX-License-Identifier: MIT */
/*
 * fork_support.h - what a test does in a forked child.
 *
 * The words of Check write into a file that is the parent's too, so a child has
 * its own: MUST() instead of ck_assert(), and no fixture that asserts.
 */
#ifndef EDDY_TESTS_FORK_SUPPORT_H
#define EDDY_TESTS_FORK_SUPPORT_H

#include <sys/types.h>

#include "loop_support.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition))                                                      \
            die(__FILE__, __LINE__, #condition);                               \
    } while (0)

_Noreturn void die(const char *file, int line, const char *condition);

/* Turns until *count has reached `wanted`, in a child. */
void must_reach(struct eddy_loop *loop, const int *count, int wanted);

/* Runs fn(arg) in a child, which must come to an end soon; then its loops are
 * freed. */
typedef void child_fn(void *arg);
pid_t fork_child(child_fn *fn, void *arg);
/* Waits for it. It must have kept all its promises. */
void expect_success(pid_t pid);
/* Both. */
void in_child(child_fn *fn, void *arg);

#endif
