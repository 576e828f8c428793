/* SPDX-License-Identifier: MIT */
/* test_forking.c - the promises of eddy_loop_after_fork(). */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/signal.h>

#include "fork_support.h"

/* ---- A loop with one of each --------------------------------------------- */

struct world {
    struct eddy_loop *loop;
    struct eddy_timer timer;
    struct eddy_watch watch[2];
    int pair[2][2]; /* one for the parent to write to, one for the child */
    struct eddy_signal signal;
    int fired, read[2], signalled, posted;
};

static void fire(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    ++*(int *)arg;
}

static void read_one(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct world *world = arg;
    int which = watch == &world->watch[1];
    char byte;

    if ((ready & EDDY_READ) != 0 && read(world->pair[which][0], &byte, 1) == 1)
        world->read[which]++;
}

static void signalled(struct eddy_signal *sub, int signum, unsigned count,
                      void *arg)
{
    (void)sub;
    (void)signum;
    *(int *)arg += (int)count;
}

static void posted(void *arg)
{
    ++*(int *)arg;
}

static void make_world(struct world *world, struct eddy_loop *loop)
{
    *world = (struct world){ .loop = loop };
    ck_assert_int_eq(eddy_timer_init(&world->timer, loop, fire, &world->fired),
                     0);
    for (int i = 0; i < 2; i++) {
        make_pair(world->pair[i]);
        ck_assert_int_eq(eddy_watch_start(loop, &world->watch[i],
                                          world->pair[i][0], EDDY_READ,
                                          read_one, world),
                         0);
    }
    ck_assert_int_eq(eddy_signal_start(loop, &world->signal, SIGUSR1, signalled,
                                       &world->signalled),
                     0);
    turns(loop, 2); /* the poller knows */
    ck_assert_int_eq(eddy_timer_start(&world->timer, EDDY_MS), 0);
}

static void end_world(struct world *world)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(eddy_watch_stop(&world->watch[i]), 0);
        close_both(world->pair[i]);
    }
    ck_assert_int_eq(eddy_signal_stop(&world->signal), 0);
    run_out(world->loop);
}

/* All of it works, with pair `mine`, and what is not ours has not come. */
static void live_on(struct world *world, int mine)
{
    struct eddy_loop *loop = world->loop;

    must_reach(loop, &world->fired, 1);
    MUST(write(world->pair[mine][1], "x", 1) == 1);
    must_reach(loop, &world->read[mine], 1);
    MUST(raise(SIGUSR1) == 0);
    must_reach(loop, &world->signalled, 1);
    MUST(eddy_loop_post(loop, posted, &world->posted) == 0);
    must_reach(loop, &world->posted, 1);
    MUST(eddy_timer_start(&world->timer, EDDY_MS) == 0);
    must_reach(loop, &world->fired, 2);
    MUST(world->read[!mine] == 0);
    MUST(world->signalled == 1 && world->posted == 1);
}

static void announce_and_live(void *arg)
{
    struct world *world = arg;

    MUST(eddy_loop_after_fork(world->loop) == 0);
    live_on(world, 1);
}

static void announce_and_tear_down(void *arg)
{
    struct world *world = arg;

    announce_and_live(world);
    for (int i = 0; i < 2; i++) {
        MUST(eddy_watch_stop(&world->watch[i]) == 0);
        MUST(eddy_loop_forget(world->loop, world->pair[i][0]) == 0);
    }
    MUST(eddy_signal_stop(&world->signal) == 0);
    MUST(eddy_loop_run(world->loop) == 0);
}

static void free_at_once(void *arg)
{
    (void)arg; /* leave_child() does it */
}

static void stop_and_free(void *arg)
{
    (void)eddy_watch_stop(&((struct world *)arg)->watch[0]);
}

/* ---- Parent and child ---------------------------------------------------- */

