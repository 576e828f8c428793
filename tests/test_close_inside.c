/* SPDX-License-Identifier: MIT */
/* test_close_inside.c - closing from within callbacks, and behind one's back.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "stream_support.h"

/* ---- In its own callbacks ----------------------------------------------- */

/* What a server keeps for a connection; it goes with the close, and whoever
 * touches it then is caught by a sanitizer. */
struct client {
    struct eddy_stream *stream;
    struct eddy_request closing;
    char buf[64];
};

static int clients;

static struct client *new_client(struct eddy_stream *stream)
{
    struct client *client = calloc(1, sizeof *client);

    client->stream = stream;
    clients++;
    return client;
}

static void on_closed(struct eddy_result result, void *arg)
{
    ck_assert_int_eq(result.n, 0);
    clients--;
    free(arg);
}

static void on_done_close(struct eddy_result result, void *arg)
{
    struct client *client = arg;
    const struct eddy_op op = eddy_close(client->stream);

    (void)result;
    eddy_begin(loop, &client->closing, &op, on_closed, client);
}

static void wait_for_no_clients(void)
{
    for (int i = 0; clients > 0 && i < 1000; i++)
        turn();
    ck_assert_int_eq(clients, 0);
}

START_TEST(any_callback_may_close)
{
    open_loop(_i, REAL_TIME);
    for (int kind = 0; kind < 8; kind++) {
        int peer;
        struct eddy_stream *stream = new_stream(&peer);
        struct client *client = new_client(stream);
        struct eddy_op ops[] = {
            eddy_read(stream, client->buf, 64),
            eddy_read_exactly(stream, client->buf, 2),
            eddy_read_line(stream, client->buf, 64),
            eddy_read_until(stream, client->buf, 64, ";", 1),
            eddy_skip_until(stream, ";", 1),
            eddy_write(stream, "x", 1),
            eddy_drain(stream),
            eddy_shutdown(stream),
        };

        ck_assert_int_eq(
            eddy_start(loop, ops[kind], on_done_close, client, NULL), 0);
        put(peer, "x;\nmore to come;");
        wait_for_no_clients();
        ck_assert_int_eq(close(peer), 0);
    }
}
END_TEST

static void close_and_free(struct eddy_result result, void *arg)
{
    struct client *client = arg;

    ck_assert_int_eq(result.n, 0);
    /* still there until this returns, though of no use */
    eddy_stream_free(client->stream, true);
    eddy_stream_free(client->stream, false);
    ck_assert_int_eq(eddy_stream_fd(client->stream), -EBADF);
    on_closed(result, arg);
}

