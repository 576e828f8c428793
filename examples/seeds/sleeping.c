/* SPDX-License-Identifier: MIT */
/* sleeping.c - tasks that sleep: one after the other, at once, again and again,
 * and in turns. */
#include "stage.h"

#define SECONDS(n) ((int64_t)((n)*1000) * EDDY_MS)

static int64_t sleep_for(struct eddy_task *self, double seconds)
{
    return must(eddy_await(self, eddy_sleep(SECONDS(seconds))));
}

static void run(struct eddy_loop *loop, eddy_task_fn *fn, void *arg)
{
    must(eddy_loop_run_task(loop, fn, arg).n);
}

/* Runs so many tasks at once and waits for all: fn with args, args + size ...
 */
static void all(struct eddy_task *self, eddy_task_fn *fn, void *args,
                size_t size, int count)
{
    struct eddy_scope scope;

    must(eddy_scope_open(self, &scope, NULL));
    for (int i = 0; i < count; i++)
        must(eddy_spawn(&scope, fn, (char *)args + (size_t)i * size, NULL));
    must(eddy_scope_close(&scope, 0));
}

/* ---- EG25: hello, by three ways into a loop ------------------------------ */

static struct eddy_result hello_task(struct eddy_task *self, void *arg)
{
    (void)arg;
    say("Hello ...");
    sleep_for(self, 1);
    say("... World!");
    return eddy_n(0);
}

static void hello_call(void *loop)
{
    say("Hello World");
    eddy_loop_stop(loop);
}

static void eg25(struct eddy_loop *loop)
{
    must(eddy_loop_run_task(loop, hello_task, NULL).n); /* until it is over */

    must(eddy_loop_soon(loop, hello_call, loop)); /* until it is stopped */
    must(eddy_loop_run(loop));

    must(eddy_spawn(eddy_loop_scope(loop), hello_task, NULL, NULL));
    must(eddy_loop_run(loop)); /* until nothing is left to do */
}

/* ---- EG26: something, five times ----------------------------------------- */

static struct eddy_result say_something(struct eddy_task *self, void *arg)
{
    (void)self, (void)arg;
    say("This was run by the loop");
    return eddy_n(0);
}

static struct eddy_result say_lots(struct eddy_task *self, void *times)
{
    for (int i = 0; i < *(int *)times; i++) {
        say("This was run by the loop:");
        sleep_for(self, 0.2);
    }
    return eddy_n(0);
}

static void eg26(struct eddy_loop *loop)
{
    int times = 5;

    run(loop, say_something, NULL);
    run(loop, say_lots, &times);
    say("done with loop");
}

/* ---- EG27: four that wake up at random, and a loop that is stopped ------- */

struct sleeper {
    int number;
    unsigned chance; /* the same each time, so that the trace is */
};

static struct eddy_result display_date(struct eddy_task *self, void *arg)
{
    struct sleeper *sleeper = arg;
    struct eddy_loop *loop = eddy_task_loop(self);
    int64_t end_ns = eddy_loop_now_ns(loop) + SECONDS(10);

    for (;;) {
        say("instance: %d", sleeper->number);
        if (eddy_loop_now_ns(loop) >= end_ns)
            break;
        sleeper->chance = sleeper->chance * 1103515245 + 12345;
        sleep_for(self, sleeper->chance / 65536 % 4);
    }
    say("instance: %d is all done", sleeper->number);
    return eddy_n(0);
}

static void shut_down(struct eddy_timer *timer, void *loop)
{
    (void)timer;
    say("shutdown called");
    eddy_loop_stop(loop);
}

static void eg27(struct eddy_loop *loop)
{
    struct sleeper sleepers[4] = { { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 } };
    struct eddy_timer timer;

    for (int i = 0; i < 4; i++)
        must(eddy_spawn(eddy_loop_scope(loop), display_date, &sleepers[i],
                        NULL));
    must(eddy_timer_init(&timer, loop, shut_down, loop));
    must(eddy_timer_start(&timer, SECONDS(15)));
    say("about to run loop");
    must(eddy_loop_run(loop));
    say("loop exited");
}

/* ---- EG30: in sequence, at once, and one within the other ---------------- */

static struct eddy_result multistep(struct eddy_task *self, void *arg)
{
    (void)arg;
    sleep_for(self, 4);
    sleep_for(self, 3);
    sleep_for(self, 1);
    say("in sequence: 4 + 3 + 1");
    return eddy_n(0);
}

static struct eddy_result sleep_so_long(struct eddy_task *self, void *seconds)
{
    sleep_for(self, *(int *)seconds);
    return eddy_n(0);
}

static struct eddy_result parallel(struct eddy_task *self, void *arg)
{
    int seconds[] = { 4, 3, 2 };

    (void)arg;
    all(self, sleep_so_long, seconds, sizeof seconds[0], 3);
    say("at once: as long as the longest, 4");
    return eddy_n(0);
}

static void inner(struct eddy_task *self)
{
    sleep_for(self, 0.5); /* a function that waits is called like any other */
}

static struct eddy_result outer(struct eddy_task *self, void *arg)
{
    (void)arg;
    for (int x = 0; x < 3; x++)
        inner(self);
    say("one within the other: 3 times 0.5");
    return eddy_n(0);
}

