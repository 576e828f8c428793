/* SPDX-License-Identifier: MIT */
/* test_write.c - writes: whole, in order, or an error. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <stdlib.h>

#include <eddy/scope.h>
#include <eddy/task.h>

#include "stream_support.h"

/* ---- Whole and in order ------------------------------------------------- */

START_TEST(any_size_arrives_whole) /* test idea 30 */
{
    static const size_t sizes[] = { 1, 65536, 16 << 20 };

    open_loop(_i, REAL_TIME);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *data = malloc(sizes[i]);
        struct outcome writing;
        int peer;
        struct eddy_stream *stream = new_tcp_stream(&peer);

        fill_pattern(data, sizes[i], 0);
        begin(&writing, eddy_write(stream, data, sizes[i]));
        drain_pattern(peer, sizes[i], 0);
        ck_assert_int_eq(finish(&writing), (int64_t)sizes[i]);
        ck_assert_uint_eq(eddy_stream_queued(stream), 0);
        drop(stream, peer);
        free(data);
    }
}
END_TEST

START_TEST(writes_go_out_in_order_each_whole) /* test idea 35 */
{
    enum { WRITES = 200, MOST = 10000 };
    static struct outcome writing[WRITES];
    static char data[WRITES][MOST];
    size_t sizes[WRITES], total = 0;
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    for (int i = 0; i < WRITES; i++) {
        sizes[i] = random_below(MOST);
        fill_pattern(data[i], sizes[i], total);
        total += sizes[i];
        begin(&writing[i], eddy_write(stream, data[i], sizes[i]));
    }
    ck_assert_uint_gt(eddy_stream_queued(stream), total / 2);
    drain_pattern(peer, total, 0);
    for (int i = 0; i < WRITES; i++) {
        ck_assert_int_eq(finish(&writing[i]), (int64_t)sizes[i]);
        ck_assert_int_eq(writing[i].place, i + 1);
    }
    ck_assert_uint_eq(eddy_stream_queued(stream), 0);
    drop(stream, peer);
}
END_TEST

static void make_iov(struct iovec *iov, size_t count, size_t most,
                     size_t *ret_total)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        size_t size = random_below((unsigned)most);

        iov[i].iov_base = size == 0 ? NULL : malloc(size);
        iov[i].iov_len = size;
        fill_pattern(iov[i].iov_base, size, total);
        total += size;
    }
    *ret_total = total;
}

static void free_iov(struct iovec *iov, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(iov[i].iov_base);
}

enum { TASK_WRITES = 100, TASK_MOST = 100000 };

static size_t size_of_write(int i)
{
    return 1 + (size_t)i * 7919 % TASK_MOST;
}

static struct eddy_result write_many(struct eddy_task *self, void *stream)
{
    static char data[TASK_MOST];
    size_t total = 0;

    for (int i = 0; i < TASK_WRITES; i++) {
        size_t size = size_of_write(i);

        fill_pattern(data, size, total);
        ck_assert_int_eq(eddy_await(self, eddy_write(stream, data, size)),
                         (int64_t)size);
        total += size;
    }
    ck_assert_int_eq(eddy_await(self, eddy_write(stream, NULL, 1)), -EINVAL);
    ck_assert_int_eq(eddy_await(self, eddy_write(stream, data, 0)), 0);
    return eddy_n((int64_t)total);
}

/* By a short way, but of most the system takes only a part at once. */
START_TEST(what_a_task_writes_arrives_whole_and_in_order)
{
    struct eddy_task *task;
    struct eddy_task_options options = { .ret_task = &task };
    struct eddy_stream *stream;
    struct outcome joining;
    size_t total = 0;
    int peer;

    for (int i = 0; i < TASK_WRITES; i++)
        total += size_of_write(i);
    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    ck_assert_int_eq(
        eddy_spawn(eddy_loop_scope(loop), write_many, stream, &options), 0);
    begin(&joining, eddy_join(task));
    drain_pattern(peer, total, 0);
    ck_assert_int_eq(finish(&joining), (int64_t)total);
    eddy_task_unref(task);
    drop(stream, peer);
}
END_TEST

