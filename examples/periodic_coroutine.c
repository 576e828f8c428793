/* SPDX-License-Identifier: MIT */
/* periodic_coroutine.c - periodic_callback.c as a for loop. Try:
 * periodic_coroutine 500 10 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct ticker {
    int64_t interval_ns;
    int count, limit;
};

static struct eddy_result tick(struct eddy_task *self, void *arg)
{
    struct ticker *ticker = arg;

    EDDY_FOR_ITEMS(ticks, self, eddy_every(ticker->interval_ns, EDDY_SKIP))
    {
        printf("tick %d\n", ++ticker->count);
        if (ticker->count == ticker->limit)
            break; /* ends the operation, too */
    }
    return eddy_n(0);
}

int main(int argc, char **argv)
{
    struct ticker ticker = {
        .interval_ns = (argc > 1 ? atoi(argv[1]) : 1000) * EDDY_MS,
        .limit = argc > 2 ? atoi(argv[2]) : 3,
    };
    struct eddy_loop *loop = NULL;
    int err = eddy_loop_new(&loop, NULL);

    if (err == 0)
        err = (int)eddy_loop_run_task(loop, tick, &ticker).n;
    if (err < 0)
        fprintf(stderr, "%s\n", eddy_strerror(err));
    eddy_loop_free(loop);
    return err < 0;
}
