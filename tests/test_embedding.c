/* SPDX-License-Identifier: MIT */
/*
 * test_embedding.c - two loops that share a thread: what eddy_loop_prepare()
 * says is enough to wait by, and hooks are enough to wait for somebody else.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/process.h>

#include "job_support.h"

enum { PATIENCE_MS = 10000, MOST_WAITS = 10000 };

static struct eddy_loop *nesting_loop(int index)
{
    struct eddy_loop_options options = real_options(index);

    options.require = EDDY_CAN_NEST;
    return loop_with(options);
}

/* ---- eddy inside: a foreign loop that knows a descriptor and a time ------ */

/* Waits as it is told, and fails the test if that would be for ever. */
static void foreign_wait(struct eddy_loop *loop)
{
    struct eddy_embedding in;
    struct pollfd outer = { .events = POLLIN };
    int timeout_ms = PATIENCE_MS;

    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    outer.fd = in.fd;
    if (in.timeout_ms >= 0 && in.timeout_ms < PATIENCE_MS)
        timeout_ms = in.timeout_ms;
    ck_assert(poll(&outer, 1, timeout_ms) != 0 || timeout_ms < PATIENCE_MS);
}

static void foreign_run(struct eddy_loop *loop, const int *count, int wanted)
{
    for (int n = 0; *(const volatile int *)count < wanted; n++) {
        ck_assert_int_lt(n, MOST_WAITS);
        foreign_wait(loop);
        ck_assert_int_ge(eddy_loop_step(loop, 0), 0);
    }
}

START_TEST(a_poller_that_cannot_nest_is_not_chosen)
{
    struct eddy_loop_options options = real_options(_i);
    bool nests = can_nest(_i);
    struct eddy_loop *loop = NULL;
    struct eddy_embedding in = { .fd = -1 };

    options.require = EDDY_CAN_NEST;
    ck_assert_int_eq(eddy_loop_new(&loop, &options), nests ? 0 : -ENOTSUP);
    if (nests)
        ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    ck_assert_int_eq(in.fd >= 0, nests);
    ck_assert_int_eq(eddy_loop_free(loop), 0);
    loop = real_loop(_i);
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), nests ? 0 : -ENOTSUP);
}
END_TEST

START_TEST(an_idle_loop_asks_for_nothing)
{
    struct eddy_loop *loop;
    struct eddy_embedding in[2];
    struct pollfd outer = { .events = POLLIN };

    if (!can_nest(_i))
        return;
    loop = nesting_loop(_i);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(eddy_loop_prepare(loop, &in[i]), 0);
        ck_assert_int_eq(in[i].timeout_ns, EDDY_FOREVER);
        ck_assert_int_eq(in[i].deadline_ns, EDDY_FOREVER);
        outer.fd = in[i].fd;
        ck_assert_int_eq(poll(&outer, 1, 0), 0);
        turns(loop, 2);
    }
    ck_assert_int_eq(in[0].fd, in[1].fd);
}
END_TEST

START_TEST(timers_come_on_time_and_in_order)
{
    enum { TIMERS = 10 };
    struct eddy_loop *loop;
    struct outcome told = { .times = 0 };
    int64_t start = now_ns();

    if (!can_nest(_i))
        return;
    loop = nesting_loop(_i);
    for (int i = TIMERS; i > 0; i--)
        ck_assert_int_eq(
            eddy_start(loop, eddy_sleep(i * EDDY_MS), take, &told, NULL), 0);
    for (int i = 1; i <= TIMERS; i++) {
        foreign_run(loop, &told.times, i);
        ck_assert_int_ge(now_ns() - start, i * EDDY_MS);
    }
    ck_assert_uint_lt(stats_of(loop).turns, 5 * TIMERS); /* no spinning */
}
END_TEST

struct poster {
    struct eddy_loop *loop;
    int called;
};

static void called(void *arg)
{
    ++*(int *)arg;
}

static void *post_one(void *arg)
{
    struct poster *poster = arg;

    (void)eddy_loop_post(poster->loop, called, &poster->called);
    return NULL;
}

