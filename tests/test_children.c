/* SPDX-License-Identifier: MIT */
/*
 * test_children.c - the promises of eddy_child_exit(), each kept in three ways:
 * as the system would have it, by SIGCHLD, and by a kqueue (where there is
 * one).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/process.h>
#include <eddy/signal.h>
#include <eddy/sys.h>

#include "loop_support.h"

/* ---- Ways to wait -------------------------------------------------------- */

static int no_exit_fd(void *arg, pid_t pid)
{
    (void)arg;
    (void)pid;
    return -ENOSYS;
}

#ifdef EDDY_TEST_KQUEUE
int eddy__exit_kqueue(void *arg, pid_t pid);
enum { WAYS = 3 };
#else
enum { WAYS = 2 };
#endif

static struct eddy_loop *loop_that_waits(int index, int way, bool real)
{
    static struct eddy_sys tables[3];
    struct eddy_loop_options options =
        real ? real_options(index) : virtual_options(index);

    tables[way] = *eddy_sys_default();
    if (way == 1)
        tables[way].exit_fd = no_exit_fd;
#ifdef EDDY_TEST_KQUEUE
    if (way == 2)
        tables[way].exit_fd = eddy__exit_kqueue;
#endif
    options.sys = &tables[way];
    return loop_with(options);
}

/* ---- Children ------------------------------------------------------------ */

struct child {
    pid_t pid;
    int leash; /* it lives until this is written to */
};

/* It exits with the byte that it is sent. */
static struct child make_child(void)
{
    struct child child;
    int ends[2];

    make_pipe(ends);
    child.pid = fork();
    ck_assert_int_ge(child.pid, 0);
    if (child.pid == 0) {
        unsigned char status = 0;

        (void)close(ends[1]);
        _exit(read(ends[0], &status, 1) == 1 ? status : EXIT_FAILURE);
    }
    ck_assert_int_eq(close(ends[0]), 0);
    child.leash = ends[1];
    return child;
}

static void let_exit(const struct child *child, unsigned char status)
{
    ck_assert_int_eq(write(child->leash, &status, 1), 1);
    ck_assert_int_eq(close(child->leash), 0);
}

/* It is left to be waited for. */
static void await_death(pid_t pid)
{
    siginfo_t info;

    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void expect_exit(const struct outcome *told, int status)
{
    ck_assert_int_eq(told->times, 1);
    ck_assert_int_ge(told->last.n, 0);
    ck_assert(WIFEXITED((int){ (int)told->last.n }));
    ck_assert_int_eq(WEXITSTATUS((int){ (int)told->last.n }), status);
}

static void await(struct eddy_loop *loop, pid_t pid, struct outcome *told)
{
    *told = (struct outcome){ .times = 0 };
    ck_assert_int_eq(eddy_start(loop, eddy_child_exit(pid), take, told, NULL),
                     0);
}

static void *let_exit_later(void *arg)
{
    const struct child *child = arg;

    (void)write(child->leash, "\7", 1);
    return NULL;
}

/* ---- How it ended -------------------------------------------------------- */

START_TEST(an_exit_code_or_a_signal_comes_as_status)
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, false);
        struct child child = make_child(), victim = make_child();
        struct outcome told, killed;

        await(loop, child.pid, &told);
        await(loop, victim.pid, &killed);
        turns(loop, 3);
        ck_assert_int_eq(told.times + killed.times, 0);
        let_exit(&child, 42);
        run_until_count(loop, &told.times, 1);
        expect_exit(&told, 42);
        ck_assert_int_eq(killed.times, 0);
        ck_assert_int_eq(kill(victim.pid, SIGKILL), 0);
        run_out(loop);
        ck_assert_int_eq(killed.times, 1);
        ck_assert(WIFSIGNALED((int){ (int)killed.last.n }));
        ck_assert_int_eq(WTERMSIG((int){ (int)killed.last.n }), SIGKILL);
        ck_assert_int_eq(close(victim.leash), 0);
        free_loop(loop);
    }
}
END_TEST

START_TEST(a_sleeping_loop_is_woken_by_a_death)
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, true);
        struct child child = make_child();
        pthread_t thread = start_thread(let_exit_later, &child);
        int64_t n = eddy_loop_run_until(loop, eddy_child_exit(child.pid)).n;

        ck_assert_int_ge(n, 0);
        ck_assert_int_eq(WEXITSTATUS((int){ (int)n }), 7);
        join_thread(thread);
        ck_assert_int_eq(close(child.leash), 0);
        free_loop(loop);
    }
}
END_TEST

START_TEST(one_that_is_dead_already_is_not_missed) /* T50 */
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, false);
        struct child child = make_child();
        struct outcome told;

        let_exit(&child, 3);
        await_death(child.pid);
        await(loop, child.pid, &told);
        ck_assert_int_eq(told.times, 0);
        turns(loop, 1);
        expect_exit(&told, 3);
        ck_assert_int_eq(waitpid(child.pid, NULL, WNOHANG), -1); /* reaped */
        free_loop(loop);
    }
}
END_TEST

START_TEST(several_that_die_at_once_are_each_told) /* T50 */
{
    enum { CHILDREN = 8 };

    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, false);
        struct child child[CHILDREN];
        struct outcome told[CHILDREN];

        for (int i = 0; i < CHILDREN; i++) {
            child[i] = make_child();
            await(loop, child[i].pid, &told[i]);
        }
        for (int i = 0; i < CHILDREN; i++)
            let_exit(&child[i], (unsigned char)i);
        for (int i = 0; i < CHILDREN; i++)
            await_death(child[i].pid);
        run_out(loop);
        for (int i = 0; i < CHILDREN; i++)
            expect_exit(&told[i], i);
        free_loop(loop);
    }
}
END_TEST

