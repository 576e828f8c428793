/* SPDX-License-Identifier: MIT */
/* test_uring_io.c - what an io_uring does itself: receiving. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <pthread.h>
#include <stdlib.h>

#include <eddy/front.h>

#include "stream_support.h"

/* ---- Streams and threads ------------------------------------------------- */

/* T63, with a receive under way: it is let go of before the close. */
START_TEST(a_close_is_seen_at_once)
{
    struct eddy_stream *stream;
    struct outcome reading;
    char byte;
    int peer;

    if (!open_uring_loop(EDDY_IO_RECEIVE))
        return;
    stream = new_tcp_stream(&peer);
    begin(&reading, eddy_receive(stream));
    some_turns(2);
    eddy_stream_free(stream, false);
    ck_assert_int_eq(read(peer, &byte, 1), 0);
    ck_assert_int_eq(close(peer), 0);
    ck_assert_int_eq(finish(&reading), -ECANCELED);
}
END_TEST

/* T64: more than 128 streams, each with a buffer that nobody reads. */
START_TEST(when_all_buffers_are_in_use_the_others_wait_for_readiness)
{
    enum { HOLDERS = 140 };
    static struct eddy_stream *holders[HOLDERS];
    static int peers[HOLDERS];
    struct eddy_stream *stream;
    char bytes[8];
    int peer;

    if (!open_uring_loop(EDDY_IO_RECEIVE))
        return;
    for (int i = 0; i < HOLDERS; i++) {
        holders[i] = new_stream(&peers[i]);
        put(peers[i], "ab");
        ck_assert_int_eq(perform(eddy_read(holders[i], bytes, 1)), 1);
    }
    stream = new_stream(&peer);
    for (int i = 0; i < 3; i++) {
        put(peer, "hello");
        ck_assert_int_eq(perform(eddy_read_exactly(stream, bytes, 5)), 5);
        ck_assert_mem_eq(bytes, "hello", 5);
    }
    drop(stream, peer);
    for (int i = 0; i < HOLDERS; i++) {
        ck_assert_int_eq(perform(eddy_read(holders[i], bytes, 8)), 1);
        ck_assert_int_eq(bytes[0], 'b');
        put(peers[i], "c");
        ck_assert_int_eq(perform(eddy_read(holders[i], bytes, 8)), 1);
        ck_assert_int_eq(bytes[0], 'c');
        drop(holders[i], peers[i]);
    }
}
END_TEST

/* Many buffers at a time, more than there are: all arrives, in order. */
START_TEST(what_overruns_the_buffers_is_not_lost)
{
    enum { STREAMS = 4, EACH = 1 << 20 };
    static char sent[EACH], got[STREAMS][EACH];
    struct eddy_stream *streams[STREAMS];
    struct outcome reading[STREAMS];
    size_t out[STREAMS] = { 0 };
    int peers[STREAMS];
    bool done = false;

    if (!open_uring_loop(EDDY_IO_RECEIVE))
        return;
    for (size_t i = 0; i < EACH; i++)
        sent[i] = (char)(i % 251);
    for (int i = 0; i < STREAMS; i++) {
        streams[i] = new_tcp_stream(&peers[i]);
        begin(&reading[i], eddy_read_exactly(streams[i], got[i], EACH));
    }
    while (!done) {
        done = true;
        for (int i = 0; i < STREAMS; i++) {
            ssize_t n = send(peers[i], sent + out[i], EACH - out[i], 0);

            out[i] += n > 0 ? (size_t)n : 0;
            done = done && out[i] == EACH;
        }
        some_turns(1);
    }
    for (int i = 0; i < STREAMS; i++) {
        ck_assert_int_eq(finish(&reading[i]), EACH);
        ck_assert_mem_eq(got[i], sent, EACH);
        drop(streams[i], peers[i]);
    }
}
END_TEST

