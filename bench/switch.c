/* SPDX-License-Identifier: MIT */
/*
 * switch.c - what going from one context to another costs, next to the least
 * that it can cost.
 *
 * Prints lines `name value`. jump_pair: to a context and back, by eddy_jump().
 * ring4: one of 16 contexts goes to the next by eddy_switch(), four calls deep.
 * A ratio is to the same done by hand: in assembler on x86-64, elsewhere with
 * _setjmp() and _longjmp(), where it is no more than a hint. All that is
 * measured takes turns in each round, and each round gives ratios of its own.
 */

/* The checked longjmp() takes another stack for an error. */
#undef _FORTIFY_SOURCE

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <eddy.h>

enum {
    ROUNDS = 41,
    TURNS = 50000, /* in a round */
    RING = 16,
    DEPTH = 4
};

enum { PAIR_BY_HAND, JUMP_PAIR, RING_BY_HAND, RING4, MEASURES };

static const char *const names[MEASURES] = { "hand_pair", "jump_pair",
                                             "hand_ring4", "ring4" };

static struct eddy_stacks *stacks;

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct eddy_stack take(void)
{
    struct eddy_stack stack;

    if (eddy_stack_take(stacks, 0, "bench", NULL, &stack) < 0)
        abort();
    return stack;
}

/* ---- By hand ------------------------------------------------------------ */

#ifdef __x86_64__
void bench_jump(void **save_sp, void *load_sp);
void bench_ret(void **save_sp, void *load_sp);

/* clang-format off */
#define BENCH_SWITCH(name, leave)                                              \
    __asm__(".text\n .p2align 4\n .globl " name "\n .hidden " name "\n"        \
            " .type " name ", %function\n" name ":\n"                          \
            " push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n"     \
            " push %r15\n mov %rsp, (%rdi)\n mov %rsi, %rsp\n pop %r15\n"      \
            " pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n" leave)
/* clang-format on */
BENCH_SWITCH("bench_jump", " pop %rcx\n jmp *%rcx\n");
BENCH_SWITCH("bench_ret", " ret\n");

/* Begins with fn, which takes nothing and does not return. */
static void *prepare(struct eddy_stack stack, void (*fn)(void))
{
    uintptr_t *top = (uintptr_t *)((uintptr_t)stack.high & ~(uintptr_t)15);

    top[-1] = 0;
    top[-2] = (uintptr_t)fn;
    return top - 8;
}
#else
/* Not by a call of its own, but eddy gets onto the stack. */
struct place {
    jmp_buf here;
};

static void bench_jump(void **save_sp, void *load_sp)
{
    struct place mine;

    *save_sp = &mine;
    if (_setjmp(mine.here) == 0)
        _longjmp(((struct place *)load_sp)->here, 1);
}

static void bench_ret(void **save_sp, void *load_sp)
{
    bench_jump(save_sp, load_sp);
}

static struct eddy_context here, born[RING + 1];
static size_t births;
static void (*next_fn)(void);

static void arrive(struct eddy_context *context, void *passed)
{
    void (*fn)(void) = next_fn;
    struct place *place = passed;

    if (_setjmp(place->here) == 0)
        (void)eddy_jump(context, &here, NULL);
    fn();
}

static void *prepare(struct eddy_stack stack, void (*fn)(void))
{
    static struct place places[RING + 1];
    size_t i = births++;

    next_fn = fn;
    eddy_context_here(&here);
    eddy_context_init(&born[i], stack, arrive, 0);
    (void)eddy_jump(&here, &born[i], &places[i]);
    return &places[i];
}
#endif

/* ---- Pairs -------------------------------------------------------------- */

static void *hand_main, *hand_other;

static void hand_turns(void)
{
    for (;;)
        bench_jump(&hand_other, hand_main);
}

static void hand_pair(void)
{
    for (int i = 0; i < TURNS; i++)
        bench_jump(&hand_main, hand_other);
}

