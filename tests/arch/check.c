/* SPDX-License-Identifier: MIT */
/*
 * check.c - what is promised of stacks and contexts, and of what runs on them
 * (tasks.c), for any processor: a program that needs nothing but the library,
 * to be run by an emulator too. One line for each promise that is kept; it
 * stops at the first that is not.
 */
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <unwind.h>
#endif

#include <eddy.h>

#include "../registers.h"
#include "../sanitized.h"
#include "promises.h"
#include "tasks.h"

static struct eddy_stacks *stacks;

static void *(*go)(struct eddy_context *from, struct eddy_context *to,
                   void *pass);

static void *take(size_t size)
{
    static struct eddy_stack stack; /* one at a time is enough to return */

    REQUIRE(eddy_stack_take(stacks, size, "a test", "here", &stack) == 0);
    return &stack;
}

/* ---- Two contexts that take turns --------------------------------------- */

struct pair {
    struct eddy_context here, there;
    struct eddy_stack stack;
    void *result;
};

static void set_up(struct pair *pair, size_t size, eddy_context_fn *fn,
                   unsigned flags)
{
    pair->stack = *(struct eddy_stack *)take(size);
    eddy_context_here(&pair->here);
    eddy_context_init(&pair->there, pair->stack, fn, flags);
}

static void tear_down(struct pair *pair)
{
    eddy_context_done(&pair->there);
    eddy_stack_give(stacks, pair->stack);
}

/* The pair whose second half this is, and what is passed is its address. */
static void give_way(void *arg)
{
    struct pair *pair = arg;

    (void)go(&pair->there, &pair->here, NULL);
}

static void leave(struct pair *pair)
{
    eddy_switch_away(&pair->there, &pair->here, NULL);
}

/* ---- Values ------------------------------------------------------------- */

static void count_up(struct eddy_context *context, void *passed)
{
    struct pair *pair = passed;
    char *n = NULL;

    REQUIRE(context == &pair->there);
    for (;;)
        n = go(&pair->there, &pair->here, n + 1);
}

static void values_are_passed(void)
{
    struct pair pair;
    char *n;

    set_up(&pair, 0, count_up, 0);
    n = go(&pair.here, &pair.there, &pair);
    for (int i = 0; i < 1000; i++)
        n = go(&pair.here, &pair.there, n + 1);
    REQUIRE(n == (char *)2001);
    tear_down(&pair);
}

/* ---- Registers ---------------------------------------------------------- */

enum { BUSY_ROUNDS = 200 };

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
    REQUIRE(keep_busy(BUSY_ROUNDS, 77, give_way, pair) == alone);
    pair->result = pair;
    leave(pair);
}

static void go_there(void *arg)
{
    struct pair *pair = arg;

    (void)go(&pair->here, &pair->there, pair);
}

static void registers_are_kept(void)
{
    uint64_t alone = keep_busy(BUSY_ROUNDS + 1, 99, do_nothing, NULL);
    struct pair pair = { .result = NULL };

    set_up(&pair, 0, be_busy, 0);
    REQUIRE(keep_busy(BUSY_ROUNDS + 1, 99, go_there, &pair) == alone);
    REQUIRE(pair.result == &pair);
    tear_down(&pair);
}

/* ---- Alignment ---------------------------------------------------------- */

static void print_doubles(struct eddy_context *context, void *passed)
{
    volatile double third = 1.0 / 3;
    _Alignas(16) char text[64];

    (void)context;
    REQUIRE((uintptr_t)text % 16 == 0);
    (void)snprintf(text, sizeof text, "%.3f %.3f %d %.1f", third, 2 * third, 7,
                   9 * third);
    REQUIRE(strcmp(text, "0.333 0.667 7 3.0") == 0);
    leave(passed);
}

static void stacks_are_aligned(void)
{
    struct pair pair;

    set_up(&pair, 0, print_doubles, 0);
    (void)go(&pair.here, &pair.there, &pair);
    tear_down(&pair);
}

/* ---- Floating point control --------------------------------------------- */

static void change_rounding(struct eddy_context *context, void *passed)
{
    struct pair *pair = passed;

    (void)context;
    REQUIRE(fegetround() == FE_TONEAREST);
    REQUIRE(fesetround(FE_UPWARD) == 0);
    give_way(pair);
    REQUIRE(fegetround() == FE_UPWARD);
    leave(pair);
}

