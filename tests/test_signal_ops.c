/* SPDX-License-Identifier: MIT */
/* test_signal_ops.c - signals as operations, and signals while a loop waits. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <eddy/process.h>
#include <eddy/signal.h>

#include "loop_support.h"

enum { MANY = 1000, UNHEARD_OF = 99 };

/* ---- Items --------------------------------------------------------------- */

struct items {
    struct eddy_request request;
    int times, ended;
    int64_t total, end;
    bool pause, cancel; /* inside the first item */
};

static void take_item(struct eddy_result result, void *arg)
{
    struct items *items = arg;

    if (result.n <= 0) {
        items->ended++;
        items->end = result.n;
        return;
    }
    items->times++;
    items->total += result.n;
    if (items->pause)
        ck_assert_int_eq(eddy_request_pause(&items->request, true), 0);
    if (items->cancel)
        eddy_request_cancel(&items->request);
}

static void begin(struct eddy_loop *loop, struct items *items, int signum)
{
    struct eddy_op op = eddy_signals(signum);

    eddy_begin(loop, &items->request, &op, take_item, items);
}

static void expect_cancelled(struct eddy_loop *loop, struct items *items)
{
    eddy_request_cancel(&items->request);
    run_out(loop);
    ck_assert_int_eq(items->ended, 1);
    ck_assert_int_eq(items->end, -ECANCELED);
}

static bool is_default(int signum)
{
    struct sigaction now;

    ck_assert_int_eq(sigaction(signum, NULL, &now), 0);
    return now.sa_handler == SIG_DFL;
}

START_TEST(an_item_says_how_often_the_signal_came)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct items items = { .times = 0 };

    begin(loop, &items, SIGUSR1);
    for (int times = 1; times <= 3; times++) {
        for (int i = 0; i < times; i++)
            ck_assert_int_eq(raise(SIGUSR1), 0);
        turns(loop, 2);
        ck_assert_int_eq(items.times, times);
    }
    ck_assert_int_eq(items.total, 1 + 2 + 3);
    expect_cancelled(loop, &items);
    ck_assert(is_default(SIGUSR1));
}
END_TEST

START_TEST(what_the_kernel_merged_is_told_at_least_once) /* S3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct items items = { .times = 0 };
    sigset_t set, former;

    begin(loop, &items, SIGUSR1);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &set, &former), 0);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_int_eq(items.times, 0);
    ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &former, NULL), 0);
    turns(loop, 2);
    ck_assert_int_eq(items.times, 1);
    ck_assert_int_ge(items.total, 1);
    expect_cancelled(loop, &items);
}
END_TEST

START_TEST(a_pause_holds_the_counts_back)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct items items = { .times = 0 };

    begin(loop, &items, SIGUSR1);
    ck_assert_int_eq(eddy_request_pause(&items.request, true), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(raise(SIGUSR1), 0);
        turns(loop, 2);
    }
    ck_assert_int_eq(items.times, 0);
    ck_assert_int_eq(eddy_request_pause(&items.request, false), 0);
    ck_assert_int_eq(items.times, 0); /* not inside the call */
    turns(loop, 2);
    ck_assert_int_eq(items.times, 1);
    ck_assert_int_eq(items.total, 3);
    for (int i = 0; i < 2; i++) { /* with nothing held there is no item */
        ck_assert_int_eq(eddy_request_pause(&items.request, i == 0), 0);
        turns(loop, 2);
    }
    ck_assert_int_eq(items.times, 1);
    expect_cancelled(loop, &items);
}
END_TEST

START_TEST(a_pause_inside_an_item_holds_what_comes_next)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct items items = { .pause = true };

    begin(loop, &items, SIGUSR1);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(raise(SIGUSR1), 0);
        turns(loop, 2);
    }
    ck_assert_int_eq(items.total, 1);
    ck_assert_int_eq(eddy_request_pause(&items.request, false), 0);
    ck_assert_int_eq(eddy_request_pause(&items.request, true), 0);
    turns(loop, 2); /* resumed for less than a turn */
    ck_assert_int_eq(items.total, 1);
    ck_assert_int_eq(eddy_request_pause(&items.request, false), 0);
    expect_cancelled(loop, &items);
    ck_assert_int_eq(items.total, 1);
}
END_TEST

START_TEST(cancelled_inside_an_item_it_gives_no_more)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct items items[2] = { { .cancel = true }, { .times = 0 } };

    begin(loop, &items[0], SIGUSR1);
    begin(loop, &items[1], SIGUSR1);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_int_eq(items[0].ended, 1);
    ck_assert(!is_default(SIGUSR1));
    ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_int_eq(items[0].times, 1);
    ck_assert_int_eq(items[1].times, 2);
    expect_cancelled(loop, &items[1]);
    ck_assert(is_default(SIGUSR1));
}
END_TEST

START_TEST(in_the_background_it_does_not_keep_the_loop_alive)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct items items = { .times = 0 };

    begin(loop, &items, SIGUSR1);
    ck_assert(eddy_loop_alive(loop));
    ck_assert_int_eq(eddy_request_background(&items.request, true), 0);
    run_out(loop);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_int_eq(items.times, 1);
    ck_assert_int_eq(eddy_request_background(&items.request, false), 0);
    expect_cancelled(loop, &items);
}
END_TEST

