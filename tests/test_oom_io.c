/* SPDX-License-Identifier: MIT */
/*
 * test_oom_io.c - a whole session, once for each allocation in it that may
 * fail: each step gives an error or its result, and nothing is lost.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "net_support.h"

enum { MUCH = 1 << 19 };

static char much[MUCH], got[MUCH];

/* What one session has got so far. */
struct session {
    struct eddy_loop *loop;
    struct eddy_listener *listener;
    struct eddy_stream *client, *server;
};

/* Runs an operation that must not take for ever; its n. */
static int64_t run(struct session *session, struct eddy_op op)
{
    return eddy_loop_run_until(session->loop, eddy_within(60 * EDDY_SECOND, op))
        .n;
}

static int64_t open_session(struct session *session, int index)
{
    struct eddy_loop_options options = {
        .flags = EDDY_LOOP_NO_ENV,
        .poller = tested_poller(index),
        .mem = *counting_mem(),
        .clock = eddy_virtual_clock(&loop_time),
    };
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", 0), to;
    int64_t n = eddy_loop_new(&session->loop, &options);

    if (n == 0)
        n = eddy_listen(&session->listener, session->loop, &at, NULL);
    if (n < 0)
        return n;
    to = eddy_tcp("localhost", port_of(session->listener));
    to.flags = EDDY_V4_ONLY;
    n = run(session, eddy_connect(&to, &session->client));
    if (n == 0)
        n = run(session, eddy_accept(session->listener, &session->server));
    return n;
}

static int64_t talk_in_lines(struct session *session)
{
    static const char text[] = "first line\nsecond;line\nrest";
    char buf[64];
    int64_t n = run(session, eddy_write(session->client, text, sizeof text));

    if (n > 0)
        n = run(session, eddy_read_line(session->server, buf, 64));
    if (n > 0)
        n = run(session, eddy_read_until(session->server, buf, 64, ";", 1));
    if (n > 0)
        n = run(session, eddy_skip_until(session->server, "\n", 1));
    if (n > 0)
        n = run(session, eddy_read_exactly(session->server, buf, 5));
    return n;
}

static int64_t talk_much(struct session *session)
{
    int64_t n = eddy_send(session->server, much, MUCH);

    if (n >= 0)
        n = eddy_send(session->server, "end\n", 4);
    if (n >= 0)
        n = run(session, eddy_read_exactly(session->client, got, MUCH));
    if (n == MUCH)
        check_pattern(got, MUCH, 0);
    if (n >= 0)
        n = run(session, eddy_drain(session->server));
    if (n >= 0)
        n = run(session, eddy_shutdown(session->server));
    return n;
}

/* A long text, and back again. */
static int64_t talk_in_echoes(struct session *session)
{
    enum { SIZE = 5000 };
    int64_t n = eddy_printf(session->client, "%*d", SIZE, 1);

    if (n >= 0)
        n = run(session, eddy_copy(session->server, session->server, SIZE));
    if (n >= 0)
        n = run(session, eddy_shutdown(session->client));
    if (n >= 0)
        n = run(session, eddy_read_exactly(session->client, got, SIZE));
    if (n == SIZE)
        ck_assert_int_eq(got[SIZE - 1], '1');
    if (n >= 0)
        n = run(session, eddy_read_all(session->server, got, 0));
    return n;
}

static struct eddy_request *receiving;
static int64_t received, last;

static void on_item(struct eddy_result result, void *arg)
{
    (void)arg;
    if (result.n > 0)
        received += result.n;
    else
        last = result.n;
}

static int64_t listen_to_the_rest(struct session *session)
{
    int64_t n = eddy_start(session->loop, eddy_receive(session->client),
                           on_item, NULL, &receiving);

    received = 0;
    while (n >= 0 && receiving != NULL)
        n = eddy_loop_step(session->loop, EDDY_FOREVER);
    if (n >= 0)
        n = last;
    if (n == 0)
        ck_assert_int_eq(received, 4);
    if (n == 0)
        n = run(session, eddy_close(session->client));
    if (n == 0)
        session->client = NULL;
    return n;
}

static int64_t hold_session(int index)
{
    struct session session = { 0 };
    int64_t n = open_session(&session, index);

    if (n >= 0)
        n = talk_in_lines(&session);
    if (n >= 0)
        n = talk_in_echoes(&session);
    if (n >= 0)
        n = talk_much(&session);
    if (n >= 0)
        n = listen_to_the_rest(&session);
    eddy_stream_free(session.client, true);
    eddy_listener_free(session.listener);
    ck_assert_int_eq(eddy_loop_free(session.loop), 0); /* and the server's */
    return n;
}

START_TEST(session_survives_each_failed_allocation) /* test idea 122 */
{
    int fds;
    long live;

    fill_pattern(much, MUCH, 0);
    ck_assert_int_eq(hold_session(_i), 0); /* what is made once is made */
    fds = count_open_fds();
    live = live_allocations();
    for (long nth = 1; nth < 1000; nth++) {
        int64_t n;

        fail_allocation(nth);
        n = hold_session(_i);
        ck_assert_int_eq(count_open_fds(), fds);
        ck_assert_int_eq(live_allocations(), live);
        if (!allocation_failed()) {
            ck_assert_int_eq(n, 0);
            ck_assert_int_gt(nth, 10);
            return;
        }
        /* in vain: what could not be made was not needed, or another way was
         * found; else the error says so, or that the other end has gone */
        ck_assert_msg(n == 0 || n == -ENOMEM || n == -ENODATA || n == -ETIME ||
                          n == -EPIPE || n == -ECONNRESET,
                      "failure %ld: %s", nth, eddy_errname((int)n));
    }
    ck_abort_msg("it never ends");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { session_survives_each_failed_allocation };
    Suite *suite = suite_create("oom_io");

    add_per_poller(suite, tests, COUNT(tests), NULL, NULL);
    return run_suite(suite);
}
