/* SPDX-License-Identifier: MIT */
/* test_forking_pool.c - what a forked child can still be told of jobs and of
 * children: that both are the parent's. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/process.h>
#include <eddy/sys.h>

#include "fork_support.h"
#include "job_support.h"

/* The thread sanitizer does not allow them. */
#ifdef __SANITIZE_THREAD__
enum { THREADS_IN_CHILDREN = 0 };
#else
enum { THREADS_IN_CHILDREN = 1 };
#endif

/* ---- Jobs ---------------------------------------------------------------- */

struct shop {
    struct eddy_loop *loop, *other;
    struct eddy_pool *pool;
    struct gate gate;
    struct task runs, waits, later, others;
    struct outcome offloaded;
};

/* One job is running, one waits, and an operation runs in the loop's own pool.
 */
static void open_shop(struct shop *shop, struct eddy_loop *loop)
{
    *shop = (struct shop){ .loop = loop };
    shop->pool = busy_pool(loop, &shop->runs, &shop->gate, 0);
    submit(shop->pool, loop, &shop->waits);
    ck_assert_int_eq(eddy_start(loop, eddy_offload(pass, &shop->gate), take,
                                &shop->offloaded, NULL),
                     0);
    await_inside(&shop->gate, 2);
}

static void close_shop(struct shop *shop)
{
    open_gate(&shop->gate);
    run_out(shop->loop);
    expect_told(&shop->runs, 7);
    expect_told(&shop->waits, 7);
    expect_n(&shop->offloaded, 7);
}

static void must_be_told(const struct task *task, int64_t n)
{
    MUST(task->times == 1);
    MUST(task->n == n);
}

/* A new job, in the child's own threads. */
static void work_anew(struct shop *shop)
{
    if (!THREADS_IN_CHILDREN)
        return;
    MUST(try_submit(shop->pool, shop->loop, &shop->later) == 0);
    must_reach(shop->loop, &shop->later.times, 1);
    must_be_told(&shop->later, 7);
    shop->later.times = 0;
}

static void lose_the_jobs(void *arg)
{
    struct shop *shop = arg;

    MUST(eddy_loop_after_fork(shop->loop) == 0);
    MUST(shop->runs.times + shop->waits.times == 0); /* not inside the call */
    must_reach(shop->loop, &shop->runs.times, 1);
    must_reach(shop->loop, &shop->waits.times, 1);
    must_reach(shop->loop, &shop->offloaded.times, 1);
    must_be_told(&shop->runs, -ECANCELED);
    must_be_told(&shop->waits, -ECANCELED);
    MUST(shop->offloaded.last.n == -ECANCELED);
    MUST(!eddy_loop_alive(shop->loop));
    work_anew(shop);
}

static void cancel_too_late(void *arg)
{
    struct shop *shop = arg;

    MUST(eddy_loop_after_fork(shop->loop) == 0);
    MUST(eddy_job_cancel(&shop->waits.job) == -EBUSY);
    must_reach(shop->loop, &shop->waits.times, 1);
    must_be_told(&shop->waits, -ECANCELED);
    work_anew(shop);
}

static void free_all(void *arg)
{
    struct shop *shop = arg;

    MUST(eddy_loop_after_fork(shop->loop) == 0);
    work_anew(shop);
    MUST(eddy_loop_free(shop->loop) == 0);
    eddy_pool_free(shop->pool);
    _exit(EXIT_SUCCESS);
}

static void free_unannounced(void *arg)
{
    struct shop *shop = arg;

    MUST(eddy_loop_free(shop->loop) == 0);
    eddy_pool_free(shop->pool);
    _exit(EXIT_SUCCESS);
}

START_TEST(jobs_are_cancelled_in_the_child_and_finish_in_the_parent) /* T52 */
{
    static child_fn *const ways[] = { lose_the_jobs, cancel_too_late, free_all,
                                      free_unannounced };

    for (size_t i = 0; i < COUNT(ways); i++) {
        struct shop shop;

        open_shop(&shop, real_loop(_i));
        in_child(ways[i], &shop);
        close_shop(&shop);
        eddy_pool_free(shop.pool);
    }
}
END_TEST

static void free_pool_alone(void *arg)
{
    struct shop *shop = arg;

    eddy_pool_free(shop->pool);
    _exit(EXIT_SUCCESS);
}

START_TEST(idle_threads_are_not_the_childs)
{
    static child_fn *const ways[] = { free_all, free_unannounced,
                                      free_pool_alone };
    struct shop shop = { .loop = real_loop(_i), .pool = new_pool(2, 0) };

    for (size_t i = 0; i <= COUNT(ways); i++) {
        shop.later.times = 0;
        submit(shop.pool, shop.loop, &shop.later);
        run_out(shop.loop);
        expect_told(&shop.later, 7);
        shop.later.times = 0;
        if (i < COUNT(ways))
            in_child(ways[i], &shop);
    }
    eddy_pool_free(shop.pool);
}
END_TEST

static void ask_for_numbers(void *arg)
{
    struct shop *shop = arg;
    struct eddy_pool_stats stats;

    MUST(eddy_pool_stats(shop->pool, &stats) == 0);
    MUST(stats.threads == 0 && stats.busy == 0 && stats.queued == 0);
    free_all(arg);
}

START_TEST(numbers_of_a_pool_are_those_of_the_process)
{
    struct shop shop = { .loop = real_loop(_i), .pool = new_pool(2, 0) };

    submit(shop.pool, shop.loop, &shop.later);
    run_out(shop.loop);
    in_child(ask_for_numbers, &shop);
    ck_assert_uint_eq(pool_stats(shop.pool).threads, 1);
    eddy_pool_free(shop.pool);
}
END_TEST

