/* SPDX-License-Identifier: MIT */
/* test_task_items.c - tasks that iterate, and generators that tasks drive. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <unistd.h>

#include <eddy/generator.h>
#include <eddy/stream.h>

#include "task_support.h"

/* ---- Items --------------------------------------------------------------- */

static struct eddy_result take_three(struct eddy_task *self, void *loop)
{
    int64_t count = 0;

    EDDY_FOR_ITEMS(ticks, self, eddy_every(EDDY_SECOND, EDDY_SKIP))
    {
        ck_assert_int_eq(ticks.n, 1);
        if (++count == 3)
            break;
    }
    ck_assert_uint_eq(stats_of(loop).running, 1); /* the join of this task */
    return eddy_n(count);
}

START_TEST(leaving_an_iteration_closes_it) /* C22 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    int64_t began = eddy_loop_now_ns(loop);

    ck_assert_int_eq(eddy_loop_run_task(loop, take_three, loop).n, 3);
    ck_assert_int_eq(eddy_loop_now_ns(loop) - began, 3 * EDDY_SECOND);
}
END_TEST

static struct eddy_result return_early(struct eddy_task *self, void *loop)
{
    (void)loop;
    EDDY_FOR_ITEMS(ticks, self, eddy_every(EDDY_SECOND, EDDY_SKIP))
    return eddy_n(ticks.n + 6);
    return eddy_n(-EIO);
}

START_TEST(returning_out_of_an_iteration_closes_it) /* C22 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_run_task(loop, return_early, loop).n, 7);
    ck_assert_uint_eq(stats_of(loop).running, 0);
}
END_TEST

static struct eddy_result count_bytes(struct eddy_task *self, void *stream)
{
    int64_t sum = 0;

    EDDY_FOR_ITEMS(pieces, self, eddy_receive(stream))
    {
        const char *bytes = pieces.iter.item.data;

        for (int64_t i = 0; i < pieces.n; i++)
            sum += bytes[i] == 'x';
    }
    return eddy_n(sum);
}

START_TEST(the_bytes_of_a_stream_are_iterated_to_its_end)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_stream *stream;
    int ends[2];

    make_pair(ends);
    ck_assert_int_eq(eddy_stream_new(&stream, loop, ends[0]), 0);
    for (int i = 0; i < 10; i++)
        write_byte(ends[1]);
    ck_assert_int_eq(shutdown(ends[1], SHUT_WR), 0);
    ck_assert_int_eq(eddy_loop_run_task(loop, count_bytes, stream).n, 10);
    eddy_stream_free(stream, false);
    run_out(loop);
    ck_assert_int_eq(close(ends[1]), 0);
}
END_TEST

static struct eddy_result tick_for_ever(struct eddy_task *self, void *count)
{
    int64_t why = 1;

    EDDY_FOR_ITEMS(ticks, self, eddy_every(EDDY_SECOND, EDDY_SKIP))
    ++*(int *)count;
    EDDY_FOR_ITEMS(none, self, eddy_sleep(1)) /* no such operation */
    why = 0;
    return eddy_n(why);
}

static struct eddy_result stop_ticking(struct eddy_task *self, void *count)
{
    struct eddy_scope_options options = { .timeout_ns = 5 * EDDY_SECOND / 2 };
    struct eddy_scope scope;
    int err = eddy_scope_open(self, &scope, &options);

    ck_assert_int_eq(err, 0);
    ck_assert_int_eq(eddy_spawn(&scope, tick_for_ever, count, NULL), 0);
    return eddy_n(eddy_scope_close(&scope, 0));
}

START_TEST(a_cancelled_iteration_closes_and_ends)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int count = 0;

    ck_assert_int_eq(eddy_loop_run_task(loop, stop_ticking, &count).n, 0);
    ck_assert_int_eq(count, 2);
    ck_assert_uint_eq(stats_of(loop).running, 0);
}
END_TEST

static struct eddy_result wait_for_ticks(struct eddy_task *self, void *why)
{
    struct eddy_items items;

    ck_assert(
        eddy_items_open(&items, self, eddy_every(EDDY_SECOND, EDDY_SKIP)));
    while (eddy_items_next(&items))
        ;
    *(int64_t *)why = items.n;
    eddy_items_close(&items);
    memset(&items, 0x5a, sizeof items); /* it is the task's again */
    return eddy_n(0);
}

