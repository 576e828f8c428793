/* SPDX-License-Identifier: MIT */
/* test_task_turns.c - who runs when, on what stack, and in which thread. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <unistd.h>

#include "fork_support.h"
#include "task_support.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ON_TSAN 1
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define ON_TSAN 1
#endif
#ifndef ON_TSAN
#define ON_TSAN 0
#endif

enum { BUDGET = 1024, BUDGET_AT_ONCE = 32 }; /* of a turn; see eddy/front.h */

/* ---- Taking turns -------------------------------------------------------- */

START_TEST(tasks_that_yield_interleave) /* G1, T14 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    spawn(loop, say_thrice, word("a"));
    spawn(loop, say_thrice, word("b"));
    run_out(loop);
    ck_assert_str_eq(marks(), "a b a b a b");
}
END_TEST

static struct eddy_result sleep_for_nothing(struct eddy_task *self, void *text)
{
    for (int i = 0; i < 3; i++) {
        mark(text);
        ck_assert_int_eq(eddy_await(self, eddy_sleep(i - 1)), 0);
    }
    return eddy_n(0);
}

START_TEST(tasks_that_sleep_for_nothing_interleave) /* G1 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    spawn(loop, sleep_for_nothing, word("a"));
    spawn(loop, sleep_for_nothing, word("b"));
    run_out(loop);
    ck_assert_str_eq(marks(), "a b a b a b");
    ck_assert_int_eq(virtual_time.now_ns, EDDY_SECOND + 1);
}
END_TEST

static struct eddy_result sleep_and_say(struct eddy_task *self, void *text)
{
    int64_t ns = (((char *)text)[0] - '0') * EDDY_SECOND;

    ck_assert_int_eq(eddy_await(self, eddy_sleep(ns)), 0);
    ck_assert_int_eq(eddy_loop_now_ns(eddy_task_loop(self)), EDDY_SECOND + ns);
    mark(text);
    return eddy_n(0);
}

START_TEST(sleepers_wake_in_order_and_in_no_time) /* G1, K17 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    spawn(loop, sleep_and_say, word("3"));
    spawn(loop, sleep_and_say, word("1"));
    spawn(loop, sleep_and_say, word("2"));
    run_out(loop);
    ck_assert_str_eq(marks(), "1 2 3");
    ck_assert_int_eq(virtual_time.now_ns, 4 * EDDY_SECOND);
}
END_TEST

/* ---- Fairness ------------------------------------------------------------ */

enum { PLACES = 12, ROUNDS = 50 };

static int round_of[3 * PLACES];

static void one_round(int who)
{
    for (int i = 0; i < 3 * PLACES; i++)
        ck_assert_msg(
            round_of[i] == round_of[who] || round_of[i] == round_of[who] + 1,
            "%d is in round %d, %d in %d", who, round_of[who], i, round_of[i]);
    round_of[who]++;
}

/* Each case is a place of its own. */
static int wait_at_place(struct eddy_task *self, int place)
{
    switch (place) {
#define PLACE(n)                                                               \
    case n:                                                                    \
        return eddy_task_yield(self)
        PLACE(0);
        PLACE(1);
        PLACE(2);
        PLACE(3);
        PLACE(4);
        PLACE(5);
        PLACE(6);
        PLACE(7);
        PLACE(8);
        PLACE(9);
        PLACE(10);
    default:
        return eddy_task_yield(self);
    }
}

static struct eddy_result go_round(struct eddy_task *self, void *arg)
{
    int who = (int)((int *)arg - round_of);

    for (int i = 0; i < ROUNDS; i++) {
        one_round(who);
        ck_assert_int_eq(wait_at_place(self, who % PLACES), 0);
    }
    return eddy_n(0);
}

START_TEST(in_a_round_each_task_has_one_turn_wherever_it_waits)
{
    struct eddy_loop *loop = virtual_loop(_i);

    memset(round_of, 0, sizeof round_of);
    for (int i = 0; i < 3 * PLACES; i++)
        spawn(loop, go_round, &round_of[i]);
    run_out(loop);
    for (int i = 0; i < 3 * PLACES; i++)
        ck_assert_int_eq(round_of[i], ROUNDS);
}
END_TEST

