/* SPDX-License-Identifier: MIT */
/* test_connect.c - one connection, to the first address that answers. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net_support.h"

/* ---- A system to order -------------------------------------------------- */

/* How the nth connect() of a test goes: 0, for real; or this error. */
static int answers[8];
static int connects;
static uint16_t ports[8]; /* where they went */

static int ordered_connect(void *arg, int fd, const struct sockaddr *where,
                           socklen_t size)
{
    struct eddy_address address = { .size = size };
    int answer = answers[connects];

    memcpy(&address.storage, where, size);
    ports[connects++] = eddy_address_port(&address);
    return answer < 0 ? answer
                      : eddy_sys_default()->connect(arg, fd, where, size);
}

/* The name "many" has these ports of 127.0.0.1. */
static uint16_t known[8];
static int known_count;

static int ordered_resolve(void *arg, const char *host, uint16_t port,
                           unsigned flags, struct eddy_address *out, int cap)
{
    (void)arg;
    (void)port;
    if (strcmp(host, "many") != 0)
        return -ENOENT;
    ck_assert_uint_eq(flags, EDDY_V4_ONLY);
    for (int i = 0; i < known_count && i < cap; i++)
        ck_assert_int_eq(eddy_address_parse(&out[i], "127.0.0.1", known[i]), 0);
    return known_count;
}

static void open_ordered_loop(int index)
{
    static struct eddy_sys sys;
    struct eddy_loop_options options = { .sys = &sys };

    sys = *eddy_sys_default();
    sys.connect = ordered_connect;
    sys.resolve = ordered_resolve;
    memset(answers, 0, sizeof answers);
    connects = known_count = 0;
    open_loop_with(index, &options);
}

static struct eddy_endpoint many(void)
{
    struct eddy_endpoint to = eddy_tcp("many", 1);

    to.flags = EDDY_V4_ONLY;
    return to;
}

/* ---- Success ------------------------------------------------------------ */

START_TEST(connected_stream_is_ready_for_use)
{
    struct eddy_listener *listener;
    struct eddy_stream *client = NULL, *server;
    struct eddy_address address;
    struct eddy_endpoint to;
    struct outcome connecting;
    int fd, no_delay = 0;
    socklen_t size = sizeof no_delay;
    char buf[8];

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    to = eddy_tcp("127.0.0.1", port_of(listener));
    begin(&connecting, eddy_connect(&to, &client));
    ck_assert_ptr_null(client);
    ck_assert_int_eq(perform(eddy_accept(listener, &server)), 0);
    ck_assert_int_eq(finish(&connecting), 0);
    ck_assert_ptr_eq(connecting.result.stream, client);
    fd = eddy_stream_fd(client);
    ck_assert_int_gt(fd, 2);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size),
                     0);
    ck_assert_int_ne(no_delay, 0);
    ck_assert_int_eq(eddy_stream_peer(client, &address), 0);
    ck_assert_int_eq(eddy_address_port(&address), port_of(listener));
    ck_assert_int_eq(perform(eddy_write(client, "hello", 5)), 5);
    ck_assert_int_eq(perform(eddy_read(server, buf, 8)), 5);
    drop(client, -1);
    drop(server, -1);
    drop_listener(listener);
}
END_TEST

START_TEST(endpoint_may_be_an_address_or_nothing)
{
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    struct eddy_address address;
    struct eddy_endpoint rows[3] = { { .address = &address, .host = "x" },
                                     { .host = NULL },
                                     { .host = "" } };

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    ck_assert_int_eq(eddy_listener_local(listener, &address), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        rows[i].port = i == 0 ? 1 : port_of(listener);
        ck_assert_int_eq(perform(eddy_connect(&rows[i], &stream)), 0);
        drop(stream, -1);
    }
    drop_listener(listener);
}
END_TEST

static int interrupted_connect(void *arg, int fd, const struct sockaddr *where,
                               socklen_t size)
{
    int err = eddy_sys_default()->connect(arg, fd, where, size);

    connects++;
    return err == 0 || err == -EINPROGRESS ? -EINTR : err;
}

