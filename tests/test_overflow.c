/* SPDX-License-Identifier: MIT */
/* test_overflow.c - a stack that was too small is named, each time; and nothing
 * else is. What is to end badly does so in a child. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/stack.h>

#include "sanitized.h"
#include "support.h"

enum { KIB = 1024, OWN_HANDLER = 3, SURVIVED = 4 };

/* ---- Children ------------------------------------------------------------ */

struct end {
    char text[4096]; /* what it said on stderr, as far as there is room */
    int signal, status;
};

static void read_all(int fd, struct end *end)
{
    char rest[512];
    size_t length = 0;
    ssize_t n = 1;

    while (n > 0) {
        size_t room = sizeof end->text - 1 - length;

        n = room > 0 ? read(fd, end->text + length, room)
                     : read(fd, rest, sizeof rest);
        if (room > 0 && n > 0)
            length += (size_t)n;
    }
    end->text[length] = '\0';
}

static struct end end_of(void (*run)(size_t arg), size_t arg)
{
    struct end end = { .signal = 0 };
    int ends[2], status;
    pid_t child;

    make_pipe(ends);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        run(arg);
        _exit(SURVIVED);
    }
    ck_assert_int_eq(close(ends[1]), 0);
    read_all(ends[0], &end);
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return end;
}

/* Sanitizers end a process in their own way. */
static bool by_fault(const struct end *end)
{
    if (SANITIZED)
        return end->signal != 0 || (end->status != 0 && end->status < 128);
    return end->signal == SIGSEGV || end->signal == SIGBUS;
}

static bool is_named(const struct end *end)
{
    return strstr(end->text, "eddy: stack overflow in victim, made at here: "
                             "all ") != NULL;
}

/* ---- Ways to use too much ------------------------------------------------ */

static volatile unsigned very_deep = 1u << 24;

/* Never one in the frame of another: guards are for frames of up to 16 KiB. */
#define NOT_INLINE __attribute__((noinline))

/* NOLINTNEXTLINE */
NOT_INLINE static unsigned little_by_little(unsigned depth)
{
    volatile char frame[200];

    frame[depth % sizeof frame] = (char)(depth & 127);
    return depth == 0 ? 0
                      : little_by_little(depth - 1) +
                            (unsigned)frame[depth % sizeof frame];
}

/* NOLINTNEXTLINE */
NOT_INLINE static unsigned in_large_steps(unsigned depth)
{
    volatile char frame[12 * KIB];

    frame[depth % sizeof frame] = (char)(depth & 127);
    return depth == 0 ? 0
                      : in_large_steps(depth - 1) +
                            (unsigned)frame[depth % sizeof frame];
}

static unsigned (*volatile recurse)(unsigned depth) = little_by_little;

static void use_too_much(struct eddy_context *context, void *passed)
{
    (void)context;
    (void)passed;
    (void)recurse(very_deep);
}

static void overflow_of(struct eddy_stacks *stacks, size_t size)
{
    struct eddy_context here, there;
    struct eddy_stack stack;

    if (eddy_stack_take(stacks, size, "victim", "here", &stack) < 0)
        return;
    eddy_context_here(&here);
    eddy_context_init(&there, stack, use_too_much, 0);
    (void)eddy_switch(&here, &there, NULL);
}

static void overflow(size_t size)
{
    struct eddy_stacks *stacks;

    if (eddy_stacks_new(&stacks, NULL) == 0)
        overflow_of(stacks, size);
}

/* ---- It is named --------------------------------------------------------- */

static const size_t sizes[] = { 16 * KIB, 24 * KIB, 48 * KIB, 100 * KIB,
                                1024 * KIB };

START_TEST(every_overflow_is_named)
{
    /* twice for each size: 200; but tools take their time to say what they saw
     */
    int rounds = SANITIZED || ON_VALGRIND ? 1 : 20;

    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
            struct end end;

            recurse = i % 2 == 0 ? little_by_little : in_large_steps;
            end = end_of(overflow, sizes[i / 2]);
            ck_assert_msg(is_named(&end), "round %d, %zu bytes: %s", round,
                          sizes[i / 2], end.text);
            ck_assert(by_fault(&end));
        }
}
END_TEST