START_TEST(everything_works_in_both) /* T52 */
{
    static child_fn *const ways[] = { announce_and_live,
                                      announce_and_tear_down };

    for (size_t i = 0; i < COUNT(ways); i++) {
        struct world world;

        make_world(&world, real_loop(_i));
        in_child(ways[i], &world); /* the child first, */
        live_on(&world, 0);
        end_world(&world);
        make_world(&world, real_loop(_i));
        live_on(&world, 0); /* the parent first */
        world.fired = world.signalled = world.posted = 0;
        ck_assert_int_eq(eddy_timer_start(&world.timer, EDDY_MS), 0);
        world.read[0] = 0;
        in_child(ways[i], &world);
        end_world(&world);
    }
}
END_TEST

static void leave_the_others_pair(void *arg)
{
    struct world *world = arg;

    MUST(eddy_loop_after_fork(world->loop) == 0);
    MUST(eddy_watch_stop(&world->watch[0]) == 0);
    live_on(world, 1);
}

START_TEST(both_may_run_at_the_same_time)
{
    struct world world;
    pid_t pid;

    make_world(&world, real_loop(_i));
    pid = fork_child(leave_the_others_pair, &world);
    ck_assert_int_eq(eddy_watch_stop(&world.watch[1]), 0);
    live_on(&world, 0);
    expect_success(pid);
    end_world(&world);
}
END_TEST

START_TEST(a_child_that_announces_nothing_harms_nobody)
{
    static child_fn *const ways[] = { free_at_once, stop_and_free };
    struct world world;

    for (size_t i = 0; i < COUNT(ways); i++) {
        make_world(&world, real_loop(_i));
        in_child(ways[i], &world);
        live_on(&world, 0);
        end_world(&world);
    }
}
END_TEST

static void fork_again(void *arg)
{
    struct world *world = arg;
    pid_t pid;
    int status = -1;

    MUST(eddy_loop_after_fork(world->loop) == 0);
    pid = fork_child(announce_and_live, arg);
    MUST(waitpid(pid, &status, 0) == pid && status == 0);
    live_on(world, 1);
}

START_TEST(a_child_may_have_children)
{
    struct world world;

    make_world(&world, real_loop(_i));
    in_child(fork_again, &world);
    live_on(&world, 0);
    end_world(&world);
}
END_TEST

/* ---- Posts and wake-ups -------------------------------------------------- */

static void find_the_post(void *arg)
{
    struct world *world = arg;

    MUST(eddy_loop_after_fork(world->loop) == 0);
    must_reach(world->loop, &world->posted, 1);
}

START_TEST(what_was_posted_before_is_called_in_both)
{
    struct world world = { .loop = real_loop(_i) };

    ck_assert_int_eq(eddy_loop_post(world.loop, posted, &world.posted), 0);
    in_child(find_the_post, &world);
    ck_assert_int_eq(world.posted, 0);
    turns(world.loop, 1);
    ck_assert_int_eq(world.posted, 1);
}
END_TEST

static void post_and_step(void *arg)
{
    struct world *world = arg;
    struct eddy_embedding ours;

    MUST(eddy_loop_after_fork(world->loop) == 0);
    (void)eddy_loop_prepare(world->loop, &ours);
    MUST(eddy_loop_post(world->loop, posted, &world->posted) == 0);
    must_reach(world->loop, &world->posted, 1);
}

START_TEST(a_post_in_the_child_does_not_wake_the_parent)
{
    bool nests = can_nest(_i);
    struct world world = { .loop = real_loop(_i) };
    struct eddy_embedding prepared;
    struct pollfd sleeper = { .events = POLLIN };

    turns(world.loop, 1);
    if (nests) /* from now on it counts as asleep */
        ck_assert_int_eq(eddy_loop_prepare(world.loop, &prepared), 0);
    in_child(post_and_step, &world);
    sleeper.fd = nests ? prepared.fd : -1;
    ck_assert_int_eq(poll(&sleeper, 1, 0), 0);
    turns(world.loop, 2);
    ck_assert_int_eq(world.posted, 0);
    ck_assert_uint_eq(stats_of(world.loop).wakeups, 0);
    ck_assert_uint_eq(stats_of(world.loop).events, 0);
}
END_TEST

