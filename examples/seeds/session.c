/* SPDX-License-Identifier: MIT */
/* session.c - see session.h. */
#include <stdio.h>
#include <stdlib.h>

#include "session.h"

void session_open(struct session *session, struct eddy_loop *loop,
                  const struct eddy_endpoint *to, size_t at_once)
{
    *session = (struct session){ .loop = loop, .to = to };
    must(eddy_semaphore_init(&session->turns, loop, at_once, at_once));
}

void session_close(struct session *session)
{
    while (session->idle_count > 0)
        eddy_stream_free(session->idle[--session->idle_count], false);
    eddy_semaphore_done(&session->turns);
}

static int64_t read_response(struct eddy_task *self, struct eddy_stream *stream,
                             struct response *response)
{
    char line[512];
    size_t size = 0;
    int64_t n = eddy_await(self, eddy_read_line(stream, line, sizeof line));

    if (n > 0 && sscanf(line, "HTTP/1.1 %d", &response->status) != 1)
        return -EPROTO;
    while (n > 0 && line[0] != '\r') {
        n = eddy_await(self, eddy_read_line(stream, line, sizeof line));
        if (n > 0)
            (void)sscanf(line, "Content-Length: %zu", &size);
    }
    if (n <= 0)
        return n < 0 ? n : -ENODATA;
    if (size >= sizeof response->body)
        return -EMSGSIZE;
    response->body[size] = '\0';
    return eddy_await(self, eddy_read_exactly(stream, response->body, size));
}

static int64_t get(struct eddy_task *self, struct session *session,
                   const char *path, struct response *response)
{
    struct eddy_stream *stream;
    int64_t n = 0;

    if (session->idle_count > 0) {
        stream = session->idle[--session->idle_count];
    } else {
        n = eddy_await(self, eddy_connect(session->to, &stream));
        if (n < 0)
            return n;
        session->connects++;
    }
    n = eddy_printf(stream, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    if (n >= 0)
        n = read_response(self, stream, response);
    if (n >= 0 && session->idle_count < MOST_IDLE)
        session->idle[session->idle_count++] = stream;
    else
        eddy_stream_free(stream, false);
    return n < 0 ? n : response->status;
}

int64_t session_get(struct eddy_task *self, struct session *session,
                    const char *path, struct response *response)
{
    int64_t n = eddy_await(self, eddy_semaphore_acquire(&session->turns));

    if (n < 0)
        return n;
    n = get(self, session, path, response);
    must(eddy_semaphore_release(&session->turns));
    return n;
}

/* ---- For callbacks ------------------------------------------------------- */

struct call {
    struct session *session;
    const char *path;
    session_done_fn *done;
    void *arg;
};

static struct eddy_result request(struct eddy_task *self, void *arg)
{
    struct call *call = arg;
    struct response response;
    int64_t n = session_get(self, call->session, call->path, &response);

    call->done(n < 0 ? (int)n : 0, n < 0 ? NULL : &response, call->arg);
    return eddy_n(0);
}

void session_request(struct session *session, const char *path,
                     session_done_fn *done, void *arg)
{
    struct eddy_task_options options = { .free_arg = free };
    struct call *call = malloc(sizeof *call);

    must(call != NULL ? 0 : -ENOMEM);
    *call = (struct call){ session, path, done, arg };
    must(eddy_spawn(eddy_loop_scope(session->loop), request, call, &options));
}
