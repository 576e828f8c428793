/* SPDX-License-Identifier: MIT */
/*
 * coroutine_io.c - how soon tasks wake: from sleep, and for I/O while other
 * tasks spin.
 *
 * Prints lines `name value`. Sleeps are measured next to bare timers of the
 * loop that do the same.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <eddy.h>

#include "measure.h"

enum { SLEEPERS = 100000, SLEEPS = 5, ALL = SLEEPERS * SLEEPS };
enum { SHORTEST_MS = 50, LONGEST_MS = 250 };
enum { WAKES = 500 };

static struct eddy_loop *loop;

static void must(int64_t n)
{
    if (n < 0)
        abort();
}

static void run_task(eddy_task_fn *fn, void *arg)
{
    must(eddy_loop_run_task(loop, fn, arg).n);
}

/* ---- Sleeping ----------------------------------------------------------- */

static double late_us[ALL];
static size_t late_count;
static int64_t begin_ns;       /* when all of them set off */
static struct eddy_flag slept; /* all of them have */

static int64_t cpu_ns(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * EDDY_SECOND +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * EDDY_US;
}

static int64_t some_time(void)
{
    static uint32_t seed = 1;

    seed = seed * 1664525 + 1013904223;
    return SHORTEST_MS * EDDY_MS +
           (((LONGEST_MS - SHORTEST_MS) * EDDY_MS * (seed >> 8)) >> 24);
}

static void note_late(int64_t deadline_ns)
{
    late_us[late_count++] = (double)(now_ns() - deadline_ns) / 1000;
}

static struct eddy_result sleep_often(struct eddy_task *self, void *arg)
{
    (void)arg;
    must(eddy_await(self, eddy_sleep_until(begin_ns)));
    for (int i = 0; i < SLEEPS; i++) {
        int64_t span = some_time(), deadline = now_ns() + span;

        must(eddy_await(self, eddy_sleep(span)));
        note_late(deadline);
    }
    must(late_count == ALL ? eddy_flag_set(&slept)
                           : eddy_await(self, eddy_flag_wait(&slept)));
    return eddy_n(0);
}

/* What it costs to make the tasks, to touch their stacks, and to give the
 * memory back is not meant. */
static struct eddy_result sleep_all(struct eddy_task *self, void *arg)
{
    int64_t *ret_cpu_ns = arg;
    struct eddy_scope scope;

    late_count = 0;
    must(eddy_flag_init(&slept, loop));
    begin_ns = now_ns() + 2 * EDDY_SECOND;
    must(eddy_scope_open(self, &scope, NULL));
    for (int i = 0; i < SLEEPERS; i++)
        must(eddy_spawn(&scope, sleep_often, NULL, NULL));
    must(eddy_await(self, eddy_sleep_until(begin_ns - EDDY_SECOND / 10)));
    *ret_cpu_ns = cpu_ns();
    must(eddy_await(self, eddy_flag_wait(&slept)));
    *ret_cpu_ns = cpu_ns() - *ret_cpu_ns;
    must(eddy_scope_close(&scope, 0));
    eddy_flag_done(&slept);
    return eddy_n(0);
}

struct sleeper {
    struct eddy_timer timer;
    int64_t deadline_ns;
    int left;
};

static void sleep_again(struct eddy_timer *timer, void *arg)
{
    struct sleeper *sleeper = arg;
    int64_t span = some_time();

    if (sleeper->left < SLEEPS)
        note_late(sleeper->deadline_ns);
    if (sleeper->left-- == 0)
        return;
    sleeper->deadline_ns = now_ns() + span;
    must(eddy_timer_start(timer, span));
}

static int64_t time_timers(void)
{
    static struct sleeper sleepers[SLEEPERS];
    int64_t cpu = cpu_ns();

    late_count = 0;
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i].left = SLEEPS;
        must(eddy_timer_init(&sleepers[i].timer, loop, sleep_again,
                             &sleepers[i]));
        must(eddy_timer_start(&sleepers[i].timer, 0));
    }
    must(eddy_loop_run(loop));
    return cpu_ns() - cpu;
}

