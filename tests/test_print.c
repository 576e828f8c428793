/* SPDX-License-Identifier: MIT */
/* test_print.c - text that is made while it is sent. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <wchar.h>

#include "stream_support.h"

START_TEST(text_goes_out_at_once_short_or_long)
{
    static const int lengths[] = { 0, 1, 510, 511, 512, 513, 5000 };
    static char expected[8192], got[8192];
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        int n = snprintf(expected, sizeof expected, "%*s|%s", lengths[i], "",
                         "end");

        ck_assert_int_eq(eddy_printf(stream, "%*s|%s", lengths[i], "", "end"),
                         0);
        ck_assert_int_eq(get(peer, got, sizeof got), n);
        ck_assert_mem_eq(got, expected, (size_t)n);
    }
    ck_assert_int_eq(eddy_printf(stream, "%s", ""), 0);
    ck_assert_int_eq(get(peer, got, sizeof got), -EAGAIN);
    drop(stream, peer);
}
END_TEST

static int64_t short_send(void *arg, int fd, bool socket,
                          const struct iovec *iov, int count)
{
    struct iovec part = iov[0];

    (void)count;
    if (random_below(3) == 0)
        return -EAGAIN;
    if (part.iov_len > 1)
        part.iov_len = 1 + random_below((unsigned)part.iov_len);
    return eddy_sys_default()->send(arg, fd, socket, &part, 1);
}

START_TEST(texts_that_wait_go_out_whole_and_in_order)
{
    enum { TEXTS = 300 };
    static char expected[1 << 20];
    struct eddy_sys sys = *eddy_sys_default();
    struct eddy_loop_options options = { .sys = &sys };
    struct eddy_stream *stream;
    size_t size = 0, got = 0;
    char buf[4096];
    int peer;

    sys.send = short_send;
    open_loop_with(_i, &options);
    stream = new_narrow_stream(&peer);
    for (int i = 0; i < TEXTS; i++) {
        int width = 1 + (int)random_below(1500);

        size += (size_t)snprintf(expected + size, sizeof expected - size,
                                 "%d:%*d\n", i, width, i);
        ck_assert_int_eq(eddy_printf(stream, "%d:%*d\n", i, width, i),
                         eddy_stream_queued(stream) > 65536);
    }
    while (got < size) {
        int64_t n = get(peer, buf, sizeof buf);

        if (n == -EAGAIN) {
            turn();
            continue;
        }
        ck_assert_int_gt(n, 0);
        ck_assert_mem_eq(buf, expected + got, (size_t)n);
        got += (size_t)n;
    }
    ck_assert_uint_eq(eddy_stream_queued(stream), 0);
    drop(stream, peer);
}
END_TEST

START_TEST(above_the_high_mark_a_text_says_so)
{
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, 0, 200000), 0);
    ck_assert_int_eq(eddy_printf(stream, "%s", "short"), 0);
    ck_assert_int_eq(eddy_printf(stream, "%*d", 1000, 1), 0);
    ck_assert_int_eq(eddy_printf(stream, "%*d", 200000, 1), 1);
    ck_assert_int_eq(eddy_printf(stream, "%s", "short"), 1);
    drop(stream, peer);
}
END_TEST

START_TEST(text_that_cannot_be_made_sends_nothing)
{
    static const wchar_t surrogate[] = { 0xd800, 0 }; /* is no character */
    struct eddy_stream *stream;
    struct outcome closing;
    char byte;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(eddy_printf(stream, "text %ls", surrogate), -EILSEQ);
    ck_assert_int_eq(eddy_printf(NULL, "text"), -EINVAL);
    fail_allocation(1);
    ck_assert_int_eq(eddy_printf(stream, "%*d", 600, 1), -ENOMEM);
    ck_assert(allocation_failed());
    ck_assert_int_eq(get(peer, &byte, 1), -EAGAIN);
    ck_assert_int_eq(eddy_printf(stream, "."), 0); /* it has taken no harm */
    ck_assert_int_eq(get(peer, &byte, 1), 1);
    begin(&closing, eddy_close(stream));
    ck_assert_int_eq(eddy_printf(stream, "text"), -EBADF);
    ck_assert_int_eq(finish(&closing), 0);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(long_text_needs_memory_but_once)
{
    static char got[100000];
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    fail_allocation(2); /* half of it is out by then */
    ck_assert_int_ge(eddy_printf(stream, "%*d", 100000, 1), 0);
    ck_assert_uint_gt(eddy_stream_queued(stream), 0);
    ck_assert(!allocation_failed());
    fail_allocation(0);
    for (size_t size = 0; size < sizeof got; turn()) {
        int64_t n = get(peer, got + size, sizeof got - size);

        size += n > 0 ? (size_t)n : 0;
    }
    ck_assert_mem_eq(got + sizeof got - 3, "  1", 3);
    drop(stream, peer);
}
END_TEST

START_TEST(dead_peer_shows_in_a_text)
{
    struct eddy_stream *stream;

    open_loop(_i, REAL_TIME);
    for (int width = 1; width < 1000; width += 900) {
        int peer;

        stream = new_stream(&peer);
        ck_assert_int_eq(close(peer), 0);
        ck_assert_int_eq(eddy_printf(stream, "%*d", width, 1), -EPIPE);
        ck_assert_int_eq(perform(eddy_drain(stream)), -EPIPE);
        drop(stream, -1);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        text_goes_out_at_once_short_or_long,
        texts_that_wait_go_out_whole_and_in_order,
        above_the_high_mark_a_text_says_so,
        text_that_cannot_be_made_sends_nothing,
        long_text_needs_memory_but_once,
        dead_peer_shows_in_a_text,
    };
    Suite *suite = suite_create("print");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
