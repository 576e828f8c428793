/* SPDX-License-Identifier: MIT */
/* test_debug.c - debug mode, the environment, and which poller was chosen. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/stream.h>

#include "loop_support.h"

static struct eddy_loop *debug_loop(int index)
{
    struct eddy_loop_options options = virtual_options(index);

    options.flags |= EDDY_LOOP_DEBUG;
    options.slow_ns = 20 * EDDY_MS;
    return loop_with(options);
}

/* ---- Slow callbacks ------------------------------------------------------ */

static void take_long(void *ms)
{
    virtual_time.now_ns += *(int64_t *)ms * EDDY_MS;
}

static void take_long_by_timer(struct eddy_timer *timer, void *ms)
{
    (void)timer;
    take_long(ms);
}

static void take_long_by_result(struct eddy_result result, void *ms)
{
    (void)result;
    take_long(ms);
}

START_TEST(slow_callbacks_are_logged_and_counted) /* C-11 */
{
    struct eddy_loop *loop = debug_loop(_i);
    int64_t fine = 19, slow = 20;
    struct eddy_timer timer;

    ck_assert_int_eq(eddy_timer_init(&timer, loop, take_long_by_timer, &slow),
                     0);
    ck_assert_int_eq(eddy_timer_start(&timer, 0), 0);
    ck_assert_int_eq(eddy_loop_post(loop, take_long, &fine), 0);
    ck_assert_int_eq(eddy_loop_post(loop, take_long, &slow), 0);
    ck_assert_int_eq(eddy_loop_soon(loop, take_long, &slow), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(0), take_long_by_result, &slow, NULL), 0);
    run_out(loop);
    ck_assert_uint_eq(stats_of(loop).slow_calls, 4);
    ck_assert_int_eq(logged("slow callback"), 4);
    ck_assert_int_eq(logged("timer"), 1);
    ck_assert_int_eq(logged("posted call"), 1);
    ck_assert_int_eq(logged("sleep"), 1);
    ck_assert_int_eq(logged("20 ms"), 4);
}
END_TEST

START_TEST(a_clock_may_begin_at_zero)
{
    struct eddy_loop *loop;
    int64_t slow = 20;

    virtual_time.now_ns = 0;
    loop = debug_loop(_i);
    ck_assert_int_eq(eddy_loop_post(loop, take_long, &slow), 0);
    run_out(loop);
    ck_assert_uint_eq(stats_of(loop).slow_calls, 1);
}
END_TEST

START_TEST(without_debug_mode_nobody_measures)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int64_t slow = 1000;

    ck_assert_int_eq(eddy_loop_post(loop, take_long, &slow), 0);
    run_out(loop);
    ck_assert_uint_eq(stats_of(loop).slow_calls, 0);
    ck_assert_int_eq(eddy_loop_set_debug(loop, true), 0);
    ck_assert_int_eq(eddy_loop_post(loop, take_long, &slow), 0);
    run_out(loop);
    ck_assert_uint_eq(stats_of(loop).slow_calls, 1);
    ck_assert_int_eq(eddy_loop_set_debug(loop, false), 0);
    ck_assert_int_eq(eddy_loop_set_debug(NULL, true), -EINVAL);
}
END_TEST

/* ---- Trespassers --------------------------------------------------------- */

static struct eddy_loop *busy_loop;
static int answers[12];
static struct eddy_timer idle_timer;
static struct eddy_waker idle_waker;

static struct eddy_request *idle_request;
static struct eddy_stream *idle_stream;

static void wakened(struct eddy_waker *waker, void *unused)
{
    (void)waker, (void)unused;
}

