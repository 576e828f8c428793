/* SPDX-License-Identifier: MIT */
/* test_misuse_io.c - what every call of streams answers to nonsense. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>

#include "net_support.h"

static const size_t sizes[] = { SIZE_MAX, (size_t)INT64_MAX + 1 };

static char buf[16];
static struct iovec piece = { buf, sizeof buf };
static struct iovec pieces[2] = { { buf, SIZE_MAX / 2 },
                                  { buf, SIZE_MAX / 2 } };

/* ---- Streams ------------------------------------------------------------ */

enum { STREAM_OPS = 13 };

/* Each operation of a stream, with arguments that are right. */
static void stream_ops(struct eddy_stream *stream, struct eddy_op *ret_ops)
{
    const struct eddy_op ops[STREAM_OPS] = {
        eddy_read(stream, buf, 1),
        eddy_read_exactly(stream, buf, 1),
        eddy_read_all(stream, buf, 1),
        eddy_read_line(stream, buf, 2),
        eddy_read_until(stream, buf, 1, ";", 1),
        eddy_skip_until(stream, ";", 1),
        eddy_receive(stream),
        eddy_copy(stream, stream, 1),
        eddy_write(stream, buf, 1),
        eddy_writev(stream, &piece, 1),
        eddy_drain(stream),
        eddy_shutdown(stream),
        eddy_close(stream),
    };

    memcpy(ret_ops, ops, sizeof ops);
}

START_TEST(operations_on_nothing_are_refused)
{
    struct eddy_op ops[STREAM_OPS];

    open_loop(_i, REAL_TIME);
    stream_ops(NULL, ops);
    for (int i = 0; i < STREAM_OPS; i++)
        ck_assert_int_eq(perform(ops[i]), -EINVAL);
    ck_assert_int_eq(perform(eddy_accept(NULL, NULL)), -EINVAL);
    ck_assert_int_eq(perform(eddy_incoming(NULL)), -EINVAL);
    ck_assert_int_eq(perform(eddy_connect(NULL, NULL)), -EINVAL);
    /* no bytes of no stream, either */
    ck_assert_int_eq(perform(eddy_read(NULL, NULL, 0)), -EINVAL);
    ck_assert_int_eq(perform(eddy_write(NULL, NULL, 0)), -EINVAL);
}
END_TEST

START_TEST(another_loop_is_refused) /* 2.1 B: -EXDEV */
{
    struct eddy_op ops[STREAM_OPS + 2];
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    struct eddy_loop *home;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    listener = new_listener(NULL);
    stream_ops(stream, ops);
    ops[STREAM_OPS] = eddy_accept(listener, NULL);
    ops[STREAM_OPS + 1] = eddy_incoming(listener);
    home = loop;
    open_loop(_i, REAL_TIME);
    for (size_t i = 0; i < COUNT(ops); i++)
        ck_assert_int_eq(perform(ops[i]), -EXDEV);
    close_loop();
    loop = home;
    write_byte(peer); /* it has taken no harm */
    ck_assert_int_eq(perform(ops[0]), 1);
    drop(stream, peer);
    drop_listener(listener);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    {
        const struct eddy_op ops[] = {
            eddy_read(stream, NULL, 1),
            eddy_read(stream, buf, sizes[0]),
            eddy_read(stream, buf, sizes[1]),
            eddy_read_exactly(stream, NULL, 1),
            eddy_read_exactly(stream, buf, sizes[0]),
            eddy_read_all(stream, NULL, 1),
            eddy_read_all(stream, buf, sizes[0]),
            eddy_read_line(stream, NULL, 16),
            eddy_read_line(stream, buf, 0),
            eddy_read_line(stream, buf, 1),
            eddy_read_line(stream, buf, sizes[0]),
            eddy_read_until(stream, NULL, 16, ";", 1),
            eddy_read_until(stream, buf, 0, ";", 1),
            eddy_read_until(stream, buf, 16, NULL, 1),
            eddy_read_until(stream, buf, 16, ";", 0),
            eddy_read_until(stream, buf, sizes[0], ";", 1),
            eddy_read_until(stream, buf, 16, ";", sizes[0]),
            eddy_skip_until(stream, NULL, 1),
            eddy_skip_until(stream, ";", 0),
            eddy_skip_until(stream, ";", sizes[1]),
            eddy_copy(stream, NULL, 1),
            eddy_copy(stream, NULL, 0),
            eddy_write(stream, NULL, 1),
            eddy_write(stream, buf, sizes[0]),
            eddy_write(stream, buf, sizes[1]),
            eddy_writev(stream, NULL, 1),
            eddy_writev(stream, pieces, 2),
        };

        for (size_t i = 0; i < COUNT(ops); i++)
            ck_assert_int_eq(perform(ops[i]), -EINVAL);
    }
    ck_assert_int_eq(perform(eddy_write(stream, "fine", 4)), 4);
    ck_assert_int_eq(get(peer, buf, 16), 4);
    drop(stream, peer);
}
END_TEST

