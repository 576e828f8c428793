/* SPDX-License-Identifier: MIT */
/* test_send_turn.c - what is sent while a loop runs: some pollers send all of a
 * turn with their wait, and nobody can tell. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream_support.h"

static struct eddy_stream *stream;
static int peer;

/* Runs the loop until nothing is left to do, with this as the first thing. */
static int run_with(eddy_call_fn *fn)
{
    ck_assert_int_eq(eddy_loop_soon(loop, fn, NULL), 0);
    return eddy_loop_run(loop);
}

static void check_peer_has(const char *text)
{
    char buf[64];

    ck_assert_int_eq(get(peer, buf, sizeof buf), (int64_t)strlen(text));
    ck_assert_mem_eq(buf, text, strlen(text));
}

/* ---- The end of a run, and of a stream ----------------------------------- */

static void send_hello(void *unused)
{
    (void)unused;
    ck_assert_int_eq(eddy_send(stream, "hel", 3), 0);
    ck_assert_int_eq(eddy_send(stream, "lo", 2), 0);
}

static void send_hello_and_stop(void *unused)
{
    send_hello(unused);
    ck_assert_int_eq(eddy_loop_stop(loop), 0);
}

START_TEST(what_was_sent_has_gone_when_the_run_is_over)
{
    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(run_with(send_hello), 0);
    check_peer_has("hello");
    ck_assert_int_eq(run_with(send_hello_and_stop), 1);
    check_peer_has("hello");
    ck_assert_uint_eq(eddy_stream_queued(stream), 0);
    drop(stream, peer);
}
END_TEST

static void send_hello_and_free(void *unused)
{
    send_hello(unused);
    eddy_stream_free(stream, false);
}

START_TEST(what_was_sent_has_gone_though_the_stream_is_freed_without_waiting)
{
    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(run_with(send_hello_and_free), 0);
    check_peer_has("hello");
    ck_assert_int_eq(get(peer, (char[1]){ 0 }, 1), 0);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

static struct outcome ending;

static void send_hello_and_shut(void *unused)
{
    send_hello(unused);
    begin(&ending, eddy_shutdown(stream));
    ck_assert_int_eq(eddy_send(stream, "!", 1), -EPIPE);
}

START_TEST(the_end_comes_behind_what_was_sent)
{
    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(run_with(send_hello_and_shut), 0);
    ck_assert_int_eq(ending.result.n, 0);
    check_peer_has("hello");
    ck_assert_int_eq(get(peer, (char[1]){ 0 }, 1), 0);
    drop(stream, peer);
}
END_TEST

static void send_hello_and_close(void *unused)
{
    send_hello(unused);
    begin(&ending, eddy_close(stream));
}

START_TEST(a_close_sends_first)
{
    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(run_with(send_hello_and_close), 0);
    ck_assert_int_eq(ending.result.n, 0);
    check_peer_has("hello");
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

/* Each allocation of a run fails once. */
START_TEST(without_memory_it_goes_all_the_same)
{
    for (long nth = 1; nth <= 4; nth++) {
        open_loop(_i, REAL_TIME);
        stream = new_stream(&peer);
        ck_assert_int_eq(eddy_loop_soon(loop, send_hello, NULL), 0);
        fail_allocation(nth);
        ck_assert_int_eq(eddy_loop_run(loop), 0);
        fail_allocation(0);
        check_peer_has("hello");
        drop(stream, peer);
        close_loop();
    }
}
END_TEST

/* ---- Order -------------------------------------------------------------- */

enum { PIECES = 300, MOST = 9000 };
static char sent[PIECES * MOST];
static size_t size;
static struct outcome writing[PIECES];

/* Small and large ones, by all ways of writing. */
static void send_many(void *unused)
{
    (void)unused;
    size = 0;
    for (int i = 0; i < PIECES; i++) {
        size_t piece = 1 + random_below(i % 4 == 0 ? MOST : 300);

        writing[i].request = NULL;
        if (i % 3 == 0)
            begin(&writing[i], eddy_write(stream, sent + size, piece));
        else
            ck_assert_int_ge(eddy_send(stream, sent + size, piece), 0);
        size += piece;
    }
}

START_TEST(pieces_of_all_sizes_keep_their_order)
{
    open_loop(_i, REAL_TIME);
    fill_pattern(sent, sizeof sent, 0);
    for (int round = 0; round < 3; round++) {
        stream = new_narrow_stream(&peer);
        ck_assert_int_eq(eddy_loop_soon(loop, send_many, NULL), 0);
        ck_assert_int_eq(perform(eddy_next_turn()), 0);
        drain_pattern(peer, size, 0);
        for (int i = 0; i < PIECES; i += 3)
            ck_assert_int_gt(finish(&writing[i]), 0);
        drop(stream, peer);
    }
}
END_TEST

/* ---- Cancelling --------------------------------------------------------- */

static void write_and_cancel(void *unused)
{
    (void)unused;
    begin(&writing[0], eddy_write(stream, "hello", 5));
    eddy_request_cancel(writing[0].request);
}

START_TEST(a_cancelled_write_has_gone_or_has_not)
{
    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(run_with(write_and_cancel), 0);
    if (writing[0].result.n == 5)
        check_peer_has("hello");
    else
        ck_assert_int_eq(writing[0].result.n, -ECANCELED);
    ck_assert_int_eq(get(peer, (char[1]){ 0 }, 1), -EAGAIN);
    ck_assert_int_eq(perform(eddy_write(stream, "more", 4)), 4);
    check_peer_has("more");
    drop(stream, peer);
}
END_TEST

/* ---- What cannot go, or not all of it ------------------------------------ */

static void send_to_nobody(void *unused)
{
    int err = eddy_send(stream, "hello", 5);

    (void)unused;
    ck_assert(err == 0 || err == -EPIPE);
}

START_TEST(a_broken_connection_is_told_by_what_comes_next)
{
    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(close(peer), 0);
    ck_assert_int_eq(run_with(send_to_nobody), 0);
    ck_assert_int_eq(eddy_send(stream, "!", 1), -EPIPE);
    drop(stream, -1);
}
END_TEST

static void send_past_high(void *unused)
{
    char piece[100] = { 0 };

    (void)unused;
    ck_assert_int_eq(eddy_send(stream, piece, sizeof piece), 0);
    ck_assert_int_eq(eddy_send(stream, piece, sizeof piece), 0);
    begin(&writing[0], eddy_drain(stream));
}

/* Though there is room for nothing in the queue. */
START_TEST(what_the_system_takes_is_above_no_mark)
{
    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, 0, 0), 0);
    ck_assert_int_eq(run_with(send_past_high), 0);
    ck_assert_int_eq(writing[0].result.n, 0);
    drop(stream, peer);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_was_sent_has_gone_when_the_run_is_over,
        what_was_sent_has_gone_though_the_stream_is_freed_without_waiting,
        the_end_comes_behind_what_was_sent,
        a_close_sends_first,
        without_memory_it_goes_all_the_same,
        pieces_of_all_sizes_keep_their_order,
        a_cancelled_write_has_gone_or_has_not,
        a_broken_connection_is_told_by_what_comes_next,
        what_the_system_takes_is_above_no_mark,
    };
    Suite *suite = suite_create("sending in a turn");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