START_TEST(freeing_a_loop_waits_for_the_end_of_an_iteration)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int64_t why = 0;

    spawn(loop, wait_for_ticks, &why);
    turns(loop, 1);
    free_loop(loop);
    ck_assert_int_eq(why, -ECANCELED);
}
END_TEST

static struct eddy_result iterate_where_forbidden(struct eddy_task *self,
                                                  void *loop)
{
    size_t running = stats_of(loop).running;

    eddy_task_forbid_await(self);
    EDDY_FOR_ITEMS(ticks, self, eddy_every(EDDY_SECOND, EDDY_SKIP))
    ck_abort_msg("an item");
    eddy_task_allow_await(self);
    ck_assert_uint_eq(stats_of(loop).running, running);
    EDDY_FOR_ITEMS(ticks, self, eddy_every(EDDY_SECOND, EDDY_SKIP))
    {
        eddy_task_forbid_await(self);
        break; /* closes it even so */
    }
    eddy_task_allow_await(self);
    ck_assert_uint_eq(stats_of(loop).running, running);
    return eddy_n(0);
}

START_TEST(where_waiting_is_forbidden_nothing_is_begun)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_items items;

    ck_assert_int_eq(eddy_loop_run_task(loop, iterate_where_forbidden, loop).n,
                     0);
    ck_assert(!eddy_items_open(NULL, NULL, eddy_sleep(1)));
    ck_assert(!eddy_items_open(&items, NULL, eddy_sleep(1)));
    ck_assert_int_eq(items.n, -EPERM);
    ck_assert(!eddy_items_next(NULL));
    ck_assert(!eddy_items_next(&items));
    eddy_items_close(&items);
    eddy_items_close(NULL);
}
END_TEST

/* ---- Generators that wait ------------------------------------------------ */

static void sleep_once_more(void *self)
{
    mark(word("cleaning"));
    (void)eddy_await(eddy_generator_driver(self), eddy_sleep(EDDY_SECOND));
    mark(word("clean"));
}

/* Yields 1, 2, 3 ..., one each second. */
static struct eddy_value tick(struct eddy_generator *self, void *arg)
{
    EDDY_CLEANUP(at_the_end, self, sleep_once_more, self);
    (void)arg;
    for (int64_t i = 1;; i++) {
        struct eddy_task *task = eddy_generator_driver(self);
        struct eddy_value sent;

        if (eddy_await(task, eddy_sleep(EDDY_SECOND)) < 0)
            return eddy_fail(-EIO);
        sent = eddy_yield(self, eddy_int(i));
        if (eddy_value_is_error(&sent))
            return sent;
    }
}

static struct eddy_result try_beside(struct eddy_task *self, void *generator)
{
    struct eddy_value value = eddy_none();

    ck_assert_int_eq(eddy_generator_next_by(generator, self, &value), -EBUSY);
    mark(word("busy"));
    return eddy_n(0);
}

static struct eddy_result drive(struct eddy_task *self, void *loop)
{
    struct eddy_generator *generator;
    struct eddy_value value;

    ck_assert_int_eq(eddy_generator_new(&generator, eddy_loop_stacks(loop),
                                        tick, NULL, NULL),
                     0);
    spawn(loop, try_beside, generator);
    for (int64_t i = 1; i <= 3; i++) {
        ck_assert_int_eq(eddy_generator_next_by(generator, self, &value), 1);
        ck_assert_int_eq(value.n, i);
    }
    ck_assert_int_eq(eddy_generator_drive(generator, self), 0);
    ck_assert_int_eq(eddy_generator_close(generator), 0);
    ck_assert_int_eq(eddy_generator_next_by(generator, self, &value), 0);
    eddy_generator_free(generator);
    return eddy_n(0);
}

START_TEST(a_generator_waits_by_the_task_that_asks_one_at_a_time) /* C21 C23 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    int64_t began = eddy_loop_now_ns(loop);

    ck_assert_int_eq(eddy_loop_run_task(loop, drive, loop).n, 0);
    ck_assert_str_eq(marks(), "busy cleaning clean");
    ck_assert_int_eq(eddy_loop_now_ns(loop) - began, 4 * EDDY_SECOND);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        leaving_an_iteration_closes_it,
        returning_out_of_an_iteration_closes_it,
        the_bytes_of_a_stream_are_iterated_to_its_end,
        a_cancelled_iteration_closes_and_ends,
        freeing_a_loop_waits_for_the_end_of_an_iteration,
        where_waiting_is_forbidden_nothing_is_begun,
        a_generator_waits_by_the_task_that_asks_one_at_a_time,
    };
    Suite *suite = suite_create("task items");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
