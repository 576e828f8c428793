/* SPDX-License-Identifier: MIT */
/* test_signals.c - the promises of eddy/signal.h, and of eddy_signals(). */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include <eddy/process.h>
#include <eddy/signal.h>

#include "loop_support.h"

enum { MANY = 1000, UNHEARD_OF = 99 };

struct told {
    struct eddy_signal sub;
    struct eddy_signal *victim; /* stopped in the callback */
    const char *name;
    int times, signum;
    unsigned total;
};

static void tell(struct eddy_signal *sub, int signum, unsigned count, void *arg)
{
    struct told *told = arg;

    ck_assert_ptr_eq(sub, &told->sub);
    ck_assert_uint_ge(count, 1);
    told->times++;
    told->signum = signum;
    told->total += count;
    if (told->name != NULL)
        mark(word(told->name));
    if (told->victim != NULL)
        ck_assert_int_eq(eddy_signal_stop(told->victim), 0);
}

static void subscribe(struct eddy_loop *loop, struct told *told, int signum)
{
    ck_assert_int_eq(eddy_signal_start(loop, &told->sub, signum, tell, told),
                     0);
}

static void stop(struct told *told)
{
    ck_assert_int_eq(eddy_signal_stop(&told->sub), 0);
}

static struct sigaction disposition(int signum)
{
    struct sigaction now;

    ck_assert_int_eq(sigaction(signum, NULL, &now), 0);
    return now;
}

static void former_handler(int signum)
{
    (void)signum;
}

/* With a mask and flags that are not the library's. */
static void install_former(int signum)
{
    struct sigaction former = { .sa_handler = former_handler,
                                .sa_flags = SA_NODEFER };

    (void)sigemptyset(&former.sa_mask);
    (void)sigaddset(&former.sa_mask, SIGUSR2);
    ck_assert_int_eq(sigaction(signum, &former, NULL), 0);
}

static bool is_former(int signum)
{
    struct sigaction now = disposition(signum);

    return now.sa_handler == former_handler &&
           (now.sa_flags & (SA_NODEFER | SA_RESTART)) == SA_NODEFER &&
           sigismember(&now.sa_mask, SIGUSR2) == 1 &&
           sigismember(&now.sa_mask, SIGTERM) == 0;
}

/* ---- Being told ---------------------------------------------------------- */

