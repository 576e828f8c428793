/* SPDX-License-Identifier: MIT */
/* test_threads_ends.c - pools and loops that end, and work as an operation. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sched.h>

#include "job_support.h"

/* Opens a gate while a loop waits for what is behind it, or before: what is
 * promised holds either way. */
static void *open_later(void *arg)
{
    await_inside(arg, 1);
    open_gate(arg);
    return NULL;
}

/* ---- Many loops, one pool ------------------------------------------------ */

struct user {
    struct eddy_loop *loop;
    struct eddy_pool *pool;
    struct eddy_job job;
    pthread_t thread;
    int left, told, elsewhere;
};

static void again(struct eddy_job *job, int64_t n, void *arg);

static int64_t add_one(void *arg)
{
    return ((struct user *)arg)->told + 1;
}

static void one_more(struct user *user)
{
    if (user->left-- > 0)
        (void)eddy_job_submit(user->pool, user->loop, &user->job, add_one,
                              again, user);
}

static void again(struct eddy_job *job, int64_t n, void *arg)
{
    struct user *user = arg;

    (void)job;
    user->told = (int)n;
    user->elsewhere += !pthread_equal(user->thread, pthread_self());
    one_more(user);
}

static void *use_pool(void *arg)
{
    struct user *user = arg;

    user->thread = pthread_self();
    one_more(user);
    (void)eddy_loop_run(user->loop);
    return NULL;
}

START_TEST(a_pool_may_be_shared_by_loops_in_threads)
{
    enum { JOBS = 200 };
    struct eddy_pool *pool = new_pool(2, 0);
    struct user users[2] = { { .left = JOBS }, { .left = JOBS } };
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        struct eddy_loop_options options = real_options(_i);

        options.pool = pool;
        users[i].loop = loop_with(options);
        ck_assert_int_eq(eddy_loop_pool(users[i].loop, &users[i].pool), 0);
        ck_assert_ptr_eq(users[i].pool, pool);
    }
    for (int i = 0; i < 2; i++)
        threads[i] = start_thread(use_pool, &users[i]);
    for (int i = 0; i < 2; i++) {
        join_thread(threads[i]);
        ck_assert_int_eq(users[i].told, JOBS);
        ck_assert_int_eq(users[i].elsewhere, 0);
        free_loop(users[i].loop); /* the pool lives on */
    }
    ck_assert_uint_eq(pool_stats(pool).finished, 2 * JOBS);
    eddy_pool_free(pool);
}
END_TEST

START_TEST(a_loop_may_be_freed_when_its_last_job_is_told) /* T54 */
{
    enum { TIMES = 200 };
    struct eddy_pool *pool = new_pool(2, 0);

    for (int i = 0; i < TIMES; i++) {
        struct eddy_loop *loop = real_loop(_i);
        struct task task = { .times = 0 };

        submit(pool, loop, &task);
        while (task.times == 0)
            turns(loop, 1);
        free_loop(loop);
    }
    eddy_pool_free(pool);
}
END_TEST

/* ---- Ends ---------------------------------------------------------------- */

struct dam {
    struct eddy_pool *pool;
    struct gate gate;
};

/* Opens the gate when nothing is queued any more. */
static void *open_when_empty(void *arg)
{
    struct dam *dam = arg;
    struct eddy_pool_stats stats = { .queued = 1 };

    while (stats.queued > 0 && eddy_pool_stats(dam->pool, &stats) == 0)
        (void)sched_yield();
    open_gate(&dam->gate);
    return NULL;
}

