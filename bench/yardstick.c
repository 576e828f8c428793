/* SPDX-License-Identifier: MIT */
/* yardstick.c - what going to another stack costs at least. */
#include "yardstick.h"

#include <stdlib.h>

#include "measure.h"

/* Apart from the other ones in the cache, too. */
static struct eddy_stack new_stack(struct eddy_stacks *stacks, int index)
{
    struct eddy_stack stack;

    if (eddy_stack_take(stacks, 0, "a yardstick", NULL, &stack) < 0)
        abort();
    stack.high -= index % RING * 256;
    return stack;
}

/* ---- The ring by eddy_switch() ------------------------------------------ */

static struct eddy_context contexts[RING];
static int context_at;

static APART int switch_to_next(int step)
{
    struct eddy_context *from = &contexts[context_at];

    context_at = (context_at + step) % RING;
    (void)eddy_switch(from, &contexts[context_at], NULL);
    return 1;
}

FOUR_DEEP(switch_deep, switch_to_next, int)

static APART void switch_round(int64_t times)
{
    while (times-- > 0)
        (void)switch_deep(1);
}

static void begin_round(struct eddy_context *context, void *passed)
{
    (void)context;
    (void)passed;
    switch_round(INT64_MAX);
}

static void prepare_eddy_ring(struct eddy_stacks *stacks)
{
    eddy_context_here(&contexts[0]);
    for (int i = 1; i < RING; i++)
        eddy_context_init(&contexts[i], new_stack(stacks, i), begin_round, 0);
}

int64_t time_eddy_ring(void *arg)
{
    int64_t start = now_ns();

    (void)arg;
    switch_round(TURNS / RING);
    return now_ns() - start;
}

/* ---- By hand ------------------------------------------------------------ */

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__APPLE__)

/* Two that jump, so that each has one target and is always foreseen; and one
 * that returns. */
void bench_there(void **save_sp, void *load_sp);
void bench_back(void **save_sp, void *load_sp);
void bench_switch(void **save_sp, void *load_sp);

/* clang-format off */
#define SWITCH(name, go)                                                       \
    ".p2align 6\n" name ":\n"                                                  \
    "    push %rbp\n    push %rbx\n    push %r12\n"                            \
    "    push %r13\n    push %r14\n    push %r15\n"                            \
    "    mov %rsp, (%rdi)\n    mov %rsi, %rsp\n"                               \
    "    pop %r15\n    pop %r14\n    pop %r13\n"                               \
    "    pop %r12\n    pop %rbx\n    pop %rbp\n" go
__asm__(".text\n"
        SWITCH("bench_there", "    pop %rcx\n    jmp *%rcx\n")
        SWITCH("bench_back", "    pop %rcx\n    jmp *%rcx\n")
        SWITCH("bench_switch", "    ret\n"));
/* clang-format on */

/* What a switch takes back, of a stack where `entry` is to begin. */
static void *new_sp(struct eddy_stacks *stacks, int index, void (*entry)(void))
{
    void **top =
        (void **)((uintptr_t)new_stack(stacks, index).high & ~(uintptr_t)15);

    *--top = NULL; /* where it would return to */
    *--top = (void *)(uintptr_t)entry;
    return top - 6;
}

static void *here, *there;

static void other_side(void)
{
    for (;;)
        bench_back(&there, here);
}

int64_t time_pairs(void *arg)
{
    int64_t start = now_ns();

    (void)arg;
    for (int i = 0; i < PAIRS; i++)
        bench_there(&here, there);
    return now_ns() - start;
}

static void *ring[RING];
static int ring_at;

static APART int go_to_next(int step)
{
    void **from = &ring[ring_at];

    ring_at = (ring_at + step) % RING;
    bench_switch(from, ring[ring_at]);
    return 1;
}

FOUR_DEEP(go_deep, go_to_next, int)

static APART void go_round(int64_t times)
{
    while (times-- > 0)
        (void)go_deep(1);
}

static void member(void)
{
    go_round(INT64_MAX);
}

int64_t time_ring(void *arg)
{
    int64_t start = now_ns();

    (void)arg;
    go_round(TURNS / RING);
    return now_ns() - start;
}

void prepare_yardsticks(struct eddy_stacks *stacks)
{
    prepare_eddy_ring(stacks);
    there = new_sp(stacks, 0, other_side);
    for (int i = 1; i < RING; i++)
        ring[i] = new_sp(stacks, i, member);
}

#else

static struct eddy_context here, there;

static void other_side(struct eddy_context *context, void *passed)
{
    for (;;)
        passed = eddy_jump(context, &here, passed);
}

int64_t time_pairs(void *arg)
{
    int64_t start = now_ns();

    (void)arg;
    for (int i = 0; i < PAIRS; i++)
        (void)eddy_jump(&here, &there, NULL);
    return now_ns() - start;
}

int64_t time_ring(void *arg)
{
    return time_eddy_ring(arg);
}

void prepare_yardsticks(struct eddy_stacks *stacks)
{
    prepare_eddy_ring(stacks);
    eddy_context_here(&here);
    eddy_context_init(&there, new_stack(stacks, 0), other_side, 0);
}

#endif
