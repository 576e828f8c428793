/* SPDX-License-Identifier: MIT */
/* test_stream_rules.c - what streams promise beyond each single operation. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream_support.h"

/* How many bytes the peer can send before it would have to wait. */
static size_t fill_from(int peer)
{
    char block[1024] = { 0 };
    size_t total = 0;
    ssize_t n;

    while ((n = send(peer, block, sizeof block, 0)) > 0) {
        total += (size_t)n;
        some_turns(1);
    }
    ck_assert_int_eq(errno, EAGAIN);
    return total;
}

START_TEST(what_nobody_reads_stays_with_the_system) /* SR8 */
{
    struct taker taker = { 0 };
    struct eddy_stream *stream;
    size_t sent, more;
    char byte;
    int peer;
    long before;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    before = live_allocations();
    sent = fill_from(peer);
    some_turns(5);
    ck_assert_uint_eq(fill_from(peer), 0);
    ck_assert_int_eq(live_allocations(), before);
    ck_assert_int_eq(perform(eddy_read(stream, &byte, 1)), 1);
    start_taking(&taker, stream);
    ck_assert_int_eq(eddy_request_pause(taker.request, true), 0);
    some_turns(5);
    ck_assert_int_eq(taker.items, 0);
    more = fill_from(peer);
    if (!receives_by_itself()) /* else once more, until it is told to stop */
        ck_assert_uint_lt(more, 2048);
    ck_assert_uint_eq(fill_from(peer), 0);
    ck_assert_int_eq(eddy_request_pause(taker.request, false), 0);
    while (taker.size < sent + more - 1)
        turn();
    put(peer, "there is room again");
    drop(stream, peer);
}
END_TEST

START_TEST(error_of_the_connection_is_the_end_of_all_reading) /* SR9 */
{
    struct eddy_stream *stream;
    char buf[16];
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_tcp_stream(&peer);
    put(peer, "abc\ndef");
    ck_assert_int_eq(perform(eddy_read_line(stream, buf, sizeof buf)), 4);
    reset(peer);
    ck_assert_int_eq(perform(eddy_read_line(stream, buf, sizeof buf)),
                     -ECONNRESET);
    /* "def" must not look like a last line */
    for (int twice = 0; twice < 2; twice++) {
        const struct eddy_op ops[] = { eddy_read(stream, buf, 8),
                                       eddy_read_exactly(stream, buf, 3),
                                       eddy_read_all(stream, buf, 8),
                                       eddy_read_line(stream, buf, 8),
                                       eddy_read_until(stream, buf, 8, "f", 1),
                                       eddy_skip_until(stream, "f", 1),
                                       eddy_receive(stream),
                                       eddy_copy(stream, stream, 1) };

        for (size_t i = 0; i < COUNT(ops); i++)
            ck_assert_int_eq(perform(ops[i]), -ECONNRESET);
    }
    drop(stream, -1);
}
END_TEST

START_TEST(peer_that_aborts_ends_reading_and_writing) /* SR14 */
{
    struct eddy_stream *stream;
    struct outcome reading;
    char byte;
    int64_t n;
    int peer, err = 0;

    open_loop(_i, REAL_TIME);
    stream = new_tcp_stream(&peer);
    begin(&reading, eddy_read(stream, &byte, 1));
    some_turns(1);
    reset(peer);
    ck_assert_int_eq(finish(&reading), -ECONNRESET);
    while (err >= 0)
        err = eddy_send(stream, "x", 1);
    ck_assert(err == -EPIPE || err == -ECONNRESET);
    n = perform(eddy_drain(stream));
    ck_assert(n == -EPIPE || n == -ECONNRESET);
    ck_assert_int_eq(perform(eddy_write(stream, "x", 1)), -EPIPE);
    drop(stream, -1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_nobody_reads_stays_with_the_system,
        error_of_the_connection_is_the_end_of_all_reading,
        peer_that_aborts_ends_reading_and_writing,
    };
    Suite *suite = suite_create("stream_rules");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