static struct eddy_result count_and_yield(struct eddy_task *self, void *count)
{
    for (int i = 0; i < 3; i++) {
        ++*(int *)count;
        ck_assert_int_eq(eddy_task_yield(self), 0);
    }
    return eddy_n(0);
}

START_TEST(there_may_be_very_many_tasks)
{
    enum { MANY = ON_TSAN != 0 ? 1000 : 10000 }; /* it allows some 8000 */
    struct eddy_loop *loop = virtual_loop(_i);
    int count = 0;

    for (int i = 0; i < MANY; i++)
        spawn(loop, count_and_yield, &count);
    ck_assert_uint_eq(eddy_loop_task_count(loop), MANY);
    turns(loop, 1);
    ck_assert_int_le(count, BUDGET); /* and I/O has its turn */
    run_out(loop);
    ck_assert_int_eq(count, 3 * MANY);
    ck_assert_uint_eq(eddy_loop_task_count(loop), 0);
}
END_TEST

/* ---- Answers that are there ---------------------------------------------- */

static struct eddy_op at_once(void)
{
    return eddy_all(NULL, 0);
}

struct pace {
    bool others; /* has another task run? */
    int alone;   /* awaits before it did */
};

static struct eddy_result await_at_once(struct eddy_task *self, void *arg)
{
    struct pace *pace = arg;

    while (!pace->others) {
        ck_assert_int_eq(eddy_await(self, at_once()), 0);
        pace->alone += !pace->others;
    }
    return eddy_n(0);
}

static struct eddy_result be_other(struct eddy_task *self, void *arg)
{
    (void)self;
    ((struct pace *)arg)->others = true;
    return eddy_n(0);
}

START_TEST(an_await_that_is_done_at_once_suspends_only_now_and_then)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct pace pace = { false, 0 };

    spawn(loop, await_at_once, &pace);
    spawn(loop, be_other, &pace);
    run_out(loop);
    ck_assert_int_eq(pace.alone, BUDGET_AT_ONCE);
}
END_TEST

/* What goes on while tasks never wait for long. */
struct world {
    struct eddy_loop *loop;
    struct eddy_timer timer;
    struct eddy_watch watch;
    int pipe[2];
    bool timed, watched;
    uint64_t turns_at_start;
    long spins, spins_when_timed;
};

static void on_time(struct eddy_timer *timer, void *arg)
{
    struct world *world = arg;

    (void)timer;
    world->timed = true;
    world->spins_when_timed = world->spins;
}

static void on_io(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)ready;
    ((struct world *)arg)->watched = true;
    ck_assert_int_eq(eddy_watch_stop(watch), 0);
}

static bool goes_on(struct world *world)
{
    ck_assert_int_lt(++world->spins, 1000000);
    virtual_time.now_ns += EDDY_US; /* a virtual clock jumps only when idle */
    return !world->timed || !world->watched;
}

static struct eddy_result spin_on_yield(struct eddy_task *self, void *world)
{
    while (goes_on(world))
        ck_assert_int_eq(eddy_task_yield(self), 0);
    return eddy_n(0);
}

static struct eddy_result spin_on_answers(struct eddy_task *self, void *world)
{
    while (goes_on(world))
        ck_assert_int_eq(eddy_await(self, at_once()), 0);
    return eddy_n(0);
}

static struct eddy_result spin_on_joins(struct eddy_task *self, void *arg)
{
    struct world *world = arg;

    while (goes_on(world)) {
        struct eddy_task *task = spawn_held(world->loop, say, word("x"));

        ck_assert_int_eq(eddy_await(self, eddy_join(task)), 0);
        eddy_task_unref(task);
        (void)marks();
    }
    return eddy_n(0);
}