static void overflow_the_second_of_many(size_t size)
{
    struct eddy_stacks *stacks;
    struct eddy_stack stack;

    if (eddy_stacks_new(&stacks, NULL) < 0)
        return;
    for (int i = 0; i < 100; i++)
        if (eddy_stack_take(stacks, size, "another", "there", &stack) < 0)
            return;
    overflow_of(stacks, size);
}

START_TEST(it_is_the_right_one_that_is_named)
{
    struct end end = end_of(overflow_the_second_of_many, 30 * KIB);

    ck_assert_msg(is_named(&end), "%s", end.text);
    ck_assert_ptr_null(strstr(end.text, "another"));
}
END_TEST

static void *overflow_in_thread(void *arg)
{
    overflow(*(size_t *)arg);
    return NULL;
}

static void overflow_in_a_thread(size_t size)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, overflow_in_thread, &size) == 0)
        (void)pthread_join(thread, NULL);
}

START_TEST(in_threads_too)
{
    for (int i = 0; i < 10; i++) {
        struct end end = end_of(overflow_in_a_thread, 48 * KIB);

        ck_assert_msg(is_named(&end), "%s", end.text);
        ck_assert(by_fault(&end));
    }
}
END_TEST

static void overflow_after_others(size_t size)
{
    struct eddy_stacks *stacks, *freed;
    struct eddy_context early;

    eddy_context_here(&early); /* there is no pool yet */
    if (eddy_stacks_new(&freed, NULL) < 0 || eddy_stacks_new(&stacks, NULL) < 0)
        return;
    eddy_stacks_free(freed);
    overflow_of(stacks, size);
}

START_TEST(the_order_of_things_does_not_matter)
{
    struct end end = end_of(overflow_after_others, 48 * KIB);

    ck_assert_msg(is_named(&end), "%s", end.text);
}
END_TEST

/* ---- Other faults -------------------------------------------------------- */

static void dereference_null(size_t arg)
{
    volatile char *volatile nowhere = (char *)arg;
    struct eddy_stacks *stacks;
    struct eddy_stack stack;

    if (eddy_stacks_new(&stacks, NULL) == 0 &&
        eddy_stack_take(stacks, 0, "victim", "here", &stack) == 0)
        *nowhere = 1;
}

START_TEST(another_fault_is_none)
{
    struct end end = end_of(dereference_null, 0);

    ck_assert_ptr_null(strstr(end.text, "eddy:"));
    ck_assert(by_fault(&end));
}
END_TEST

static void be_sent_a_signal(size_t arg)
{
    struct eddy_stacks *stacks;

    if (arg != 0)
        (void)signal(SIGSEGV, SIG_IGN);
    if (eddy_stacks_new(&stacks, NULL) < 0)
        return;
    (void)raise(SIGSEGV);
    eddy_stacks_free(stacks);
}

START_TEST(a_signal_that_is_sent_is_no_fault)
{
    struct end end = end_of(be_sent_a_signal, 0);

    ck_assert_ptr_null(strstr(end.text, "eddy:"));
    ck_assert(by_fault(&end));
    end = end_of(be_sent_a_signal, 1); /* which was ignored */
    ck_assert_int_eq(end.status, SURVIVED);
}
END_TEST

/* ---- Handlers of the program --------------------------------------------- */

static struct sigaction former;

static void exit_at_once(int signal)
{
    (void)signal;
    _exit(OWN_HANDLER);
}

static void hand_on(int signal, siginfo_t *info, void *context)
{
    if ((former.sa_flags & SA_SIGINFO) != 0)
        former.sa_sigaction(signal, info, context);
}

static void set_handler(bool chain, int flags)
{
    struct sigaction action = { .sa_handler = exit_at_once };

    if (chain)
        action.sa_sigaction = hand_on;
    action.sa_flags = SA_ONSTACK | flags | (chain ? SA_SIGINFO : 0);
    (void)sigaction(SIGBUS, &action, &former);
    (void)sigaction(SIGSEGV, &action, &former);
}

static void handle_before(size_t size)
{
    set_handler(false, 0);
    overflow(size);
}

