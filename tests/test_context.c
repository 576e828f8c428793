/* SPDX-License-Identifier: MIT */
/* test_context.c - going from one stack to another: by switches, and again by
 * jumps. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fenv.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <eddy/stack.h>

#include "registers.h"
#include "sanitized.h"
#include "support.h"

typedef void *go_fn(struct eddy_context *from, struct eddy_context *to,
                    void *pass);

static go_fn *go;

/* ---- Two that take turns ------------------------------------------------- */

struct pair {
    struct eddy_context here, there;
    struct eddy_stacks *stacks;
    struct eddy_stack stack;
    int said;
};

static void set_up(struct pair *pair, size_t size, eddy_context_fn *fn,
                   unsigned flags)
{
    struct eddy_stacks_options options = { .mem = *counting_mem() };

    *pair = (struct pair){ .said = 0 };
    ck_assert_int_eq(eddy_stacks_new(&pair->stacks, &options), 0);
    ck_assert_int_eq(
        eddy_stack_take(pair->stacks, size, "test", NULL, &pair->stack), 0);
    eddy_context_here(&pair->here);
    eddy_context_init(&pair->there, pair->stack, fn, flags);
}

static void tear_down(struct pair *pair)
{
    eddy_context_done(&pair->there);
    eddy_stack_give(pair->stacks, pair->stack);
    eddy_stacks_free(pair->stacks);
}

static void go_there(void *arg)
{
    struct pair *pair = arg;

    (void)go(&pair->here, &pair->there, pair);
}

static void go_back(void *arg)
{
    struct pair *pair = arg;

    (void)go(&pair->there, &pair->here, NULL);
}

static void leave(struct pair *pair)
{
    eddy_switch_away(&pair->there, &pair->here, NULL);
}

/* ---- Values -------------------------------------------------------------- */

static void count_up(struct eddy_context *context, void *passed)
{
    struct pair *pair = passed;
    char *n = NULL;

    ck_assert_ptr_eq(context, &pair->there);
    for (;;)
        n = go(&pair->there, &pair->here, n + 1);
}

START_TEST(what_is_passed_arrives)
{
    struct pair pair;
    char *n;

    set_up(&pair, 0, count_up, 0);
    n = go(&pair.here, &pair.there, &pair);
    for (int i = 0; i < 10000; i++)
        n = go(&pair.here, &pair.there, n + 1);
    ck_assert_ptr_eq(n, (char *)20001);
    tear_down(&pair);
}
END_TEST

static void mix(struct eddy_context *context, void *passed)
{
    struct pair *pair = passed;

    (void)context;
    for (;;) {
        pair->said++;
        (void)eddy_jump(&pair->there, &pair->here, NULL);
        pair->said++;
        (void)eddy_switch(&pair->there, &pair->here, NULL);
    }
}

START_TEST(both_ways_may_be_mixed)
{
    struct pair pair;

    set_up(&pair, 0, mix, 0);
    for (int i = 1; i <= 300; i++) {
        if (i % 3 == 0)
            (void)eddy_jump(&pair.here, &pair.there, &pair);
        else
            (void)eddy_switch(&pair.here, &pair.there, &pair);
        ck_assert_int_eq(pair.said, i);
    }
    tear_down(&pair);
}
END_TEST

/* ---- Registers ----------------------------------------------------------- */

enum { BUSY_ROUNDS = 500 };

static void nothing(void *arg)
{
    (void)arg;
}

static give_way_fn *volatile do_nothing = nothing;

static void be_busy(struct eddy_context *context, void *passed)
{
    struct pair *pair = passed;
    uint64_t alone = keep_busy(BUSY_ROUNDS, 77, do_nothing, NULL);

    (void)context;
    ck_assert_uint_eq(keep_busy(BUSY_ROUNDS, 77, go_back, pair), alone);
    pair->said = 1;
    leave(pair);
}

START_TEST(registers_are_as_they_were)
{
    uint64_t alone = keep_busy(BUSY_ROUNDS + 1, 99, do_nothing, NULL);
    struct pair pair;

    set_up(&pair, 0, be_busy, 0);
    ck_assert_uint_eq(keep_busy(BUSY_ROUNDS + 1, 99, go_there, &pair), alone);
    ck_assert_int_eq(pair.said, 1);
    tear_down(&pair);
}
END_TEST

static void print_doubles(struct eddy_context *context, void *passed)
{
    volatile double third = 1.0 / 3;
    volatile long double fifth = 0.2L;
    _Alignas(16) char text[64];

    (void)context;
    ck_assert_uint_eq((uintptr_t)text % 16, 0);
    (void)snprintf(text, sizeof text, "%.3f %.3Lf %d %.1f", third, fifth, 7,
                   9 * third);
    ck_assert_str_eq(text, "0.333 0.200 7 3.0");
    leave(passed);
}

START_TEST(a_stack_begins_aligned)
{
    struct pair pair;

    set_up(&pair, 0, print_doubles, 0);
    go_there(&pair);
    tear_down(&pair);
}
END_TEST

