/* SPDX-License-Identifier: MIT */
/* test_left.c - debug mode tells what is left when a loop is freed, and where
 * it is from; and what happened meanwhile. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <unistd.h>

#include <eddy/net.h>
#include <eddy/scope.h>
#include <eddy/stream.h>
#include <eddy/task.h>

#include "loop_support.h"

static struct eddy_loop *debug_loop(int index)
{
    struct eddy_loop_options options = virtual_options(index);

    options.flags |= EDDY_LOOP_DEBUG;
    options.slow_ns = 100 * EDDY_MS;
    return loop_with(options);
}

/* Who is said to have made it: this program, if the system can tell at all. */
static int from_here(void)
{
#ifdef HAVE_DLADDR
    return logged("test_left");
#else
    return logged(", from ");
#endif
}

/* ---- What is left -------------------------------------------------------- */

static void never(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)watch;
    (void)ready;
    (void)arg;
}

START_TEST(what_keeps_a_loop_alive_when_it_is_freed_is_told) /* C-12, DB6 */
{
    struct eddy_loop *loop = debug_loop(_i);
    struct eddy_timer timer, at, stopped, background;
    struct eddy_watch watch;
    int ends[2];

    make_pipe(ends);
    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, NULL), 0);
    ck_assert_int_eq(eddy_timer_init(&at, loop, mark_timer, NULL), 0);
    ck_assert_int_eq(eddy_timer_start_at(&at, EDDY_FOREVER - 1), 0);
    ck_assert_int_eq(eddy_timer_init(&stopped, loop, mark_timer, NULL), 0);
    ck_assert_int_eq(eddy_timer_init(&background, loop, mark_timer, NULL), 0);
    ck_assert_int_eq(eddy_timer_background(&background, true), 0);
    ck_assert_int_eq(eddy_timer_start(&timer, EDDY_SECOND), 0);
    ck_assert_int_eq(eddy_timer_start(&stopped, EDDY_SECOND), 0);
    ck_assert_int_eq(eddy_timer_start(&background, EDDY_SECOND), 0);
    ck_assert(eddy_timer_stop(&stopped));
    ck_assert_int_eq(
        eddy_watch_start(loop, &watch, ends[0], EDDY_READ, never, NULL), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), mark_done, word("a"), NULL),
        0);
    turns(loop, 2);
    free_loop(loop);
    ck_assert_int_eq(logged("left armed: timer"), 2);
    ck_assert_int_eq(logged("left watched: descriptor"), 1);
    ck_assert_int_eq(logged("left running: sleep"), 1);
    ck_assert_int_eq(from_here(), 4);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(what_has_ended_is_not_told) /* C-12 */
{
    struct eddy_loop *loop = debug_loop(_i);
    struct eddy_timer timer;

    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, word("t")), 0);
    ck_assert_int_eq(eddy_timer_start(&timer, EDDY_MS), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(
            eddy_start(loop, eddy_sleep(EDDY_MS), mark_done, word("s"), NULL),
            0);
    run_out(loop);
    free_loop(loop);
    ck_assert_int_eq(logged("left"), 0);
    ck_assert_str_eq(marks(), "t s:0 s:0 s:0");
}
END_TEST

START_TEST(
    streams_and_listeners_left_open_are_told_with_who_made_them) /* DB4 */
{
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", 0);
    struct eddy_loop *loop = debug_loop(_i);
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    int ends[2];

    make_pipe(ends);
    ck_assert_int_eq(eddy_stream_new(&stream, loop, ends[0]), 0);
    ck_assert_int_eq(eddy_listen(&listener, loop, &at, NULL), 0);
    free_loop(loop);
    ck_assert_int_eq(logged("left open: stream"), 1);
    ck_assert_int_eq(logged("left open: listener"), 1);
    ck_assert_int_eq(from_here(), 2);
    close(ends[1]);
}
END_TEST

static void connect_them(struct eddy_loop *loop, struct outcome *accepted,
                         struct outcome *connected)
{
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", 0);
    struct eddy_listener *listener;
    struct eddy_address local;

    ck_assert_int_eq(eddy_listen(&listener, loop, &at, NULL), 0);
    ck_assert_int_eq(eddy_listener_local(listener, &local), 0);
    at.address = &local;
    ck_assert_int_eq(
        eddy_start(loop, eddy_accept(listener, NULL), take, accepted, NULL), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_connect(&at, NULL), take, connected, NULL), 0);
    run_until_count(loop, &connected->times, 1);
    run_until_count(loop, &accepted->times, 1);
    eddy_listener_free(listener);
}

START_TEST(streams_that_operations_made_are_told_with_who_began_those) /* DB4 */
{
    struct eddy_loop *loop = debug_loop(_i);
    struct outcome accepted = { .times = 0 }, connected = { .times = 0 };

    connect_them(loop, &accepted, &connected);
    ck_assert_int_eq(logged("accepted a connection"), 1); /* DB5 */
    free_loop(loop);
    ck_assert_int_eq(logged("left open: stream"), 2);
    ck_assert_int_eq(from_here(), 2);
}
END_TEST

