/* SPDX-License-Identifier: MIT */
/* fork_support.c - what a test does in a forked child. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fork_support.h"

enum { PATIENCE_S = 15, MOST_TURNS = 10000 };

_Noreturn void die(const char *file, int line, const char *condition)
{
    (void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
    _exit(EXIT_FAILURE);
}

void must_reach(struct eddy_loop *loop, const int *count, int wanted)
{
    for (int n = 0; *(const volatile int *)count < wanted; n++) {
        MUST(n < MOST_TURNS);
        MUST(eddy_loop_step(loop, EDDY_FOREVER) >= 0);
    }
}

pid_t fork_child(child_fn *fn, void *arg)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        (void)alarm(PATIENCE_S);
        fn(arg);
        leave_child(EXIT_SUCCESS);
    }
    return pid;
}

void expect_success(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

void in_child(child_fn *fn, void *arg)
{
    expect_success(fork_child(fn, arg));
}