START_TEST(interrupted_connect_goes_on) /* N4, T34 */
{
    static struct eddy_sys sys;
    struct eddy_loop_options options = { .sys = &sys };
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    struct eddy_endpoint to;

    sys = *eddy_sys_default();
    sys.connect = interrupted_connect;
    connects = 0;
    open_loop_with(_i, &options);
    listener = new_listener(NULL);
    to = eddy_tcp("127.0.0.1", port_of(listener));
    ck_assert_int_eq(perform(eddy_connect(&to, &stream)), 0);
    ck_assert_int_eq(connects, 1);
    drop(stream, -1);
    drop_listener(listener);
}
END_TEST

/* ---- Failure ------------------------------------------------------------ */

START_TEST(refusal_comes_later_and_once) /* T34, test idea 31 */
{
    struct eddy_endpoint to = eddy_tcp("127.0.0.1", dead_port());
    struct eddy_stream *stream = NULL;

    open_ordered_loop(_i);
    for (int at_once = 0; at_once <= 1; at_once++) {
        answers[connects] = at_once ? -ECONNREFUSED : 0;
        ck_assert_int_eq(perform(eddy_connect(&to, &stream)), -ECONNREFUSED);
        ck_assert_ptr_null(stream);
    }
    answers[connects] = -ENETUNREACH;
    ck_assert_int_eq(perform(eddy_connect(&to, &stream)), -ENETUNREACH);
}
END_TEST