START_TEST(callbacks_run_in_a_turn_and_never_in_the_handler) /* S1 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct told told = { .times = 0 };

    subscribe(loop, &told, SIGUSR1);
    ck_assert(eddy_loop_alive(loop));
    errno = UNHEARD_OF;
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(errno, UNHEARD_OF);
    ck_assert_int_eq(told.times, 0);
    run_until_count(loop, &told.times, 1);
    ck_assert_int_eq(told.signum, SIGUSR1);
    ck_assert_uint_eq(told.total, 1);
    turns(loop, 3);
    ck_assert_int_eq(told.times, 1);
    stop(&told);
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

START_TEST(a_thousand_in_one_turn_are_one_call_that_counts_them) /* S3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct told told = { .times = 0 };

    subscribe(loop, &told, SIGUSR1);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_int_eq(told.times, 1);
    ck_assert_uint_eq(told.total, MANY);
    stop(&told);
}
END_TEST

START_TEST(after_the_last_of_a_thousand_there_is_a_call)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct told told = { .times = 0 };
    int times = 0;

    subscribe(loop, &told, SIGUSR1);
    for (int i = 0; i < MANY; i++) {
        if (random_below(4) == 0)
            turns(loop, (int)random_below(3));
        times = told.times;
        ck_assert_int_eq(raise(SIGUSR1), 0);
    }
    turns(loop, 2);
    ck_assert_int_eq(told.times, times + 1);
    ck_assert_uint_eq(told.total, MANY);
    stop(&told);
}
END_TEST

START_TEST(a_subscription_is_told_only_what_came_after_it)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct told early = { .times = 0 }, late = { .times = 0 };

    subscribe(loop, &early, SIGUSR1);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    subscribe(loop, &late, SIGUSR1);
    turns(loop, 2);
    ck_assert_uint_eq(early.total, 1);
    ck_assert_uint_eq(late.total, 0);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    stop(&early);
    subscribe(loop, &early, SIGUSR1);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_uint_eq(early.total, 2);
    ck_assert_uint_eq(late.total, 2);
    stop(&early);
    stop(&late);
}
END_TEST

START_TEST(what_is_no_signal_is_refused) /* S4, S9 */
{
    static const int none[] = { SIGKILL, SIGSTOP, 0, -1, NSIG, INT_MAX };
    struct eddy_loop *loop = virtual_loop(_i);
    struct told told = { .times = 0 };

    for (size_t i = 0; i < COUNT(none); i++) {
        struct outcome outcome = { 0 };
        struct eddy_op op = eddy_signals(none[i]);
        struct eddy_request request;

        ck_assert_int_eq(
            eddy_signal_start(loop, &told.sub, none[i], tell, &told), -EINVAL);
        eddy_begin(loop, &request, &op, take, &outcome);
        run_out(loop);
        expect_n(&outcome, -EINVAL);
    }
    install_former(SIGUSR1);
    ck_assert_int_eq(eddy_signal_start(loop, &told.sub, SIGUSR1, NULL, &told),
                     -EINVAL);
    ck_assert_int_eq(eddy_signal_start(loop, NULL, SIGUSR1, tell, &told),
                     -EINVAL);
    ck_assert_int_eq(eddy_signal_start(NULL, &told.sub, SIGUSR1, tell, &told),
                     -EINVAL);
    ck_assert_int_eq(eddy_signal_background(&told.sub, true), -EINVAL);
    ck_assert(is_former(SIGUSR1));
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

/* ---- The handler is the process's ---------------------------------------- */

START_TEST(the_former_disposition_is_back_after_the_last) /* S5, S7 */
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct told told[3] = { { .times = 0 } };

    install_former(SIGUSR1);
    for (int again = 0; again < 2; again++) {
        subscribe(loop, &told[0], SIGUSR1);
        subscribe(loop, &told[1], SIGUSR1);
        subscribe(other, &told[2], SIGUSR1);
        ck_assert_int_ne(disposition(SIGUSR1).sa_flags & SA_RESTART, 0);
        for (int i = 0; i < 3; i++) {
            ck_assert(!is_former(SIGUSR1));
            stop(&told[i]);
            stop(&told[i]); /* twice is harmless */
        }
        ck_assert(is_former(SIGUSR1));
    }
    ck_assert_int_eq(eddy_signal_stop(NULL), -EINVAL);
}
END_TEST

START_TEST(a_loop_may_be_freed_with_subscriptions_left)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct told told[3] = { { .times = 0 } };

    install_former(SIGUSR1);
    subscribe(loop, &told[0], SIGUSR1);
    subscribe(loop, &told[1], SIGUSR1);
    subscribe(other, &told[2], SIGUSR1);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    free_loop(loop);
    ck_assert(!is_former(SIGUSR1));
    ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(other, 2);
    ck_assert_uint_eq(told[2].total, 2);
    free_loop(other);
    ck_assert(is_former(SIGUSR1));
    for (int i = 0; i < 3; i++)
        stop(&told[i]);
    ck_assert_int_eq(told[0].times + told[1].times, 0);
}
END_TEST

START_TEST(without_memory_nothing_has_changed)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct told told = { .times = 0 };
    int err = -ENOMEM;

    install_former(SIGUSR1);
    for (int nth = 1; err == -ENOMEM; nth++) {
        ck_assert(is_former(SIGUSR1));
        ck_assert(!eddy_loop_alive(loop));
        fail_allocation(nth);
        err = eddy_signal_start(loop, &told.sub, SIGUSR1, tell, &told);
        ck_assert_int_eq(err, allocation_failed() ? -ENOMEM : 0);
    }
    ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_int_eq(told.times, 1);
    stop(&told);
}
END_TEST

