/* SPDX-License-Identifier: MIT */
/*
 * loop_support.h - loops for a test, and words to say what they did.
 *
 * A virtual loop starts at one second past zero and never sleeps; a real one
 * has the clock of the system. Neither looks at the environment. All that a
 * test makes here is freed after it, and nothing is said before it.
 */
#ifndef EDDY_TESTS_LOOP_SUPPORT_H
#define EDDY_TESTS_LOOP_SUPPORT_H

#include <pthread.h>

#include <eddy/front.h>
#include <eddy/loop.h>
#include <eddy/op.h>
#include <eddy/timer.h>
#include <eddy/watch.h>

#include "support.h"

/* ---- Suites ------------------------------------------------------------- */

/* add_per_poller() for tests that make loops here. */
void add_loop_tests(Suite *suite, const TTest *const *tests, size_t count);

/* ---- Loops -------------------------------------------------------------- */

/* The time of all virtual loops. */
extern struct eddy_virtual_time virtual_time;

/* On poller `index`, with the counted memory and a virtual clock. */
struct eddy_loop_options virtual_options(int index);
struct eddy_loop_options real_options(int index);
struct eddy_loop *loop_with(struct eddy_loop_options options);
struct eddy_loop *virtual_loop(int index);
struct eddy_loop *real_loop(int index);
/* Now, not after the test. */
void free_loop(struct eddy_loop *loop);
/* In a child: the loops are freed, and it exits with `status`. */
_Noreturn void leave_child(int status);

struct eddy_loop_stats stats_of(const struct eddy_loop *loop);
/* Has the poller a descriptor? */
bool can_nest(int index);

/* ---- Running ------------------------------------------------------------ */

/* Turns that do not wait. */
void turns(struct eddy_loop *loop, int count);
/* Turns until *count has reached `wanted`. A loop that does not get there in
 * very many turns fails the test. */
void run_until_count(struct eddy_loop *loop, const int *count, int wanted);
/* Until the loop is no longer alive. */
void run_out(struct eddy_loop *loop);

/* ---- What happened ------------------------------------------------------ */

/* A word at a time: first "a", then "b" give "a b". All three can be given to
 * eddy, with word("a") as arg; mark_done() adds what came, as in "a:0". */
void mark(void *text);
void mark_done(struct eddy_result result, void *text);
void mark_timer(struct eddy_timer *timer, void *text);
static inline void *word(const char *text)
{
    return (void *)(uintptr_t)text;
}
/* All since the last look. */
const char *marks(void);

/* What an operation told. */
struct outcome {
    int times;
    struct eddy_result last;
};
void take(struct eddy_result result, void *outcome);
/* Fails the test unless it was told once, and that. */
void expect_n(const struct outcome *outcome, int64_t n);

/* Marks and log; every test of add_loop_tests() begins so. */
void forget_what_happened(void);

/* How many lines of the log hold this text. */
int logged(const char *part);

/* ---- Threads ------------------------------------------------------------ */

typedef void *thread_fn(void *arg);
pthread_t start_thread(thread_fn *fn, void *arg);
void join_thread(pthread_t thread);

#endif