static void rounding_stays_where_it_is_kept(void)
{
    struct pair pair;

    set_up(&pair, 0, change_rounding, EDDY_KEEP_FP);
    go_there(&pair);
    REQUIRE(fegetround() == FE_TONEAREST);
    go_there(&pair);
    REQUIRE(fegetround() == FE_TONEAREST);
    tear_down(&pair);
}

static void rounding_is_shared_where_it_is_not(void)
{
    struct pair pair;

    set_up(&pair, 0, change_rounding, 0);
    go_there(&pair);
    REQUIRE(fegetround() == FE_UPWARD);
    go_there(&pair);
    REQUIRE(fesetround(FE_TONEAREST) == 0);
    tear_down(&pair);
}

/* ---- Depth -------------------------------------------------------------- */

enum { DEEP_STACK = 1 << 20, FRAME = 256, FRAMES = 1200 };

/* Gives way at the bottom and on the way up. */
static unsigned dig(struct pair *pair, unsigned depth)
{
    volatile char frame[FRAME];
    unsigned sum = 0;

    for (unsigned i = 0; i < FRAME; i++)
        frame[i] = (char)(depth & 127);
    if (depth > 0)
        sum = dig(pair, depth - 1);
    if (depth % 8 == 0)
        give_way(pair);
    for (unsigned i = 0; i < FRAME; i++)
        REQUIRE(frame[i] == (char)(depth & 127));
    return sum + 1;
}

static void go_deep(struct eddy_context *context, void *passed)
{
    struct pair *pair = passed;

    (void)context;
    REQUIRE(dig(pair, FRAMES) == FRAMES + 1);
    pair->result = pair;
    leave(pair);
}

static void stacks_are_deep(void)
{
    struct pair pair = { .result = NULL };
    int turns = 0;

    set_up(&pair, DEEP_STACK, go_deep, 0);
    for (; pair.result == NULL; turns++)
        go_there(&pair);
    REQUIRE(turns == FRAMES / 8 + 2);
    tear_down(&pair);
}

/* ---- Many --------------------------------------------------------------- */

enum { MANY = 1000, LAPS = 20 };

static struct eddy_context many[MANY], many_here;
static unsigned laps[MANY];

/* Each goes to the next, and the last one to the first. */
static void run_laps(struct eddy_context *context, void *passed)
{
    size_t i = (size_t)(context - many);

    (void)passed;
    for (;;) {
        struct eddy_context *next = &many[(i + 1) % MANY];

        if (++laps[i] == LAPS && i == MANY - 1)
            next = &many_here;
        (void)go(context, next, NULL);
    }
}

static void many_take_turns(void)
{
    static struct eddy_stack of[MANY];

    eddy_context_here(&many_here);
    for (size_t i = 0; i < MANY; i++) {
        laps[i] = 0;
        of[i] = *(struct eddy_stack *)take(0);
        eddy_context_init(&many[i], of[i], run_laps, 0);
    }
    (void)go(&many_here, &many[0], NULL);
    for (size_t i = 0; i < MANY; i++) {
        REQUIRE(laps[i] == LAPS);
        eddy_context_done(&many[i]);
        eddy_stack_give(stacks, of[i]);
    }
}

/* ---- Where it goes on --------------------------------------------------- */

static void the_place_is_known(void)
{
    struct pair one, other;

    set_up(&one, 0, count_up, 0);
    set_up(&other, 0, count_up, 0);
    (void)eddy_jump(&one.here, &one.there, &one);
    (void)eddy_jump(&other.here, &other.there, &other);
    /* by who can tell: the portable switch cannot */
    REQUIRE(eddy_context_pc(&one.there) == eddy_context_pc(&other.there));
    tear_down(&one);
    tear_down(&other);
}

/* ---- Unwinding ---------------------------------------------------------- */

/* What std::terminate() depends on: who looks for a handler, or for the frames,
 * comes to an end where the stack begins. */