/* Much at a time is not received by itself, little is again. */
START_TEST(a_stream_that_changes_its_ways_loses_nothing)
{
    enum { MOST = 60000, MESSAGES = 400 };
    static char sent[MOST], got[MOST];
    struct eddy_stream *stream;
    int peer;

    if (!open_uring_loop(EDDY_IO_RECEIVE))
        return;
    stream = new_tcp_stream(&peer);
    for (int i = 0; i < MESSAGES; i++) {
        unsigned most = (i / 40) % 2 == 0 ? 100 : MOST;
        size_t size = 1 + random_below(most), out = 0;
        struct outcome reading;

        memset(sent, 'a' + i % 26, size);
        begin(&reading, eddy_read_exactly(stream, got, size));
        while (out < size) {
            ssize_t n = send(peer, sent + out, size - out, 0);

            out += n > 0 ? (size_t)n : 0;
            some_turns(1);
        }
        ck_assert_int_eq(finish(&reading), (int64_t)size);
        ck_assert_mem_eq(got, sent, size);
    }
    drop(stream, peer);
}
END_TEST

START_TEST(a_loop_is_freed_with_hundreds_under_way)
{
    enum { STREAMS = 400 };
    static struct outcome reading[STREAMS];
    static int peers[STREAMS];

    if (!open_uring_loop(EDDY_IO_RECEIVE))
        return;
    for (int i = 0; i < STREAMS; i++)
        begin(&reading[i], eddy_receive(new_stream(&peers[i])));
    some_turns(2);
    for (int i = 0; i < STREAMS; i += 2)
        put(peers[i], "too late");
    close_loop();
    for (int i = 0; i < STREAMS; i++) {
        ck_assert_int_eq(reading[i].calls, 1);
        ck_assert_int_eq(reading[i].result.n, -ECANCELED);
        ck_assert_int_eq(close(peers[i]), 0);
    }
}
END_TEST

static void *run_turns(void *unused)
{
    (void)unused;
    some_turns(3);
    return NULL;
}

/* T66: what a thread has submitted ends with it, and a thread that lives cannot
 * be asked; the receive goes on all the same. */
START_TEST(a_loop_moves_between_threads_with_a_receive_under_way)
{
    struct eddy_stream *stream;
    struct outcome reading;
    pthread_t thread;
    char bytes[8];
    int peer;

    if (!open_uring_loop(EDDY_IO_RECEIVE))
        return;
    stream = new_stream(&peer);
    begin(&reading, eddy_read_exactly(stream, bytes, 6));
    some_turns(2);
    put(peer, "ab");
    ck_assert_int_eq(pthread_create(&thread, NULL, run_turns, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    put(peer, "cd");
    some_turns(3);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_turns, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    put(peer, "ef");
    ck_assert_int_eq(finish(&reading), 6);
    ck_assert_mem_eq(bytes, "abcdef", 6);
    drop(stream, peer);
}
END_TEST

START_TEST(a_loop_can_be_watched_with_a_receive_under_way)
{
    struct eddy_embedding in;
    struct eddy_stream *stream;
    struct outcome reading;
    char byte;
    int peer;

    if (!open_uring_loop(EDDY_IO_RECEIVE))
        return;
    stream = new_stream(&peer);
    begin(&reading, eddy_read(stream, &byte, 1));
    some_turns(2);
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    some_turns(3);
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    put(peer, "x");
    ck_assert_int_eq(finish(&reading), 1);
    drop(stream, peer);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_close_is_seen_at_once,
        when_all_buffers_are_in_use_the_others_wait_for_readiness,
        what_overruns_the_buffers_is_not_lost,
        a_stream_that_changes_its_ways_loses_nothing,
        a_loop_is_freed_with_hundreds_under_way,
        a_loop_moves_between_threads_with_a_receive_under_way,
        a_loop_can_be_watched_with_a_receive_under_way,
    };
    Suite *suite = suite_create("uring io");

    add_tests(suite, "uring", tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