START_TEST(addresses_are_tried_in_order) /* N1 */
{
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    struct eddy_endpoint to = many();

    open_ordered_loop(_i);
    listener = new_listener(NULL);
    known[0] = dead_port();
    known[1] = 2;
    known[2] = port_of(listener);
    known[3] = 3;
    known_count = 4;
    answers[1] = -EHOSTUNREACH;
    ck_assert_int_eq(perform(eddy_connect(&to, &stream)), 0);
    ck_assert_int_eq(connects, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(ports[i], known[i]);
    drop(stream, -1);
    drop_listener(listener);
}
END_TEST

START_TEST(error_is_that_of_the_last_address)
{
    struct eddy_endpoint to = many(), none = eddy_tcp("none", 1);

    open_ordered_loop(_i);
    known[0] = known[1] = known[2] = dead_port();
    known_count = 3;
    answers[1] = -EHOSTUNREACH;
    ck_assert_int_eq(perform(eddy_connect(&to, NULL)), -ECONNREFUSED);
    answers[5] = -EHOSTUNREACH;
    ck_assert_int_eq(perform(eddy_connect(&to, NULL)), -EHOSTUNREACH);
    ck_assert_int_eq(connects, 6);
    ck_assert_int_eq(perform(eddy_connect(&none, NULL)), -ENOENT);
    ck_assert_int_eq(connects, 6);
}
END_TEST

/* ---- Cut short ---------------------------------------------------------- */

/* A socket that is being connected and never gets anywhere: a full pipe, which
 * is not writable either. */
static int far_end;

static int mute_socket(void *arg, int family, int type, int protocol)
{
    static const char block[4096];
    int ends[2];

    (void)arg;
    (void)family;
    (void)type;
    (void)protocol;
    make_pipe(ends);
    set_nonblocking(ends[1]);
    while (write(ends[1], block, sizeof block) > 0)
        continue;
    far_end = ends[0];
    return ends[1];
}

static int mute_connect(void *arg, int fd, const struct sockaddr *where,
                        socklen_t size)
{
    (void)arg;
    (void)fd;
    (void)where;
    (void)size;
    return -EINPROGRESS;
}

START_TEST(blackhole_is_left_in_time) /* test idea 32 */
{
    static struct eddy_sys sys;
    struct eddy_loop_options options = { .sys = &sys,
                                         .clock =
                                             eddy_virtual_clock(&loop_time) };
    struct eddy_endpoint to = eddy_tcp("127.0.0.1", 1);
    struct outcome connecting;

    sys = *eddy_sys_default();
    sys.socket = mute_socket;
    sys.connect = mute_connect;
    open_loop_with(_i, &options);
    ck_assert_int_eq(perform(eddy_within(EDDY_SECOND, eddy_connect(&to, NULL))),
                     -ETIME);
    ck_assert_int_eq(close(far_end), 0);
    begin(&connecting, eddy_connect(&to, NULL));
    some_turns(3);
    eddy_request_cancel(connecting.request);
    ck_assert_int_eq(finish(&connecting), -ECANCELED);
    ck_assert_int_eq(connecting.calls, 1);
    ck_assert_int_eq(close(far_end), 0);
    begin(&connecting, eddy_connect(&to, NULL));
    some_turns(3);
    close_loop();
    ck_assert_int_eq(connecting.result.n, -ECANCELED);
    ck_assert_int_eq(close(far_end), 0);
}
END_TEST

START_TEST(cancelled_when_the_address_was_found_it_never_connects)
{
    struct eddy_endpoint to = eddy_tcp("127.0.0.1", 1);
    struct outcome connecting;

    open_ordered_loop(_i);
    begin(&connecting, eddy_connect(&to, NULL)); /* a number is found at once */
    eddy_request_cancel(connecting.request);
    ck_assert_int_eq(finish(&connecting), -ECANCELED);
    ck_assert_int_eq(connects, 0);
}
END_TEST

START_TEST(cancelled_in_the_turn_of_its_success_it_succeeds) /* Z4 */
{
    struct eddy_listener *listener;
    struct eddy_endpoint to;
    struct outcome connecting;
    struct eddy_stream *stream = NULL;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    to = eddy_tcp("127.0.0.1", port_of(listener));
    for (int wait = 0; wait < 4; wait++) {
        stream = NULL;
        begin(&connecting, eddy_connect(&to, &stream));
        some_turns(wait);
        eddy_request_cancel(connecting.request);
        if (finish(&connecting) == 0)
            drop(stream, -1); /* one of the two, and never both */
        else
            ck_assert_int_eq(connecting.result.n, -ECANCELED);
        ck_assert_int_eq(stream != NULL, connecting.result.n == 0);
    }
    drop_listener(listener);
}
END_TEST

START_TEST(connection_that_nobody_takes_is_closed) /* 2.1: lost products */
{
    struct eddy_listener *listener;
    struct eddy_stream *server;
    struct eddy_endpoint to;
    char byte;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    to = eddy_tcp("127.0.0.1", port_of(listener));
    ck_assert_int_eq(
        eddy_start(loop, eddy_connect(&to, NULL), NULL, NULL, NULL), 0);
    ck_assert_int_eq(perform(eddy_accept(listener, &server)), 0);
    ck_assert_int_eq(perform(eddy_read(server, &byte, 1)), 0);
    drop(server, -1);
    drop_listener(listener);
}
END_TEST

START_TEST(bad_endpoints_are_told_as_results)
{
    struct eddy_address none = { 0 };
    struct eddy_endpoint rows[] = {
        { .address = &none },
        { .path = "" },
        { .path = "@" },
        { .flags = EDDY_V4_ONLY | EDDY_V6_ONLY },
    };

    open_loop(_i, REAL_TIME);
    ck_assert_int_eq(perform(eddy_connect(NULL, NULL)), -EINVAL);
    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_int_eq(perform(eddy_connect(&rows[i], NULL)), -EINVAL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        connected_stream_is_ready_for_use,
        endpoint_may_be_an_address_or_nothing,
        interrupted_connect_goes_on,
        refusal_comes_later_and_once,
        addresses_are_tried_in_order,
        error_is_that_of_the_last_address,
        blackhole_is_left_in_time,
        cancelled_when_the_address_was_found_it_never_connects,
        cancelled_in_the_turn_of_its_success_it_succeeds,
        connection_that_nobody_takes_is_closed,
        bad_endpoints_are_told_as_results,
    };
    Suite *suite = suite_create("connect");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