static void spin(int index, eddy_task_fn *fn, int count)
{
    struct world world = { .loop = virtual_loop(index) };

    make_pipe(world.pipe);
    write_byte(world.pipe[1]);
    ck_assert_int_eq(eddy_timer_init(&world.timer, world.loop, on_time, &world),
                     0);
    ck_assert_int_eq(eddy_timer_start(&world.timer, EDDY_MS), 0);
    for (int i = 0; i < count; i++)
        spawn(world.loop, fn, &world);
    turns(world.loop, 1);
    ck_assert_int_eq(eddy_watch_start(world.loop, &world.watch, world.pipe[0],
                                      EDDY_READ, on_io, &world),
                     0);
    turns(world.loop, 4);
    ck_assert(world.watched);
    run_out(world.loop);
    ck_assert(world.timed);
    ck_assert_int_le(world.spins_when_timed, 1000 + 3 * BUDGET);
    free_loop(world.loop);
    close_both(world.pipe);
}

START_TEST(io_and_timers_have_their_turn_while_tasks_spin) /* T14 */
{
    static eddy_task_fn *const ways[] = { spin_on_yield, spin_on_answers,
                                          spin_on_joins };

    for (size_t i = 0; i < COUNT(ways); i++) {
        spin(_i, ways[i], 1);
        spin(_i, ways[i], 5);
    }
}
END_TEST

/* ---- Other stacks -------------------------------------------------------- */

struct visit {
    struct eddy_task *self;
    const char *from; /* a place on the stack of the task */
    struct latch *latch;
};

static void see_frame(const struct eddy_task_info *info, void *arg)
{
    (void)arg;
    mark(word(info->name));
}

static void on_big_stack(void *arg)
{
    struct visit *visit = arg;
    struct eddy_task *self = visit->self;
    struct eddy_loop *loop = eddy_task_loop(self);
    char large[256 * 1024];

    memset(large, 1, sizeof large); /* more than a task has */
    ck_assert(large < visit->from - sizeof large || large > visit->from);
    ck_assert_ptr_null(eddy_loop_task(loop));
    ck_assert_int_eq(eddy_await(self, at_once()), -EPERM);
    ck_assert_int_eq(eddy_task_yield(self), -EPERM);
    ck_assert_int_eq(eddy_on_big_stack(self, on_big_stack, arg), -EPERM);
    ck_assert_int_eq(eddy_loop_run(loop), -EBUSY);
    ck_assert_int_eq(eddy_task_each(loop, see_frame, NULL), 0);
    ck_assert_str_eq(marks(), "visitor waiter");
    release(visit->latch, 4); /* who is woken runs later */
    spawn(loop, say, word("spawned"));
    mark(word("big"));
    errno = 77;
}

static struct eddy_result visit_big_stack(struct eddy_task *self, void *latch)
{
    char here;
    struct visit visit = { self, &here, latch };

    ck_assert_int_eq(eddy_task_yield(self), 0);
    ck_assert_int_eq(eddy_on_big_stack(self, NULL, &visit), -EINVAL);
    ck_assert_int_eq(eddy_on_big_stack(self, on_big_stack, &visit), 0);
    ck_assert_int_eq(errno, 77);
    mark(word("back"));
    return eddy_n(0);
}

START_TEST(what_needs_much_stack_runs_on_the_one_of_the_thread) /* C25 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *waiter;

    spawn_with(loop, visit_big_stack, &latch,
               (struct eddy_task_options){ .name = "visitor" });
    spawn_with(
        loop, wait_there, &latch,
        (struct eddy_task_options){ .name = "waiter", .ret_task = &waiter });
    ck_assert_int_eq(eddy_on_big_stack(waiter, on_big_stack, NULL), -EPERM);
    ck_assert_int_eq(eddy_on_big_stack(NULL, on_big_stack, NULL), -EPERM);
    ck_assert_int_eq(end_of(loop, waiter), 4);
    run_out(loop);
    ck_assert_str_eq(marks(), "big back spawned");
}
END_TEST

/* So many bytes deep, and up again. */
static size_t descend(size_t left)
{
    volatile char frame[256];

    frame[0] = (char)left;
    frame[sizeof frame - 1] = frame[0];
    if (left <= 4096)
        return 1;
    left -= 512; /* what a frame takes at most, by any compiler */
    return descend(left) + (size_t)(frame[sizeof frame - 1] == frame[0]);
}

static struct eddy_result go_deep(struct eddy_task *self, void *size)
{
    ck_assert_uint_gt(descend(*(size_t *)size), 0);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    ck_assert_uint_gt(descend(*(size_t *)size), 0);
    return eddy_n(0);
}