START_TEST(a_pool_freed_with_a_queue_cancels_it_and_waits_for_the_rest) /* X5 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct task runs = { .times = 0 };
    struct task waits[2] = { { .times = 0 } };
    struct dam dam;
    pthread_t thread;

    dam.pool = busy_pool(loop, &runs, &dam.gate, 0);
    submit(dam.pool, loop, &waits[0]);
    submit(dam.pool, loop, &waits[1]);
    thread = start_thread(open_when_empty, &dam);
    eddy_pool_free(dam.pool);
    ck_assert_int_eq(eddy_job_cancel(&waits[0].job), -EBUSY);
    ck_assert_int_eq(runs.times + waits[0].times + waits[1].times, 0);
    run_out(loop);
    expect_told(&runs, 7);
    for (int i = 0; i < 2; i++) {
        expect_told(&waits[i], -ECANCELED);
        ck_assert(!atomic_load(&waits[i].begun));
    }
    join_thread(thread);
}
END_TEST

START_TEST(a_loop_waits_for_its_running_job_before_it_is_gone)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct task task = { .times = 0 };
    struct gate gate;
    struct eddy_pool *pool = busy_pool(loop, &task, &gate, 0);
    pthread_t thread = start_thread(open_later, &gate);

    free_loop(loop);
    expect_told(&task, 7);
    join_thread(thread);
    eddy_pool_free(pool);
}
END_TEST

START_TEST(a_loop_that_is_freed_drops_what_had_not_begun)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct task runs = { .times = 0 }, waits = { .times = 0 };
    struct gate gate;
    struct eddy_pool *pool = busy_pool(other, &runs, &gate, 0);

    submit(pool, loop, &waits);
    free_loop(loop); /* while the only thread is in a job of another */
    expect_told(&waits, -ECANCELED);
    open_gate(&gate);
    run_out(other);
    expect_told(&runs, 7);
    eddy_pool_free(pool);
}
END_TEST

/* ---- As an operation ----------------------------------------------------- */

static int64_t give(void *arg)
{
    return *(int *)arg;
}

START_TEST(offloaded_work_returns_what_it_gives) /* X2 */
{
    static int values[] = { 0, 42, -ENOENT };
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_pool *pool;

    for (size_t i = 0; i < COUNT(values); i++)
        ck_assert_int_eq(
            eddy_loop_run_until(loop, eddy_offload(give, &values[i])).n,
            values[i]);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_offload(NULL, NULL)).n,
                     -EINVAL);
    ck_assert_int_eq(eddy_loop_pool(loop, &pool), 0);
    ck_assert_uint_eq(pool_stats(pool).finished, COUNT(values));
}
END_TEST

/* A loop whose pool has one thread, and that is behind the gate. */
static struct eddy_loop *loop_behind(int index, struct gate *gate,
                                     struct task *task, size_t queue)
{
    struct eddy_loop_options options = real_options(index);
    struct eddy_loop *loop;

    options.pool = new_pool(1, queue);
    loop = loop_with(options);
    init_gate(gate);
    task->gate = gate;
    submit(options.pool, loop, task);
    await_inside(gate, 1);
    return loop;
}

static void free_with_pool(struct eddy_loop *loop)
{
    struct eddy_pool *pool;

    ck_assert_int_eq(eddy_loop_pool(loop, &pool), 0);
    free_loop(loop);
    eddy_pool_free(pool);
}

START_TEST(offloaded_work_that_waits_can_be_cancelled) /* X3 */
{
    struct task first = { .times = 0 };
    struct gate gate;
    struct eddy_loop *loop = loop_behind(_i, &gate, &first, 2);
    int value = 1;
    struct eddy_op op = eddy_offload(give, &value);
    struct eddy_request *slot;
    struct outcome told = { .times = 0 }, late = { .times = 0 },
                   refused = { .times = 0 };

    ck_assert_int_eq(eddy_start(loop, op, take, &told, &slot), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_within(EDDY_MS, op), take, &late, NULL), 0);
    ck_assert_int_eq(eddy_start(loop, op, take, &refused, NULL), 0);
    turns(loop, 1);
    expect_n(&refused, -EAGAIN);
    eddy_request_cancel(slot);
    run_until_count(loop, &told.times, 1);
    expect_n(&told, -ECANCELED);
    run_until_count(loop, &late.times, 1);
    expect_n(&late, -ETIME);
    open_gate(&gate);
    run_out(loop);
    expect_told(&first, 7);
    free_with_pool(loop);
}
END_TEST

START_TEST(offloaded_work_that_runs_is_waited_for_and_its_result_kept) /* X3 */
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_request *slot;
    struct outcome told = { .times = 0 }, late = { .times = 0 };
    struct gate gate;
    struct eddy_op op = eddy_offload(pass, &gate);

    init_gate(&gate);
    ck_assert_int_eq(eddy_start(loop, op, take, &told, &slot), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_within(EDDY_MS, op), take, &late, NULL), 0);
    await_inside(&gate, 2);
    eddy_request_cancel(slot);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(2 * EDDY_MS)).n, 0);
    ck_assert_int_eq(told.times + late.times, 0);
    open_gate(&gate);
    run_out(loop);
    expect_n(&told, 7);
    expect_n(&late, 7);
}
END_TEST

