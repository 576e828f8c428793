/* SPDX-License-Identifier: MIT */
/* test_oom_core.c - a scenario that uses all of the core, with each of its
 * allocations failing in turn. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/process.h>
#include <eddy/signal.h>
#include <eddy/sys.h>

#include "loop_support.h"

/* A call may do what it says or lack the memory for it, and nothing else. */
static bool done(int err)
{
    ck_assert_msg(err == 0 || err == -ENOMEM, "%d", err);
    return err == 0;
}

struct scene {
    struct eddy_loop *loop;
    int ends[2];
    pid_t child;
    int promised, told; /* results */
    struct eddy_request *ticking, *hearing;
    struct eddy_child pair[2];
};

static void on_result(struct eddy_result result, void *arg)
{
    struct scene *scene = arg;

    ck_assert_msg(result.n >= 0 || result.n == -ENOMEM, "%d", (int)result.n);
    scene->told++;
}

static void on_item(struct eddy_result result, void *arg)
{
    struct scene *scene = arg;

    if (result.n <= 0) {
        ck_assert(result.n == -ENOMEM || result.n == -ECANCELED);
        scene->told++;
        return;
    }
    eddy_request_cancel(scene->ticking);
    eddy_request_cancel(scene->hearing);
}

static int64_t work(void *arg)
{
    (void)arg;
    return 1;
}

/* ---- The parts ----------------------------------------------------------- */

static void on_ready(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)arg;
    ck_assert_uint_ne(ready, 0);
    ck_assert_int_eq(eddy_watch_stop(watch), 0);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void run_the_ground(struct scene *scene)
{
    struct eddy_loop *loop = scene->loop;
    struct eddy_watch watch = { { 0 } };
    struct eddy_timer timer;
    int posted = 0, ran = 0;

    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, word("")), 0);
    (void)done(eddy_timer_start(&timer, 1));
    (void)done(eddy_watch_start(loop, &watch, scene->ends[0], EDDY_READ,
                                on_ready, scene));
    posted += done(eddy_loop_post(loop, count, &ran));
    posted += done(eddy_loop_soon(loop, count, &ran));
    run_out(loop);
    ck_assert_int_eq(ran, posted);
    ck_assert_int_eq(eddy_watch_stop(&watch), 0);
    ck_assert(!eddy_timer_stop(&timer));
}

static void promise(struct scene *scene, struct eddy_op op)
{
    scene->promised +=
        done(eddy_start(scene->loop, op, on_result, scene, NULL));
}

static void run_operations(struct scene *scene)
{
    scene->pair[0].op = eddy_sleep(1);
    scene->pair[1].op = eddy_within(5, eddy_next_turn());
    promise(scene, eddy_sleep(2));
    promise(scene, eddy_within(EDDY_SECOND, eddy_sleep(1)));
    promise(scene, eddy_next_turn());
    promise(scene, eddy_readable(scene->ends[0]));
    promise(scene, eddy_offload(work, NULL));
    promise(scene, eddy_any(scene->pair, 2));
    promise(scene, eddy_child_exit(scene->child));
    scene->promised +=
        done(eddy_start_in(scene->loop, eddy_sleep(1), on_result, scene));
    run_out(scene->loop);
    ck_assert_int_eq(scene->told, scene->promised);
}

static void run_streams_of_items(struct scene *scene)
{
    scene->promised += done(eddy_start(scene->loop, eddy_every(1, EDDY_SKIP),
                                       on_item, scene, &scene->ticking));
    scene->promised += done(eddy_start(scene->loop, eddy_signals(SIGUSR1),
                                       on_item, scene, &scene->hearing));
    turns(scene->loop, 1);
    if (scene->hearing != NULL) {
        ck_assert_int_eq(raise(SIGUSR1), 0);
        ck_assert_int_eq(eddy_request_pause(scene->hearing, true), 0);
        ck_assert_int_eq(eddy_request_pause(scene->hearing, false), 0);
    }
    run_out(scene->loop);
    ck_assert_int_eq(scene->told, scene->promised);
}

/* Some are left to the freeing of the loop. */
static void leave_some(struct scene *scene)
{
    (void)done(
        eddy_start(scene->loop, eddy_offload(work, NULL), NULL, NULL, NULL));
    (void)done(
        eddy_start(scene->loop, eddy_every(1, EDDY_BURST), NULL, NULL, NULL));
    (void)done(eddy_start(scene->loop,
                          eddy_within(EDDY_SECOND, eddy_sleep(INT64_MAX)), NULL,
                          NULL, NULL));
    (void)done(eddy_loop_post(scene->loop, count, NULL));
}

/* ---- The whole ----------------------------------------------------------- */

static int no_exit_fd(void *arg, pid_t pid)
{
    (void)arg;
    (void)pid;
    return -ENOSYS;
}

static void play(int index, bool by_signal)
{
    struct eddy_loop_options options = virtual_options(index);
    struct eddy_sys sys = *eddy_sys_default();
    struct scene scene = { .told = 0 };

    if (by_signal)
        sys.exit_fd = no_exit_fd;
    options.sys = &sys;
    if (!done(eddy_loop_new(&scene.loop, &options)))
        return;
    make_pipe(scene.ends);
    write_byte(scene.ends[1]);
    scene.child = fork();
    ck_assert_int_ge(scene.child, 0);
    if (scene.child == 0)
        _exit(0);
    run_the_ground(&scene);
    run_operations(&scene);
    run_streams_of_items(&scene);
    leave_some(&scene);
    ck_assert_int_eq(eddy_loop_free(scene.loop), 0);
    ck_assert_int_eq(scene.told, scene.promised);
    (void)waitpid(scene.child, NULL, 0); /* if nobody could wait for it */
    close_both(scene.ends);
}

START_TEST(any_allocation_may_fail) /* C-5 */
{
    for (int by_signal = 0; by_signal < 2; by_signal++) {
        long failures = 0;

        do {
            long before = live_allocations();
            int fds = count_open_fds();

            fail_allocation(++failures);
            play(_i, by_signal != 0);
            ck_assert_int_eq(live_allocations(), before);
            ck_assert_int_eq(count_open_fds(), fds);
        } while (allocation_failed());
        ck_assert_int_ge(failures, 20); /* it has been a proper scenario */
    }
}
END_TEST

int main(void)
{
    const TTest *const each[] = { any_allocation_may_fail };
    Suite *suite = suite_create("oom core");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