static void *trespass(void *unused)
{
    static struct eddy_watch watch;
    static struct eddy_hook hook;
    static struct eddy_waker waker;
    int n = 0;

    answers[n++] = eddy_loop_check(busy_loop);
    answers[n++] = eddy_loop_soon(busy_loop, mark, word("x"));
    answers[n++] =
        eddy_watch_start(busy_loop, &watch, 0, EDDY_READ, NULL, NULL);
    answers[n++] =
        eddy_hook_start(busy_loop, &hook, EDDY_AFTER_WAIT, NULL, NULL);
    answers[n++] = eddy_waker_init(&waker, busy_loop, NULL, NULL);
    answers[n++] = eddy_start(busy_loop, eddy_sleep(0), NULL, NULL, NULL);
    answers[n++] = eddy_loop_set_slot(busy_loop, NULL, NULL);
    answers[n++] = eddy_timer_background(&idle_timer, true);
    answers[n++] = eddy_waker_background(&idle_waker, true);
    answers[n++] = eddy_request_background(idle_request, true);
    answers[n++] = eddy_stream_set_water_marks(idle_stream, 0, 1);
    answers[n++] = eddy_loop_step(busy_loop, 0);
    return unused;
}

static void let_in_a_stranger(void *unused)
{
    (void)unused;
    join_thread(start_thread(trespass, NULL));
}

START_TEST(another_thread_gets_eperm_while_the_loop_runs) /* L28 */
{
    int pair[2];

    busy_loop = debug_loop(_i);
    make_pair(pair);
    ck_assert_int_eq(eddy_stream_new(&idle_stream, busy_loop, pair[0]), 0);
    ck_assert_int_eq(
        eddy_timer_init(&idle_timer, busy_loop, mark_timer, word("t")), 0);
    ck_assert_int_eq(eddy_waker_init(&idle_waker, busy_loop, wakened, NULL), 0);
    ck_assert_int_eq(eddy_start(busy_loop, eddy_receive(idle_stream), NULL,
                                NULL, &idle_request),
                     0);
    ck_assert_int_eq(eddy_loop_soon(busy_loop, let_in_a_stranger, NULL), 0);
    turns(busy_loop, 1);
    ck_assert_int_eq(eddy_waker_done(&idle_waker), 0);
    eddy_stream_free(idle_stream, false);
    run_out(busy_loop);
    ck_assert_int_eq(close(pair[1]), 0);
    for (size_t i = 0; i + 1 < COUNT(answers); i++)
        ck_assert_int_eq(answers[i], -EPERM);
    ck_assert_int_eq(answers[COUNT(answers) - 1], -EBUSY);
    ck_assert_uint_eq(stats_of(busy_loop).started, 1);
}
END_TEST

static struct eddy_request stranger_request;

static void *begin_as_stranger(void *outcome)
{
    struct eddy_op op = eddy_sleep(0);

    eddy_begin(busy_loop, &stranger_request, &op, take, outcome);
    return NULL;
}

static void begin_in_a_stranger(void *outcome)
{
    join_thread(start_thread(begin_as_stranger, outcome));
}

START_TEST(a_stranger_who_begins_an_operation_is_answered)
{
    struct outcome told = { 0 };

    busy_loop = debug_loop(_i);
    ck_assert_int_eq(eddy_loop_soon(busy_loop, begin_in_a_stranger, &told), 0);
    run_out(busy_loop);
    expect_n(&told, -EPERM);
}
END_TEST

static void *run_elsewhere(void *loop)
{
    struct eddy_result result = eddy_loop_run_until(loop, eddy_sleep(EDDY_MS));

    return result.n == 0 && eddy_loop_run(loop) == 0 ? NULL : loop;
}

START_TEST(a_loop_may_be_handed_from_thread_to_thread)
{
    struct eddy_loop *loop = debug_loop(_i);
    void *failed;
    pthread_t thread;

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(1)).n, 0);
    thread = start_thread(run_elsewhere, loop);
    ck_assert_int_eq(pthread_join(thread, &failed), 0);
    ck_assert_ptr_null(failed);
    ck_assert_int_eq(eddy_loop_check(loop), 0);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(1)).n, 0);
    free_loop(loop);
}
END_TEST

/* ---- Forks that nobody announced ----------------------------------------- */