START_TEST(a_loop_that_is_freed_ends_offloaded_work)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct outcome told = { .times = 0 };
    struct gate gate;
    pthread_t thread;

    init_gate(&gate);
    ck_assert_int_eq(
        eddy_start(loop, eddy_offload(pass, &gate), take, &told, NULL), 0);
    thread = start_thread(open_later, &gate);
    await_inside(&gate, 1);
    free_loop(loop);
    expect_n(&told, 7);
    join_thread(thread);
}
END_TEST

START_TEST(no_virtual_clock_jumps_while_a_job_is_out)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct outcome told = { .times = 0 }, slept = { .times = 0 };
    struct gate gate;
    pthread_t thread;

    init_gate(&gate);
    ck_assert_int_eq(
        eddy_start(loop, eddy_offload(pass, &gate), take, &told, NULL), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), take, &slept, NULL), 0);
    turns(loop, 10);
    ck_assert_int_eq(virtual_time.now_ns, EDDY_SECOND);
    thread = start_thread(open_later, &gate);
    run_until_count(loop, &told.times, 1);
    expect_n(&told, 7);
    ck_assert_int_eq(slept.times, 0);
    ck_assert_int_eq(virtual_time.now_ns, EDDY_SECOND);
    run_out(loop);
    expect_n(&slept, 0);
    ck_assert_int_eq(virtual_time.now_ns, 2 * EDDY_SECOND);
    join_thread(thread);
}
END_TEST

START_TEST(a_step_does_not_wait_for_a_job_longer_than_it_may)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct outcome told = { .times = 0 };
    struct gate gate;

    init_gate(&gate);
    ck_assert_int_eq(
        eddy_start(loop, eddy_offload(pass, &gate), take, &told, NULL), 0);
    ck_assert_int_ge(eddy_loop_step(loop, EDDY_MS), 0); /* it comes back */
    ck_assert_int_eq(told.times, 0);
    open_gate(&gate);
    run_out(loop);
    expect_n(&told, 7);
}
END_TEST

static int fail_to_wait(struct eddy_poller *poller, struct eddy_event *out,
                        int cap, int64_t timeout_ns)
{
    (void)poller, (void)out, (void)cap, (void)timeout_ns;
    return -EIO;
}

START_TEST(a_poller_that_breaks_loses_no_job)
{
    static struct eddy_poller_ops broken;
    struct eddy_loop_options options = real_options(_i);
    struct outcome told = { .times = 0 };
    struct eddy_loop *loop;
    struct gate gate;
    pthread_t thread;

    broken = *options.poller;
    broken.name = "broken";
    broken.wait = fail_to_wait;
    options.poller = &broken;
    loop = loop_with(options);
    init_gate(&gate);
    ck_assert_int_eq(
        eddy_start(loop, eddy_offload(pass, &gate), take, &told, NULL), 0);
    await_inside(&gate, 1);
    ck_assert_int_eq(eddy_loop_run(loop), -EIO);
    thread = start_thread(open_later, &gate);
    free_loop(loop);
    expect_n(&told, 7);
    join_thread(thread);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_pool_may_be_shared_by_loops_in_threads,
        a_loop_may_be_freed_when_its_last_job_is_told,
        a_pool_freed_with_a_queue_cancels_it_and_waits_for_the_rest,
        a_loop_waits_for_its_running_job_before_it_is_gone,
        a_loop_that_is_freed_drops_what_had_not_begun,
        offloaded_work_returns_what_it_gives,
        offloaded_work_that_waits_can_be_cancelled,
        offloaded_work_that_runs_is_waited_for_and_its_result_kept,
        a_loop_that_is_freed_ends_offloaded_work,
        no_virtual_clock_jumps_while_a_job_is_out,
        a_step_does_not_wait_for_a_job_longer_than_it_may,
        a_poller_that_breaks_loses_no_job,
    };
    Suite *suite = suite_create("threads_ends");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
