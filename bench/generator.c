/* SPDX-License-Identifier: MIT */
/*
 * generator.c - what generators cost, next to what a switch of stacks costs.
 *
 * Prints lines `name value`. A ratio is to going to another stack and back by
 * the shortest code there is: six registers saved and restored each way, and a
 * jump; where that is not written out below, to a pair of eddy_jump(). All that
 * is measured takes turns in each round, and each round gives ratios of its
 * own.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

#include "rounds.h"

enum { ROUNDS = 15, BATCH = 2000, BATCHES = 100, DEEPEST = 1000 };

enum { PAIR, GENERATOR, DEPTH_1, DEPTH_10, DEPTH_1000, CREATE, MEASURES };

static const char *const names[MEASURES] = {
    "pair",          "generator",       "yield_from_1",
    "yield_from_10", "yield_from_1000", "create",
};

static struct eddy_stacks *stacks;

/* ---- The shortest way --------------------------------------------------- */

static struct eddy_stack new_stack(void)
{
    struct eddy_stack stack;

    if (eddy_stack_take(stacks, 0, "pair", EDDY_HERE, &stack) < 0)
        abort();
    return stack;
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__APPLE__)

/* Two of them, so that each jump has one target and is always foreseen: with
 * one alone that depends on where the compiler puts its callers. */
void bench_there(void **save_sp, void *load_sp);
void bench_back(void **save_sp, void *load_sp);

/* clang-format off */
#define SWITCH(name)                                                           \
    ".p2align 6\n" name ":\n"                                                  \
    "    push %rbp\n    push %rbx\n    push %r12\n"                            \
    "    push %r13\n    push %r14\n    push %r15\n"                            \
    "    mov %rsp, (%rdi)\n    mov %rsi, %rsp\n"                               \
    "    pop %r15\n    pop %r14\n    pop %r13\n"                               \
    "    pop %r12\n    pop %rbx\n    pop %rbp\n"                               \
    "    pop %rcx\n    jmp *%rcx\n"
__asm__(".text\n" SWITCH("bench_there") SWITCH("bench_back"));
/* clang-format on */

static void *here, *there;

static void other_side(void)
{
    for (;;)
        bench_back(&there, here);
}

static void prepare_pair(void)
{
    void **top = (void **)((uintptr_t)new_stack().high & ~(uintptr_t)15);

    *--top = NULL; /* where other_side() would return to */
    *--top = (void *)(uintptr_t)other_side;
    there = top - 6;
}

static void go_there(void)
{
    bench_there(&here, there);
}

#else

static struct eddy_context here, there;

static void other_side(struct eddy_context *context, void *passed)
{
    for (;;)
        passed = eddy_jump(context, &here, passed);
}

static void prepare_pair(void)
{
    eddy_context_here(&here);
    eddy_context_init(&there, new_stack(), other_side, 0);
}

static void go_there(void)
{
    (void)eddy_jump(&here, &there, NULL);
}

#endif

/* ---- What is measured: each returns the time of a batch ----------------- */

static int64_t pair(void)
{
    int64_t start = now_ns();

    for (int i = 0; i < BATCH; i++)
        go_there();
    return now_ns() - start;
}

static struct eddy_value count(struct eddy_generator *self, void *arg)
{
    int64_t *n = arg;
    struct eddy_value sent = eddy_none();

    while (sent.free == NULL) /* nothing but integers, until it is closed */
        sent = eddy_yield(self, eddy_int(++*n));
    return eddy_none();
}

struct level {
    int depth;
    int64_t n;
};

static struct eddy_generator *new_level(struct level *level);

static struct eddy_value delegate(struct eddy_generator *self, void *arg)
{
    return eddy_yield_from(self, new_level(arg));
}

static struct eddy_generator *new_level(struct level *level)
{
    struct eddy_generator *generator;
    int err;

    if (level->depth-- == 0)
        err = eddy_generator_new(&generator, stacks, count, &level->n, NULL);
    else
        err = eddy_generator_new(&generator, stacks, delegate, level, NULL);
    if (err < 0)
        abort();
    return generator;
}

static int64_t ask(struct eddy_generator *generator)
{
    struct eddy_value value;
    int64_t sum = 0, start = now_ns(), took;

    for (int i = 0; i < BATCH; i++) {
        (void)eddy_generator_next(generator, &value);
        sum += value.n;
    }
    took = now_ns() - start;
    if (sum < BATCH)
        abort();
    return took;
}

static struct eddy_value one(struct eddy_generator *self, void *arg)
{
    (void)arg;
    (void)eddy_yield(self, eddy_int(1));
    return eddy_none();
}

static int64_t create(void)
{
    int64_t start = now_ns();

    for (int i = 0; i < BATCH; i++) {
        struct eddy_generator *generator;
        struct eddy_value value;

        if (eddy_generator_new(&generator, stacks, one, NULL, NULL) < 0)
            abort();
        while (eddy_generator_next(generator, &value) > 0)
            ;
        eddy_generator_free(generator);
    }
    return now_ns() - start;
}

/* ---- Rounds ------------------------------------------------------------- */

static struct level levels[MEASURES];
static struct eddy_generator *generators[MEASURES];

static int64_t measure(int which)
{
    switch (which) {
    case PAIR:
        return pair();
    case CREATE:
        return create();
    default:
        return ask(generators[which]);
    }
}

static void prepare(void)
{
    static const int depths[MEASURES] = {
        [DEPTH_1] = 1, [DEPTH_10] = 10, [DEPTH_1000] = DEEPEST
    };

    if (eddy_stacks_new(&stacks, NULL) < 0)
        abort();
    prepare_pair();
    for (int m = GENERATOR; m <= DEPTH_1000; m++) {
        levels[m].depth = depths[m];
        generators[m] = new_level(&levels[m]);
    }
}

/* Of one resume and yield, in nanoseconds. */
static void run_round(double ret_ns[MEASURES])
{
    int64_t sum[MEASURES] = { 0 };

    for (int i = 0; i < BATCHES; i++)
        for (int m = 0; m < MEASURES; m++)
            sum[m] += measure(m);
    for (int m = 0; m < MEASURES; m++)
        ret_ns[m] = (double)sum[m] / BATCHES / BATCH;
}

int main(void)
{
    static double ns[MEASURES][ROUNDS], ratio[MEASURES][ROUNDS];
    double round[MEASURES];

    prepare();
    run_round(round); /* to warm up */
    for (int i = 0; i < ROUNDS; i++) {
        run_round(round);
        for (int m = 0; m < MEASURES; m++) {
            ns[m][i] = round[m];
            ratio[m][i] = round[m] / round[PAIR];
        }
    }
    for (int m = 0; m < MEASURES; m++) {
        printf("%s_ns %.2f\n", names[m], median(ns[m], ROUNDS));
        if (m != PAIR)
            printf("%s_ratio %.2f\n", names[m], median(ratio[m], ROUNDS));
    }
    return 0;
}