static void signal_before(void *arg)
{
    struct world *world = arg;

    MUST(raise(SIGUSR1) == 0); /* not ours yet: nobody is told */
    MUST(eddy_loop_after_fork(world->loop) == 0);
    MUST(eddy_loop_step(world->loop, 0) >= 0);
    MUST(eddy_loop_step(world->loop, 0) >= 0);
    MUST(world->signalled == 0);
    live_on(world, 1);
}

START_TEST(a_signal_in_the_child_is_not_the_parents)
{
    struct world world;

    make_world(&world, real_loop(_i));
    in_child(signal_before, &world);
    turns(world.loop, 2);
    ck_assert_int_eq(world.signalled, 0);
    live_on(&world, 0);
    end_world(&world);
}
END_TEST

/* ---- Before it is announced ---------------------------------------------- */

static void trespass_first(void *arg)
{
    struct world *world = arg;
    struct eddy_loop *loop = world->loop;
    struct eddy_embedding unused;

    MUST(eddy_loop_run(loop) == -EPERM);
    MUST(eddy_loop_step(loop, 0) == -EPERM);
    MUST(eddy_loop_prepare(loop, &unused) == -EPERM);
    MUST(eddy_loop_soon(loop, posted, &world->posted) == -EPERM);
    MUST(eddy_timer_start(&world->timer, 0) == -EPERM);
    MUST(eddy_watch_set(&world->watch[0], 0) == -EPERM);
    MUST(eddy_watch_stop(&world->watch[0]) == -EPERM);
    MUST(eddy_signal_stop(&world->signal) == -EPERM);
    announce_and_live(world);
}

START_TEST(debug_mode_sees_a_fork_that_was_not_announced)
{
    struct eddy_loop_options options = real_options(_i);
    struct world world;

    options.flags |= EDDY_LOOP_DEBUG;
    make_world(&world, loop_with(options));
    in_child(trespass_first, &world);
    live_on(&world, 0);
    end_world(&world);
}
END_TEST

static void open_before(void *arg)
{
    enum { FDS = 16 };
    struct world *world = arg;
    int fds[FDS];

    for (int i = 0; i < FDS; i++)
        MUST((fds[i] = open("/dev/null", O_RDONLY)) >= 0);
    announce_and_live(world);
    for (int i = 0; i < FDS; i++)
        MUST(close(fds[i]) == 0);
}

START_TEST(what_the_child_opened_before_is_left_alone) /* T52 */
{
    struct world world;

    make_world(&world, real_loop(_i));
    in_child(open_before, &world);
    end_world(&world);
}
END_TEST

static void fork_inside(void *arg)
{
    struct world *world = arg;
    pid_t pid = fork();

    if (pid == 0)
        _exit(eddy_loop_after_fork(world->loop) == -EBUSY ? EXIT_SUCCESS
                                                          : EXIT_FAILURE);
    expect_success(pid);
}

START_TEST(it_is_for_children_outside_callbacks)
{
    struct world world;

    make_world(&world, real_loop(_i));
    ck_assert_int_eq(eddy_loop_after_fork(NULL), -EINVAL);
    ck_assert_int_eq(eddy_loop_after_fork(world.loop), 0); /* no child */
    ck_assert_int_eq(eddy_loop_soon(world.loop, fork_inside, &world), 0);
    turns(world.loop, 1);
    live_on(&world, 0);
    end_world(&world);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        everything_works_in_both,
        both_may_run_at_the_same_time,
        a_child_that_announces_nothing_harms_nobody,
        a_child_may_have_children,
        what_was_posted_before_is_called_in_both,
        a_post_in_the_child_does_not_wake_the_parent,
        a_signal_in_the_child_is_not_the_parents,
        debug_mode_sees_a_fork_that_was_not_announced,
        what_the_child_opened_before_is_left_alone,
        it_is_for_children_outside_callbacks,
    };
    Suite *suite = suite_create("forking");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
