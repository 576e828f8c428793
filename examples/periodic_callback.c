/* SPDX-License-Identifier: MIT */
/*
 * periodic_callback.c - says something at regular times, so many times. Try:
 * periodic_callback 500 10
 *
 * The times are multiples of the interval, however long the saying takes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct ticker {
    struct eddy_request *ticking;
    int count, limit;
};

static void on_tick(struct eddy_result tick, void *arg)
{
    struct ticker *ticker = arg;

    if (tick.n <= 0)
        return; /* the last call: it has been cancelled */
    printf("tick %d\n", ++ticker->count);
    if (ticker->count == ticker->limit)
        eddy_request_cancel(ticker->ticking);
}

int main(int argc, char **argv)
{
    int64_t interval_ns = (argc > 1 ? atoi(argv[1]) : 1000) * EDDY_MS;
    struct ticker ticker = { .limit = argc > 2 ? atoi(argv[2]) : 3 };
    struct eddy_loop *loop = NULL;
    int err = eddy_loop_new(&loop, NULL);

    if (err == 0)
        err = eddy_start(loop, eddy_every(interval_ns, EDDY_SKIP), on_tick,
                         &ticker, &ticker.ticking);
    if (err == 0)
        err = eddy_loop_run(loop);
    if (err < 0)
        fprintf(stderr, "%s\n", eddy_strerror(err));
    eddy_loop_free(loop);
    return err < 0;
}
