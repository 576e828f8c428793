/* SPDX-License-Identifier: MIT */
/* test_post.c - calls from other threads and from signal handlers. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "gate.h"
#include "loop_support.h"

/* ---- Many threads -------------------------------------------------------- */

enum { THREADS = 8, POSTS = 100000 };

struct poster {
    struct eddy_loop *loop;
    pthread_t owner, thread;
    int count, next; /* to be posted, and the one that must come next */
    int *done;
};

struct numbered {
    struct eddy_call call;
    struct poster *poster;
    int number;
};

static void on_post(void *arg)
{
    struct poster *poster = arg;

    ck_assert(pthread_equal(pthread_self(), poster->owner));
    poster->next++;
    ++*poster->done;
}

static void *post_many(void *arg)
{
    struct poster *poster = arg;

    for (int i = 0; i < poster->count; i++)
        if (eddy_loop_post(poster->loop, on_post, poster) < 0)
            return poster;
    return NULL;
}

static void start_posters(struct poster *posters, struct eddy_loop *loop,
                          int count, int *done)
{
    for (int i = 0; i < THREADS; i++) {
        posters[i] = (struct poster){
            .loop = loop, .owner = pthread_self(), .count = count, .done = done
        };
        posters[i].thread = start_thread(post_many, &posters[i]);
    }
}

START_TEST(no_post_is_lost_and_wake_ups_are_few) /* L29, T53 */
{
    struct eddy_loop *loop = real_loop(_i);
    struct poster posters[THREADS];
    int done = 0;

    start_posters(posters, loop, POSTS, &done);
    run_until_count(loop, &done, THREADS * POSTS);
    for (int i = 0; i < THREADS; i++) {
        join_thread(posters[i].thread);
        ck_assert_int_eq(posters[i].next, POSTS);
    }
    ck_assert_uint_eq(stats_of(loop).posts, THREADS * POSTS);
    ck_assert_uint_le(stats_of(loop).wakeups, THREADS * POSTS / 4);
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

static void run_numbered(struct eddy_call *call)
{
    struct numbered *numbered = (struct numbered *)(void *)call;

    ck_assert_int_eq(numbered->number, numbered->poster->next);
    numbered->poster->next++;
    ++*numbered->poster->done;
}

enum { NUMBERS = 5000 };

static void *post_numbers(void *arg)
{
    struct numbered *numbers = arg;

    for (int i = 0; i < NUMBERS; i++)
        if (eddy_loop_post_call(numbers[i].poster->loop, &numbers[i].call) < 0)
            return arg;
    return NULL;
}

START_TEST(the_posts_of_one_thread_run_in_order)
{
    static struct numbered numbers[THREADS][NUMBERS];
    struct eddy_loop *loop = real_loop(_i);
    struct poster posters[THREADS];
    int done = 0;

    for (int t = 0; t < THREADS; t++) {
        posters[t] = (struct poster){ .loop = loop, .done = &done };
        for (int i = 0; i < NUMBERS; i++)
            numbers[t][i] =
                (struct numbered){ { NULL, run_numbered }, &posters[t], i };
        posters[t].thread = start_thread(post_numbers, numbers[t]);
    }
    run_until_count(loop, &done, THREADS * NUMBERS);
    for (int t = 0; t < THREADS; t++)
        join_thread(posters[t].thread);
}
END_TEST

START_TEST(a_post_wakes_a_sleeping_loop_and_costs_no_wake_up_awake)
{
    struct eddy_loop *loop = real_loop(_i);
    struct poster poster = { .loop = loop,
                             .owner = pthread_self(),
                             .count = 1 };
    uint64_t before;
    int done = 0;

    poster.done = &done;
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(eddy_loop_post(loop, on_post, &poster), 0);
    ck_assert_uint_eq(stats_of(loop).wakeups, 0); /* it was not asleep */
    run_out(loop);
    ck_assert_int_eq(done, 10);
    before = stats_of(loop).wakeups;
    poster.thread = start_thread(post_many, &poster);
    run_until_count(loop, &done, 11);
    join_thread(poster.thread);
    ck_assert_uint_le(stats_of(loop).wakeups - before, 1);
}
END_TEST

static void *stop(void *loop)
{
    return eddy_loop_stop(loop) < 0 ? loop : NULL;
}

START_TEST(a_stop_from_a_thread_ends_run) /* L14 */
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_request *slot;
    pthread_t thread;

    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(INT64_MAX), mark_done, word("x"), &slot),
        0);
    thread = start_thread(stop, loop);
    ck_assert_int_eq(eddy_loop_run(loop), 1);
    join_thread(thread);
    eddy_request_cancel(slot);
    run_out(loop);
    ck_assert_str_eq(marks(), "x:ECANCELED");
}
END_TEST

/* ---- Teardown ------------------------------------------------------------ */

static void post_late(struct eddy_result result, void *loop)
{
    ck_assert_int_eq(result.n, -ECANCELED);
    ck_assert_int_eq(eddy_loop_post(loop, mark, word("no")), -ESHUTDOWN);
    ck_assert_int_eq(eddy_loop_soon(loop, mark, word("no")), -ESHUTDOWN);
    mark(word("refused"));
}