static void eg30(struct eddy_loop *loop)
{
    run(loop, multistep, NULL);
    run(loop, parallel, NULL);
    run(loop, outer, NULL);
}

/* ---- EG31: at regular times, with work that takes some ------------------- */

static struct eddy_result sleep_between(struct eddy_task *self, void *arg)
{
    (void)arg;
    for (int i = 0; i < 4; i++) {
        say("sleeping in between: it drifts");
        sleep_for(self, 0.25); /* the work */
        sleep_for(self, 1);
    }
    return eddy_n(0);
}

static struct eddy_result tick(struct eddy_task *self, void *count)
{
    EDDY_FOR_ITEMS(ticks, self, eddy_every(EDDY_SECOND, EDDY_SKIP))
    {
        say("every second: it does not");
        sleep_for(self, 0.25);
        if (++*(int *)count == 4)
            break;
    }
    return eddy_n(0);
}

struct looping {
    struct eddy_loop *loop;
    struct eddy_looping *looping;
    int count;
};

static struct eddy_value looping_call(uint64_t intervals, void *arg)
{
    struct looping *call = arg;
    int64_t work_ns = SECONDS(call->count == 1 ? 2.25 : 0.25);

    say("looping call, after %d", (int)intervals);
    if (++call->count == 4)
        must(eddy_looping_stop(call->looping));
    return eddy_wait_for(eddy_defer(call->loop, eddy_sleep(work_ns)));
}

static void eg31(struct eddy_loop *loop)
{
    struct looping call = { .loop = loop };
    int count = 0;

    run(loop, sleep_between, NULL);
    run(loop, tick, &count);
    must(eddy_looping_new(&call.looping, loop, looping_call, &call));
    eddy_unref(eddy_looping_start(call.looping, EDDY_SECOND, true));
    must(eddy_loop_run(loop));
    eddy_looping_free(call.looping);
}

/* ---- EG44: a long task, split so that others have their turn ------------- */

static struct eddy_result long_task(struct eddy_task *self, void *arg)
{
    (void)arg;
    for (int i = 1; i <= 3; i++) {
        say("decision %d", i);
        must(eddy_task_yield(self));
    }
    return eddy_n(0);
}

static struct eddy_result short_task(struct eddy_task *self, void *arg)
{
    (void)arg;
    for (int i = 1; i <= 3; i++) {
        say("    something short, %d", i);
        must(eddy_task_yield(self));
    }
    return eddy_n(0);
}

static void eg44(struct eddy_loop *loop)
{
    must(eddy_spawn(eddy_loop_scope(loop), long_task, NULL, NULL));
    must(eddy_spawn(eddy_loop_scope(loop), short_task, NULL, NULL));
    must(eddy_loop_run(loop));
}

/* ---- EG46: two countdowns ------------------------------------------------ */

struct countdown {
    const char *label;
    int n;
};

static struct eddy_result count_down(struct eddy_task *self, void *arg)
{
    struct countdown *countdown = arg;

    for (; countdown->n > 0; countdown->n--) {
        say("%s: %d", countdown->label, countdown->n);
        sleep_for(self, 1);
    }
    return eddy_n(0);
}

static struct eddy_result count_both(struct eddy_task *self, void *arg)
{
    struct countdown both[] = { { "A", 2 }, { "B", 3 } };

    (void)arg;
    all(self, count_down, both, sizeof both[0], 2);
    return eddy_n(0);
}

static void eg46(struct eddy_loop *loop)
{
    run(loop, count_both, NULL);
}

/* ---- EG47: waiting for a function that waits ----------------------------- */

static int compute(struct eddy_task *self, int a, int b)
{
    say("Compute...");
    sleep_for(self, 1);
    return a + b;
}

static struct eddy_result print_sum(struct eddy_task *self, void *arg)
{
    (void)arg;
    say("%d + %d = %d", 1, 2, compute(self, 1, 2));
    return eddy_n(0);
}

static void eg47(struct eddy_loop *loop)
{
    run(loop, print_sum, NULL);
}

/* ---- EG48: one after the other, or as tasks ------------------------------ */

struct saying {
    int delay;
    const char *what;
};

static struct eddy_result say_after(struct eddy_task *self, void *arg)
{
    struct saying *saying = arg;

    sleep_for(self, saying->delay);
    say("%s", saying->what);
    return eddy_n(0);
}

static struct eddy_result say_both(struct eddy_task *self, void *arg)
{
    struct saying both[] = { { 1, "hello" }, { 2, "world" } };

    (void)arg;
    say("started, one after the other");
    say_after(self, &both[0]);
    say_after(self, &both[1]);
    say("finished");

    say("started, as tasks");
    all(self, say_after, both, sizeof both[0], 2);
    say("finished");
    return eddy_n(0);
}

static void eg48(struct eddy_loop *loop)
{
    run(loop, say_both, NULL);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG25", "hello, by three ways into a loop", eg25 },
        { "EG26", "something, five times", eg26 },
        { "EG27", "four that wake up at random, and a loop stopped", eg27 },
        { "EG30", "in sequence, at once, one within the other", eg30 },
        { "EG31", "at regular times, with work that takes some", eg31 },
        { "EG44", "a long task, split so that others have their turn", eg44 },
        { "EG46", "two countdowns", eg46 },
        { "EG47", "waiting for a function that waits", eg47 },
        { "EG48", "one after the other, or as tasks", eg48 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
