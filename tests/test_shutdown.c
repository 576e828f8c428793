/* SPDX-License-Identifier: MIT */
/* test_shutdown.c - ending one direction while the other goes on. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream_support.h"

START_TEST(shutdown_comes_after_what_was_queued) /* T33, test idea 38 */
{
    struct eddy_stream *stream;
    struct outcome writing, ending;
    char buf[8];
    size_t stuck;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    stuck = clog_up(stream);
    begin(&writing, eddy_write(stream, "last", 4));
    begin(&ending, eddy_shutdown(stream));
    some_turns(3);
    ck_assert_int_eq(ending.calls, 0);
    drain_pattern(peer, stuck, 0);
    ck_assert_int_eq(finish(&ending), 0);
    ck_assert_int_eq(finish(&writing), 4);
    ck_assert_int_lt(writing.place, ending.place);
    ck_assert_int_eq(get(peer, buf, 8), 4);
    ck_assert_int_eq(get(peer, buf, 8), 0);
    drop(stream, peer);
}
END_TEST

START_TEST(reading_goes_on_after_shutdown) /* P9 */
{
    struct eddy_stream *stream;
    char buf[8];
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_tcp_stream(&peer);
    ck_assert_int_eq(perform(eddy_shutdown(stream)), 0);
    ck_assert_int_eq(get(peer, buf, 8), 0);
    for (int i = 0; i < 3; i++) {
        struct outcome reading;

        begin(&reading, eddy_read_exactly(stream, buf, 4));
        some_turns(2);
        ck_assert_int_eq(reading.calls, 0);
        put(peer, "more");
        ck_assert_int_eq(finish(&reading), 4);
    }
    ck_assert_int_eq(close(peer), 0);
    ck_assert_int_eq(perform(eddy_read(stream, buf, 8)), 0);
    drop(stream, -1);
}
END_TEST

START_TEST(writing_goes_on_after_the_peers_shutdown)
{
    struct eddy_stream *stream;
    struct outcome reading;
    char buf[8];
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_tcp_stream(&peer);
    begin(&reading, eddy_read(stream, buf, 8));
    ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
    ck_assert_int_eq(finish(&reading), 0);
    ck_assert_int_eq(perform(eddy_write(stream, "late", 4)), 4);
    ck_assert_int_eq(get(peer, buf, 8), 4);
    drop(stream, peer);
}
END_TEST

START_TEST(nothing_is_written_after_shutdown) /* T33 */
{
    struct eddy_stream *stream;
    struct outcome first, second;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_tcp_stream(&peer);
    begin(&first, eddy_shutdown(stream));
    begin(&second, eddy_shutdown(stream));
    ck_assert_int_eq(eddy_send(stream, "x", 1), -EPIPE);
    ck_assert_int_eq(perform(eddy_write(stream, "x", 1)), -EPIPE);
    ck_assert_int_eq(finish(&first), 0);
    ck_assert_int_eq(finish(&second), -EALREADY); /* test idea 39 */
    ck_assert_int_eq(perform(eddy_shutdown(stream)), -EALREADY);
    ck_assert_int_eq(perform(eddy_close(stream)), 0);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(shutdown_that_was_cancelled_never_was)
{
    struct eddy_stream *stream;
    struct outcome ending, writing;
    size_t stuck;
    int peer;

    open_loop(_i, VIRTUAL_TIME);
    stream = new_narrow_stream(&peer);
    stuck = clog_up(stream);
    begin(&ending, eddy_shutdown(stream));
    eddy_request_cancel(ending.request);
    ck_assert_int_eq(finish(&ending), -ECANCELED);
    begin(&ending, eddy_within(EDDY_SECOND, eddy_shutdown(stream)));
    ck_assert_int_eq(finish(&ending), -ETIME);
    begin(&writing, eddy_write(stream, "x", 1));
    begin(&ending, eddy_shutdown(stream));
    drain_pattern(peer, stuck, 0);
    ck_assert_int_eq(finish(&writing), 1);
    ck_assert_int_eq(finish(&ending), 0);
    drop(stream, peer);
}
END_TEST

START_TEST(shutdown_of_what_has_no_other_end_is_an_error)
{
    struct eddy_stream *stream;
    int reader, fd = socket(AF_INET, SOCK_STREAM, 0);
    char byte;

    open_loop(_i, REAL_TIME);
    stream = stream_of(fd);
    ck_assert_int_eq(perform(eddy_shutdown(stream)), -ENOTCONN);
    drop(stream, -1);
    stream = new_pipe_stream(&reader);
    ck_assert_int_eq(perform(eddy_shutdown(stream)), -ENOTSOCK);
    /* what has failed has changed nothing */
    ck_assert_int_eq(perform(eddy_write(stream, "x", 1)), 1);
    ck_assert_int_eq(get(reader, &byte, 1), 1);
    drop(stream, reader);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        shutdown_comes_after_what_was_queued,
        reading_goes_on_after_shutdown,
        writing_goes_on_after_the_peers_shutdown,
        nothing_is_written_after_shutdown,
        shutdown_that_was_cancelled_never_was,
        shutdown_of_what_has_no_other_end_is_an_error,
    };
    Suite *suite = suite_create("shutdown");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
