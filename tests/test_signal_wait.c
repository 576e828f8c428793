/* SPDX-License-Identifier: MIT */
/* test_signal_wait.c - the first signal, as something to wait for. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>

#include <eddy/process.h>

#include "loop_support.h"

static bool is_default(int signum)
{
    struct sigaction now;

    ck_assert_int_eq(sigaction(signum, NULL, &now), 0);
    return now.sa_handler == SIG_DFL;
}

static void raise_it(struct eddy_timer *timer, void *signum)
{
    (void)timer;
    ck_assert(!is_default(*(int *)signum));
    ck_assert_int_eq(raise(*(int *)signum), 0);
}

/* The operation, while the signal comes after a second. */
static int64_t while_it_comes(struct eddy_loop *loop, int signum,
                              struct eddy_op op)
{
    struct eddy_timer timer;

    ck_assert_int_eq(eddy_timer_init(&timer, loop, raise_it, &signum), 0);
    ck_assert_int_eq(eddy_timer_start(&timer, EDDY_SECOND), 0);
    return eddy_loop_run_until(loop, op).n;
}

START_TEST(one_signal_is_told_and_the_next_has_its_old_effect)
{
    struct eddy_loop *loop = virtual_loop(_i);

    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(
            while_it_comes(loop, SIGUSR1, eddy_signal_wait(SIGUSR1)), 1);
        ck_assert(is_default(SIGUSR1));
    }
}
END_TEST

START_TEST(the_first_of_two_ends_the_other)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child both[] = { { .op = eddy_signal_wait(SIGUSR1) },
                                 { .op = eddy_signal_wait(SIGUSR2) } };

    ck_assert_int_eq(while_it_comes(loop, SIGUSR2, eddy_any(both, 2)), 1);
    ck_assert_int_eq(both[0].result.n, -ECANCELED);
    ck_assert(is_default(SIGUSR1) && is_default(SIGUSR2));
}
END_TEST

START_TEST(all_who_wait_for_it_are_told)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child both[] = { { .op = eddy_signal_wait(SIGUSR1) },
                                 { .op = eddy_signal_wait(SIGUSR1) } };

    ck_assert_int_eq(while_it_comes(loop, SIGUSR1, eddy_all(both, 2)), 2);
}
END_TEST

START_TEST(what_came_before_is_not_told)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = eddy_within(EDDY_SECOND, eddy_signal_wait(SIGWINCH));

    ck_assert_int_eq(raise(SIGWINCH), 0); /* whose old effect is none */
    ck_assert_int_eq(eddy_loop_run_until(loop, op).n, -ETIME);
    ck_assert(is_default(SIGWINCH));
}
END_TEST

START_TEST(what_is_no_signal_and_no_memory_end_it_at_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int none[] = { 0, -1, 100000, SIGKILL, SIGSTOP };

    for (size_t i = 0; i < COUNT(none); i++)
        ck_assert_int_eq(eddy_loop_run_until(loop, eddy_signal_wait(none[i])).n,
                         -EINVAL);
    for (int nth = 1;; nth++) {
        struct eddy_op op = eddy_within(EDDY_SECOND, eddy_signal_wait(SIGUSR1));
        int64_t n;

        fail_allocation(nth);
        n = eddy_loop_run_until(loop, op).n;
        ck_assert(is_default(SIGUSR1));
        if (!allocation_failed())
            break;
        ck_assert_int_eq(n, -ENOMEM);
    }
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        one_signal_is_told_and_the_next_has_its_old_effect,
        the_first_of_two_ends_the_other,
        all_who_wait_for_it_are_told,
        what_came_before_is_not_told,
        what_is_no_signal_and_no_memory_end_it_at_once,
    };
    Suite *suite = suite_create("signal_wait");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