static struct eddy_context eddy_main, eddy_other;

static void turns(struct eddy_context *context, void *passed)
{
    for (;;)
        passed = eddy_jump(context, &eddy_main, passed);
}

static void jump_pair(void)
{
    for (int i = 0; i < TURNS; i++)
        (void)eddy_jump(&eddy_main, &eddy_other, NULL);
}

/* ---- Rings -------------------------------------------------------------- */

static volatile int deep = DEPTH; /* unknown to the compiler */
static volatile long sum;

static void *hand_ring[RING], *hand_home;
static struct eddy_context ring[RING], ring_home;
static long left;

#define NOT_INLINE __attribute__((noinline))

/* Calls itself until it is deep enough, and does a little on the way up. */
NOT_INLINE static long hand_turn(size_t i, int depth)
{
    if (depth > 0) {
        sum += hand_turn(i, depth - 1); /* or else it becomes a loop */
        return depth;
    }
    if (--left == 0)
        bench_ret(&hand_ring[i], hand_home);
    else
        bench_ret(&hand_ring[i], hand_ring[(i + 1) % RING]);
    return (long)i;
}

static size_t next_number;

static void hand_member(void)
{
    size_t i = next_number++;

    for (;;)
        sum += hand_turn(i, deep);
}

static void hand_ring4(void)
{
    left = TURNS;
    bench_ret(&hand_home, hand_ring[0]);
}

NOT_INLINE static long turn(size_t i, int depth)
{
    if (depth > 0) {
        sum += turn(i, depth - 1); /* or else it becomes a loop */
        return depth;
    }
    if (--left == 0)
        (void)eddy_switch(&ring[i], &ring_home, NULL);
    else
        (void)eddy_switch(&ring[i], &ring[(i + 1) % RING], NULL);
    return (long)i;
}

static void member(struct eddy_context *context, void *passed)
{
    size_t i = (size_t)(context - ring);

    (void)passed;
    for (;;)
        sum += turn(i, deep);
}

static void ring4(void)
{
    left = TURNS;
    (void)eddy_switch(&ring_home, &ring[0], NULL);
}

/* ---- Rounds ------------------------------------------------------------- */

static void set_up(void)
{
    if (eddy_stacks_new(&stacks, NULL) < 0)
        abort();
    hand_other = prepare(take(), hand_turns);
    eddy_context_here(&eddy_main);
    eddy_context_init(&eddy_other, take(), turns, 0);
    eddy_context_here(&ring_home);
    for (size_t i = 0; i < RING; i++) {
        hand_ring[i] = prepare(take(), hand_member);
        eddy_context_init(&ring[i], take(), member, 0);
    }
}

/* Of one pair, or one turn, in nanoseconds. */
static void run_round(double ret_ns[MEASURES])
{
    static void (*const measure[MEASURES])(void) = { hand_pair, jump_pair,
                                                     hand_ring4, ring4 };

    for (int m = 0; m < MEASURES; m++) {
        int64_t start = now_ns();

        measure[m]();
        ret_ns[m] = (double)(now_ns() - start) / TURNS;
    }
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof values[0], compare);
    return values[ROUNDS / 2];
}

int main(void)
{
    static double ns[MEASURES][ROUNDS], ratio[MEASURES][ROUNDS];
    double round[MEASURES];

    set_up();
    run_round(round); /* to warm up; each begins */
    for (int i = 0; i < ROUNDS; i++) {
        run_round(round);
        for (int m = 0; m < MEASURES; m++) {
            ns[m][i] = round[m];
            ratio[m][i] = round[m] / round[m & ~1]; /* by hand is before it */
        }
    }
    for (int m = 0; m < MEASURES; m++)
        printf("%s_ns %.2f\n", names[m], median(ns[m]));
    printf("jump_pair_ratio %.2f\n", median(ratio[JUMP_PAIR]));
    printf("ring4_ratio %.2f\n", median(ratio[RING4]));
    return 0;
}