START_TEST(a_handler_that_was_there_before_runs_too)
{
    struct end end = end_of(handle_before, 48 * KIB);

    ck_assert_msg(is_named(&end), "%s", end.text);
    ck_assert_int_eq(end.status, OWN_HANDLER);
}
END_TEST

static void handle_after(size_t chain)
{
    struct eddy_stacks *stacks;

    if (eddy_stacks_new(&stacks, NULL) < 0)
        return;
    set_handler(chain != 0, 0);
    overflow_of(stacks, 48 * KIB);
}

START_TEST(one_that_comes_after_may_hand_on)
{
    struct end end = end_of(handle_after, 1);

    ck_assert_msg(is_named(&end), "%s", end.text);
    ck_assert(by_fault(&end));
    end = end_of(handle_after, 0);
    ck_assert(!is_named(&end));
    ck_assert_int_eq(end.status, OWN_HANDLER);
}
END_TEST

static void return_at_once(int signal)
{
    static const char word[] = "once\n";

    (void)signal;
    if (write(STDERR_FILENO, word, sizeof word - 1) < 0)
        _exit(1);
}

static void handle_once(size_t size)
{
    struct sigaction action = { .sa_handler = return_at_once };

    action.sa_flags = (int)SA_RESETHAND;
    (void)sigaction(SIGBUS, &action, NULL);
    (void)sigaction(SIGSEGV, &action, NULL);
    overflow(size);
}

START_TEST(one_that_was_set_for_once_runs_once)
{
    struct end end = end_of(handle_once, 48 * KIB);
    const char *first = strstr(end.text, "once");

    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "once"));
    ck_assert(by_fault(&end));
}
END_TEST

static void leave_signals_alone(size_t size)
{
    struct eddy_stacks_options options = { .flags = EDDY_STACKS_NO_HANDLER };
    struct eddy_stacks *stacks;

    if (eddy_stacks_new(&stacks, &options) == 0)
        overflow_of(stacks, size);
}

START_TEST(who_wants_no_handler_gets_none)
{
    struct end end = end_of(leave_signals_alone, 48 * KIB);

    ck_assert(!is_named(&end));
    ck_assert(by_fault(&end)); /* all the same */
}
END_TEST

/* ---- Threads come and go ------------------------------------------------- */

static void *use_handler_stack(void *arg)
{
    struct eddy_context here;

    eddy_context_here(&here);
    eddy_context_here(&here);
    return arg;
}

static void *use_own_handler_stack(void *arg)
{
    stack_t stack = { .ss_size = 64 * KIB }, before, now;

    stack.ss_sp = malloc(stack.ss_size);
    ck_assert_int_eq(sigaltstack(&stack, &before), 0);
    (void)use_handler_stack(arg);
    ck_assert_int_eq(sigaltstack(&before, &now), 0);
    ck_assert_ptr_eq(now.ss_sp, stack.ss_sp); /* it was left alone */
    free(stack.ss_sp);
    return arg;
}

START_TEST(threads_come_and_go)
{
    struct eddy_stacks_options options = { .mem = *counting_mem() };
    struct eddy_stacks *stacks;
    pthread_t thread;

    ck_assert_int_eq(eddy_stacks_new(&stacks, &options), 0);
    for (int i = 0; i < 200; i++) {
        ck_assert_int_eq(pthread_create(&thread, NULL,
                                        i % 2 == 0 ? use_handler_stack
                                                   : use_own_handler_stack,
                                        NULL),
                         0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
    }
    eddy_stacks_free(stacks);
}
END_TEST

/* The last one makes a pool in this process, the others in children: handlers
 * are set once only. */
int main(void)
{
    const TTest *const tests[] = {
        every_overflow_is_named,
        it_is_the_right_one_that_is_named,
        in_threads_too,
        the_order_of_things_does_not_matter,
        another_fault_is_none,
        a_signal_that_is_sent_is_no_fault,
        a_handler_that_was_there_before_runs_too,
        one_that_comes_after_may_hand_on,
        one_that_was_set_for_once_runs_once,
        who_wants_no_handler_gets_none,
        threads_come_and_go,
    };
    Suite *suite = suite_create("overflow");

    add_tests(suite, "overflow", tests, COUNT(tests), NULL, NULL);
    return run_suite(suite);
}
