/* SPDX-License-Identifier: MIT */
/* test_send.c - handing bytes over without waiting, and what to watch then. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream_support.h"

/* ---- Handing over ------------------------------------------------------- */

START_TEST(small_sends_go_out_at_once) /* P6 */
{
    struct eddy_stream *stream;
    char buf[16];
    int peer;
    long before;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    before = live_allocations();
    ck_assert_int_eq(eddy_send(stream, "hello", 5), 0);
    ck_assert_int_eq(eddy_send(stream, NULL, 0), 0);
    ck_assert_int_eq(eddy_send(stream, "+", 1), 0);
    ck_assert_int_eq(get(peer, buf, 16), 6); /* without a turn */
    ck_assert_mem_eq(buf, "hello+", 6);
    ck_assert_int_eq(live_allocations(), before);
    drop(stream, peer);
}
END_TEST

static void send_much(struct eddy_stream *stream, int peer)
{
    static char data[300000];
    struct outcome writing;

    fill_pattern(data, sizeof data, 0);
    ck_assert_int_eq(eddy_send(stream, data, 100000), 1);
    ck_assert_int_eq(eddy_send(stream, data + 100000, 99999), 1);
    ck_assert_int_eq(eddy_send(stream, data + 199999, 1), 1);
    begin(&writing, eddy_write(stream, data + 200000, 50000));
    ck_assert_int_eq(eddy_send(stream, data + 250000, 50000), 1);
    ck_assert_uint_gt(eddy_stream_queued(stream), 200000);
    memset(data, 0, 200000); /* it has copied them */
    memset(data + 250000, 0, 50000);
    drain_pattern(peer, sizeof data, 0);
    ck_assert_int_eq(finish(&writing), 50000);
    some_turns(2);
    ck_assert_uint_eq(eddy_stream_queued(stream), 0);
}

START_TEST(what_the_system_does_not_take_follows) /* test idea 64 */
{
    struct eddy_stream *stream;
    long before;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    send_much(stream, peer);
    before = live_allocations();
    send_much(stream, peer);
    ck_assert_int_eq(live_allocations(), before);
    drop(stream, peer);
}
END_TEST

static int sends;

static int64_t count_send(void *arg, int fd, bool socket,
                          const struct iovec *iov, int count)
{
    sends++;
    return eddy_sys_default()->send(arg, fd, socket, iov, count);
}

START_TEST(many_small_sends_become_few_system_calls)
{
    struct eddy_sys sys = *eddy_sys_default();
    struct eddy_loop_options options = { .sys = &sys };
    struct eddy_stream *stream;
    char byte;
    size_t at;
    int peer;

    sys.send = count_send;
    open_loop_with(_i, &options);
    stream = new_stream(&peer);
    at = clog_up(stream);
    sends = 0;
    for (int i = 0; i < 10000; i++, at++) {
        byte = (char)byte_at(at);
        ck_assert_int_ge(eddy_send(stream, &byte, 1), 0);
    }
    ck_assert_int_eq(sends, 0); /* one waits: the others need not try */
    drain_pattern(peer, at, 0);
    ck_assert_int_le(sends, 50);
    drop(stream, peer);
}
END_TEST

/* ---- Water marks -------------------------------------------------------- */

/* Lets the peer read until at most so much waits. */
static void lower_to(struct eddy_stream *stream, int peer, size_t level)
{
    char buf[512];

    while (eddy_stream_queued(stream) > level) {
        (void)get(peer, buf, sizeof buf);
        some_turns(1);
    }
}

/* Sends until so much waits that a byte more or less could tell. */
static void raise_to(struct eddy_stream *stream, size_t level)
{
    static char data[65536];

    ck_assert_uint_le(eddy_stream_queued(stream), level);
    ck_assert_int_ge(
        eddy_send(stream, data, level - eddy_stream_queued(stream)), 0);
    ck_assert_uint_eq(eddy_stream_queued(stream), level);
}

START_TEST(marks_are_64_and_16_kib_at_first) /* P10 */
{
    struct eddy_stream *stream;
    struct outcome draining;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    raise_to(stream, 65536);
    ck_assert_int_eq(perform(eddy_drain(stream)), 0);
    ck_assert_int_eq(eddy_send(stream, "x", 1), 1);
    begin(&draining, eddy_drain(stream));
    while (draining.calls == 0) {
        ck_assert_uint_gt(eddy_stream_queued(stream), 16384);
        lower_to(stream, peer, eddy_stream_queued(stream) - 1);
    }
    ck_assert_uint_le(eddy_stream_queued(stream), 16384);
    ck_assert_int_eq(finish(&draining), 0);
    drop(stream, peer);
}
END_TEST