/* ---- Whose children ------------------------------------------------------ */

START_TEST(a_strangers_pid_is_no_child)
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, false);
        struct child child = make_child();
        struct outcome told[4];

        await(loop, getppid(), &told[0]);
        await(loop, getpid(), &told[1]);
        let_exit(&child, 0);
        ck_assert_int_eq(waitpid(child.pid, NULL, 0), child.pid);
        await(loop, child.pid, &told[2]); /* was one once */
        await(loop, 0, &told[3]);
        run_out(loop);
        for (int i = 0; i < 3; i++)
            expect_n(&told[i], -ECHILD);
        expect_n(&told[3], -EINVAL);
        ck_assert_int_eq(eddy_loop_run_until(loop, eddy_child_exit(-1)).n,
                         -EINVAL);
        free_loop(loop);
    }
}
END_TEST

START_TEST(somebody_else_may_have_waited_for_it)
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, false);
        struct child child = make_child();
        struct outcome told;

        await(loop, child.pid, &told);
        turns(loop, 2);
        let_exit(&child, 0);
        ck_assert_int_eq(waitpid(child.pid, NULL, 0), child.pid);
        run_out(loop);
        expect_n(&told, -ECHILD);
        free_loop(loop);
    }
}
END_TEST

START_TEST(children_of_other_code_are_not_stolen) /* T50 */
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, false);
        struct child ours = make_child(), theirs = make_child();
        struct outcome told;
        int status;

        await(loop, ours.pid, &told);
        let_exit(&theirs, 9);
        await_death(theirs.pid);
        turns(loop, 3);
        let_exit(&ours, 1);
        run_out(loop);
        expect_exit(&told, 1);
        ck_assert_int_eq(waitpid(theirs.pid, &status, WNOHANG), theirs.pid);
        ck_assert_int_eq(WEXITSTATUS(status), 9);
        free_loop(loop);
    }
}
END_TEST

START_TEST(two_who_wait_for_one_are_both_answered)
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, false);
        struct child child = make_child();
        struct outcome told[2];
        int first;

        await(loop, child.pid, &told[0]);
        await(loop, child.pid, &told[1]);
        let_exit(&child, 5);
        run_out(loop);
        first = told[0].last.n == -ECHILD;
        expect_exit(&told[first], 5);
        expect_n(&told[!first], -ECHILD);
        free_loop(loop);
    }
}
END_TEST

/* ---- Giving up ----------------------------------------------------------- */

static void count_call(struct eddy_signal *sub, int signum, unsigned count,
                       void *arg)
{
    int *calls = arg;

    (void)sub;
    (void)signum;
    *calls += count > 0;
}

START_TEST(cancelling_and_limits_leave_the_child_as_it_is)
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, true);
        struct child child = make_child();
        struct eddy_op op = eddy_child_exit(child.pid);
        struct eddy_request *slot;
        struct outcome told;

        told.times = 0;
        ck_assert_int_eq(eddy_start(loop, op, take, &told, &slot), 0);
        eddy_request_cancel(slot);
        run_out(loop);
        expect_n(&told, -ECANCELED);
        ck_assert_int_eq(eddy_loop_run_until(loop, eddy_within(EDDY_MS, op)).n,
                         -ETIME);
        await(loop, child.pid, &told);
        free_loop(loop);
        expect_n(&told, -ECANCELED);
        let_exit(&child, 0);
        ck_assert_int_eq(waitpid(child.pid, NULL, 0), child.pid);
    }
}
END_TEST

START_TEST(the_childrens_signal_may_be_watched_as_well)
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, false);
        struct child child = make_child();
        struct eddy_signal sub;
        struct outcome told;
        int calls = 0;

        ck_assert_int_eq(
            eddy_signal_start(loop, &sub, SIGCHLD, count_call, &calls), 0);
        await(loop, child.pid, &told);
        let_exit(&child, 6);
        run_until_count(loop, &told.times, 1);
        run_until_count(loop, &calls, 1);
        expect_exit(&told, 6);
        ck_assert_int_eq(eddy_signal_stop(&sub), 0);
        run_out(loop);
        free_loop(loop);
    }
}
END_TEST

START_TEST(without_memory_it_ends_at_once_and_the_child_is_left)
{
    for (int way = 0; way < WAYS; way++) {
        struct eddy_loop *loop = loop_that_waits(_i, way, true);
        struct child child = make_child();
        struct eddy_op op = eddy_child_exit(child.pid);
        struct eddy_request request;
        struct outcome told = { .times = 0 };

        for (int nth = 1; nth == 1 || allocation_failed(); nth++) {
            told.times = 0;
            fail_allocation(nth);
            eddy_begin(loop, &request, &op, take, &told);
            turns(loop, 2);
            ck_assert_int_eq(told.times, allocation_failed());
        }
        fail_allocation(0);
        let_exit(&child, 8);
        run_out(loop);
        expect_exit(&told, 8);
        free_loop(loop);
    }
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        an_exit_code_or_a_signal_comes_as_status,
        a_sleeping_loop_is_woken_by_a_death,
        one_that_is_dead_already_is_not_missed,
        several_that_die_at_once_are_each_told,
        a_strangers_pid_is_no_child,
        somebody_else_may_have_waited_for_it,
        children_of_other_code_are_not_stolen,
        two_who_wait_for_one_are_both_answered,
        cancelling_and_limits_leave_the_child_as_it_is,
        the_childrens_signal_may_be_watched_as_well,
        without_memory_it_ends_at_once_and_the_child_is_left,
    };
    Suite *suite = suite_create("children");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