static void tell_sleeps(const char *name, int64_t took_ns)
{
    printf("%s_cpu_us %.3f\n", name, (double)took_ns / ALL / 1000);
    printf("%s_p50_late_us %.1f\n", name, median(late_us, ALL)); /* sorts */
    printf("%s_p99_late_us %.1f\n", name, late_us[ALL / 100 * 99]);
    printf("%s_earliest_us %.1f\n", name, late_us[0]);
}

static void measure_sleeps(void)
{
    int64_t took;

    run_task(sleep_all, &took);
    tell_sleeps("sleep", took);
    tell_sleeps("timer", time_timers());
}

/* ---- Waking for I/O while others spin ----------------------------------- */

static int wake_pipe[2];
static bool spinning;

/* Sends the time, now and then, from a thread that the loop does not know. */
static void *send_times(void *arg)
{
    static const struct timespec pause = { 0, 1000000 };

    for (int i = 0; i < WAKES; i++) {
        int64_t now;

        (void)nanosleep(&pause, NULL);
        now = now_ns();
        if (write(wake_pipe[1], &now, sizeof now) != sizeof now)
            abort();
    }
    return arg;
}

static struct eddy_result receive_times(struct eddy_task *self, void *arg)
{
    (void)arg;
    for (int i = 0; i < WAKES; i++) {
        int64_t then;

        must(eddy_await(self, eddy_readable(wake_pipe[0])));
        if (read(wake_pipe[0], &then, sizeof then) != sizeof then)
            abort();
        late_us[i] = (double)(now_ns() - then) / 1000;
    }
    spinning = false;
    return eddy_n(0);
}

static struct eddy_result spin_on_yield(struct eddy_task *self, void *arg)
{
    (void)arg;
    while (spinning)
        must(eddy_task_yield(self));
    return eddy_n(0);
}

static bool start_done(struct eddy_request *request, struct eddy_result *result)
{
    (void)request;
    *result = eddy_n(0);
    return true;
}

static void cancel_none(struct eddy_request *request)
{
    (void)request;
}

static struct eddy_result spin_on_await(struct eddy_task *self, void *arg)
{
    static const struct eddy_op_type type = { .abi = EDDY_OP_ABI,
                                              .name = "done",
                                              .start = start_done,
                                              .cancel = cancel_none };
    struct eddy_op op = { .type = &type };

    (void)arg;
    while (spinning)
        must(eddy_await(self, op));
    return eddy_n(0);
}

static struct eddy_result wake_beside(struct eddy_task *self, void *arg)
{
    eddy_task_fn *const *spin = arg;
    struct eddy_scope scope;
    pthread_t thread;

    spinning = true;
    must(eddy_scope_open(self, &scope, NULL));
    must(eddy_spawn(&scope, receive_times, NULL, NULL));
    must(eddy_spawn(&scope, *spin, NULL, NULL));
    must(eddy_spawn(&scope, *spin, NULL, NULL));
    must(-pthread_create(&thread, NULL, send_times, NULL));
    must(eddy_scope_close(&scope, 0));
    must(-pthread_join(thread, NULL));
    return eddy_n(0);
}

static void measure_wakes(const char *name, eddy_task_fn *spin)
{
    run_task(wake_beside, &spin);
    printf("io_wake_%s_us %.1f\n", name, median(late_us, WAKES)); /* sorts */
    printf("io_wake_%s_p99_us %.1f\n", name, late_us[WAKES / 100 * 99]);
}

int main(void)
{
    must(eddy_loop_new(&loop, NULL));
    measure_sleeps();
    must(-(pipe(wake_pipe) != 0));
    measure_wakes("yield", spin_on_yield);
    measure_wakes("await", spin_on_await);
    return eddy_loop_free(loop) < 0;
}