START_TEST(drain_waits_for_the_low_mark_after_the_high_one) /* P11, SR10 */
{
    struct eddy_stream *stream;
    struct outcome first, second;
    size_t waiting;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    waiting = eddy_stream_queued(stream);
    /* exactly at the mark is not above it */
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, 10, waiting + 1), 0);
    ck_assert_int_eq(eddy_send(stream, "x", 1), 0);
    ck_assert_int_eq(perform(eddy_drain(stream)), 0);
    ck_assert_int_eq(eddy_send(stream, "y", 1), 1);
    begin(&first, eddy_drain(stream));
    begin(&second, eddy_drain(stream));
    while (eddy_stream_queued(stream) > 10) {
        ck_assert_int_eq(first.calls, 0);
        lower_to(stream, peer, eddy_stream_queued(stream) - 1);
    }
    ck_assert_int_eq(finish(&first), 0);
    ck_assert_int_eq(finish(&second), 0);
    ck_assert_int_eq(perform(eddy_drain(stream)), 0);
    drop(stream, peer);
}
END_TEST

START_TEST(drain_goes_by_new_marks_at_once) /* P11 */
{
    struct eddy_stream *stream;
    struct outcome draining;
    size_t waiting;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    waiting = eddy_stream_queued(stream);
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, 2, 1), -EINVAL);
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, 0, 0), 0);
    begin(&draining, eddy_drain(stream));
    some_turns(2);
    ck_assert_int_eq(draining.calls, 0);
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, waiting - 1, waiting),
                     0);
    some_turns(2);
    ck_assert_int_eq(draining.calls, 0);
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, waiting, waiting), 0);
    ck_assert_int_eq(finish(&draining), 0);
    drop(stream, peer);
}
END_TEST

START_TEST(drain_can_be_cancelled)
{
    struct eddy_stream *stream;
    struct outcome drains[3];
    int peer;

    open_loop(_i, VIRTUAL_TIME);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, 0, 1), 0);
    for (int i = 0; i < 3; i++)
        begin(&drains[i], eddy_drain(stream));
    eddy_request_cancel(drains[1].request);
    ck_assert_int_eq(finish(&drains[1]), -ECANCELED);
    ck_assert_int_eq(perform(eddy_within(EDDY_SECOND, eddy_drain(stream))),
                     -ETIME);
    ck_assert_int_eq(drains[0].calls + drains[2].calls, 0);
    lower_to(stream, peer, 0);
    ck_assert_int_eq(finish(&drains[0]), 0);
    ck_assert_int_eq(finish(&drains[2]), 0);
    drop(stream, peer);
}
END_TEST

/* ---- Errors ------------------------------------------------------------- */

START_TEST(dead_peer_shows_in_send_and_drain) /* SR10 */
{
    struct eddy_stream *stream;
    struct outcome draining;
    int64_t n;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    ck_assert_int_eq(eddy_stream_set_water_marks(stream, 0, 1), 0);
    begin(&draining, eddy_drain(stream));
    some_turns(1);
    ck_assert_int_eq(close(peer), 0);
    n = finish(&draining);
    ck_assert(n == -EPIPE || n == -ECONNRESET);
    ck_assert_uint_eq(eddy_stream_queued(stream), 0);
    ck_assert_int_eq(eddy_send(stream, "x", 1), -EPIPE);
    ck_assert_int_eq(perform(eddy_drain(stream)), n);
    drop(stream, -1);
}
END_TEST

START_TEST(half_a_write_that_fails_fails_the_drain)
{
    static char data[100000];
    struct eddy_stream *stream;
    struct outcome writing, draining;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    begin(&writing, eddy_write(stream, data, sizeof data));
    begin(&draining, eddy_drain(stream));
    eddy_request_cancel(writing.request);
    ck_assert_int_eq(finish(&writing), -ECANCELED);
    ck_assert_int_eq(finish(&draining), -ECANCELED);
    drop(stream, peer);
}
END_TEST

START_TEST(no_memory_for_a_copy_is_an_error)
{
    static char data[100000];
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    fail_allocation(1);
    /* a part of it is out: that breaks the writing side */
    ck_assert_int_eq(eddy_send(stream, data, sizeof data), -ENOMEM);
    ck_assert_int_eq(eddy_send(stream, data, 1), -EPIPE);
    drop(stream, peer);
    stream = new_narrow_stream(&peer);
    (void)clog_up(stream);
    fail_allocation(1);
    /* nothing of it is out: as if it had not been called */
    ck_assert_int_eq(eddy_send(stream, data, sizeof data), -ENOMEM);
    ck_assert_int_ge(eddy_send(stream, data, sizeof data), 0);
    drop(stream, peer);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        small_sends_go_out_at_once,
        what_the_system_does_not_take_follows,
        many_small_sends_become_few_system_calls,
        marks_are_64_and_16_kib_at_first,
        drain_waits_for_the_low_mark_after_the_high_one,
        drain_goes_by_new_marks_at_once,
        drain_can_be_cancelled,
        dead_peer_shows_in_send_and_drain,
        half_a_write_that_fails_fails_the_drain,
        no_memory_for_a_copy_is_an_error,
    };
    Suite *suite = suite_create("send");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
