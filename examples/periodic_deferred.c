/* SPDX-License-Identifier: MIT */
/* periodic_deferred.c - periodic_callback.c as a looping call. Try:
 * periodic_deferred 500 10 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct ticker {
    struct eddy_looping *ticking;
    int count, limit;
};

static struct eddy_value on_tick(uint64_t intervals, void *arg)
{
    struct ticker *ticker = arg;

    (void)intervals; /* since the last one: more than 1 if we were late */
    printf("tick %d\n", ++ticker->count);
    if (ticker->count == ticker->limit)
        eddy_looping_stop(ticker->ticking);
    return eddy_none();
}

int main(int argc, char **argv)
{
    int64_t interval_ns = (argc > 1 ? atoi(argv[1]) : 1000) * EDDY_MS;
    struct ticker ticker = { .limit = argc > 2 ? atoi(argv[2]) : 3 };
    struct eddy_loop *loop = NULL;
    int err = eddy_loop_new(&loop, NULL);

    if (err == 0)
        err = eddy_looping_new(&ticker.ticking, loop, on_tick, &ticker);
    if (err == 0) {
        eddy_unref(eddy_looping_start(ticker.ticking, interval_ns, false));
        err = eddy_loop_run(loop);
    }
    if (err < 0)
        fprintf(stderr, "%s\n", eddy_strerror(err));
    eddy_looping_free(ticker.ticking);
    eddy_loop_free(loop);
    return err < 0;
}