START_TEST(freeing_it_again_when_it_is_closed_does_no_harm)
{
    struct client *client;
    int peer;

    open_loop(_i, REAL_TIME);
    client = new_client(new_stream(&peer));
    ck_assert_int_eq(eddy_start(loop, eddy_close(client->stream),
                                close_and_free, client, NULL),
                     0);
    wait_for_no_clients();
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

/* One of two, both ready in the same turn, closes the other. */
static struct eddy_stream *both[2];
static int survivors;

static void close_the_other(struct eddy_result result, void *arg)
{
    int mine = *(const int *)arg;

    if (result.n == -ECANCELED)
        return;
    ck_assert_int_eq(result.n, 1);
    survivors++;
    eddy_stream_free(both[!mine], false);
    both[!mine] = NULL;
}

START_TEST(streams_that_are_ready_together_may_close_each_other)
{
    static int which[2] = { 0, 1 };
    char bytes[2];
    int peers[2];

    open_loop(_i, REAL_TIME);
    for (int i = 0; i < 2; i++)
        both[i] = new_stream(&peers[i]);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(eddy_start(loop, eddy_read(both[i], &bytes[i], 1),
                                    close_the_other, &which[i], NULL),
                         0);
    some_turns(1);
    put(peers[0], "x");
    put(peers[1], "y");
    survivors = 0;
    some_turns(3);
    /* the other one's byte was read as well, perhaps: a result stays one */
    ck_assert_int_ge(survivors, 1);
    for (int i = 0; i < 2; i++)
        drop(both[i], peers[i]);
}
END_TEST

START_TEST(new_stream_on_an_old_number_starts_afresh) /* T1, T2 */
{
    open_loop(_i, REAL_TIME);
    for (int i = 0; i < 50; i++) {
        int peer;
        struct eddy_stream *stream = new_tcp_stream(&peer);
        struct outcome former, reading;
        char buf[8];

        begin(&former, eddy_read(stream, buf, 8));
        some_turns(i % 3);
        put(peer, "old");
        some_turns(i % 2);
        eddy_stream_free(stream, false);
        ck_assert_int_eq(close(peer), 0);
        stream = new_tcp_stream(&peer);
        begin(&reading, eddy_read(stream, buf, 8));
        some_turns(2);
        ck_assert_int_eq(reading.calls, 0);
        put(peer, "fresh");
        ck_assert_int_eq(finish(&reading), 5);
        drop(stream, peer);
    }
}
END_TEST

static uint64_t events_so_far(void)
{
    struct eddy_loop_stats stats;

    ck_assert_int_eq(eddy_loop_stats(loop, &stats), 0);
    return stats.events;
}

START_TEST(descriptor_that_lives_on_elsewhere_is_forgotten) /* T1 */
{
    struct eddy_stream *stream;
    struct outcome reading;
    uint64_t before;
    char byte;
    int peer, copy;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    begin(&reading, eddy_read(stream, &byte, 1));
    some_turns(2);
    copy = dup(eddy_stream_fd(stream)); /* as a child would have it */
    ck_assert_int_ge(copy, 0);
    drop(stream, -1);
    write_byte(peer);
    before = events_so_far();
    for (int i = 0; i < 10; i++)
        turn();
    ck_assert_uint_eq(events_so_far(), before);
    ck_assert_int_eq(close(copy), 0);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

/* ---- A poller that refuses ---------------------------------------------- */

static const struct eddy_poller_ops *kind;
static int refused_fd;

static int refuse(struct eddy_poller *poller, int fd, unsigned from,
                  unsigned to)
{
    if (fd == refused_fd && to != 0)
        return -ENOSPC;
    return kind->set(poller, fd, from, to);
}

static void open_refusing_loop(int index, struct eddy_poller_ops *ops)
{
    struct eddy_loop_options options = { .poller = ops };

    kind = tested_poller(index);
    *ops = *kind;
    ops->name = "refusing";
    ops->set = refuse;
    ops->completion = NULL; /* which would not ask */
    refused_fd = -1;
    open_loop_with(index, &options);
}

START_TEST(refusal_of_the_poller_ends_what_waits) /* B: errors of the flush */
{
    static struct eddy_poller_ops ops;
    struct outcome reading, writing;
    struct eddy_stream *stream;
    char byte;
    int peer;

    open_refusing_loop(_i, &ops);
    stream = new_narrow_stream(&peer);
    refused_fd = eddy_stream_fd(stream);
    begin(&reading, eddy_receive(stream));
    ck_assert_int_eq(eddy_request_pause(reading.request, true), 0);
    some_turns(2);
    ck_assert_int_eq(reading.calls, 0); /* asks the poller for nothing */
    (void)clog_up(stream);
    begin(&writing, eddy_write(stream, "x", 1));
    ck_assert_int_eq(finish(&reading), -ENOSPC);
    ck_assert_int_eq(finish(&writing), -EPIPE); /* behind what was sent */
    ck_assert_int_eq(perform(eddy_read(stream, &byte, 1)), -ENOSPC);
    refused_fd = -1;
    put(peer, "x"); /* another time it may do */
    ck_assert_int_eq(perform(eddy_read(stream, &byte, 1)), 1);
    drop(stream, peer);
}
END_TEST

START_TEST(refusal_of_the_poller_ends_the_close)
{
    static struct eddy_poller_ops ops;
    struct outcome closing;
    struct eddy_stream *stream;
    int peer;

    open_refusing_loop(_i, &ops);
    stream = new_narrow_stream(&peer);
    refused_fd = eddy_stream_fd(stream);
    (void)clog_up(stream);
    begin(&closing, eddy_close(stream));
    ck_assert_int_eq(finish(&closing), -ENOSPC);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        any_callback_may_close,
        freeing_it_again_when_it_is_closed_does_no_harm,
        streams_that_are_ready_together_may_close_each_other,
        new_stream_on_an_old_number_starts_afresh,
        descriptor_that_lives_on_elsewhere_is_forgotten,
        refusal_of_the_poller_ends_what_waits,
        refusal_of_the_poller_ends_the_close,
    };
    Suite *suite = suite_create("close_inside");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
