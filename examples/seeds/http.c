/* SPDX-License-Identifier: MIT */
/* http.c - requests: one after the other, at once, with callbacks, and line by
 * line. */
#include <stdio.h>
#include <string.h>

#include "peer.h"
#include "session.h"

/* ---- EG13: one after the other ------------------------------------------- */

static struct eddy_result get_in_sequence(struct eddy_task *self, void *session)
{
    struct response response;

    for (int i = 0; i < 5; i++) {
        must(session_get(self, session, "/delay/1", &response));
        say("%d: %s", response.status, response.body);
    }
    return eddy_n(0);
}

static void eg13(struct eddy_loop *loop)
{
    struct session session;
    struct peer peer;

    peer_open(&peer, loop, NULL);
    session_open(&session, loop, &peer.at, 100);
    must(eddy_loop_run_task(loop, get_in_sequence, &session).n);
    session_close(&session);
    peer_close(&peer);
}

/* ---- EG14: at once, and the responses in order --------------------------- */

struct fetch {
    struct session *session;
    char path[32];
    struct response response;
};

static struct eddy_result fetch(struct eddy_task *self, void *arg)
{
    struct fetch *fetch = arg;

    return eddy_n(
        session_get(self, fetch->session, fetch->path, &fetch->response));
}

static struct eddy_result fetch_all(struct eddy_task *self, void *arg)
{
    struct fetch *fetches = arg;
    struct eddy_scope all;

    must(eddy_scope_open(self, &all, NULL));
    for (int i = 0; i < 4; i++)
        must(eddy_spawn(&all, fetch, &fetches[i], NULL));
    return eddy_n(eddy_scope_close(&all, 0));
}

static void eg14(struct eddy_loop *loop)
{
    static const int seconds[] = { 1, 4, 2, 3 };
    static struct fetch fetches[4];
    struct session session;
    struct peer peer;

    peer_open(&peer, loop, NULL);
    session_open(&session, loop, &peer.at, 100);
    for (int i = 0; i < 4; i++) {
        fetches[i].session = &session;
        snprintf(fetches[i].path, sizeof fetches[i].path, "/delay/%d",
                 seconds[i]);
    }
    must(eddy_loop_run_task(loop, fetch_all, fetches).n);
    for (int i = 0; i < 4; i++)
        say("%s", fetches[i].response.body);
    say("over %d connections", session.connects);
    must(eddy_loop_run_task(loop, fetch_all, fetches).n);
    say("once more, and there are still %d", session.connects);
    session_close(&session);
    peer_close(&peer);
}

/* ---- EG19: a callback for error, response, body -------------------------- */

static void print_body(int err, const struct response *response, void *arg)
{
    (void)arg;
    if (err < 0)
        say("error: %s", eddy_strerror(err));
    else
        say("body: %s", response->body);
}

static void eg19(struct eddy_loop *loop)
{
    struct eddy_endpoint nowhere = eddy_unix("/nowhere");
    struct session session, broken;
    struct peer peer;

    peer_open(&peer, loop, NULL);
    session_open(&session, loop, &peer.at, 100);
    session_open(&broken, loop, &nowhere, 100);
    session_request(&session, "/delay/1", print_body, NULL);
    session_request(&broken, "/", print_body, NULL);
    say("both calls have returned");
    must(eddy_loop_run_until(loop, eddy_sleep(2 * EDDY_SECOND)).n);
    session_close(&session);
    session_close(&broken);
    peer_close(&peer);
}

/* ---- EG20: three at once, one of which fails ----------------------------- */

static void handle_response(int err, const struct response *response, void *url)
{
    if (err < 0)
        say("%s: Error: %s", (char *)url, eddy_strerror(err));
    else if (response->status != 200)
        say("%s: Error: HTTP %d", (char *)url, response->status);
    else
        say("%s: %s...", (char *)url, response->body);
}

static void eg20(struct eddy_loop *loop)
{
    static char urls[][16] = { "/delay/2", "/status/599", "/delay/1" };
    struct session session;
    struct fetch one = { &session, "/delay/1", { 0, "" } };
    struct peer peer;

    peer_open(&peer, loop, NULL);
    session_open(&session, loop, &peer.at, 10);
    must(
        eddy_loop_run_task(loop, fetch, &one).n); /* returns when it is there */
    say("%s: %s...", one.path, one.response.body);
    for (int i = 0; i < 3; i++)
        session_request(&session, urls[i], handle_response, urls[i]);
    say("all calls have returned");
    must(eddy_loop_run_until(loop, eddy_sleep(3 * EDDY_SECOND)).n);
    session_close(&session);
    peer_close(&peer);
}

/* ---- EG21: line by line, until the end ----------------------------------- */

static struct eddy_result print_lines(struct eddy_task *self, void *to)
{
    struct eddy_stream *stream;
    char line[256];
    int64_t n;

    must(eddy_await(self, eddy_connect(to, &stream)));
    must(eddy_printf(stream, "GET /delay/1 HTTP/1.1\r\nHost: localhost\r\n"
                             "Connection: close\r\n\r\n"));
    while ((n = eddy_await(self, eddy_read_line(stream, line, 256))) > 0)
        say("%.*s", (int)strcspn(line, "\r\n"), line);
    eddy_stream_free(stream, false);
    return eddy_n(n);
}

static void eg21(struct eddy_loop *loop)
{
    struct peer peer;

    peer_open(&peer, loop, NULL);
    must(eddy_loop_run_task(loop, print_lines, &peer.at).n);
    peer_close(&peer);
}

/* ---- EG35: how long both take -------------------------------------------- */

static void eg35(struct eddy_loop *loop)
{
    static struct fetch fetches[4];
    struct session session;
    struct peer peer;
    int64_t start_ns = eddy_loop_now_ns(loop), end_ns;

    peer_open(&peer, loop, NULL);
    session_open(&session, loop, &peer.at, 100);
    for (int i = 0; i < 4; i++)
        fetches[i] = (struct fetch){ &session, "/delay/1", { 0, "" } };

    for (int i = 0; i < 4; i++)
        must(eddy_loop_run_task(loop, fetch, &fetches[i]).n);
    end_ns = eddy_loop_now_ns(loop);
    say("one by one: %d s", (int)((end_ns - start_ns) / EDDY_SECOND));

    start_ns = end_ns;
    must(eddy_loop_run_task(loop, fetch_all, fetches).n);
    end_ns = eddy_loop_now_ns(loop);
    say("at once: %d s", (int)((end_ns - start_ns) / EDDY_SECOND));
    session_close(&session);
    peer_close(&peer);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG13", "requests, one after the other", eg13 },
        { "EG14", "requests at once, and the responses in order", eg14 },
        { "EG19", "a callback for error, response, body", eg19 },
        { "EG20", "three at once, one of which fails", eg20 },
        { "EG21", "a response, line by line, until the end", eg21 },
        { "EG35", "how long both take", eg35 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
