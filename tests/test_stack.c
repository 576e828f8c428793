/* SPDX-License-Identifier: MIT */
/* test_stack.c - pools of guarded stacks. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/stack.h>

#include "../src/stack/stack.h"
#include "sanitized.h"
#include "support.h"

#ifndef RLIMIT_AS /* OpenBSD counts what is mapped as data */
#define RLIMIT_AS RLIMIT_DATA
#endif

enum { KIB = 1024, MIB = 1024 * 1024 };

static struct eddy_stacks *new_pool(size_t size, size_t keep)
{
    struct eddy_stacks_options options = { .mem = *counting_mem(),
                                           .size = size,
                                           .keep = keep };
    struct eddy_stacks *stacks;

    ck_assert_int_eq(eddy_stacks_new(&stacks, &options), 0);
    return stacks;
}

static struct eddy_stack take(struct eddy_stacks *stacks, size_t size)
{
    struct eddy_stack stack;

    ck_assert_int_eq(eddy_stack_take(stacks, size, "test", NULL, &stack), 0);
    return stack;
}

static size_t size_of(struct eddy_stack stack)
{
    return (size_t)(stack.high - stack.low);
}

static struct eddy_stacks_stats stats_of(const struct eddy_stacks *stacks)
{
    struct eddy_stacks_stats stats;

    ck_assert_int_eq(eddy_stacks_stats(stacks, &stats), 0);
    return stats;
}

/* ---- Sizes --------------------------------------------------------------- */

START_TEST(a_stack_has_at_least_the_size_that_was_asked_for)
{
    static const size_t sizes[] = { 1,         4096,     16 * KIB, 17 * KIB,
                                    48 * KIB,  64 * KIB, 100000,   256 * KIB,
                                    512 * KIB, 1 * MIB,  8 * MIB };
    struct eddy_stacks *stacks = new_pool(0, 0);

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct eddy_stack stack = take(stacks, sizes[i]);

        ck_assert_uint_ge(size_of(stack), sizes[i]);
        ck_assert_uint_eq((uintptr_t)stack.high % 16, 0);
        memset(stack.high - sizes[i], 1, sizes[i]);
        stack.low[0] = 1;
        eddy_stack_give(stacks, stack);
    }
    eddy_stacks_free(stacks);
}
END_TEST

START_TEST(one_that_asks_for_no_size_gets_that_of_the_pool)
{
    struct eddy_stacks *usual = new_pool(0, 0), *large = new_pool(MIB, 0);
    struct eddy_stack one = take(usual, 0), other = take(large, 0);

    ck_assert_uint_ge(size_of(one), 47 * KIB);
    ck_assert_uint_lt(size_of(one), 128 * KIB);
    ck_assert_uint_ge(size_of(other), MIB);
    eddy_stack_give(usual, one);
    eddy_stack_give(large, other);
    eddy_stacks_free(usual);
    eddy_stacks_free(large);
}
END_TEST