/* ---- Rounding ------------------------------------------------------------ */

static void change_rounding(struct eddy_context *context, void *passed)
{
    struct pair *pair = passed;
    volatile double one = 1, three = 3;

    (void)context;
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    ck_assert_int_eq(fesetround(FE_UPWARD), 0);
    go_back(pair);
    ck_assert_int_eq(fegetround(), FE_UPWARD);
    /* but valgrind has this right for conversions only */
    ck_assert(ON_VALGRIND || one / three > 0.333333333333333314);
    leave(pair);
}

START_TEST(a_context_may_keep_its_rounding)
{
    struct pair pair;

    set_up(&pair, 0, change_rounding, EDDY_KEEP_FP);
    go_there(&pair);
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    go_there(&pair);
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    tear_down(&pair);
}
END_TEST

START_TEST(others_share_it)
{
    struct pair pair;

    set_up(&pair, 0, change_rounding, 0);
    go_there(&pair);
    ck_assert_int_eq(fegetround(), FE_UPWARD);
    go_there(&pair);
    ck_assert_int_eq(fegetround(), FE_UPWARD);
    ck_assert_int_eq(fesetround(FE_TONEAREST), 0);
    tear_down(&pair);
}
END_TEST

static struct pair pairs[2];

/* From the first, which keeps its own, straight to the second, which does not.
 */
static void pass_by(struct eddy_context *context, void *passed)
{
    (void)passed;
    ck_assert_int_eq(fesetround(FE_DOWNWARD), 0);
    (void)go(context, &pairs[1].there, NULL);
    ck_assert_int_eq(fegetround(), FE_DOWNWARD);
    leave(&pairs[0]);
}

static void look_and_change(struct eddy_context *context, void *passed)
{
    (void)passed;
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    ck_assert_int_eq(fesetround(FE_TOWARDZERO), 0);
    (void)go(context, &pairs[0].there, NULL);
}

START_TEST(what_is_shared_goes_round_those_that_keep_theirs)
{
    set_up(&pairs[0], 0, pass_by, EDDY_KEEP_FP);
    set_up(&pairs[1], 0, look_and_change, 0);
    go_there(&pairs[0]);
    ck_assert_int_eq(fegetround(), FE_TOWARDZERO);
    ck_assert_int_eq(fesetround(FE_TONEAREST), 0);
    tear_down(&pairs[0]);
    tear_down(&pairs[1]);
}
END_TEST

/* ---- Depth --------------------------------------------------------------- */

enum { FRAME = 256, FRAMES = 1000 };

/* Gives way at the bottom and on the way up. NOLINTNEXTLINE */
static int dig(struct pair *pair, int depth)
{
    volatile char frame[FRAME];
    int sum = 0;

    for (unsigned i = 0; i < FRAME; i++)
        frame[i] = (char)(depth & 127);
    if (depth > 0)
        sum = dig(pair, depth - 1);
    if (depth % 8 == 0)
        go_back(pair);
    for (unsigned i = 0; i < FRAME; i++)
        ck_assert_int_eq(frame[i], depth & 127);
    return sum + 1;
}

static void go_deep(struct eddy_context *context, void *passed)
{
    struct pair *pair = passed;

    (void)context;
    pair->said = dig(pair, FRAMES);
    leave(pair);
}

START_TEST(deep_frames_stay_as_they_are)
{
    enum { DEEP = 2 << 20 };
    struct pair pair;
    int turns = 0;

    set_up(&pair, DEEP, go_deep, 0);
    for (; pair.said == 0; turns++)
        go_there(&pair);
    ck_assert_int_eq(pair.said, FRAMES + 1);
    ck_assert_int_eq(turns, FRAMES / 8 + 2);
    tear_down(&pair);
}
END_TEST

/* ---- Many ---------------------------------------------------------------- */

enum { MANY = 1000, LAPS = 100 };

static struct eddy_context many[MANY], many_here;
static unsigned laps[MANY];

static void run_laps(struct eddy_context *context, void *passed)
{
    size_t i = (size_t)(context - many);
    char *n = passed;

    for (;;) {
        struct eddy_context *next = &many[(i + 1) % MANY];

        if (++laps[i] == LAPS && i == MANY - 1)
            next = &many_here;
        n = go(context, next, n + 1);
    }
}

START_TEST(a_thousand_take_turns)
{
    static struct eddy_stack of[MANY];
    struct eddy_stacks_options options = { .mem = *counting_mem() };
    struct eddy_stacks *stacks;

    ck_assert_int_eq(eddy_stacks_new(&stacks, &options), 0);
    eddy_context_here(&many_here);
    for (size_t i = 0; i < MANY; i++) {
        laps[i] = 0;
        ck_assert_int_eq(eddy_stack_take(stacks, 0, NULL, NULL, &of[i]), 0);
        eddy_context_init(&many[i], of[i], run_laps, 0);
    }
    ck_assert_ptr_eq(go(&many_here, &many[0], NULL), (char *)(LAPS * MANY));
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_uint_eq(laps[i], LAPS);
        eddy_context_done(&many[i]);
        eddy_stack_give(stacks, of[i]);
    }
    eddy_stacks_free(stacks);
}
END_TEST

