/* SPDX-License-Identifier: MIT */
/* test_read_ends.c - reading that is cut short, and what reading costs. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "stream_support.h"

/* ---- Cut short ---------------------------------------------------------- */

START_TEST(line_out_of_time_stays)
{
    int peer;
    struct eddy_stream *stream;
    struct outcome reading;
    char buf[16];

    open_loop(_i, VIRTUAL_TIME);
    stream = new_stream(&peer);
    put(peer, "he");
    ck_assert_int_eq(
        perform(eddy_within(EDDY_SECOND, eddy_read_line(stream, buf, 16))),
        -ETIME);
    put(peer, "ll");
    begin(&reading, eddy_read_until(stream, buf, 16, "!", 1));
    some_turns(2);
    eddy_request_cancel(reading.request);
    ck_assert_int_eq(finish(&reading), -ECANCELED);
    put(peer, "o\nx");
    ck_assert_int_eq(perform(eddy_read_line(stream, buf, 16)), 6);
    ck_assert_str_eq(buf, "hello\n");
    ck_assert_int_eq(perform(eddy_read(stream, buf, 16)), 1);
    drop(stream, peer);
}
END_TEST

START_TEST(what_was_done_is_told)
{
    int peer;
    struct eddy_stream *stream;
    struct eddy_result result;
    struct outcome reading;
    char buf[16];

    open_loop(_i, VIRTUAL_TIME);
    stream = new_stream(&peer);
    put(peer, "four");
    result = perform_fully(
        eddy_within(EDDY_SECOND, eddy_read_exactly(stream, buf, 16)));
    ck_assert_int_eq(result.n, -ETIME);
    ck_assert_uint_eq(result.done, 4);
    ck_assert_mem_eq(buf, "four", 4);
    put(peer, "skipped E");
    begin(&reading, eddy_skip_until(stream, "END", 3));
    some_turns(2);
    eddy_request_cancel(reading.request);
    eddy_request_cancel(reading.request);
    ck_assert_int_eq(finish(&reading), -ECANCELED);
    ck_assert_int_eq(reading.calls, 1);
    /* the last two might begin a delimiter, and were not thrown away */
    ck_assert_uint_eq(reading.result.done, 7);
    put(peer, "ND");
    ck_assert_int_eq(perform(eddy_skip_until(stream, "END", 3)), 4);
    drop(stream, peer);
}
END_TEST

START_TEST(result_that_exists_is_not_cancelled) /* Z4 */
{
    int peer;
    struct eddy_stream *stream;
    struct outcome reading;
    char buf[16];

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    put(peer, "a\nb\n");
    ck_assert_int_eq(perform(eddy_read_line(stream, buf, sizeof buf)), 2);
    begin(&reading, eddy_read_line(stream, buf, sizeof buf));
    eddy_request_cancel(reading.request);
    ck_assert_int_eq(finish(&reading), 2);
    drop(stream, peer);
}
END_TEST

START_TEST(reset_ends_every_kind_of_reading)
{
    char buf[16];

    open_loop(_i, REAL_TIME);
    for (int kind = 0; kind < 6; kind++) {
        int peer;
        struct eddy_stream *stream = new_tcp_stream(&peer);
        struct eddy_op ops[] = { eddy_read(stream, buf, 8),
                                 eddy_read_exactly(stream, buf, 8),
                                 eddy_read_all(stream, buf, 8),
                                 eddy_read_line(stream, buf, 8),
                                 eddy_read_until(stream, buf, 8, ";", 1),
                                 eddy_skip_until(stream, ";", 1) };
        struct outcome reading;

        begin(&reading, ops[kind]);
        some_turns(1);
        reset(peer);
        ck_assert_int_eq(finish(&reading), -ECONNRESET);
        for (int i = 0; i < 2; i++) /* for ever */
            ck_assert_int_eq(perform(eddy_read(stream, buf, 8)), -ECONNRESET);
        drop(stream, -1);
    }
}
END_TEST

/* ---- What it costs ------------------------------------------------------ */

START_TEST(no_memory_for_a_line_loses_nothing) /* test idea 44 */
{
    int peer;
    struct eddy_stream *stream;
    struct outcome reading;
    char buf[16];

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    begin(&reading, eddy_read_line(stream, buf, sizeof buf));
    some_turns(2); /* one that waits needs no memory */
    fail_allocation(1);
    put(peer, "line\n");
    ck_assert_int_eq(finish(&reading), -ENOMEM);
    ck_assert(allocation_failed());
    ck_assert_int_eq(perform(eddy_read_line(stream, buf, sizeof buf)), 5);
    drop(stream, peer);
}
END_TEST

static int receives;

static int64_t count_recv(void *arg, int fd, bool socket, void *buf,
                          size_t size)
{
    receives++;
    return eddy_sys_default()->recv(arg, fd, socket, buf, size);
}