START_TEST(posts_are_dropped_or_refused_when_the_loop_is_freed) /* T56, L21 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(eddy_loop_post(loop, mark, word("dropped")), 0);
        ck_assert_int_eq(eddy_loop_soon(loop, mark, word("dropped")), 0);
    }
    ck_assert_int_eq(eddy_start(loop, eddy_sleep(1), post_late, loop, NULL), 0);
    free_loop(loop);
    ck_assert_str_eq(marks(), "refused");
}
END_TEST

static struct eddy_loop *racing_loop;
static atomic_int refused;

static void *post_until_refused(void *arg)
{
    (void)arg;
    while (eddy_loop_post(racing_loop, mark, word("")) == 0)
        continue;
    atomic_fetch_add(&refused, 1);
    return NULL;
}

static int64_t wait_for_refusals(void *begun)
{
    (void)pass(begun);
    while (atomic_load(&refused) < THREADS)
        (void)usleep(100);
    return 0;
}

/* The job, once begun, holds up the end of eddy_loop_free() until all have been
 * told. */
START_TEST(threads_that_race_with_the_freeing_are_told) /* T54, T56 */
{
    pthread_t threads[THREADS];
    struct outcome told = { 0 };
    struct gate begun;

    refused = 0;
    init_gate(&begun);
    open_gate(&begun);
    racing_loop = real_loop(_i);
    ck_assert_int_eq(eddy_start(racing_loop,
                                eddy_offload(wait_for_refusals, &begun), take,
                                &told, NULL),
                     0);
    await_inside(&begun, 1);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(post_until_refused, NULL);
    free_loop(racing_loop);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    ck_assert_int_eq(told.times, 1);
}
END_TEST

START_TEST(posting_without_memory_changes_nothing)
{
    struct eddy_loop *loop = virtual_loop(_i);

    fail_allocation(1);
    ck_assert_int_eq(eddy_loop_post(loop, mark, word("a")), -ENOMEM);
    fail_allocation(1);
    ck_assert_int_eq(eddy_loop_soon(loop, mark, word("b")), -ENOMEM);
    ck_assert(!eddy_loop_alive(loop));
    fail_allocation(0);
    ck_assert_int_eq(eddy_loop_soon(loop, mark, word("c")), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "c");
}
END_TEST

static void post_soon_many(void *arg)
{
    static struct eddy_loop *loop;
    static int left;

    if (arg != NULL) {
        loop = arg;
        left = 1000;
        return;
    }
    for (int i = 0; i < 3 && left > 0; i++, left--)
        ck_assert_int_eq(eddy_loop_soon(loop, post_soon_many, NULL), 0);
}

/* The ring grows while it is in use, and with its start anywhere. */
START_TEST(soon_calls_survive_the_growing_of_their_ring)
{
    struct eddy_loop *loop = virtual_loop(_i);
    uint64_t calls;

    post_soon_many(loop);
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(eddy_loop_soon(loop, post_soon_many, NULL), 0);
    calls = stats_of(loop).calls;
    run_out(loop);
    ck_assert_uint_eq(stats_of(loop).calls - calls, 1007);
}
END_TEST

/* ---- Signal handlers ----------------------------------------------------- */

static struct eddy_call alarm_call;
static struct eddy_loop *alarm_loop;
static atomic_bool alarm_posted;
static atomic_int alarms;
static int alarms_told;

static void on_alarm_call(struct eddy_call *call)
{
    (void)call;
    alarms_told++;
    atomic_store(&alarm_posted, false);
}

static void on_alarm(int signum)
{
    int saved = errno;

    (void)signum;
    errno = 4711;
    atomic_fetch_add(&alarms, 1);
    if (!atomic_exchange(&alarm_posted, true))
        (void)eddy_loop_post_call(alarm_loop, &alarm_call);
    if (errno != 4711)
        abort();
    errno = saved;
}

START_TEST(a_signal_handler_may_post_and_errno_stays) /* T47 */
{
    struct sigaction action = { .sa_handler = on_alarm }, former;
    struct itimerval often = { .it_value.tv_usec = 500,
                               .it_interval.tv_usec = 500 };
    struct itimerval never = { .it_value.tv_usec = 0 };

    alarm_loop = real_loop(_i);
    alarm_call = (struct eddy_call){ NULL, on_alarm_call };
    atomic_store(&alarm_posted, false);
    alarms_told = 0;
    ck_assert_int_eq(sigaction(SIGALRM, &action, &former), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
    run_until_count(alarm_loop, &alarms_told, 50);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
    turns(alarm_loop, 2); /* one may still be on its way */
    ck_assert_int_eq(sigaction(SIGALRM, &former, NULL), 0);
    ck_assert_int_le(alarms_told, atomic_load(&alarms));
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        no_post_is_lost_and_wake_ups_are_few,
        the_posts_of_one_thread_run_in_order,
        a_post_wakes_a_sleeping_loop_and_costs_no_wake_up_awake,
        a_stop_from_a_thread_ends_run,
        posts_are_dropped_or_refused_when_the_loop_is_freed,
        threads_that_race_with_the_freeing_are_told,
        posting_without_memory_changes_nothing,
        soon_calls_survive_the_growing_of_their_ring,
        a_signal_handler_may_post_and_errno_stays,
    };
    Suite *suite = suite_create("post");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