START_TEST(any_number_of_pieces_is_one_write) /* T35, test idea 51 */
{
    static const size_t counts[] = { 0, 1, 2, 63, 64, 65, 1024, 1025, 5000 };
    static struct iovec iov[5000];
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    for (size_t c = 0; c < COUNT(counts); c++) {
        struct outcome writing;
        size_t total;

        make_iov(iov, counts[c], 40, &total);
        begin(&writing, eddy_writev(stream, iov, counts[c]));
        drain_pattern(peer, total, 0);
        ck_assert_int_eq(finish(&writing), (int64_t)total);
        free_iov(iov, counts[c]);
    }
    drop(stream, peer);
}
END_TEST

START_TEST(writing_nothing_waits_its_turn)
{
    struct outcome first, nothing, none;
    struct eddy_stream *stream;
    size_t stuck;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    ck_assert_int_eq(perform(eddy_write(stream, NULL, 0)), 0);
    ck_assert_int_eq(perform(eddy_writev(stream, NULL, 0)), 0);
    stuck = clog_up(stream);
    begin(&first, eddy_write(stream, "x", 1));
    begin(&nothing, eddy_write(stream, "", 0));
    begin(&none, eddy_writev(stream, NULL, 0));
    some_turns(3);
    ck_assert_int_eq(nothing.calls, 0);
    drain_pattern(peer, stuck, 0);
    ck_assert_int_eq(finish(&none), 0);
    ck_assert_int_eq(finish(&nothing), 0);
    ck_assert_int_eq(finish(&first), 1);
    ck_assert_int_eq(first.place + 1, nothing.place);
    ck_assert_int_eq(nothing.place + 1, none.place);
    drop(stream, peer);
}
END_TEST

/* ---- Cancelled ---------------------------------------------------------- */

START_TEST(write_cancelled_before_its_turn_leaves_no_trace)
{
    struct outcome before, cancelled, after;
    struct eddy_stream *stream;
    char buf[8];
    size_t stuck;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    stuck = clog_up(stream);
    begin(&before, eddy_write(stream, "before", 6));
    begin(&cancelled, eddy_write(stream, "not sent", 8));
    begin(&after, eddy_write(stream, "+", 1));
    eddy_request_cancel(cancelled.request);
    ck_assert_int_eq(finish(&cancelled), -ECANCELED);
    ck_assert_uint_eq(cancelled.result.done, 0);
    drain_pattern(peer, stuck, 0);
    ck_assert_int_eq(finish(&before), 6);
    ck_assert_int_eq(finish(&after), 1);
    ck_assert_int_eq(get(peer, buf, 8), 7);
    ck_assert_mem_eq(buf, "before+", 7);
    ck_assert_int_eq(perform(eddy_write(stream, "x", 1)), 1);
    drop(stream, peer);
}
END_TEST

/* Half of it is out: what follows would make no sense. */
static void check_broken(struct eddy_stream *stream, struct outcome *half,
                         int64_t error, size_t size)
{
    struct outcome queued, sent_empty, ending;

    begin(&queued, eddy_write(stream, "queued", 6));
    begin(&sent_empty, eddy_write(stream, "", 0));
    begin(&ending, eddy_shutdown(stream));
    if (error == -ECANCELED)
        eddy_request_cancel(half->request);
    ck_assert_int_eq(finish(half), error);
    ck_assert_uint_gt(half->result.done, 0);
    ck_assert_uint_lt(half->result.done, size);
    ck_assert_int_eq(finish(&queued), -EPIPE);
    ck_assert_uint_eq(queued.result.done, 0);
    ck_assert_int_eq(finish(&sent_empty), -EPIPE);
    ck_assert_int_eq(finish(&ending), -EPIPE);
    ck_assert_int_eq(perform(eddy_write(stream, "x", 1)), -EPIPE);
    ck_assert_int_eq(perform(eddy_write(stream, "", 0)), -EPIPE);
    ck_assert_int_eq(perform(eddy_shutdown(stream)), -EPIPE);
    ck_assert_int_eq(eddy_send(stream, "x", 1), -EPIPE);
    ck_assert_uint_eq(eddy_stream_queued(stream), 0);
}

START_TEST(write_ended_half_way_breaks_the_writing_side)
{
    enum { SIZE = 1 << 20 };
    char *data = calloc(1, SIZE);

    open_loop(_i, VIRTUAL_TIME);
    for (int limited = 0; limited <= 1; limited++) {
        struct outcome half;
        int peer;
        struct eddy_stream *stream = new_narrow_stream(&peer);
        struct eddy_op op = eddy_write(stream, data, SIZE);
        char byte;

        begin(&half, eddy_within(limited ? EDDY_SECOND : EDDY_FOREVER, op));
        check_broken(stream, &half, limited ? -ETIME : -ECANCELED, SIZE);
        put(peer, "x"); /* the other direction does not mind */
        ck_assert_int_eq(perform(eddy_read(stream, &byte, 1)), 1);
        drop(stream, peer);
    }
    free(data);
}
END_TEST