START_TEST(calls_on_nothing_are_refused)
{
    struct eddy_stream *stream;
    struct eddy_listener *listener;
    struct eddy_address address;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", 0);
    int peer;

    open_loop(_i, REAL_TIME);
    ck_assert_int_eq(eddy_stream_new(NULL, loop, 0), -EINVAL);
    ck_assert_int_eq(eddy_stream_new(&stream, NULL, 0), -EINVAL);
    ck_assert_int_eq(eddy_send(NULL, "x", 1), -EINVAL);
    ck_assert_uint_eq(eddy_stream_queued(NULL), 0);
    ck_assert_int_eq(eddy_stream_set_water_marks(NULL, 0, 1), -EINVAL);
    eddy_stream_free(NULL, true);
    ck_assert_int_eq(eddy_stream_fd(NULL), -EINVAL);
    ck_assert_ptr_null(eddy_stream_loop(NULL));
    ck_assert_int_eq(eddy_stream_local(NULL, &address), -EINVAL);
    ck_assert_int_eq(eddy_stream_peer(NULL, &address), -EINVAL);
    ck_assert_int_eq(eddy_listen(NULL, loop, &at, NULL), -EINVAL);
    ck_assert_int_eq(eddy_listen(&listener, NULL, &at, NULL), -EINVAL);
    ck_assert_int_eq(eddy_listen(&listener, loop, NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_listener_local(NULL, &address), -EINVAL);
    ck_assert_int_eq(eddy_listener_fd(NULL), -EINVAL);
    ck_assert_ptr_null(eddy_listener_loop(NULL));
    eddy_listener_free(NULL);
    stream = new_stream(&peer);
    ck_assert_int_eq(eddy_send(stream, NULL, 1), -EINVAL);
    ck_assert_int_eq(eddy_stream_local(stream, NULL), -EINVAL);
    ck_assert_int_eq(eddy_stream_peer(stream, NULL), -EINVAL);
    drop(stream, peer);
    listener = new_listener(NULL);
    ck_assert_int_eq(eddy_listener_local(listener, NULL), -EINVAL);
    drop_listener(listener);
}
END_TEST

START_TEST(socket_that_is_not_connected_says_so) /* test idea 34 */
{
    struct eddy_stream *stream;
    struct eddy_address address;

    open_loop(_i, REAL_TIME);
    stream = stream_of(socket(AF_INET, SOCK_STREAM, 0));
    ck_assert_int_eq(eddy_stream_local(stream, &address), 0);
    ck_assert_uint_eq(eddy_address_port(&address), 0);
    ck_assert_int_eq(eddy_stream_peer(stream, &address), -ENOTCONN);
    drop(stream, -1);
}
END_TEST

START_TEST(only_items_can_be_paused)
{
    struct eddy_stream *stream;
    struct outcome reading;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    begin(&reading, eddy_read(stream, buf, 1));
    ck_assert_int_eq(eddy_request_pause(reading.request, true), -ENOTSUP);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_receive(stream)).n,
                     -EINVAL);
    write_byte(peer);
    ck_assert_int_eq(finish(&reading), 1);
    drop(stream, peer);
}
END_TEST

/* ---- A loop that is freed ----------------------------------------------- */

static struct eddy_stream *dying;
static struct outcome late;

static void begin_late(struct eddy_result result, void *arg)
{
    static struct eddy_request request;
    const struct eddy_op op = eddy_read(dying, buf, 1);

    (void)arg;
    ck_assert_int_eq(result.n, -ECANCELED);
    late = (struct outcome){ 0 };
    eddy_begin(loop, &request, &op, note, &late);
    eddy_stream_free(dying, true);
}

START_TEST(dying_loop_takes_nothing_more)
{
    int peer;

    open_loop(_i, REAL_TIME);
    dying = new_stream(&peer);
    ck_assert_int_eq(
        eddy_start(loop, eddy_read(dying, buf, 1), begin_late, NULL, NULL), 0);
    close_loop();
    ck_assert_int_eq(late.calls, 1);
    ck_assert_int_eq(late.result.n, -ESHUTDOWN);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

/* ---- The rest of the headers -------------------------------------------- */

START_TEST(table_of_the_system_is_full)
{
    struct eddy_sys sys = *eddy_sys_default();
    void (*slots[sizeof sys / sizeof(void (*)(void))])(void);

    ck_assert_uint_eq(sys.abi, EDDY_SYS_ABI);
    memcpy(slots, &sys, sizeof slots);
    for (size_t i = offsetof(struct eddy_sys, socket) / sizeof slots[0];
         i < COUNT(slots); i++)
        ck_assert(slots[i] != NULL);
}
END_TEST

START_TEST(signals_and_children_that_cannot_be_are_refused)
{
    open_loop(_i, REAL_TIME);
    ck_assert_int_eq(perform(eddy_signals(SIGKILL)), -EINVAL);
    ck_assert_int_eq(perform(eddy_signals(SIGSTOP)), -EINVAL);
    ck_assert_int_eq(perform(eddy_signals(0)), -EINVAL);
    ck_assert_int_eq(perform(eddy_signals(-1)), -EINVAL);
    ck_assert_int_eq(perform(eddy_signals(100000)), -EINVAL);
    ck_assert_int_eq(perform(eddy_child_exit(getpid())), -ECHILD);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        operations_on_nothing_are_refused,
        another_loop_is_refused,
        bad_arguments_are_refused,
        calls_on_nothing_are_refused,
        socket_that_is_not_connected_says_so,
        only_items_can_be_paused,
        dying_loop_takes_nothing_more,
        table_of_the_system_is_full,
        signals_and_children_that_cannot_be_are_refused,
    };
    Suite *suite = suite_create("misuse_io");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