START_TEST(more_than_a_gibibyte_is_refused)
{
    struct eddy_stacks_options options = { .size = ((size_t)1 << 30) + 1 };
    struct eddy_stacks *stacks, *none = NULL;
    struct eddy_stack stack;

    ck_assert_int_eq(eddy_stacks_new(&none, &options), -EINVAL);
    ck_assert_ptr_null(none);
    stacks = new_pool(0, 0);
    ck_assert_int_eq(
        eddy_stack_take(stacks, ((size_t)1 << 30) + 1, NULL, NULL, &stack),
        -EINVAL);
    ck_assert_int_eq(eddy_stack_take(stacks, SIZE_MAX, NULL, NULL, &stack),
                     -EINVAL);
    ck_assert_int_eq(eddy_stack_take(NULL, 0, NULL, NULL, &stack), -EINVAL);
    ck_assert_int_eq(eddy_stack_take(stacks, 0, NULL, NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_stacks_new(NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_stacks_stats(stacks, NULL), -EINVAL);
    eddy_stacks_free(stacks);
    eddy_stacks_free(NULL);
    eddy_stack_give(NULL, (struct eddy_stack){ NULL, NULL });
}
END_TEST

/* ---- Reuse --------------------------------------------------------------- */

enum { FEW = 40 };

static void take_few(struct eddy_stacks *stacks, struct eddy_stack of[FEW])
{
    for (size_t i = 0; i < FEW; i++) {
        of[i] = take(stacks, 0);
        memset(of[i].high - 2 * 4096, 1, 2 * 4096);
    }
}

static void give_few(struct eddy_stacks *stacks, struct eddy_stack of[FEW])
{
    for (size_t i = 0; i < FEW; i++)
        eddy_stack_give(stacks, of[i]);
}

START_TEST(the_last_one_given_back_is_the_first_to_be_taken)
{
    struct eddy_stacks *stacks = new_pool(0, 0);
    struct eddy_stack of[FEW];

    take_few(stacks, of);
    give_few(stacks, of);
    for (size_t i = FEW; i-- > 0;) {
        struct eddy_stack again = take(stacks, 0);

        ck_assert_ptr_eq(again.low, of[i].low);
        ck_assert_ptr_eq(again.high, of[i].high);
    }
    give_few(stacks, of);
    eddy_stacks_free(stacks);
}
END_TEST

START_TEST(no_two_stacks_overlap)
{
    struct eddy_stacks *stacks = new_pool(0, 0);
    struct eddy_stack of[FEW];

    take_few(stacks, of);
    for (size_t i = 0; i < FEW; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert(of[i].high + 16 * KIB < of[j].low ||
                      of[j].high + 16 * KIB < of[i].low);
    give_few(stacks, of);
    eddy_stacks_free(stacks);
}
END_TEST

START_TEST(beyond_the_water_mark_memory_goes_back)
{
    enum { KEEP = 4 };
    struct eddy_stacks *stacks = new_pool(0, KEEP);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct eddy_stack of[FEW];
    struct eddy_stacks_stats stats;

    take_few(stacks, of);
    stats = stats_of(stacks);
    ck_assert_uint_eq(stats.used, FEW);
    ck_assert_uint_eq(stats.kept, 0);
    if (stats.resident != 0) { /* the system says it */
        ck_assert_uint_ge(stats.resident, FEW * 2 * page);
        ck_assert_uint_ge(stats.deepest, 2 * page);
        ck_assert_uint_le(stats.deepest, 4 * page);
    }
    give_few(stacks, of);
    stats = stats_of(stacks);
    ck_assert_uint_eq(stats.used, 0);
    ck_assert_uint_eq(stats.kept, KEEP);
    ck_assert_uint_le(stats.resident, KEEP * 4 * page);
    eddy_stacks_free(stacks);
}
END_TEST

START_TEST(what_was_given_back_to_the_system_comes_zeroed)
{
    struct eddy_stacks *stacks = new_pool(0, 1);
    struct eddy_stack one = take(stacks, 0), other = take(stacks, 0);

    one.low[0] = other.low[0] = 1;
    eddy_stack_give(stacks, one);
    eddy_stack_give(stacks, other); /* beyond what is kept */
    one = take(stacks, 0);
    other = take(stacks, 0);
    ck_assert_int_eq(one.low[0], 1);
#ifdef __linux__
    ck_assert_int_eq(other.low[0], 0);
#endif
    eddy_stack_give(stacks, one);
    eddy_stack_give(stacks, other);
    eddy_stacks_free(stacks);
}
END_TEST

START_TEST(slabs_that_are_empty_are_unmapped)
{
    enum { MORE = 500 };
    static struct eddy_stack of[MORE];
    struct eddy_stacks *stacks = new_pool(0, 1);
    size_t most;

    for (size_t i = 0; i < MORE; i++)
        of[i] = take(stacks, 0);
    most = stats_of(stacks).mapped;
    for (size_t i = 0; i < MORE; i++)
        eddy_stack_give(stacks, of[i]);
    ck_assert_uint_lt(stats_of(stacks).mapped, most);
    ck_assert_int_le(live_allocations(), 3); /* the pool, two slabs */
    eddy_stacks_free(stacks);
}
END_TEST

START_TEST(taking_and_giving_at_random_keeps_the_books)
{
    enum { PLACES_HELD = 300, STEPS = 20000 };
    static struct eddy_stack of[PLACES_HELD];
    struct eddy_stacks *stacks = new_pool(0, 16);
    struct eddy_stacks_stats stats;
    size_t held = 0;

    for (int step = 0; step < STEPS; step++) {
        struct eddy_stack *one = &of[random_below(PLACES_HELD)];

        if (one->high != NULL) {
            ck_assert_int_eq(*(one->high - 1), (int)(one - of) % 100);
            eddy_stack_give(stacks, *one);
            *one = (struct eddy_stack){ NULL, NULL };
            held--;
        } else {
            *one = take(stacks, (size_t)random_below(200) * KIB);
            *(one->high - 1) = (char)((one - of) % 100);
            held++;
        }
    }
    stats = stats_of(stacks);
    ck_assert_uint_eq(stats.used, held);
    eddy_stacks_free(stacks); /* before the last of them */
    for (size_t i = 0; i < PLACES_HELD; i++)
        eddy_stack_give(stacks, of[i]);
}
END_TEST

START_TEST(a_pool_ends_when_its_last_stack_is_given_back)
{
    struct eddy_stacks *stacks = new_pool(0, 0);
    struct eddy_stack one = take(stacks, 0), other = take(stacks, MIB);

    eddy_stacks_free(stacks);
    memset(one.low, 1, size_of(one));
    eddy_stack_give(stacks, one);
    memset(other.low, 1, size_of(other));
    ck_assert_int_gt(live_allocations(), 0);
    eddy_stack_give(stacks, other);
    ck_assert_int_eq(live_allocations(), 0);
}
END_TEST

/* ---- Threads, fork ------------------------------------------------------- */

static void *use_a_pool(void *arg)
{
    struct eddy_stacks *stacks = new_pool(0, 8);
    struct eddy_stack of[FEW];

    for (int i = 0; i < 50; i++) {
        take_few(stacks, of);
        give_few(stacks, of);
    }
    eddy_stacks_free(stacks);
    return arg;
}

START_TEST(each_thread_may_have_a_pool)
{
    pthread_t threads[4];

    for (size_t i = 0; i < COUNT(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_a_pool, NULL),
                         0);
    for (size_t i = 0; i < COUNT(threads); i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

START_TEST(a_child_process_has_a_pool_of_its_own)
{
    struct eddy_stacks *stacks = new_pool(0, 0);
    struct eddy_stack stack = take(stacks, 0);
    int status;
    pid_t child;

    stack.low[0] = 1;
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct eddy_stack own = take(stacks, 0);

        stack.low[0] = 2;
        own.low[0] = 3;
        eddy_stack_give(stacks, own);
        eddy_stack_give(stacks, stack);
        _exit(stats_of(stacks).used == 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(stack.low[0], 1);
    eddy_stack_give(stacks, stack);
    eddy_stacks_free(stacks);
}
END_TEST

/* ---- Too little memory --------------------------------------------------- */

static void *scarce_resize(void *arg, void *ptr, size_t size)
{
    const bool *none_left = arg;

    if (size > 0 && *none_left)
        return NULL;
    return counting_mem()->resize(counting_mem()->arg, ptr, size);
}

START_TEST(without_memory_for_the_books_it_says_so)
{
    bool none_left = true;
    struct eddy_stacks_options options = { .mem = { scarce_resize,
                                                    &none_left } };
    struct eddy_stacks *stacks = NULL;
    struct eddy_stack stack = { NULL, NULL };

    ck_assert_int_eq(eddy_stacks_new(&stacks, &options), -ENOMEM);
    ck_assert_ptr_null(stacks);
    none_left = false;
    ck_assert_int_eq(eddy_stacks_new(&stacks, &options), 0);
    none_left = true;
    ck_assert_int_eq(eddy_stack_take(stacks, 0, NULL, NULL, &stack), -ENOMEM);
    ck_assert_ptr_null(stack.high);
    none_left = false;
    stack = take(stacks, 0);
    none_left = true;
    eddy_stack_give(stacks, stack);
    eddy_stacks_free(stacks);
}
END_TEST

START_TEST(rather_a_small_slab_than_none)
{
    struct eddy_stacks *stacks = new_pool(0, 0);

    fail_allocation(1);
    eddy_stack_give(stacks, take(stacks, 0));
    ck_assert(allocation_failed());
    eddy_stacks_free(stacks);
}
END_TEST

/* In a child, for the limit stays. Exits with 0 if it came to -ENOMEM and was
 * as good as before afterwards. */
static void take_under_a_limit(void)
{
    struct rlimit limit = { 64 * MIB, 64 * MIB };
    struct eddy_stacks *stacks = new_pool(0, 0);
    struct eddy_stack stack, last = { NULL, NULL };
    int err = 0;

    if (setrlimit(RLIMIT_AS, &limit) < 0)
        _exit(1);
    for (int i = 0; err == 0 && i < 4096; i++) {
        err = eddy_stack_take(stacks, 0, NULL, NULL, &stack);
        last = err == 0 ? stack : last;
    }
    if (err != -ENOMEM || last.high == NULL)
        _exit(2);
    last.low[0] = 1;
    eddy_stack_give(stacks, last);
    _exit(eddy_stack_take(stacks, 0, NULL, NULL, &stack) == 0 ? 0 : 3);
}

START_TEST(without_address_space_it_says_so)
{
    int status;
    pid_t child;

    if (SANITIZED || ON_VALGRIND)
        return; /* which need terabytes of it themselves */
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        take_under_a_limit();
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(heavy_guards_are_guards_as_well)
{
    struct eddy_stacks *stacks = new_pool(0, 1);
    struct eddy_stack of[FEW];

    stacks->heavy_guards = true;
    take_few(stacks, of);
    ck_assert(!stats_of(stacks).light_guards);
    give_few(stacks, of);
    eddy_stacks_free(stacks);
}
END_TEST

START_TEST(heavy_guards_end_with_the_mappings_of_a_process)
{
    enum { TOO_MANY = 200000 };
    static struct eddy_stack of[TOO_MANY];
    struct eddy_stacks *stacks;
    size_t count = 0;
    int err = 0;

    if (SANITIZED || ON_VALGRIND)
        return; /* which keep a list of them, and are very slow then */
    stacks = new_pool(1, 1);
    stacks->heavy_guards = true;
    while (count < TOO_MANY && err == 0) {
        err = eddy_stack_take(stacks, 0, NULL, NULL, &of[count]);
        count += err == 0;
    }
    ck_assert_int_eq(err, count == TOO_MANY ? 0 : -ENOMEM);
    while (count > 0)
        eddy_stack_give(stacks, of[--count]);
    ck_assert_int_eq(eddy_stack_take(stacks, 0, NULL, NULL, &of[0]), 0);
    eddy_stack_give(stacks, of[0]);
    eddy_stacks_free(stacks);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_stack_has_at_least_the_size_that_was_asked_for,
        one_that_asks_for_no_size_gets_that_of_the_pool,
        more_than_a_gibibyte_is_refused,
        the_last_one_given_back_is_the_first_to_be_taken,
        no_two_stacks_overlap,
        beyond_the_water_mark_memory_goes_back,
        what_was_given_back_to_the_system_comes_zeroed,
        slabs_that_are_empty_are_unmapped,
        taking_and_giving_at_random_keeps_the_books,
        a_pool_ends_when_its_last_stack_is_given_back,
        each_thread_may_have_a_pool,
        a_child_process_has_a_pool_of_its_own,
        without_memory_for_the_books_it_says_so,
        rather_a_small_slab_than_none,
        without_address_space_it_says_so,
        heavy_guards_are_guards_as_well,
        heavy_guards_end_with_the_mappings_of_a_process,
    };
    Suite *suite = suite_create("stack");

    add_tests(suite, "stack", tests, COUNT(tests), NULL, NULL);
    return run_suite(suite);
}