static int run_in_child(struct eddy_loop *loop)
{
    struct eddy_watch watch;
    int ends[2];

    make_pipe(ends);
    if (eddy_loop_check(loop) != -EPERM)
        return 1;
    if (eddy_watch_start(loop, &watch, ends[0], EDDY_READ, NULL, NULL) !=
        -EPERM)
        return 2;
    if (eddy_loop_run(loop) != -EPERM || eddy_loop_step(loop, 0) != -EPERM)
        return 3;
    if (eddy_loop_run_until(loop, eddy_sleep(0)).n != -EPERM)
        return 4;
    if (eddy_loop_after_fork(loop) != 0 || eddy_loop_check(loop) != 0)
        return 5;
    return eddy_loop_run_until(loop, eddy_sleep(0)).n == 0 ? 0 : 6;
}

START_TEST(an_unannounced_fork_is_eperm_in_debug_mode)
{
    struct eddy_loop *loop = debug_loop(_i);
    int status;
    pid_t pid;

    turns(loop, 1);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        leave_child(run_in_child(loop));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(1)).n, 0);
}
END_TEST

/* ---- The environment ----------------------------------------------------- */

static struct eddy_loop *loop_by_environment(const char *name,
                                             const char *value, int *ret_err)
{
    struct eddy_loop *loop = NULL;
    struct eddy_loop_options options = { .mem = *counting_mem() };

    ck_assert_int_eq(setenv(name, value, 1), 0);
    *ret_err = eddy_loop_new(&loop, &options);
    ck_assert_int_eq(unsetenv(name), 0);
    return loop;
}

START_TEST(the_environment_chooses_a_poller_and_insists)
{
    struct eddy_loop *loop;
    int err;

    for (size_t i = 0; eddy_poller_at(i) != NULL; i++) {
        loop =
            loop_by_environment("EDDY_POLLER", eddy_poller_at(i)->name, &err);
        ck_assert_int_eq(err, 0);
        ck_assert_ptr_eq(eddy_loop_poller(loop), eddy_poller_at(i));
        ck_assert_int_eq(eddy_loop_free(loop), 0);
    }
    loop = loop_by_environment("EDDY_POLLER", "no such poller", &err);
    ck_assert_int_eq(err, -ENOENT);
    ck_assert_ptr_null(loop);
    loop = loop_by_environment("EDDY_POLLER", "", &err);
    ck_assert_int_eq(err, 0);
    ck_assert_ptr_eq(eddy_loop_poller(loop), eddy_poller_at(0));
    ck_assert_int_eq(eddy_loop_free(loop), 0);
}
END_TEST

START_TEST(a_program_that_chooses_or_does_not_look_is_left_alone)
{
    struct eddy_loop_options options = { .flags = EDDY_LOOP_NO_ENV };
    struct eddy_loop *loop = NULL;

    ck_assert_int_eq(setenv("EDDY_POLLER", "no such poller", 1), 0);
    ck_assert_int_eq(setenv("EDDY_DEBUG", "1", 1), 0);
    ck_assert_int_eq(eddy_loop_new(&loop, &options), 0);
    ck_assert_ptr_eq(eddy_loop_poller(loop), eddy_poller_at(0));
    ck_assert_int_eq(eddy_loop_free(loop), 0);
    options.flags = 0;
    options.poller = tested_poller(_i);
    ck_assert_int_eq(eddy_loop_new(&loop, &options), 0);
    ck_assert_ptr_eq(eddy_loop_poller(loop), options.poller);
    ck_assert_int_eq(eddy_loop_free(loop), 0);
    ck_assert_int_eq(unsetenv("EDDY_POLLER"), 0);
    ck_assert_int_eq(unsetenv("EDDY_DEBUG"), 0);
}
END_TEST

START_TEST(the_environment_switches_debug_mode_on)
{
    static const struct {
        const char *value;
        bool on;
    } rows[] = {
        { "1", true }, { "yes", true }, { "0", false }, { "", false }
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int err;
        struct eddy_loop *loop =
            loop_by_environment("EDDY_DEBUG", rows[i].value, &err);

        ck_assert_int_eq(err, 0);
        ck_assert((eddy_loop_settings(loop)->log.write != NULL) == rows[i].on);
        ck_assert_int_eq(eddy_loop_free(loop), 0);
    }
}
END_TEST