#ifdef __linux__
enum { MOST_FRAMES = 6 };

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *frame, void *arg)
{
    (void)frame;
    return ++*(int *)arg > MOST_FRAMES ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static void raise_one(struct eddy_context *context, void *passed)
{
    struct _Unwind_Exception exception;
    int frames = 0;

    (void)context;
    (void)_Unwind_Backtrace(count_frame, &frames);
    REQUIRE(frames >= 1 && frames <= MOST_FRAMES);
    memset(&exception, 0, sizeof exception);
    (void)_Unwind_RaiseException(&exception); /* returns if there is none */
    ((struct pair *)passed)->result = passed;
    leave(passed);
}

static void unwinding_ends_where_a_stack_begins(void)
{
    struct pair pair = { .result = NULL };

    set_up(&pair, 0, raise_one, 0);
    go_there(&pair);
    REQUIRE(pair.result == &pair);
    tear_down(&pair);
}
#else
static void unwinding_ends_where_a_stack_begins(void)
{
    (void)puts("  (not tried here:)");
}
#endif

/* ---- Overflow ----------------------------------------------------------- */

/* NOLINTNEXTLINE: it is meant to */
static unsigned overflow(unsigned depth)
{
    volatile char frame[512];

    frame[depth % 512] = (char)(depth & 127);
    return depth == 0 ? 0 : overflow(depth - 1) + (unsigned)frame[depth % 512];
}

static volatile unsigned very_deep = 1u << 24;

static void use_too_much(struct eddy_context *context, void *passed)
{
    (void)context;
    (void)overflow(very_deep);
    leave(passed);
}

static void run_into_the_guard(void)
{
    struct pair pair;

    set_up(&pair, 0, use_too_much, 0);
    go_there(&pair);
}

static void dereference_null(void)
{
    volatile char *volatile nowhere = NULL;

    *nowhere = 1;
}

/* What a child says on stderr before a signal ends it; ret_signal: which. */
static void last_words(void (*run)(void), char *text, size_t size,
                       int *ret_signal)
{
    int ends[2], status;
    size_t length = 0;
    ssize_t n;
    pid_t child;

    REQUIRE(pipe(ends) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        run();
        _exit(0);
    }
    (void)close(ends[1]);
    while ((n = read(ends[0], text + length, size - 1 - length)) > 0)
        length += (size_t)n;
    text[length] = '\0';
    (void)close(ends[0]);
    REQUIRE(waitpid(child, &status, 0) == child);
    *ret_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void an_overflow_is_named(void)
{
    char text[4096];
    int signal;

    last_words(run_into_the_guard, text, sizeof text, &signal);
    REQUIRE(strstr(text, "stack overflow in a test, made at here") != NULL);
    REQUIRE(SANITIZED || signal == SIGSEGV || signal == SIGBUS);
}

static void another_fault_is_none(void)
{
    char text[4096];
    int signal;

    last_words(dereference_null, text, sizeof text, &signal);
    REQUIRE(strstr(text, "eddy: stack overflow") == NULL);
    REQUIRE(SANITIZED || signal == SIGSEGV || signal == SIGBUS);
}

/* ---- Threads ------------------------------------------------------------ */

static void *in_a_thread(void *arg)
{
    struct eddy_stacks *of_main = stacks;

    (void)arg;
    REQUIRE(eddy_stacks_new(&stacks, NULL) == 0);
    registers_are_kept();
    an_overflow_is_named();
    eddy_stacks_free(stacks);
    stacks = of_main;
    return NULL;
}

static void threads_have_their_own(void)
{
    pthread_t thread;

    REQUIRE(pthread_create(&thread, NULL, in_a_thread, NULL) == 0);
    REQUIRE(pthread_join(thread, NULL) == 0);
}

/* ---- All ---------------------------------------------------------------- */

static void memory_is_given_back(void)
{
    struct eddy_stacks_stats stats;

    REQUIRE(eddy_stacks_stats(stacks, &stats) == 0);
    REQUIRE(stats.used == 0);
    REQUIRE(stats.kept <= 2 * 256);
    REQUIRE(stats.mapped > 0);
}

static void check_contexts(void)
{
    KEPT(values_are_passed);
    KEPT(registers_are_kept);
    KEPT(stacks_are_aligned);
    KEPT(rounding_stays_where_it_is_kept);
    KEPT(rounding_is_shared_where_it_is_not);
    KEPT(stacks_are_deep);
    KEPT(many_take_turns);
}

int main(void)
{
    REQUIRE(eddy_stacks_new(&stacks, NULL) == 0);
    (void)puts("by switches that return:");
    go = eddy_switch;
    check_contexts();
    (void)puts("by jumps:");
    go = eddy_jump;
    check_contexts();
    (void)puts("by either:");
    KEPT(the_place_is_known);
    KEPT(unwinding_ends_where_a_stack_begins);
    KEPT(an_overflow_is_named);
    KEPT(another_fault_is_none);
    KEPT(threads_have_their_own);
    KEPT(memory_is_given_back);
    eddy_stacks_free(stacks);
    (void)puts("on them:");
    check_tasks();
    return 0;
}