static void come_and_go(struct eddy_context *context, void *passed)
{
    (void)context;
    ((struct pair *)passed)->said++;
    leave(passed);
}

START_TEST(one_stack_serves_many_contexts)
{
    struct pair pair;

    set_up(&pair, 0, come_and_go, 0);
    for (int i = 0; i < 2000; i++) {
        go_there(&pair);
        eddy_context_done(&pair.there);
        eddy_context_init(&pair.there, pair.stack, come_and_go, 0);
    }
    ck_assert_int_eq(pair.said, 2000);
    tear_down(&pair);
}
END_TEST

START_TEST(a_context_may_lie_on_its_own_stack)
{
    struct pair pair;
    struct eddy_context *context;
    struct eddy_stack rest;
    char *n;

    set_up(&pair, 0, count_up, 0);
    eddy_context_done(&pair.there);
    rest = pair.stack;
    rest.high -= sizeof *context;
    context = (struct eddy_context *)(void *)rest.high;
    eddy_context_init(context, rest, come_and_go, 0);
    n = go(&pair.here, context, &pair);
    ck_assert_ptr_null(n);
    ck_assert_int_eq(pair.said, 1);
    eddy_context_done(context);
    eddy_context_init(&pair.there, pair.stack, count_up, 0);
    tear_down(&pair);
}
END_TEST

/* ---- Where it goes on ---------------------------------------------------- */

START_TEST(where_a_context_goes_on_can_be_told)
{
    struct pair one, other;

    ck_assert_ptr_null(eddy_context_pc(NULL));
    set_up(&one, 0, count_up, 0);
    set_up(&other, 0, count_up, 0);
    (void)go(&one.here, &one.there, &one);
    (void)go(&other.here, &other.there, &other);
    ck_assert_ptr_eq(eddy_context_pc(&one.there),
                     eddy_context_pc(&other.there));
    tear_down(&one);
    tear_down(&other);
}
END_TEST

START_TEST(nonsense_is_passed_over)
{
    struct eddy_context context = { { 0 } };

    eddy_context_init(NULL, (struct eddy_stack){ NULL, NULL }, count_up, 0);
    eddy_context_init(&context, (struct eddy_stack){ NULL, NULL }, count_up, 0);
    eddy_context_here(NULL);
    eddy_context_done(NULL);
    eddy_context_here(&context);
    eddy_context_done(&context);
}
END_TEST

/* ---- Threads ------------------------------------------------------------- */

static void *turns_in_a_thread(void *arg)
{
    struct pair pair;

    for (int i = 0; i < 20; i++) {
        set_up(&pair, 0, be_busy, 0);
        while (pair.said == 0)
            go_there(&pair);
        tear_down(&pair);
    }
    return arg;
}

START_TEST(threads_have_contexts_of_their_own)
{
    pthread_t threads[4];

    for (size_t i = 0; i < COUNT(threads); i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, turns_in_a_thread, NULL), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

static void *go_there_in_a_thread(void *arg)
{
    struct pair *pair = arg;

    eddy_context_here(&pair->here);
    go_there(pair);
    return NULL;
}

START_TEST(a_context_may_go_on_in_another_thread)
{
    struct pair pair;
    pthread_t thread;

    set_up(&pair, 0, be_busy, 0);
    go_there(&pair);
    for (int i = 0; i < BUSY_ROUNDS; i++) {
        if (i % 50 != 0) {
            eddy_context_here(&pair.here);
            go_there(&pair);
            continue;
        }
        ck_assert_int_eq(
            pthread_create(&thread, NULL, go_there_in_a_thread, &pair), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
    }
    ck_assert_int_eq(pair.said, 1);
    tear_down(&pair);
}
END_TEST

static void by_switches(void)
{
    go = eddy_switch;
}

static void by_jumps(void)
{
    go = eddy_jump;
}

int main(void)
{
    const TTest *const tests[] = {
        what_is_passed_arrives,
        both_ways_may_be_mixed,
        registers_are_as_they_were,
        a_stack_begins_aligned,
        a_context_may_keep_its_rounding,
        others_share_it,
        what_is_shared_goes_round_those_that_keep_theirs,
        deep_frames_stay_as_they_are,
        a_thousand_take_turns,
        one_stack_serves_many_contexts,
        a_context_may_lie_on_its_own_stack,
        where_a_context_goes_on_can_be_told,
        nonsense_is_passed_over,
        threads_have_contexts_of_their_own,
        a_context_may_go_on_in_another_thread,
    };
    Suite *suite = suite_create("context");

    add_tests(suite, "switch", tests, COUNT(tests), by_switches, NULL);
    add_tests(suite, "jump", tests, COUNT(tests), by_jumps, NULL);
    return run_suite(suite);
}
