/* SPDX-License-Identifier: MIT */
/*
 * test_chaos.c - sessions in a system that is as nasty as it may be: whatever
 * can be short is short, and what can be put off or interrupted is. All of it
 * comes from a seed, which a failure tells: EDDY_TEST_SEED repeats it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <stdlib.h>

#include "echo_support.h"
#include "net_support.h"

/* ---- The system --------------------------------------------------------- */

/* 0, or one of these, one time in three. */
static int mischief(const int *errors, size_t count)
{
    return random_below(3) > 0 ? 0 : errors[random_below((unsigned)count)];
}

static int64_t chaos_recv(void *arg, int fd, bool socket, void *buf,
                          size_t size)
{
    static const int errors[] = { -EAGAIN, -EINTR };
    int err = mischief(errors, COUNT(errors));

    if (size > 1 && random_below(4) > 0)
        size = 1 + random_below(size > 5000 ? 5000 : (unsigned)size);
    return err < 0 ? err : eddy_sys_default()->recv(arg, fd, socket, buf, size);
}

static int64_t chaos_send(void *arg, int fd, bool socket,
                          const struct iovec *iov, int count)
{
    static const int errors[] = { -EAGAIN, -EINTR, -ENOBUFS };
    int err = mischief(errors, COUNT(errors));
    struct iovec part = iov[0];

    if (err < 0)
        return err;
    if (random_below(4) == 0)
        return eddy_sys_default()->send(arg, fd, socket, iov, count);
    if (part.iov_len > 1)
        part.iov_len = 1 + random_below((unsigned)part.iov_len);
    return eddy_sys_default()->send(arg, fd, socket, &part, 1);
}

static int chaos_accept(void *arg, int fd)
{
    static const int errors[] = { -EAGAIN, -EINTR, -ECONNABORTED, -EMFILE };
    int err = mischief(errors, COUNT(errors));

    return err < 0 ? err : eddy_sys_default()->accept(arg, fd);
}

static int chaos_connect(void *arg, int fd, const struct sockaddr *where,
                         socklen_t size)
{
    int err = eddy_sys_default()->connect(arg, fd, where, size);

    return err == -EINPROGRESS && random_below(2) == 0 ? -EINTR : err;
}

static void open_chaos(int index)
{
    static struct eddy_sys sys;
    struct eddy_loop_options options = { .sys = &sys };

    sys = *eddy_sys_default();
    sys.recv = chaos_recv;
    sys.send = chaos_send;
    sys.accept = chaos_accept;
    sys.connect = chaos_connect;
    open_loop_with(index, &options);
}

/* ---- The sessions ------------------------------------------------------- */

enum { CLIENTS = 9, SIZE = 60000, LINE = 100 };

struct client {
    struct eddy_stream *stream;
    struct outcome connecting, writing, reading, ending;
    struct iovec iov[50];
    size_t got;
    char sent[SIZE], back[SIZE + 1];
};

static struct client clients[CLIENTS];

/* Lines of the pattern: each ends with the only '\n' in it. */
static void fill_lines(char *text)
{
    fill_pattern(text, SIZE, 0);
    for (size_t i = 0; i < SIZE; i++)
        if (text[i] == '\n' || i % LINE == LINE - 1)
            text[i] = i % LINE == LINE - 1 ? '\n' : '.';
}

static struct eddy_op writing_op(struct client *client, int kind)
{
    size_t piece = SIZE / COUNT(client->iov);

    for (size_t i = 0; i < COUNT(client->iov); i++)
        client->iov[i] = (struct iovec){ client->sent + i * piece, piece };
    if (kind == 0)
        return eddy_write(client->stream, client->sent, SIZE);
    if (kind == 1)
        return eddy_writev(client->stream, client->iov, COUNT(client->iov));
    ck_assert_int_ge(eddy_send(client->stream, client->sent, SIZE), 0);
    return eddy_write(client->stream, NULL, 0);
}

static struct eddy_op reading_op(struct client *client, int kind)
{
    char *to = client->back + client->got;

    if (kind == 0)
        return eddy_read(client->stream, to, SIZE - client->got);
    if (kind == 1)
        return eddy_read_line(client->stream, to, LINE + 1);
    return eddy_read_until(client->stream, to, LINE, "\n", 1);
}

static void begin_session(struct client *client, int index)
{
    client->got = 0;
    fill_lines(client->sent);
    ck_assert_int_eq(finish(&client->connecting), 0);
    begin(&client->writing, writing_op(client, index % 3));
    begin(&client->ending, eddy_shutdown(client->stream));
    begin(&client->reading, reading_op(client, index / 3));
}

static void read_all(struct client *client, int index)
{
    while (client->got < SIZE) {
        int64_t n = finish(&client->reading);

        ck_assert_int_gt(n, 0);
        client->got += (size_t)n;
        if (client->got < SIZE)
            begin(&client->reading, reading_op(client, index / 3));
    }
    ck_assert_mem_eq(client->back, client->sent, SIZE);
    ck_assert_int_eq(finish(&client->writing), index % 3 == 2 ? 0 : SIZE);
    ck_assert_int_eq(finish(&client->ending), 0);
    ck_assert_int_eq(perform(eddy_read(client->stream, client->back, 1)), 0);
    ck_assert_int_eq(perform(eddy_close(client->stream)), 0);
}

static void survive(int index, enum echo_kind kind)
{
    struct eddy_listen_options options = { .back_off_ns = EDDY_MS };
    struct echo_server server = { .kind = kind };
    struct eddy_endpoint to;

    open_chaos(index);
    server.listener = new_listener(&options);
    ck_assert_int_eq(echo_start(&server), 0);
    to = eddy_tcp("127.0.0.1", port_of(server.listener));
    for (int i = 0; i < CLIENTS; i++)
        begin(&clients[i].connecting, eddy_connect(&to, &clients[i].stream));
    for (int i = 0; i < CLIENTS; i++)
        begin_session(&clients[i], i);
    for (int i = 0; i < CLIENTS; i++)
        read_all(&clients[i], i);
    for (int i = 0; server.live > 0 && i < 1000; i++)
        turn();
    ck_assert_int_eq(server.accepted, CLIENTS);
    ck_assert_int_eq(server.live, 0);
    drop_listener(server.listener);
}

START_TEST(echo_by_operations_survives)
{
    survive(_i, ECHO_BY_OPERATIONS);
}
END_TEST

START_TEST(echo_by_items_survives)
{
    survive(_i, ECHO_BY_ITEMS);
}
END_TEST

START_TEST(echo_by_copying_survives)
{
    survive(_i, ECHO_BY_COPY);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        echo_by_operations_survives,
        echo_by_items_survives,
        echo_by_copying_survives,
    };
    Suite *suite = suite_create("chaos");
    unsigned long long seed = random_seed(); /* for all of its processes */
    int result;

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    result = run_suite(suite);
    if (result != EXIT_SUCCESS)
        (void)printf("EDDY_TEST_SEED=%llu\n", seed);
    return result;
}
