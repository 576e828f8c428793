/* SPDX-License-Identifier: MIT */
/*
 * coroutine_echo.c - a message there and back, from task to task through a
 * pair of sockets, next to the same by system calls that block.
 *
 * Prints lines `name value`. System calls are counted where eddy makes them: in
 * the table of those that operations make, and in that of the poller.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <eddy.h>

#include "measure.h"

enum { MESSAGE = 64, ECHOES = 200 };

static struct eddy_loop *loop;

static void must(int64_t n)
{
    if (n < 0)
        abort();
}

/* ---- System calls, counted ---------------------------------------------- */

static long calls, calls_of_echoes;
static const struct eddy_sys *real_sys;
static const struct eddy_poller_ops *real_poller;

static int64_t count_recv(void *arg, int fd, bool socket, void *buf,
                          size_t size)
{
    calls++;
    return real_sys->recv(arg, fd, socket, buf, size);
}

static int64_t count_send(void *arg, int fd, bool socket,
                          const struct iovec *iov, int count)
{
    calls++;
    return real_sys->send(arg, fd, socket, iov, count);
}

static int count_set(struct eddy_poller *poller, int fd, unsigned from,
                     unsigned to)
{
    calls++;
    return real_poller->set(poller, fd, from, to);
}

static int count_wait(struct eddy_poller *poller, struct eddy_event *out,
                      int cap, int64_t timeout_ns)
{
    calls++;
    return real_poller->wait(poller, out, cap, timeout_ns);
}

static void new_loop(void)
{
    static struct eddy_sys sys;
    static struct eddy_poller_ops poller;
    struct eddy_loop_options options = { .poller = &poller, .sys = &sys };

    sys = *(real_sys = eddy_sys_default());
    sys.recv = count_recv;
    sys.send = count_send;
    poller = *(real_poller = eddy_poller_at(0));
    poller.set = count_set;
    poller.wait = count_wait;
    must(eddy_loop_new(&loop, &options));
}

/* ---- By tasks ----------------------------------------------------------- */

static struct eddy_stream *ends[2];

static struct eddy_result answer(struct eddy_task *self, void *stream)
{
    char buf[MESSAGE];
    int64_t n;

    while ((n = eddy_await(self, eddy_read(stream, buf, sizeof buf))) > 0)
        must(eddy_await(self, eddy_write(stream, buf, (size_t)n)));
    return eddy_n(0); /* -ECANCELED: its scope was left */
}

static struct eddy_result ask(struct eddy_task *self, void *stream)
{
    char buf[MESSAGE] = { 0 };
    struct eddy_scope scope;
    long calls_before = calls;
    int64_t start = now_ns();

    must(eddy_scope_open(self, &scope, NULL));
    must(eddy_spawn(&scope, answer, ends[1], NULL));
    for (int i = 0; i < ECHOES; i++) {
        must(eddy_await(self, eddy_write(stream, buf, sizeof buf)));
        must(eddy_await(self, eddy_read_exactly(stream, buf, sizeof buf)));
    }
    start = now_ns() - start;
    calls_of_echoes = calls - calls_before;
    eddy_scope_leave(&scope);
    return eddy_n(start);
}

static int64_t time_tasks(void *arg)
{
    struct eddy_result result;

    (void)arg;
    result = eddy_loop_run_task(loop, ask, ends[0]);
    must(result.n);
    return result.n;
}

/* ---- By blocking -------------------------------------------------------- */

static void pass_on(int from, int to)
{
    char buf[MESSAGE] = { 0 };

    if (write(from, buf, sizeof buf) != sizeof buf ||
        read(to, buf, sizeof buf) != sizeof buf)
        abort();
}

static int64_t time_blocking(void *arg)
{
    const int *pair = arg;
    int64_t start = now_ns();

    for (int i = 0; i < ECHOES; i++) {
        pass_on(pair[0], pair[1]);
        pass_on(pair[1], pair[0]);
    }
    return now_ns() - start;
}

int main(void)
{
    static int raw[2];
    struct measure measures[] = {
        { .name = "echo_raw", .run = time_blocking, .arg = raw },
        { .name = "echo", .run = time_tasks },
    };
    int pair[2];

    measures[0].count = measures[1].count = ECHOES;
    new_loop();
    must(-(socketpair(AF_UNIX, SOCK_STREAM, 0, raw) != 0));
    must(-(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0));
    for (int i = 0; i < 2; i++)
        must(eddy_stream_new(&ends[i], loop, pair[i]));
    measure(measures, 2, 1);
    print_ns(&measures[0]);
    print_ns(&measures[1]);
    print_ratio(&measures[1], &measures[0]);
    printf("echo_syscalls %.2f\n", (double)calls_of_echoes / ECHOES);
    for (int i = 0; i < 2; i++)
        eddy_stream_free(ends[i], false);
    return eddy_loop_free(loop) < 0;
}
