/* SPDX-License-Identifier: MIT */
/*
 * coroutine.c - what tasks cost, next to what going to another stack costs.
 *
 * Prints lines `name value`. A ratio is to the yardstick P or T (yardstick.h);
 * which one stands in the table at the end. The limits they are to keep are in
 * bench/run-coroutines.
 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

#include "channels.h"
#include "measure.h"
#include "yardstick.h"

enum { PARKED = 100, SPAWNS = 1000, AWAITS = 4000 };

static struct eddy_loop *loop;

/* ---- Helpers ------------------------------------------------------------ */

static void must(int64_t n)
{
    if (n < 0)
        abort();
}

struct work {
    eddy_task_fn *fn; /* its result is the time */
    const void *arg;
};

static int64_t run(void *work)
{
    const struct work *of = work;
    struct eddy_result result =
        eddy_loop_run_task(loop, of->fn, (void *)(uintptr_t)of->arg);

    must(result.n);
    return result.n;
}

/* ---- Turns: a task of each handler yields from four calls deep ---------- */

/* n: lest the compiler take two for one. */

#define HANDLER(name, n)                                                       \
    static APART int name##_yield(struct eddy_task *self)                      \
    {                                                                          \
        return eddy_task_yield(self) + (n);                                    \
    }                                                                          \
    FOUR_DEEP(name##_deep, name##_yield, struct eddy_task *)                   \
    static struct eddy_result name(struct eddy_task *self, void *arg)          \
    {                                                                          \
        (void)arg;                                                             \
        for (int i = 0; i < TURNS / RING; i++)                                 \
            (void)name##_deep(self);                                           \
        return eddy_n(0);                                                      \
    }
HANDLER(one, 1)
HANDLER(other, 2)

/* 16 tasks take TURNS turns. */
static int64_t take_turns(struct eddy_task *self, eddy_task_fn *odd)
{
    struct eddy_scope scope;
    int64_t start;

    must(eddy_scope_open(self, &scope, NULL));
    for (int i = 0; i < RING; i++)
        must(eddy_spawn(&scope, i % 2 != 0 ? odd : one, NULL, NULL));
    start = now_ns();
    must(eddy_scope_close(&scope, 0));
    return now_ns() - start;
}

static struct eddy_result same_turns(struct eddy_task *self, void *arg)
{
    (void)arg;
    return eddy_n(take_turns(self, one));
}

static struct eddy_result mixed_turns(struct eddy_task *self, void *arg)
{
    (void)arg;
    return eddy_n(take_turns(self, other));
}

static struct eddy_result park(struct eddy_task *self, void *arg)
{
    (void)arg;
    (void)eddy_await(self, eddy_sleep(EDDY_FOREVER));
    return eddy_n(0);
}

static struct eddy_result turns_beside_parked(struct eddy_task *self, void *arg)
{
    struct eddy_scope scope;
    int64_t took;

    (void)arg;
    must(eddy_scope_open(self, &scope, NULL));
    for (int i = 0; i < PARKED; i++)
        must(eddy_spawn(&scope, park, NULL, NULL));
    must(eddy_task_yield(self));
    took = take_turns(self, one);
    eddy_scope_leave(&scope);
    return eddy_n(took);
}

/* ---- Spawning ----------------------------------------------------------- */

static struct eddy_result do_nothing(struct eddy_task *self, void *arg)
{
    (void)self;
    (void)arg;
    return eddy_n(0);
}

/* So many at once, and then they run to their end. */
static struct eddy_result spawn(struct eddy_task *self, void *arg)
{
    const int *at_once = arg;
    struct eddy_scope scope;
    int64_t start = now_ns();

    must(eddy_scope_open(self, &scope, NULL));
    for (int i = 0; i < SPAWNS; i += *at_once) {
        for (int k = 0; k < *at_once; k++)
            must(eddy_spawn(&scope, do_nothing, NULL, NULL));
        must(eddy_task_yield(self));
    }
    must(eddy_scope_close(&scope, 0));
    return eddy_n(now_ns() - start);
}

static struct eddy_result spawn_and_join(struct eddy_task *self, void *arg)
{
    struct eddy_task *task;
    struct eddy_task_options options = { .ret_task = &task };
    struct eddy_scope scope;
    int64_t start = now_ns();

    (void)arg;
    must(eddy_scope_open(self, &scope, NULL));
    for (int i = 0; i < SPAWNS; i++) {
        must(eddy_spawn(&scope, do_nothing, NULL, &options));
        must(eddy_await(self, eddy_join(task)));
        eddy_task_unref(task);
    }
    must(eddy_scope_close(&scope, 0));
    return eddy_n(now_ns() - start);
}

/* ---- Awaiting what is done at once -------------------------------------- */

static bool start_done(struct eddy_request *request, struct eddy_result *result)
{
    (void)request;
    *result = eddy_n(1);
    return true;
}

static bool is_done_now(struct eddy_loop *of, const struct eddy_op *op,
                        struct eddy_result *result)
{
    (void)of;
    (void)op;
    *result = eddy_n(1);
    return true;
}

static void cancel_none(struct eddy_request *request)
{
    (void)request;
}

static const struct eddy_op_type done_type = { .abi = EDDY_OP_ABI,
                                               .name = "done",
                                               .start = start_done,
                                               .cancel = cancel_none };
/* The short way: see eddy_op_type.now. */
static const struct eddy_op_type now_type = { .abi = EDDY_OP_ABI,
                                              .name = "now",
                                              .start = start_done,
                                              .cancel = cancel_none,
                                              .now = is_done_now };

static struct eddy_result await_many(struct eddy_task *self, void *arg)
{
    struct eddy_op op = { .type = arg };
    int64_t start = now_ns();

    for (int i = 0; i < AWAITS; i++)
        must(eddy_await(self, op));
    return eddy_n(now_ns() - start);
}

/* ---- The table ---------------------------------------------------------- */

static int64_t time_messages(void *capacity)
{
    return time_channel(loop, *(const size_t *)capacity);
}

enum {
    P,
    T,
    SAFETY,
    TURN,
    TWO_HANDLERS,
    BESIDE_PARKED,
    SPAWN_1,
    SPAWN_10,
    SPAWN_100,
    JOIN,
    AWAIT_NOW,
    AWAIT_DONE,
    CHANNEL,
    CHANNEL_64,
    MEASURES
};

static const int one_by_one = 1, by_10 = 10, by_100 = 100;
static size_t no_room = 0, some_room = 64;

/* clang-format off */
#define TASK(fn, arg) run, &(struct work){ fn, arg }

static struct measure measures[MEASURES] = {
    [P] = { "pair", time_pairs, NULL, PAIRS, { 0 } },
    [T] = { "ring", time_ring, NULL, TURNS, { 0 } },
    [SAFETY] = { "eddy_ring", time_eddy_ring, NULL, TURNS, { 0 } },
    [TURN] = { "turn4", TASK(same_turns, NULL), TURNS, { 0 } },
    [TWO_HANDLERS] = { "turn4_two_handlers", TASK(mixed_turns, NULL), TURNS, { 0 } },
    [BESIDE_PARKED] = { "yield_with_100_parked", TASK(turns_beside_parked, NULL), TURNS, { 0 } },
    [SPAWN_1] = { "spawn", TASK(spawn, &one_by_one), SPAWNS, { 0 } },
    [SPAWN_10] = { "spawn_by_10", TASK(spawn, &by_10), SPAWNS, { 0 } },
    [SPAWN_100] = { "spawn_by_100", TASK(spawn, &by_100), SPAWNS, { 0 } },
    [JOIN] = { "join", TASK(spawn_and_join, NULL), SPAWNS, { 0 } },
    [AWAIT_NOW] = { "await_now", TASK(await_many, &now_type), AWAITS, { 0 } },
    [AWAIT_DONE] = { "await_done", TASK(await_many, &done_type), AWAITS, { 0 } },
    [CHANNEL] = { "channel", time_messages, &no_room, MESSAGES, { 0 } },
    [CHANNEL_64] = { "channel_64", time_messages, &some_room, MESSAGES, { 0 } },
};

static const struct { int of, to; } rows[] = {
    { TURN, T }, { TWO_HANDLERS, T }, { BESIDE_PARKED, TURN },
    { SPAWN_1, P }, { SPAWN_10, P }, { SPAWN_100, P }, { JOIN, P },
    { AWAIT_NOW, P }, { AWAIT_DONE, P }, { CHANNEL, P }, { CHANNEL_64, P },
};
/* clang-format on */

/* What eddy_switch() does beyond a switch by hand, in percent of it: testing
 * for the state of floating point and of exceptions. Guards and statistics cost
 * a switch nothing, so that is all; where both are the same code it is 0. */
static void print_safety(void)
{
    double percent[ROUNDS];

    for (int i = 0; i < ROUNDS; i++)
        percent[i] = 100 * (measures[SAFETY].ns[i] / measures[T].ns[i] - 1);
    printf("safety_pct %.1f\n", median(percent, ROUNDS));
}

int main(void)
{
    must(eddy_loop_new(&loop, NULL));
    prepare_yardsticks(eddy_loop_stacks(loop));
    measure(measures, MEASURES, 1);
    print_ns(&measures[P]);
    print_ns(&measures[T]);
    print_safety();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct measure *of = &measures[rows[i].of];

        if (!(of->ns[0] > 0))
            continue; /* this eddy has no channels */
        print_ns(of);
        print_ratio(of, &measures[rows[i].to]);
    }
    return 0; /* the loop's stacks are still in use by the yardsticks */
}