/* ---- Which one, and why -------------------------------------------------- */

static int refuse_to_open(struct eddy_poller **ret_poller,
                          const struct eddy_mem *mem)
{
    (void)ret_poller;
    (void)mem;
    return -ENOSYS;
}

START_TEST(the_report_tells_of_each_poller_why) /* T57 */
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_poller_report report;
    size_t n = 0, chosen = 0;

    for (; eddy_loop_report(loop, n, &report) == 0; n++) {
        ck_assert_ptr_nonnull(report.name);
        ck_assert_ptr_nonnull(report.reason);
        if (report.built)
            ck_assert_ptr_nonnull(eddy_poller_find(report.name));
        if (report.chosen) {
            chosen++;
            ck_assert_str_eq(report.name, tested_poller(_i)->name);
            ck_assert_int_eq(report.err, 0);
        } else {
            ck_assert_str_ne(report.reason, "");
        }
    }
    ck_assert_uint_eq(chosen, 1);
    ck_assert_uint_ge(n, 4);
    ck_assert_int_eq(eddy_loop_report(loop, SIZE_MAX, &report), -ENOENT);
    ck_assert_int_eq(eddy_loop_report(loop, 0, NULL), -EINVAL);
    ck_assert_int_eq(eddy_loop_report(NULL, 0, &report), -EINVAL);
}
END_TEST

START_TEST(what_was_insisted_on_is_not_replaced)
{
    struct eddy_poller_ops broken = *tested_poller(_i), old = broken;
    struct eddy_loop_options options = real_options(_i);
    struct eddy_loop *loop = NULL;

    broken.open = refuse_to_open;
    options.poller = &broken;
    ck_assert_int_eq(eddy_loop_new(&loop, &options), -ENOSYS);
    old.abi = EDDY_POLLER_ABI + 1;
    options.poller = &old;
    ck_assert_int_eq(eddy_loop_new(&loop, &options), -EINVAL);
    ck_assert_ptr_null(loop);
}
END_TEST

START_TEST(what_a_program_requires_it_gets_or_enotsup)
{
    struct eddy_loop_options options = real_options(_i);
    struct eddy_poller_report report;

    options.poller = NULL;
    for (unsigned bit = EDDY_CAN_NS; bit <= EDDY_CAN_NEST; bit <<= 1) {
        struct eddy_loop *loop = NULL;
        int err;

        options.require = bit;
        err = eddy_loop_new(&loop, &options);
        ck_assert(err == 0 || err == -ENOTSUP);
        for (size_t n = 0;
             loop != NULL && eddy_loop_report(loop, n, &report) == 0; n++)
            ck_assert(!report.chosen || (report.features & bit) != 0);
        ck_assert_int_eq(eddy_loop_free(loop), 0);
    }
    options.require = 1u << 31;
    options.poller = tested_poller(_i);
    ck_assert_int_eq(eddy_loop_new(&(struct eddy_loop *){ NULL }, &options),
                     -ENOTSUP);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        slow_callbacks_are_logged_and_counted,
        a_clock_may_begin_at_zero,
        without_debug_mode_nobody_measures,
        another_thread_gets_eperm_while_the_loop_runs,
        a_stranger_who_begins_an_operation_is_answered,
        a_loop_may_be_handed_from_thread_to_thread,
        an_unannounced_fork_is_eperm_in_debug_mode,
        the_environment_chooses_a_poller_and_insists,
        a_program_that_chooses_or_does_not_look_is_left_alone,
        the_environment_switches_debug_mode_on,
        the_report_tells_of_each_poller_why,
        what_was_insisted_on_is_not_replaced,
        what_a_program_requires_it_gets_or_enotsup,
    };
    Suite *suite = suite_create("debug");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