START_TEST(written_is_not_cancelled) /* Z4 */
{
    struct outcome writing;
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    begin(&writing, eddy_write(stream, "x", 1));
    eddy_request_cancel(writing.request);
    ck_assert_int_eq(finish(&writing), 1);
    drop(stream, peer);
}
END_TEST

/* ---- The peer goes ------------------------------------------------------ */

/* The default disposition of SIGPIPE kills; nobody ignores it here. */
static void expect_sigpipe_to_kill(void)
{
    struct sigaction action;

    ck_assert_int_eq(sigaction(SIGPIPE, NULL, &action), 0);
    ck_assert(action.sa_handler == SIG_DFL);
}

static void write_to_the_dead(struct eddy_stream *stream)
{
    static char data[100000];
    int64_t n = 0;

    for (int i = 0; i < 100 && n >= 0; i++)
        n = perform(eddy_write(stream, data, sizeof data));
    ck_assert(n == -EPIPE || n == -ECONNRESET);
    ck_assert_int_eq(perform(eddy_write(stream, "x", 1)), -EPIPE);
    ck_assert_int_eq(eddy_send(stream, "x", 1), -EPIPE);
}

START_TEST(dead_peer_is_an_error_and_no_signal) /* T32, test ideas 36, 62 */
{
    static struct eddy_stream *(*const make[])(
        int *) = { new_stream, new_tcp_stream, new_pipe_stream };

    open_loop(_i, REAL_TIME);
    expect_sigpipe_to_kill();
    for (size_t i = 0; i < COUNT(make); i++) {
        int peer;
        struct eddy_stream *stream = make[i](&peer);

        ck_assert_int_eq(close(peer), 0);
        write_to_the_dead(stream);
        drop(stream, -1);
    }
}
END_TEST

static struct eddy_result write_to_nobody(struct eddy_task *self, void *stream)
{
    ck_assert_int_eq(eddy_await(self, eddy_write(stream, "x", 1)), -EPIPE);
    ck_assert_int_eq(eddy_await(self, eddy_write(stream, "y", 1)), -EPIPE);
    return eddy_n(0);
}

START_TEST(a_task_is_told_once_more_what_broke_its_writing)
{
    int peer;
    struct eddy_stream *stream;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(close(peer), 0);
    ck_assert_int_eq(eddy_loop_run_task(loop, write_to_nobody, stream).n, 0);
    drop(stream, -1);
}
END_TEST

START_TEST(waiting_write_is_told_that_the_peer_has_gone) /* T9, T11 */
{
    static struct eddy_stream *(*const make[])(
        int *) = { new_narrow_stream, new_tcp_stream, new_pipe_stream };

    open_loop(_i, REAL_TIME);
    expect_sigpipe_to_kill();
    for (size_t i = 0; i < COUNT(make); i++) {
        struct outcome first, second;
        int peer;
        struct eddy_stream *stream = make[i](&peer);
        int64_t n;

        (void)clog_up(stream);
        begin(&first, eddy_write(stream, "x", 1));
        begin(&second, eddy_write(stream, "y", 1));
        some_turns(2);
        ck_assert_int_eq(close(peer), 0);
        n = finish(&first);
        ck_assert(n == -EPIPE || n == -ECONNRESET);
        ck_assert_int_eq(finish(&second), -EPIPE);
        ck_assert_int_gt(second.place, first.place);
        ck_assert_uint_eq(eddy_stream_queued(stream), 0);
        drop(stream, -1);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        any_size_arrives_whole,
        writes_go_out_in_order_each_whole,
        what_a_task_writes_arrives_whole_and_in_order,
        any_number_of_pieces_is_one_write,
        writing_nothing_waits_its_turn,
        write_cancelled_before_its_turn_leaves_no_trace,
        write_ended_half_way_breaks_the_writing_side,
        written_is_not_cancelled,
        dead_peer_is_an_error_and_no_signal,
        a_task_is_told_once_more_what_broke_its_writing,
        waiting_write_is_told_that_the_peer_has_gone,
    };
    Suite *suite = suite_create("write");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
