/* SPDX-License-Identifier: MIT */
/* producer_consumer_callback.c - one makes things, another one uses them up,
 * and is slower; between them a queue that holds two. So who makes waits for
 * who uses. Try: producer_consumer_callback 5 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct belt {
    struct eddy_loop *loop;
    struct eddy_queue *queue;
    int made, wanted;
    struct eddy_value thing; /* what the consumer has got last */
};

static void make(struct belt *belt);
static void use(struct belt *belt);

static void start(struct belt *belt, struct eddy_op op, eddy_done_fn *on_done)
{
    if (eddy_start(belt->loop, op, on_done, belt, NULL) < 0)
        eddy_loop_stop(belt->loop);
}

static void on_put(struct eddy_result put, void *arg)
{
    if (put.n == 0)
        make(arg);
}

static void make(struct belt *belt)
{
    if (belt->made == belt->wanted) {
        eddy_queue_shutdown(belt->queue, false); /* there is no more to come */
        return;
    }
    printf("made %d\n", ++belt->made);
    start(belt, eddy_queue_put(belt->queue, eddy_int(belt->made)), on_put);
}

static void on_used(struct eddy_result slept, void *arg)
{
    struct belt *belt = arg;

    (void)slept;
    printf("used %d\n", (int)belt->thing.n);
    use(belt);
}

static void on_get(struct eddy_result got, void *arg)
{
    struct belt *belt = arg;

    if (got.n > 0) /* else it is shut down, and empty */
        start(belt, eddy_sleep(10 * EDDY_MS), on_used);
}

static void use(struct belt *belt)
{
    start(belt, eddy_queue_get(belt->queue, &belt->thing), on_get);
}

int main(int argc, char **argv)
{
    struct eddy_queue_options two = { .capacity = 2 };
    struct belt belt = { .wanted = argc > 1 ? atoi(argv[1]) : 5 };
    int err = eddy_loop_new(&belt.loop, NULL);

    if (err == 0)
        err = eddy_queue_new(&belt.queue, belt.loop, &two);
    if (err == 0) {
        make(&belt);
        use(&belt);
        err = eddy_loop_run(belt.loop);
    }
    eddy_queue_free(belt.queue);
    eddy_loop_free(belt.loop);
    return err != 0;
}
