/* SPDX-License-Identifier: MIT */
/* loop_support.c - loops for a test, and words to say what they did. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop_support.h"

enum {
    LOOPS = 16,
    MOST_TURNS = 1000000, /* what has not happened by then never will */
    MARKS = 1024,
    LINES = 32
};

/* ---- Loops --------------------------------------------------------------- */

struct eddy_virtual_time virtual_time;

static struct eddy_loop *loops[LOOPS];
static char lines[LINES][512];
static int line_count;
static char written[MARKS];

static void keep_line(void *arg, enum eddy_level level, const char *text)
{
    (void)arg;
    (void)level;
    (void)snprintf(lines[line_count++ % LINES], sizeof lines[0], "%s", text);
}

void forget_what_happened(void)
{
    virtual_time.now_ns = EDDY_SECOND;
    line_count = 0;
    written[0] = '\0';
    memset(loops, 0, sizeof loops);
}

static void free_loops(void)
{
    fail_allocation(0);
    for (int i = 0; i < LOOPS; i++)
        ck_assert_int_eq(eddy_loop_free(loops[i]), 0);
    memset(loops, 0, sizeof loops);
}

void add_loop_tests(Suite *suite, const TTest *const *tests, size_t count)
{
    add_per_poller(suite, tests, count, forget_what_happened, free_loops);
}

struct eddy_loop_options real_options(int index)
{
    struct eddy_loop_options options = { 0 };

    options.poller = tested_poller(index);
    options.flags = EDDY_LOOP_NO_ENV;
    options.mem = *counting_mem();
    options.log.write = keep_line;
    return options;
}

struct eddy_loop_options virtual_options(int index)
{
    struct eddy_loop_options options = real_options(index);

    options.clock = eddy_virtual_clock(&virtual_time);
    return options;
}

struct eddy_loop *loop_with(struct eddy_loop_options options)
{
    struct eddy_loop *loop = NULL;
    int i = 0;

    while (loops[i] != NULL)
        ck_assert_int_lt(++i, LOOPS);
    ck_assert_int_eq(eddy_loop_new(&loop, &options), 0);
    loops[i] = loop;
    return loop;
}

struct eddy_loop *virtual_loop(int index)
{
    return loop_with(virtual_options(index));
}

struct eddy_loop *real_loop(int index)
{
    return loop_with(real_options(index));
}

void free_loop(struct eddy_loop *loop)
{
    int i = 0;

    while (loops[i] != loop)
        ck_assert_int_lt(++i, LOOPS);
    ck_assert_int_eq(eddy_loop_free(loop), 0);
    loops[i] = NULL;
}

/* _exit(), for the test runner's handlers at exit are the parent's. */
void leave_child(int status)
{
    for (int i = 0; i < LOOPS; i++)
        if (eddy_loop_free(loops[i]) != 0)
            status = EXIT_FAILURE;
    _exit(status);
}

struct eddy_loop_stats stats_of(const struct eddy_loop *loop)
{
    struct eddy_loop_stats stats;

    ck_assert_int_eq(eddy_loop_stats(loop, &stats), 0);
    return stats;
}

bool can_nest(int index)
{
    struct eddy_loop *loop = real_loop(index);
    struct eddy_embedding unused;
    int err = eddy_loop_prepare(loop, &unused);

    free_loop(loop);
    return err == 0;
}

/* ---- Running ------------------------------------------------------------- */

void turns(struct eddy_loop *loop, int count)
{
    while (count-- > 0)
        ck_assert_int_ge(eddy_loop_step(loop, 0), 0);
}

void run_until_count(struct eddy_loop *loop, const int *count, int wanted)
{
    for (int n = 0; *(const volatile int *)count < wanted; n++) {
        ck_assert_int_lt(n, MOST_TURNS);
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 0);
    }
}

void run_out(struct eddy_loop *loop)
{
    ck_assert_int_eq(eddy_loop_run(loop), 0);
}

/* ---- What happened ------------------------------------------------------- */

void mark(void *text)
{
    size_t used = strlen(written);

    (void)snprintf(written + used, sizeof written - used, "%s%s",
                   used > 0 ? " " : "", (const char *)text);
}

void mark_done(struct eddy_result result, void *text)
{
    char line[64];

    if (result.n < 0)
        (void)snprintf(line, sizeof line, "%s:%s", (const char *)text,
                       eddy_errname((int)result.n));
    else
        (void)snprintf(line, sizeof line, "%s:%" PRId64, (const char *)text,
                       result.n);
    mark(line);
}

void mark_timer(struct eddy_timer *timer, void *text)
{
    (void)timer;
    mark(text);
}

const char *marks(void)
{
    static char last[MARKS];

    memcpy(last, written, sizeof last);
    written[0] = '\0';
    return last;
}

void take(struct eddy_result result, void *outcome)
{
    struct outcome *told = outcome;

    told->times++;
    told->last = result;
}

void expect_n(const struct outcome *outcome, int64_t n)
{
    ck_assert_int_eq(outcome->times, 1);
    ck_assert_int_eq(outcome->last.n, n);
}

int logged(const char *part)
{
    int count = 0;

    for (int i = 0; i < line_count && i < LINES; i++)
        count += strstr(lines[i], part) != NULL;
    return count;
}

/* ---- Threads ------------------------------------------------------------- */

pthread_t start_thread(thread_fn *fn, void *arg)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, fn, arg), 0);
    return thread;
}

void join_thread(pthread_t thread)
{
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
