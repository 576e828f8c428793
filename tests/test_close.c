/* SPDX-License-Identifier: MIT */
/* test_close.c - the end of a stream, and that it is the end. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "stream_support.h"

/* Has the peer got the end, without a turn of the loop? */
static bool has_ended(int peer)
{
    char buf[4096];
    int64_t n;

    do
        n = get(peer, buf, sizeof buf);
    while (n > 0);
    ck_assert(n == 0 || n == -EAGAIN);
    return n == 0;
}

/* ---- The order of things ------------------------------------------------ */

START_TEST(close_is_the_last_thing_heard) /* SR11 */
{
    struct outcome reading, writing[2], draining, ending, closing;
    struct eddy_stream *stream;
    char byte;
    size_t stuck;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    stuck = clog_up(stream);
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, 0, 1), 0);
    begin(&reading, eddy_read(stream, &byte, 1));
    begin(&writing[0], eddy_write(stream, "x", 1));
    begin(&writing[1], eddy_write(stream, "y", 1));
    begin(&draining, eddy_drain(stream));
    begin(&ending, eddy_shutdown(stream));
    begin(&closing, eddy_close(stream));
    some_turns(1);
    ck_assert_int_eq(closing.calls, 0); /* what was sent comes first */
    ck_assert_int_eq(finish(&reading), -ECANCELED);
    ck_assert_int_eq(finish(&writing[0]), -ECANCELED);
    ck_assert_int_eq(finish(&writing[1]), -ECANCELED);
    ck_assert_int_eq(finish(&draining), -ECANCELED);
    ck_assert_int_eq(finish(&ending), -ECANCELED);
    drain_pattern(peer, stuck, 0);
    ck_assert_int_eq(finish(&closing), 0);
    ck_assert_int_eq(closing.place, 6);
    ck_assert(has_ended(peer));
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(close_comes_after_results_of_the_same_turn)
{
    struct outcome writing, closing;
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    begin(&writing, eddy_write(stream, "x", 1));
    begin(&closing, eddy_close(stream));
    some_turns(1);
    ck_assert_int_eq(writing.result.n, 1);
    ck_assert_int_eq(closing.result.n, 0);
    ck_assert_int_lt(writing.place, closing.place);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(half_a_write_is_told_how_much_went_out)
{
    static char data[1 << 20];
    struct outcome half, queued, closing;
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    begin(&half, eddy_write(stream, data, sizeof data));
    begin(&queued, eddy_write(stream, "x", 1));
    begin(&closing, eddy_close(stream));
    ck_assert(has_ended(peer)); /* nothing can make sense any more */
    ck_assert_int_eq(finish(&closing), 0);
    ck_assert_int_eq(half.result.n, -ECANCELED);
    ck_assert_uint_gt(half.result.done, 0);
    ck_assert_int_eq(queued.result.n, -EPIPE);
    ck_assert_int_eq(queued.place, 2);
    ck_assert_int_eq(closing.place, 3);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(closed_stream_takes_nothing_more)
{
    struct eddy_stream *stream;
    struct eddy_address address;
    struct outcome closing, late[11];
    char buf[8];
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_tcp_stream(&peer);
    begin(&closing, eddy_close(stream));
    ck_assert_int_eq(eddy_send(stream, "x", 1), -EBADF);
    ck_assert_int_eq(eddy_stream_fd(stream), -EBADF);
    ck_assert_int_eq(eddy_stream_local(stream, &address), -EBADF);
    ck_assert_int_eq(eddy_stream_peer(stream, &address), -EBADF);
    ck_assert_uint_eq(eddy_stream_queued(stream), 0);
    begin(&late[0], eddy_read(stream, buf, 8));
    begin(&late[1], eddy_read_exactly(stream, buf, 8));
    begin(&late[2], eddy_read_line(stream, buf, 8));
    begin(&late[3], eddy_read_until(stream, buf, 8, ";", 1));
    begin(&late[4], eddy_skip_until(stream, ";", 1));
    begin(&late[5], eddy_receive(stream));
    begin(&late[6], eddy_write(stream, "x", 1));
    begin(&late[7], eddy_drain(stream));
    begin(&late[8], eddy_shutdown(stream));
    begin(&late[9], eddy_read_all(stream, buf, 8));
    begin(&late[10], eddy_copy(stream, stream, 1));
    ck_assert_int_eq(finish(&closing), 0);
    for (size_t i = 0; i < COUNT(late); i++)
        ck_assert_int_eq(finish(&late[i]), -EBADF);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(second_close_is_refused) /* test idea 14, P7 */
{
    struct eddy_stream *stream;
    struct outcome first, second;
    size_t stuck;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    stuck = clog_up(stream);
    begin(&first, eddy_close(stream));
    begin(&second, eddy_close(stream));
    ck_assert_int_eq(finish(&second), -EALREADY);
    ck_assert_int_eq(first.calls, 0);
    eddy_stream_free(stream, true); /* goes on as it was */
    drain_pattern(peer, stuck, 0);
    ck_assert_int_eq(finish(&first), 0);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

/* ---- How long it takes -------------------------------------------------- */

START_TEST(end_is_sent_promptly) /* test idea 114, T63 */
{
    struct outcome reading, closing;
    struct eddy_stream *stream;
    char byte;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_tcp_stream(&peer);
    begin(&reading, eddy_read(stream, &byte, 1));
    some_turns(2);
    begin(&closing, eddy_close(stream));
    ck_assert(has_ended(peer));
    ck_assert_int_eq(finish(&closing), 0);
    ck_assert_int_eq(reading.result.n, -ECANCELED);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(peer_that_never_reads_costs_no_more_than_the_limit)
{
    open_loop(_i, VIRTUAL_TIME);
    for (int limited = 0; limited <= 1; limited++) {
        int64_t limit = limited ? EDDY_SECOND : EDDY_FOREVER;
        struct outcome closing;
        int peer;
        struct eddy_stream *stream = new_narrow_stream(&peer);

        (void)clog_up(stream);
        begin(&closing, eddy_within(limit, eddy_close(stream)));
        if (!limited)
            eddy_request_cancel(closing.request);
        ck_assert_int_eq(finish(&closing), limited ? -ETIME : -ECANCELED);
        ck_assert(has_ended(peer));
        ck_assert_int_eq(close(peer), 0);
    }
}
END_TEST

START_TEST(peer_that_goes_ends_the_flush_with_an_error) /* SR11 */
{
    struct outcome closing;
    struct eddy_stream *stream;
    int64_t n;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    begin(&closing, eddy_close(stream));
    some_turns(2);
    ck_assert_int_eq(close(peer), 0);
    n = finish(&closing);
    ck_assert(n == -EPIPE || n == -ECONNRESET);
}
END_TEST

/* Of what eddy_send() has taken nobody else tells. */
START_TEST(close_tells_that_bytes_were_lost_before_it)
{
    struct eddy_stream *stream;
    int64_t n;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    ck_assert_int_eq(close(peer), 0);
    while (eddy_stream_queued(stream) > 0)
        turn();
    n = perform(eddy_close(stream));
    ck_assert(n == -EPIPE || n == -ECONNRESET);
}
END_TEST

START_TEST(close_tells_that_bytes_were_lost_to_it_or_its_end)
{
    static char data[1 << 20];

    for (int way = 0; way < 3; way++) {
        struct outcome closing, half;
        struct eddy_stream *stream;
        int peer;

        open_loop(_i, REAL_TIME);
        stream = new_narrow_stream(&peer);
        if (way == 0) /* behind a write that ends half-way */
            begin(&half, eddy_write(stream, data, sizeof data));
        else
            (void)clog_up(stream);
        ck_assert_int_ge(eddy_send(stream, "x", 1), 0);
        begin(&closing, eddy_close(stream));
        if (way == 1)
            eddy_stream_free(stream, false);
        if (way == 2)
            close_loop();
        else
            (void)finish(&closing);
        ck_assert_int_eq(closing.result.n, -ECANCELED);
        ck_assert_int_eq(close(peer), 0);
        close_loop();
    }
}
END_TEST

/* ---- The end of the loop ------------------------------------------------ */

static void free_it(struct eddy_result result, void *stream)
{
    ck_assert_int_eq(result.n, -ECANCELED);
    eddy_stream_free(stream, false);
}

START_TEST(operations_end_before_what_they_use_is_closed)
{
    struct eddy_child children[2] = { 0 };
    struct eddy_stream *streams[2];
    int peers[2];
    char byte;

    open_loop(_i, REAL_TIME);
    for (int i = 0; i < 2; i++)
        streams[i] = new_stream(&peers[i]);
    children[0].op = eddy_read(streams[0], &byte, 1);
    children[1].op = eddy_sleep(EDDY_SECOND);
    ck_assert_int_eq(
        eddy_start(loop, eddy_any(children, 2), free_it, streams[0], NULL), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), free_it, streams[1], NULL),
        0);
    close_loop();
    close_both(peers);
}
END_TEST

/* ---- Without waiting ---------------------------------------------------- */

START_TEST(free_with_flush_keeps_the_loop_until_all_is_out)
{
    struct eddy_stream *stream;
    size_t stuck;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    stuck = clog_up(stream);
    ck_assert(!eddy_loop_alive(loop)); /* a stream alone does not keep it */
    eddy_stream_free(stream, true);
    some_turns(2);
    ck_assert(eddy_loop_alive(loop));
    drain_pattern(peer, stuck, 0);
    ck_assert_int_eq(eddy_loop_run(loop), 0);
    ck_assert(has_ended(peer));
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(free_without_flush_ends_at_once_and_needs_no_memory)
{
    struct outcome reading, writing;
    struct eddy_stream *stream;
    char byte;
    int peer;

    open_loop(_i, REAL_TIME);
    eddy_stream_free(NULL, false);
    eddy_stream_free(NULL, true);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    begin(&reading, eddy_read(stream, &byte, 1));
    begin(&writing, eddy_write(stream, "x", 1));
    some_turns(2);
    fail_allocation(1);
    eddy_stream_free(stream, true);
    eddy_stream_free(stream, false); /* thought better of it */
    ck_assert(has_ended(peer));
    ck_assert_int_eq(reading.calls + writing.calls, 0); /* never inside */
    some_turns(1);
    ck_assert_int_eq(reading.result.n, -ECANCELED);
    ck_assert_int_eq(writing.result.n, -ECANCELED);
    ck_assert(!allocation_failed());
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(freeing_the_loop_ends_all_streams) /* T68 */
{
    struct outcome reading[3], writing, closing;
    struct eddy_stream *streams[3];
    char byte[3];
    int peers[3];

    open_loop(_i, REAL_TIME);
    for (int i = 0; i < 3; i++) {
        streams[i] = new_narrow_stream(&peers[i]);
        begin(&reading[i], eddy_read(streams[i], &byte[i], 1));
        (void)clog_up(streams[i]);
    }
    begin(&writing, eddy_write(streams[0], "x", 1));
    begin(&closing, eddy_close(streams[1]));
    eddy_stream_free(streams[2], true);
    close_loop();
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(reading[i].result.n, -ECANCELED);
        ck_assert_int_eq(reading[i].calls, 1);
        ck_assert_int_eq(close(peers[i]), 0);
    }
    ck_assert_int_eq(writing.result.n, -ECANCELED);
    ck_assert_int_eq(closing.calls, 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        close_is_the_last_thing_heard,
        close_comes_after_results_of_the_same_turn,
        half_a_write_is_told_how_much_went_out,
        closed_stream_takes_nothing_more,
        second_close_is_refused,
        end_is_sent_promptly,
        peer_that_never_reads_costs_no_more_than_the_limit,
        peer_that_goes_ends_the_flush_with_an_error,
        close_tells_that_bytes_were_lost_before_it,
        close_tells_that_bytes_were_lost_to_it_or_its_end,
        operations_end_before_what_they_use_is_closed,
        free_with_flush_keeps_the_loop_until_all_is_out,
        free_without_flush_ends_at_once_and_needs_no_memory,
        freeing_the_loop_ends_all_streams,
    };
    Suite *suite = suite_create("close");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