START_TEST(a_task_may_go_as_deep_as_its_stack_is_large) /* C25 */
{
    static size_t sizes[] = { 6000,   16384 - 100, 16384,   32768,
                              100000, 1 << 20,     1 << 24, 48000 };
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task_options options = { .flags = EDDY_KEEP_FP };

    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < COUNT(sizes); i++) {
            options.stack_size = sizes[i] == 48000 ? 0 : sizes[i];
            spawn_with(loop, go_deep, &sizes[i], options);
        }
    run_out(loop);
}
END_TEST

/* ---- Where waiting is forbidden ------------------------------------------ */

static struct eddy_result be_forbidden(struct eddy_task *self, void *arg)
{
    struct eddy_scope scope;

    (void)arg;
    eddy_task_forbid_await(self);
    eddy_task_forbid_await(self);
    ck_assert_int_eq(eddy_await(self, at_once()), -EPERM);
    eddy_task_allow_await(self);
    ck_assert_int_eq(eddy_task_yield(self), -EPERM);
    ck_assert_int_eq(eddy_task_check(self), 0);
    ck_assert_int_eq(eddy_scope_open(self, &scope, NULL), 0);
    ck_assert_int_eq(eddy_scope_close(&scope, 0), 0);
    eddy_task_allow_await(self);
    ck_assert_int_eq(eddy_await(self, at_once()), 0);
    eddy_task_allow_await(self); /* too often */
    eddy_task_forbid_await(self);
    ck_assert_int_eq(eddy_await(self, at_once()), -EPERM);
    eddy_task_allow_await(self);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    return eddy_n(0);
}

START_TEST(where_waiting_is_forbidden_it_is_refused_and_told_of)
{
    struct eddy_loop *loop = virtual_loop(_i);

    eddy_task_forbid_await(NULL);
    eddy_task_allow_await(NULL);
    spawn(loop, be_forbidden, NULL);
    run_out(loop);
    ck_assert_int_eq(logged(""), 0);
    ck_assert_int_eq(eddy_loop_set_debug(loop, true), 0);
    spawn_with(loop, be_forbidden, NULL,
               (struct eddy_task_options){ .name = "eager" });
    run_out(loop);
    ck_assert_int_eq(logged("eager waits where waiting is forbidden"), 3);
}
END_TEST

/* ---- Threads and processes ----------------------------------------------- */

static struct eddy_result read_pipe(struct eddy_task *self, void *fd)
{
    int n = (int)eddy_await(self, eddy_readable(*(int *)fd));

    if (n > 0)
        n = (int)eddy_await(self, eddy_sleep(EDDY_SECOND));
    return eddy_n(n);
}

struct family {
    struct eddy_loop *loop;
    struct eddy_task *task;
    int pipe[2];
};

static void live_on_as_child(void *arg)
{
    struct family *family = arg;
    struct latch latch = { 0 };
    struct eddy_result result;

    MUST(eddy_loop_after_fork(family->loop) == 0);
    MUST(eddy_task_state(family->task) == EDDY_TASK_WAITING);
    MUST(write(family->pipe[1], "x", 1) == 1);
    result = eddy_loop_run_until(family->loop, eddy_join(family->task));
    MUST(result.n == 0);
    result = eddy_loop_run_task(
        family->loop, wait_there,
        &(struct latch){ (struct eddy_request *)&latch, false, 0 });
    MUST(result.n == -EBUSY);
    eddy_task_unref(family->task);
}

static void free_as_child(void *arg)
{
    struct family *family = arg;

    MUST(eddy_loop_after_fork(family->loop) == 0);
    eddy_task_unref(family->task);
}

START_TEST(tasks_live_on_in_parent_and_child)
{
    struct family family = { .loop = virtual_loop(_i) };

    if (ON_TSAN != 0)
        return; /* it takes tasks for threads, which are gone in a child */
    make_pipe(family.pipe);
    family.task = spawn_held(family.loop, read_pipe, &family.pipe[0]);
    turns(family.loop, 2);
    in_child(free_as_child, &family);
    in_child(live_on_as_child, &family);
    ck_assert_int_eq(end_of(family.loop, family.task), 0);
    free_loop(family.loop);
    close_both(family.pipe);
}
END_TEST