START_TEST(posts_of_other_threads_wake_the_foreign_loop)
{
    struct poster poster = { .called = 0 };

    if (!can_nest(_i))
        return;
    poster.loop = nesting_loop(_i);
    for (int i = 1; i <= 100; i++) {
        pthread_t thread = start_thread(post_one, &poster);

        foreign_run(poster.loop, &poster.called, i);
        join_thread(thread);
    }
}
END_TEST

START_TEST(work_signals_and_children_wake_the_foreign_loop)
{
    struct eddy_loop *loop;
    struct outcome job = { .times = 0 }, child = { .times = 0 },
                   signals = { .times = 0 };
    struct eddy_request *slot;
    struct gate gate;
    pid_t pid;

    if (!can_nest(_i))
        return;
    loop = nesting_loop(_i);
    init_gate(&gate);
    open_gate(&gate);
    ck_assert_int_eq(
        eddy_start(loop, eddy_offload(pass, &gate), take, &job, NULL), 0);
    foreign_run(loop, &job.times, 1);
    expect_n(&job, 7);
    pid = fork();
    if (pid == 0)
        _exit(3);
    ck_assert_int_eq(eddy_start(loop, eddy_child_exit(pid), take, &child, NULL),
                     0);
    foreign_run(loop, &child.times, 1);
    ck_assert_int_eq(WEXITSTATUS((int){ (int)child.last.n }), 3);
    ck_assert_int_eq(
        eddy_start(loop, eddy_signals(SIGUSR1), take, &signals, &slot), 0);
    ck_assert_int_eq(eddy_loop_prepare(loop, &(struct eddy_embedding){ 0 }), 0);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    foreign_run(loop, &signals.times, 1);
    expect_n(&signals, 1);
    eddy_request_cancel(slot);
    run_out(loop);
}
END_TEST

START_TEST(a_change_of_interest_is_flushed)
{
    struct eddy_loop *loop;
    struct outcome told = { .times = 0 };
    struct eddy_embedding in;
    struct pollfd outer = { .events = POLLIN };
    int ends[2];

    if (!can_nest(_i))
        return;
    loop = nesting_loop(_i);
    make_pair(ends);
    turns(loop, 1);
    ck_assert_int_eq(
        eddy_start(loop, eddy_readable(ends[0]), take, &told, NULL), 0);
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    write_byte(ends[1]); /* after it: nobody calls eddy any more */
    outer.fd = in.fd;
    ck_assert_int_eq(poll(&outer, 1, PATIENCE_MS), 1);
    foreign_run(loop, &told.times, 1);
    expect_n(&told, EDDY_READ);
    close_both(ends);
}
END_TEST

/* ---- eddy outside: a foreign loop inside, by hooks ----------------------- */

/* It wants to read a descriptor, and counts to three on a timer of its own. */
struct foreign {
    struct eddy_loop *loop;
    struct eddy_hook before, after;
    struct eddy_watch watch;
    struct eddy_timer alarm;
    int fd, reads, ticks, asked, told;
    bool readable;
    int64_t due_ns;
};

static void now_readable(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct foreign *foreign = arg;

    (void)watch;
    (void)ready;
    foreign->readable = true;
}

static void wake_only(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    (void)arg;
}

/* What the foreign library calls "query". */
static void ask(struct eddy_hook *hook, unsigned when, void *arg)
{
    struct foreign *foreign = arg;

    (void)hook;
    ck_assert_uint_eq(when, EDDY_BEFORE_WAIT);
    foreign->asked++;
    if (foreign->readable) {
        foreign->readable = false;
        read_byte(foreign->fd);
        foreign->reads++;
    }
    ck_assert_int_eq(
        eddy_watch_set(&foreign->watch, foreign->reads < 3 ? EDDY_READ : 0), 0);
    if (foreign->ticks < 3)
        ck_assert_int_eq(eddy_timer_start_at(&foreign->alarm, foreign->due_ns),
                         0);
}

