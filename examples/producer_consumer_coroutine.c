/* SPDX-License-Identifier: MIT */
/* producer_consumer_coroutine.c - producer_consumer_callback.c as two tasks.
 * Try: producer_consumer_coroutine 5 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct belt {
    struct eddy_queue *queue;
    int64_t wanted;
};

static struct eddy_result make(struct eddy_task *self, void *arg)
{
    struct belt *belt = arg;
    int64_t err = 0;

    for (int64_t i = 1; i <= belt->wanted && err == 0; i++) {
        printf("made %" PRId64 "\n", i);
        err = eddy_await(self, eddy_queue_put(belt->queue, eddy_int(i)));
    }
    eddy_queue_shutdown(belt->queue, false); /* there is no more to come */
    return eddy_n(err);
}

static struct eddy_result use(struct eddy_task *self, void *arg)
{
    struct belt *belt = arg;
    struct eddy_value thing;
    int64_t err = 0;

    while (err == 0 &&
           eddy_await(self, eddy_queue_get(belt->queue, &thing)) > 0) {
        err = eddy_await(self, eddy_sleep(10 * EDDY_MS));
        printf("used %" PRId64 "\n", thing.n);
    }
    return eddy_n(err);
}

static struct eddy_result run(struct eddy_task *self, void *belt)
{
    struct eddy_scope both;
    int err = eddy_scope_open(self, &both, NULL);

    if (err == 0)
        err = eddy_spawn(&both, make, belt, NULL);
    if (err == 0)
        err = eddy_spawn(&both, use, belt, NULL);
    return eddy_n(eddy_scope_close(&both, err));
}

int main(int argc, char **argv)
{
    struct eddy_queue_options two = { .capacity = 2 };
    struct belt belt = { .wanted = argc > 1 ? atoi(argv[1]) : 5 };
    struct eddy_loop *loop = NULL;
    int err = eddy_loop_new(&loop, NULL);

    if (err == 0)
        err = eddy_queue_new(&belt.queue, loop, &two);
    if (err == 0)
        err = (int)eddy_loop_run_task(loop, run, &belt).n;
    eddy_queue_free(belt.queue);
    eddy_loop_free(loop);
    return err < 0;
}