/* ---- Many of them -------------------------------------------------------- */

struct listener {
    struct eddy_loop *loop;
    struct eddy_signal sub;
    unsigned count;
};

static void heard(struct eddy_signal *sub, int signum, unsigned count,
                  void *arg)
{
    struct listener *listener = arg;

    (void)sub;
    (void)signum;
    listener->count += count;
    (void)eddy_loop_stop(listener->loop);
}

static void *listen_for_one(void *arg)
{
    struct listener *listener = arg;

    (void)eddy_loop_run(listener->loop);
    return NULL;
}

START_TEST(three_loops_in_three_threads_are_each_told) /* S6, T48 */
{
    struct listener listeners[3] = { { .count = 0 } };
    pthread_t threads[3];

    for (int i = 0; i < 3; i++) {
        struct listener *listener = &listeners[i];

        listener->loop = real_loop(_i);
        ck_assert_int_eq(eddy_signal_start(listener->loop, &listener->sub,
                                           SIGUSR1, heard, listener),
                         0);
    }
    for (int i = 0; i < 3; i++)
        threads[i] = start_thread(listen_for_one, &listeners[i]);
    ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
    for (int i = 0; i < 3; i++) {
        join_thread(threads[i]);
        ck_assert_uint_eq(listeners[i].count, 1);
        ck_assert_int_eq(eddy_signal_stop(&listeners[i].sub), 0);
    }
}
END_TEST

START_TEST(all_in_one_loop_are_told_in_the_order_they_were_started)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct told a = { .name = "a" }, b = { .name = "b" }, c = { .name = "c" };

    subscribe(loop, &a, SIGUSR1);
    subscribe(loop, &b, SIGUSR2);
    subscribe(loop, &c, SIGUSR1);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_str_eq(marks(), "a c");
    ck_assert_int_eq(raise(SIGUSR2), 0);
    turns(loop, 2);
    ck_assert_str_eq(marks(), "b");
    ck_assert_int_eq(b.signum, SIGUSR2);
    free_loop(loop);
}
END_TEST

START_TEST(any_may_be_stopped_inside_a_callback)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct told a = { .name = "a" }, b = { .name = "b" }, c = { .name = "c" };

    subscribe(loop, &a, SIGUSR1);
    subscribe(loop, &b, SIGUSR1);
    subscribe(loop, &c, SIGUSR1);
    a.victim = &b.sub; /* the next one */
    c.victim = &c.sub; /* itself */
    ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_str_eq(marks(), "a c");
    a.victim = &a.sub;
    ck_assert_int_eq(raise(SIGUSR1), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "a");
}
END_TEST

START_TEST(in_the_background_it_does_not_keep_the_loop_alive)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct told told = { .times = 0 };

    subscribe(loop, &told, SIGUSR1);
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_signal_background(&told.sub, true), 0);
    run_out(loop);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    turns(loop, 2);
    ck_assert_int_eq(told.times, 1);
    ck_assert_int_eq(eddy_signal_background(&told.sub, false), 0);
    ck_assert(eddy_loop_alive(loop));
    ck_assert_int_eq(eddy_signal_background(&told.sub, true), 0);
    stop(&told);
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        callbacks_run_in_a_turn_and_never_in_the_handler,
        a_thousand_in_one_turn_are_one_call_that_counts_them,
        after_the_last_of_a_thousand_there_is_a_call,
        a_subscription_is_told_only_what_came_after_it,
        what_is_no_signal_is_refused,
        the_former_disposition_is_back_after_the_last,
        a_loop_may_be_freed_with_subscriptions_left,
        without_memory_nothing_has_changed,
        three_loops_in_three_threads_are_each_told,
        all_in_one_loop_are_told_in_the_order_they_were_started,
        any_may_be_stopped_inside_a_callback,
        in_the_background_it_does_not_keep_the_loop_alive,
    };
    Suite *suite = suite_create("signals");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