/* What it calls "check". */
static void tell(struct eddy_hook *hook, unsigned when, void *arg)
{
    struct foreign *foreign = arg;

    (void)hook;
    ck_assert_uint_eq(when, EDDY_AFTER_WAIT);
    foreign->told++;
    if (foreign->ticks < 3 &&
        eddy_loop_now_ns(foreign->loop) >= foreign->due_ns) {
        foreign->ticks++;
        foreign->due_ns += EDDY_SECOND;
    }
}

START_TEST(a_foreign_loop_lives_inside_by_hooks)
{
    struct foreign foreign = { .loop = virtual_loop(_i) };
    struct eddy_loop *loop = foreign.loop;
    int ends[2];

    make_pair(ends);
    foreign.fd = ends[0];
    foreign.due_ns = eddy_loop_now_ns(loop) + EDDY_SECOND;
    ck_assert_int_eq(
        eddy_hook_start(loop, &foreign.before, EDDY_BEFORE_WAIT, ask, &foreign),
        0);
    ck_assert_int_eq(
        eddy_hook_start(loop, &foreign.after, EDDY_AFTER_WAIT, tell, &foreign),
        0);
    ck_assert_int_eq(eddy_watch_start(loop, &foreign.watch, ends[0], 0,
                                      now_readable, &foreign),
                     0);
    ck_assert_int_eq(eddy_timer_init(&foreign.alarm, loop, wake_only, &foreign),
                     0);
    for (int i = 0; i < 3; i++)
        write_byte(ends[1]);
    for (int n = 0; foreign.ticks < 3 || foreign.reads < 3; n++) {
        ck_assert_int_lt(n, MOST_WAITS);
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 0);
    }
    ck_assert_int_eq(foreign.asked, foreign.told); /* once a turn each */
    ck_assert_uint_eq(stats_of(loop).turns, (unsigned)foreign.asked);
    ck_assert_int_eq(virtual_time.now_ns, 4 * EDDY_SECOND);
    ck_assert_int_eq(eddy_hook_stop(&foreign.before), 0);
    ck_assert_int_eq(eddy_hook_stop(&foreign.after), 0);
    ck_assert_int_eq(eddy_watch_stop(&foreign.watch), 0);
    close_both(ends);
    run_out(loop);
}
END_TEST

static void start_after(struct eddy_hook *hook, unsigned when, void *arg)
{
    struct foreign *foreign = arg;

    ck_assert_uint_eq(when, EDDY_BEFORE_WAIT);
    ck_assert_int_eq(eddy_hook_stop(hook), 0);
    ck_assert_int_eq(eddy_hook_start(foreign->loop, &foreign->after,
                                     EDDY_AFTER_WAIT, tell, foreign),
                     0);
}

START_TEST(a_hook_may_start_another_and_outlive_the_loop)
{
    struct foreign foreign = { .loop = virtual_loop(_i), .ticks = 3 };

    ck_assert_int_eq(eddy_hook_start(foreign.loop, &foreign.before,
                                     EDDY_BEFORE_WAIT, start_after, &foreign),
                     0);
    turns(foreign.loop, 3);
    ck_assert_int_eq(foreign.told, 3); /* in this very turn already */
    free_loop(foreign.loop);
    ck_assert_int_eq(eddy_hook_stop(&foreign.before), 0);
    ck_assert_int_eq(eddy_hook_stop(&foreign.after), 0);
    ck_assert_int_eq(eddy_hook_stop(NULL), -EINVAL);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_poller_that_cannot_nest_is_not_chosen,
        an_idle_loop_asks_for_nothing,
        timers_come_on_time_and_in_order,
        posts_of_other_threads_wake_the_foreign_loop,
        work_signals_and_children_wake_the_foreign_loop,
        a_change_of_interest_is_flushed,
        a_foreign_loop_lives_inside_by_hooks,
        a_hook_may_start_another_and_outlive_the_loop,
    };
    Suite *suite = suite_create("embedding");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