START_TEST(a_limit_ends_it)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = eddy_within(EDDY_SECOND, eddy_signals(SIGUSR1));
    struct items items = { .times = 0 };

    eddy_begin(loop, &items.request, &op, take_item, &items);
    run_out(loop);
    ck_assert_int_eq(items.ended, 1);
    ck_assert_int_eq(items.end, -ETIME);
    ck_assert(is_default(SIGUSR1));
}
END_TEST

START_TEST(without_memory_it_ends_at_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct items items = { .end = -ENOMEM };

    for (int nth = 1; items.end == -ENOMEM; nth++) {
        items = (struct items){ .times = 0 };
        fail_allocation(nth);
        begin(loop, &items, SIGUSR1);
        turns(loop, 2);
        if (!allocation_failed())
            break;
        ck_assert_int_eq(items.ended, 1);
        ck_assert_int_eq(items.end, -ENOMEM);
        ck_assert(is_default(SIGUSR1));
    }
    ck_assert_int_eq(items.ended, 0);
    expect_cancelled(loop, &items);
}
END_TEST

START_TEST(freeing_the_loop_ends_it_and_restores_the_disposition)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct items items = { .times = 0 };

    begin(loop, &items, SIGUSR1);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    free_loop(loop);
    ck_assert_int_eq(items.ended, 1);
    ck_assert_int_eq(items.end, -ECANCELED);
    ck_assert(is_default(SIGUSR1));
}
END_TEST

/* ---- While the loop waits ------------------------------------------------ */

struct shower {
    pthread_t of;
    atomic_bool over;
    int drops;
};

/* One each millisecond: nothing depends on how long that is. */
static void *rain(void *arg)
{
    static const struct timespec pause = { 0, 1000000 };
    struct shower *shower = arg;

    while (!atomic_load(&shower->over)) {
        shower->drops++;
        (void)pthread_kill(shower->of, SIGUSR1);
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

START_TEST(signals_during_a_wait_leave_the_timers_alone)
{
    enum { MOST = 50 }; /* ms */
    struct eddy_loop *loop = real_loop(_i);
    struct shower shower = { .of = pthread_self() };
    struct items items = { .times = 0 };
    pthread_t thread;
    int64_t start;

    begin(loop, &items, SIGUSR1);
    thread = start_thread(rain, &shower);
    run_until_count(loop, &items.times, 1);
    for (int ms = 0; ms <= MOST; ms += MOST / 2) {
        start = now_ns();
        ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(ms * EDDY_MS)).n,
                         0);
        ck_assert_int_ge(now_ns() - start, ms * EDDY_MS);
    }
    atomic_store(&shower.over, true);
    join_thread(thread);
    turns(loop, 2);
    ck_assert_int_le(items.total, shower.drops);
    ck_assert_int_ge(items.times, 2); /* the sleeps were disturbed */
    expect_cancelled(loop, &items);
}
END_TEST

START_TEST(a_signal_makes_no_virtual_clock_jump)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct items items = { .cancel = true };
    struct outcome told = { 0 };

    begin(loop, &items, SIGUSR1);
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), take, &told, NULL), 0);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    run_until_count(loop, &items.ended, 1);
    ck_assert_int_eq(told.times, 0);
    ck_assert_int_eq(virtual_time.now_ns, EDDY_SECOND);
    run_out(loop);
    expect_n(&told, 0);
}
END_TEST

/* Whatever of the new descriptors can be written to. */
static int fill_all(int first, int last)
{
    static const uint64_t most = UINT64_MAX - 1; /* of an eventfd */
    int filled = 0;

    for (int fd = first; fd <= last; fd++) {
        int flags = fcntl(fd, F_GETFL);
        bool any = false;

        if (flags < 0 || (flags & O_NONBLOCK) == 0)
            continue;
        while (write(fd, &most, sizeof most) > 0)
            any = true;
        filled += any && errno == EAGAIN;
    }
    return filled;
}

START_TEST(a_full_wake_up_wakes_and_the_handler_keeps_errno) /* T47 */
{
    int first = dup(STDIN_FILENO);
    struct eddy_loop *loop = real_loop(_i);
    int last = dup(STDIN_FILENO);
    struct items items = { .times = 0 };
    struct eddy_embedding unused;

    begin(loop, &items, SIGUSR1);
    turns(loop, 1);
    ck_assert_int_eq(fill_all(first + 1, last - 1), 1);
    (void)eddy_loop_prepare(loop, &unused); /* where it can, it counts as
                                               asleep */
    errno = UNHEARD_OF;
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(errno, UNHEARD_OF);
    run_until_count(loop, &items.times, 1);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    run_until_count(loop, &items.times, 2);
    expect_cancelled(loop, &items);
    ck_assert_int_eq(close(first), 0);
    ck_assert_int_eq(close(last), 0);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        an_item_says_how_often_the_signal_came,
        what_the_kernel_merged_is_told_at_least_once,
        a_pause_holds_the_counts_back,
        a_pause_inside_an_item_holds_what_comes_next,
        cancelled_inside_an_item_it_gives_no_more,
        in_the_background_it_does_not_keep_the_loop_alive,
        a_limit_ends_it,
        without_memory_it_ends_at_once,
        freeing_the_loop_ends_it_and_restores_the_disposition,
        signals_during_a_wait_leave_the_timers_alone,
        a_signal_makes_no_virtual_clock_jump,
        a_full_wake_up_wakes_and_the_handler_keeps_errno,
    };
    Suite *suite = suite_create("signal_ops");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
