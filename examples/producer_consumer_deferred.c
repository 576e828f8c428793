/* SPDX-License-Identifier: MIT */
/* producer_consumer_deferred.c - producer_consumer_callback.c as two chains */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct belt {
    struct eddy_loop *loop;
    struct eddy_queue *queue;
    int made, wanted;
    struct eddy_value thing; /* what the consumer has got last */
    int err;
};

static struct eddy_value end(struct eddy_value *error, void *arg)
{
    struct belt *belt = arg;

    if (!eddy_error_is(error, -EPIPE)) /* it was not shut down */
        belt->err = eddy_error_code(error);
    return eddy_none();
}

static struct eddy_value make(struct eddy_value *put, void *arg)
{
    struct belt *belt = arg;
    struct eddy_deferred *next;

    (void)put; /* 0: the one before is in the queue */
    if (belt->made == belt->wanted) {
        eddy_queue_shutdown(belt->queue, false); /* there is no more to come */
        return eddy_none();
    }
    printf("made %d\n", ++belt->made);
    next = eddy_defer(belt->loop,
                      eddy_queue_put(belt->queue, eddy_int(belt->made)));
    eddy_then(next, make, belt);
    eddy_unref(eddy_rescue(next, end, belt));
    return eddy_none();
}

static struct eddy_value work(struct eddy_value *got, void *arg)
{
    struct belt *belt = arg;

    (void)got; /* 1: belt->thing is there */
    return eddy_wait_for(eddy_defer(belt->loop, eddy_sleep(10 * EDDY_MS)));
}

static struct eddy_value use(struct eddy_value *slept, void *arg)
{
    struct belt *belt = arg;
    struct eddy_op get = eddy_queue_get(belt->queue, &belt->thing);
    struct eddy_deferred *next = eddy_defer(belt->loop, get);

    if (slept != NULL)
        printf("used %d\n", (int)belt->thing.n);
    eddy_then(eddy_then(next, work, belt), use, belt);
    eddy_unref(eddy_rescue(next, end, belt));
    return eddy_none();
}

int main(int argc, char **argv)
{
    struct eddy_queue_options two = { .capacity = 2 };
    struct belt belt = { .wanted = argc > 1 ? atoi(argv[1]) : 5 };
    int err = eddy_loop_new(&belt.loop, NULL);

    if (err == 0)
        err = eddy_queue_new(&belt.queue, belt.loop, &two);
    if (err == 0) {
        (void)make(NULL, &belt);
        (void)use(NULL, &belt);
        err = eddy_loop_run(belt.loop);
    }
    eddy_queue_free(belt.queue);
    eddy_loop_free(belt.loop);
    return err < 0 || belt.err < 0;
}