static void announce_both(void *arg)
{
    struct shop *shop = arg;

    lose_the_jobs(shop);
    MUST(shop->others.times == 0);
    MUST(eddy_loop_after_fork(shop->other) == 0);
    must_reach(shop->other, &shop->others.times, 1);
    must_be_told(&shop->others, -ECANCELED);
    work_anew(shop);
}

START_TEST(a_pool_may_be_shared_by_loops_in_the_child_too)
{
    struct shop shop;

    open_shop(&shop, real_loop(_i));
    shop.other = real_loop(_i);
    submit(shop.pool, shop.other, &shop.others);
    in_child(announce_both, &shop);
    close_shop(&shop);
    run_out(shop.other);
    expect_told(&shop.others, 7);
    eddy_pool_free(shop.pool);
}
END_TEST

static void find_the_result(void *arg)
{
    struct shop *shop = arg;

    MUST(eddy_loop_after_fork(shop->loop) == 0);
    must_reach(shop->loop, &shop->later.times, 1);
    must_be_told(&shop->later, 7);
}

START_TEST(a_result_that_was_there_is_told_in_both)
{
    struct shop shop = { .loop = real_loop(_i) };

    shop.pool = busy_pool(shop.loop, &shop.later, &shop.gate, 0);
    open_gate(&shop.gate);
    eddy_pool_free(shop.pool); /* which waits for it */
    in_child(find_the_result, &shop);
    ck_assert_int_eq(shop.later.times, 0);
    run_out(shop.loop);
    expect_told(&shop.later, 7);
}
END_TEST

/* ---- Children of the parent ---------------------------------------------- */

#ifdef EDDY_TEST_KQUEUE
int eddy__exit_kqueue(void *arg, pid_t pid);
#else
#define eddy__exit_kqueue no_exit_fd
#endif

static int no_exit_fd(void *arg, pid_t pid)
{
    (void)arg;
    (void)pid;
    return -ENOSYS;
}

enum { WAYS = 3 };

static struct eddy_loop *loop_that_waits(int index, int way)
{
    static struct eddy_sys tables[WAYS];
    struct eddy_loop_options options = real_options(index);

    tables[way] = *eddy_sys_default();
    if (way > 0)
        tables[way].exit_fd = no_exit_fd;
    if (way > 1)
        tables[way].exit_fd = eddy__exit_kqueue;
    options.sys = &tables[way];
    return loop_with(options);
}

struct nursery {
    struct eddy_loop *loop;
    pid_t pid;
    int leash[2]; /* the first child lives until it is closed */
    struct outcome told;
};

static void live_on_the_leash(void *arg)
{
    struct nursery *nursery = arg;
    char byte;

    (void)close(nursery->leash[1]);
    (void)read(nursery->leash[0], &byte, 1);
    _exit(5);
}

static void have_no_siblings(void *arg)
{
    enum { FDS = 16 };
    struct nursery *nursery = arg;
    struct eddy_request request;
    struct eddy_op op = eddy_child_exit(nursery->pid);
    int fds[FDS];

    (void)close(nursery->leash[1]);
    for (int i = 0; i < FDS; i++) /* numbers that the parent's may have had */
        MUST((fds[i] = open("/dev/null", O_RDONLY)) >= 0);
    MUST(eddy_loop_after_fork(nursery->loop) == 0);
    must_reach(nursery->loop, &nursery->told.times, 1);
    MUST(nursery->told.last.n == -ECHILD);
    for (int i = 0; i < FDS; i++)
        MUST(close(fds[i]) == 0);
    eddy_begin(nursery->loop, &request, &op, take, &nursery->told);
    must_reach(nursery->loop, &nursery->told.times, 2);
    MUST(nursery->told.last.n == -ECHILD);
    nursery->pid = fork();
    if (nursery->pid == 0)
        _exit(6);
    op = eddy_child_exit(nursery->pid); /* its own */
    eddy_begin(nursery->loop, &request, &op, take, &nursery->told);
    must_reach(nursery->loop, &nursery->told.times, 3);
    MUST(WEXITSTATUS((int){ (int)nursery->told.last.n }) == 6);
}

static void leave(void *arg)
{
    struct nursery *nursery = arg;

    (void)close(nursery->leash[1]);
}

START_TEST(waiting_for_the_parents_child_ends_in_the_child)
{
    static child_fn *const ends[] = { have_no_siblings, leave };

    for (int way = 0; way < WAYS; way++)
        for (size_t i = 0; i < COUNT(ends); i++) {
            struct nursery nursery = { .loop = loop_that_waits(_i, way) };

            make_pipe(nursery.leash);
            nursery.pid = fork_child(live_on_the_leash, &nursery);
            ck_assert_int_eq(eddy_start(nursery.loop,
                                        eddy_child_exit(nursery.pid), take,
                                        &nursery.told, NULL),
                             0);
            turns(nursery.loop, 2);
            in_child(ends[i], &nursery);
            turns(nursery.loop, 2);
            ck_assert_int_eq(nursery.told.times, 0);
            close_both(nursery.leash);
            run_out(nursery.loop);
            ck_assert_int_eq(nursery.told.times, 1);
            ck_assert_int_eq(WEXITSTATUS((int){ (int)nursery.told.last.n }), 5);
            free_loop(nursery.loop);
        }
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        jobs_are_cancelled_in_the_child_and_finish_in_the_parent,
        idle_threads_are_not_the_childs,
        numbers_of_a_pool_are_those_of_the_process,
        a_pool_may_be_shared_by_loops_in_the_child_too,
        a_result_that_was_there_is_told_in_both,
        waiting_for_the_parents_child_ends_in_the_child,
    };
    Suite *suite = suite_create("forking_pool");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
