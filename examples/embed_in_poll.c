/* SPDX-License-Identifier: MIT */
/*
 * embed_in_poll.c - eddy inside a foreign loop, here one around poll() that
 * reads what is typed. A GUI's loop does the same: it watches one descriptor,
 * and knows when to come back at the latest. Try: embed_in_poll 500
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <eddy.h>

static void on_tick(struct eddy_result tick, void *count)
{
    if (tick.n > 0)
        printf("eddy ticks: %d\n", ++*(int *)count);
    fflush(stdout);
}

/* Waits for the terminal and for eddy. Returns what is typed, 0 at its end. */
static int wait_for_both(struct eddy_loop *loop, char *buf, size_t size)
{
    struct eddy_embedding eddy;
    struct pollfd both[] = { { .events = POLLIN }, { .events = POLLIN } };
    ssize_t n;

    for (;;) {
        if (eddy_loop_prepare(loop, &eddy) < 0)
            return -1;
        both[0].fd = STDIN_FILENO;
        both[1].fd = eddy.fd;
        if (poll(both, 2, eddy.timeout_ms) < 0 && errno != EINTR)
            return -1;
        if (eddy_loop_step(loop, 0) < 0) /* also when it is time */
            return -1;
        if (both[0].revents == 0)
            continue;
        n = read(STDIN_FILENO, buf, size);
        return n < 0 ? -1 : (int)n;
    }
}

int main(int argc, char **argv)
{
    struct eddy_loop_options options = { .require = EDDY_CAN_NEST };
    int64_t interval_ns = (argc > 1 ? atoi(argv[1]) : 1000) * EDDY_MS;
    struct eddy_loop *loop;
    char typed[128];
    int count = 0, n;

    int err = eddy_loop_new(&loop, &options);

    if (err == 0)
        err = eddy_start(loop, eddy_every(interval_ns, EDDY_SKIP), on_tick,
                         &count, NULL);
    if (err < 0) {
        fprintf(stderr, "%s\n", eddy_strerror(err));
        return 1;
    }
    while ((n = wait_for_both(loop, typed, sizeof typed)) > 0)
        printf("typed: %.*s", n, typed);
    eddy_loop_free(loop);
    return n < 0;
}
