/* SPDX-License-Identifier: MIT */
/* test_waker.c - wake-ups that count as one. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "loop_support.h"

static void woken(struct eddy_waker *waker, void *arg)
{
    (void)waker;
    ++*(int *)arg;
}

START_TEST(wakes_before_the_call_count_as_one) /* T53 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_waker waker;
    int calls = 0;

    ck_assert_int_eq(eddy_waker_init(&waker, loop, woken, &calls), 0);
    for (int turn = 1; turn <= 3; turn++) {
        for (int i = 0; i < 1000; i++)
            ck_assert_int_eq(eddy_waker_wake(&waker), 0);
        turns(loop, 1);
        ck_assert_int_eq(calls, turn);
    }
    turns(loop, 1);
    ck_assert_int_eq(calls, 3);
    ck_assert_int_eq(eddy_waker_done(&waker), 0);
}
END_TEST

static void wake_self(struct eddy_waker *waker, void *arg)
{
    if (++*(int *)arg < 5)
        ck_assert_int_eq(eddy_waker_wake(waker), 0);
}

START_TEST(a_wake_from_the_call_is_a_new_one_for_the_next_turn)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_waker waker;
    int calls = 0;

    ck_assert_int_eq(eddy_waker_init(&waker, loop, wake_self, &calls), 0);
    ck_assert_int_eq(eddy_waker_wake(&waker), 0);
    for (int turn = 1; turn <= 5; turn++) {
        turns(loop, 1);
        ck_assert_int_eq(calls, turn);
    }
    ck_assert_int_eq(eddy_waker_done(&waker), 0);
}
END_TEST

START_TEST(a_waker_keeps_the_loop_alive_unless_in_the_background)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_waker waker;
    int calls = 0;

    ck_assert_int_eq(eddy_waker_init(&waker, loop, woken, &calls), 0);
    ck_assert(eddy_loop_alive(loop));
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_waker_background(&waker, true), 0);
    ck_assert(!eddy_loop_alive(loop));
    ck_assert_int_eq(eddy_waker_wake(&waker), 0);
    run_out(loop); /* what was posted is work */
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(eddy_waker_background(&waker, false), 0);
    ck_assert(eddy_loop_alive(loop));
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_waker_done(&waker), 0);
    ck_assert(!eddy_loop_alive(loop));
    ck_assert_int_eq(eddy_waker_wake(&waker), -EINVAL);
    ck_assert_int_eq(eddy_waker_background(&waker, true), -EINVAL);
}
END_TEST

static void done_with(struct eddy_waker *waker, void *arg)
{
    struct eddy_waker *other = arg;

    ck_assert_int_eq(eddy_waker_done(waker), 0);
    ck_assert_int_eq(eddy_waker_done(other), 0);
    memset(waker, 0x5a, sizeof *waker);
    memset(other, 0x5a, sizeof *other);
    mark(word("done"));
}

START_TEST(a_waker_may_go_while_it_is_queued_or_called)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_waker first, second, third;
    int calls = 0;

    ck_assert_int_eq(eddy_waker_init(&first, loop, done_with, &second), 0);
    ck_assert_int_eq(eddy_waker_init(&second, loop, woken, &calls), 0);
    ck_assert_int_eq(eddy_waker_init(&third, loop, woken, &calls), 0);
    ck_assert_int_eq(eddy_waker_wake(&third), 0);
    ck_assert_int_eq(eddy_waker_wake(&first), 0);
    ck_assert_int_eq(eddy_waker_wake(&second), 0);
    ck_assert_int_eq(eddy_waker_done(&third), 0);
    memset(&third, 0x5a, sizeof third);
    run_out(loop);
    ck_assert_int_eq(calls, 0);
    ck_assert_str_eq(marks(), "done");
}
END_TEST

/* ---- From elsewhere ------------------------------------------------------ */

enum { THREADS = 8, WAKES = 50000 };

struct shared {
    struct eddy_waker waker;
    atomic_int left;
    int calls, seen;
};

static void look(struct eddy_waker *waker, void *arg)
{
    struct shared *shared = arg;

    (void)waker;
    shared->calls++;
    shared->seen = atomic_load(&shared->left) == 0;
}

/* Each says what it has done, then wakes: the last word must not be lost. */
static void *wake_often(void *arg)
{
    struct shared *shared = arg;

    for (int i = 0; i < WAKES; i++) {
        atomic_fetch_sub(&shared->left, 1);
        if (eddy_waker_wake(&shared->waker) < 0)
            return arg;
    }
    return NULL;
}

START_TEST(no_last_wake_of_many_threads_is_lost)
{
    struct eddy_loop *loop = real_loop(_i);
    struct shared shared = { .left = THREADS * WAKES };
    pthread_t threads[THREADS];

    ck_assert_int_eq(eddy_waker_init(&shared.waker, loop, look, &shared), 0);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(wake_often, &shared);
    run_until_count(loop, &shared.seen, 1);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    ck_assert_int_le(shared.calls, THREADS * WAKES);
    ck_assert_uint_le(stats_of(loop).wakeups, (uint64_t)shared.calls + 1);
    ck_assert_int_eq(eddy_waker_done(&shared.waker), 0);
}
END_TEST

static struct eddy_waker handler_waker;

static void wake_from_handler(int signum)
{
    (void)signum;
    (void)eddy_waker_wake(&handler_waker);
}

START_TEST(a_signal_handler_may_wake)
{
    struct eddy_loop *loop = real_loop(_i);
    struct sigaction action = { .sa_handler = wake_from_handler }, former;
    int calls = 0;

    ck_assert_int_eq(eddy_waker_init(&handler_waker, loop, woken, &calls), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, &action, &former), 0);
    for (int i = 1; i <= 10; i++) {
        ck_assert_int_eq(raise(SIGUSR1), 0);
        ck_assert_int_eq(raise(SIGUSR1), 0);
        run_until_count(loop, &calls, i);
        ck_assert_int_eq(calls, i);
    }
    ck_assert_int_eq(sigaction(SIGUSR1, &former, NULL), 0);
    ck_assert_int_eq(eddy_waker_done(&handler_waker), 0);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        wakes_before_the_call_count_as_one,
        a_wake_from_the_call_is_a_new_one_for_the_next_turn,
        a_waker_keeps_the_loop_alive_unless_in_the_background,
        a_waker_may_go_while_it_is_queued_or_called,
        no_last_wake_of_many_threads_is_lost,
        a_signal_handler_may_wake,
    };
    Suite *suite = suite_create("waker");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