/* Asked for anew: a compiler may keep where it is in a thread, and a task that
 * goes on in another one would look there. */
static int *find_errno(void)
{
    return &errno;
}

static int *(*volatile here)(void) = find_errno;

static struct eddy_result work_here(struct eddy_task *self, void *count)
{
    for (int i = 0; i < 1000; i++) {
        *here() = i;
        ck_assert_int_eq(i % 10 != 0 ? eddy_task_yield(self)
                                     : (int)eddy_await(self, eddy_next_turn()),
                         0);
        ck_assert_int_eq(*here(), i);
        ++*(int *)count;
    }
    return eddy_n(0);
}

static void *run_loop(void *loop)
{
    ck_assert_int_eq(eddy_loop_run(loop), 0);
    return NULL;
}

START_TEST(loops_of_several_threads_know_nothing_of_each_other)
{
    enum { THREADS = 3, TASKS = 10 };
    struct eddy_loop *loops[THREADS];
    pthread_t threads[THREADS];
    int counts[THREADS] = { 0 };

    for (int i = 0; i < THREADS; i++) {
        loops[i] = real_loop(_i);
        for (int j = 0; j < TASKS; j++)
            spawn(loops[i], work_here, &counts[i]);
    }
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(run_loop, loops[i]);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(counts[i], TASKS * 1000);
}
END_TEST

static void *run_one_turn(void *loop)
{
    errno = 1; /* of this thread */
    turns(loop, 1);
    return NULL;
}

START_TEST(a_loop_may_be_run_by_another_thread_later)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int count = 0;

    for (int j = 0; j < 3; j++)
        spawn(loop, work_here, &count);
    for (int i = 0; i < 20; i++) {
        if (i % 3 != 2) /* often the next one is where the last one was */
            join_thread(start_thread(run_one_turn, loop));
        else
            turns(loop, 1);
        ck_assert_int_eq(eddy_task_each(loop, see_frame, NULL), 0);
        (void)marks();
    }
    run_out(loop);
    ck_assert_int_eq(count, 3000);
}
END_TEST

static struct eddy_result run_other_loop(struct eddy_task *self, void *other)
{
    ck_assert_int_eq(eddy_task_yield(self), 0);
    ck_assert_int_eq(eddy_loop_run_task(other, say_thrice, word("inner")).n, 0);
    ck_assert_ptr_eq(eddy_loop_task(eddy_task_loop(self)), self);
    ck_assert_ptr_null(eddy_loop_task(other));
    return eddy_n(eddy_task_yield(self));
}

START_TEST(a_task_may_run_another_loop)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_run_task(other, say, word("first")).n, 0);
    spawn(loop, say_thrice, word("outer"));
    ck_assert_int_eq(eddy_loop_run_task(loop, run_other_loop, other).n, 0);
    ck_assert_int_eq(eddy_loop_run_task(other, say, word("last")).n, 0);
    ck_assert_str_eq(marks(), "first outer outer inner inner inner outer last");
}
END_TEST

/* -------------------------------------------------------------------------- */

int main(void)
{
    const TTest *const each[] = {
        tasks_that_yield_interleave,
        tasks_that_sleep_for_nothing_interleave,
        sleepers_wake_in_order_and_in_no_time,
        in_a_round_each_task_has_one_turn_wherever_it_waits,
        there_may_be_very_many_tasks,
        an_await_that_is_done_at_once_suspends_only_now_and_then,
        io_and_timers_have_their_turn_while_tasks_spin,
        what_needs_much_stack_runs_on_the_one_of_the_thread,
        a_task_may_go_as_deep_as_its_stack_is_large,
        where_waiting_is_forbidden_it_is_refused_and_told_of,
        tasks_live_on_in_parent_and_child,
        loops_of_several_threads_know_nothing_of_each_other,
        a_loop_may_be_run_by_another_thread_later,
        a_task_may_run_another_loop,
    };
    Suite *suite = suite_create("task turns");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