START_TEST(who_switches_debug_mode_on_late_is_told_what_is_known) /* DB1 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer before, after;

    ck_assert_int_eq(eddy_timer_init(&before, loop, mark_timer, NULL), 0);
    ck_assert_int_eq(eddy_timer_init(&after, loop, mark_timer, NULL), 0);
    ck_assert_int_eq(eddy_timer_start(&before, EDDY_SECOND), 0);
    ck_assert_int_eq(eddy_loop_set_debug(loop, true), 0);
    ck_assert_int_eq(eddy_timer_start(&after, EDDY_SECOND), 0);
    ck_assert_int_eq(eddy_loop_set_debug(loop, false), 0);
    ck_assert(eddy_timer_stop(&after));
    ck_assert_int_eq(eddy_loop_set_debug(loop, true), 0);
    free_loop(loop);
    ck_assert_int_eq(logged("left armed: timer"), 1);
    ck_assert_int_eq(from_here(), 0);
}
END_TEST

/* ---- Tasks --------------------------------------------------------------- */

static struct eddy_result dawdle(struct eddy_task *self, void *arg)
{
    const int64_t *steps_ms = arg;

    for (int i = 0; i < 2; i++) {
        virtual_time.now_ns += steps_ms[i] * EDDY_MS;
        ck_assert_int_eq(eddy_task_yield(self), 0);
    }
    return eddy_n(0);
}

START_TEST(a_slow_step_of_a_task_is_logged_with_its_name) /* DB2 */
{
    struct eddy_loop *loop = debug_loop(_i);
    struct eddy_task_options options = { .name = "the idler" };
    int64_t slow[] = { 110, 50 }, fine[] = { 50, 50 };

    ck_assert_int_eq(eddy_spawn(eddy_loop_scope(loop), dawdle, slow, &options),
                     0);
    ck_assert_int_eq(eddy_spawn(eddy_loop_scope(loop), dawdle, fine, NULL), 0);
    run_out(loop);
    ck_assert_int_eq(logged("slow step"), 1);
    ck_assert_int_eq(logged("the idler"), 1);
    ck_assert_int_eq(logged("test_left.c:"), 1);
    ck_assert_int_eq(logged("110 ms"), 1);
    ck_assert_uint_eq(stats_of(loop).slow_calls, 1);
}
END_TEST

static struct eddy_result wait_for_ever(struct eddy_task *self, void *arg)
{
    (void)arg;
    return eddy_n(eddy_await(self, eddy_sleep(EDDY_FOREVER)));
}

START_TEST(tasks_that_are_left_are_told_with_who_spawned_them) /* DB6, Z19 */
{
    struct eddy_loop *loop = debug_loop(_i);
    struct eddy_task_options options = { .name = "the sleeper" };

    ck_assert_int_eq(
        eddy_spawn(eddy_loop_scope(loop), wait_for_ever, NULL, &options), 0);
    turns(loop, 2);
    free_loop(loop);
    ck_assert_int_eq(logged("left running: task the sleeper"), 1);
    ck_assert_int_eq(logged("left"), 1);
}
END_TEST

/* ---- What happens meanwhile ---------------------------------------------- */

START_TEST(the_end_of_input_and_pauses_are_logged) /* DB5 */
{
    struct eddy_loop *loop = debug_loop(_i);
    struct eddy_request *request;
    struct outcome heard = { .times = 0 };
    struct eddy_stream *stream;
    int ends[2];

    make_pipe(ends);
    ck_assert_int_eq(eddy_stream_new(&stream, loop, ends[0]), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_receive(stream), take, &heard, &request), 0);
    ck_assert_int_eq(eddy_request_pause(request, true), 0);
    ck_assert_int_eq(eddy_request_pause(request, false), 0);
    close(ends[1]);
    run_until_count(loop, &heard.times, 1);
    eddy_stream_free(stream, false);
    ck_assert_int_eq(logged("paused: receive"), 1);
    ck_assert_int_eq(logged("resumed: receive"), 1);
    ck_assert_int_eq(logged("end of input"), 1);
}
END_TEST

START_TEST(without_debug_mode_nothing_of_it_is_said)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct outcome accepted = { .times = 0 }, connected = { .times = 0 };

    connect_them(loop, &accepted, &connected);
    ck_assert_int_eq(
        eddy_spawn(eddy_loop_scope(loop), wait_for_ever, NULL, NULL), 0);
    turns(loop, 1);
    free_loop(loop);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        what_keeps_a_loop_alive_when_it_is_freed_is_told,
        what_has_ended_is_not_told,
        streams_and_listeners_left_open_are_told_with_who_made_them,
        streams_that_operations_made_are_told_with_who_began_those,
        who_switches_debug_mode_on_late_is_told_what_is_known,
        a_slow_step_of_a_task_is_logged_with_its_name,
        tasks_that_are_left_are_told_with_who_spawned_them,
        the_end_of_input_and_pauses_are_logged,
        without_debug_mode_nothing_of_it_is_said,
    };
    Suite *suite = suite_create("left");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