START_TEST(one_message_is_one_system_call)
{
    struct eddy_sys sys = *eddy_sys_default();
    struct eddy_loop_options options = { .sys = &sys };
    int peer;
    struct eddy_stream *stream;
    char buf[64];

    sys.recv = count_recv;
    open_loop_with(_i, &options);
    stream = new_stream(&peer);
    receives = 0;
    put(peer, "a\nb\nc\n");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(perform(eddy_read_line(stream, buf, 64)), 2);
    ck_assert_int_eq(receives, 1);
    for (int i = 0; i < 100; i++) {
        struct outcome reading;

        begin(&reading, eddy_read(stream, buf, sizeof buf));
        some_turns(1);
        put(peer, "message");
        ck_assert_int_eq(finish(&reading), 7);
    }
    ck_assert_int_eq(receives, 101);
    drop(stream, peer);
}
END_TEST

/* Puts some messages of several pieces each, reads them, and counts. */
static int receives_of(struct eddy_stream *stream, int peer, int messages,
                       int pieces)
{
    char buf[4];

    receives = 0;
    for (int i = 0; i < messages; i++)
        for (int piece = 0; piece < pieces; piece++) {
            struct outcome reading;

            begin(&reading, eddy_read_exactly(stream, buf, sizeof buf));
            some_turns(1);
            for (int sent = 0; piece == 0 && sent < pieces; sent++)
                put(peer, "four");
            ck_assert_int_eq(finish(&reading), 4);
        }
    return receives;
}

START_TEST(messages_of_one_size_are_not_looked_for_in_vain)
{
    struct eddy_sys sys = *eddy_sys_default();
    struct eddy_loop_options options = { .sys = &sys };
    struct eddy_stream *stream;
    int peer;

    sys.recv = count_recv;
    open_loop_with(_i, &options);
    stream = new_stream(&peer);
    for (int pieces = 1; pieces <= 3; pieces++) {
        (void)receives_of(stream, peer, 10, pieces); /* gets used to them */
        ck_assert_int_eq(receives_of(stream, peer, 80, pieces),
                         80 * pieces + 10);
    }
    drop(stream, peer);
}
END_TEST

static int64_t endless_recv(void *arg, int fd, bool socket, void *buf,
                            size_t size)
{
    (void)arg;
    (void)fd;
    (void)socket;
    if (receives++ == 4096) {
        ((char *)buf)[0] = '\n';
        return 1;
    }
    memset(buf, 'x', size);
    return (int64_t)size;
}

/* Who sends faster than we skip must not keep the loop for himself. */
START_TEST(skipping_without_end_starves_nobody)
{
    struct eddy_sys sys = *eddy_sys_default();
    struct eddy_loop_options options = { .sys = &sys };
    int peer;
    struct eddy_stream *stream;
    struct outcome skipping, sleeping;

    sys.recv = endless_recv;
    receives = 0;
    open_loop_with(_i, &options);
    stream = new_stream(&peer);
    put(peer, "x"); /* never read: always ready */
    begin(&skipping, eddy_skip_until(stream, "\n", 1));
    begin(&sleeping, eddy_next_turn());
    ck_assert_int_eq(finish(&sleeping), 0);
    ck_assert_int_eq(skipping.calls, 0);
    ck_assert_int_gt(finish(&skipping), 4096 * 1024);
    drop(stream, peer);
}
END_TEST

static size_t largest; /* single allocation */

static void *watch_sizes(void *arg, void *ptr, size_t size)
{
    largest = size > largest ? size : largest;
    return counting_mem()->resize(arg, ptr, size);
}

START_TEST(skipping_much_needs_little_memory)
{
    enum { MUCH = 8 << 20 };
    struct eddy_loop_options options = { .mem = { watch_sizes, NULL } };
    struct eddy_stream *ends[2];
    struct outcome writing;
    char *much = malloc(MUCH);

    open_loop_with(_i, &options);
    new_streams(ends);
    memset(much, 'x', MUCH);
    much[MUCH - 1] = '\n';
    largest = 0;
    begin(&writing, eddy_write(ends[0], much, MUCH));
    ck_assert_int_eq(perform(eddy_skip_until(ends[1], "\n", 1)), MUCH);
    ck_assert_int_eq(finish(&writing), MUCH);
    ck_assert_uint_le(largest, 65536);
    drop(ends[0], -1);
    drop(ends[1], -1);
    free(much);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        line_out_of_time_stays,
        what_was_done_is_told,
        result_that_exists_is_not_cancelled,
        reset_ends_every_kind_of_reading,
        no_memory_for_a_line_loses_nothing,
        one_message_is_one_system_call,
        messages_of_one_size_are_not_looked_for_in_vain,
        skipping_without_end_starves_nobody,
        skipping_much_needs_little_memory,
    };
    Suite *suite = suite_create("read_ends");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
