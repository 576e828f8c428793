/* SPDX-License-Identifier: MIT */
/* test_sync_queue.c - what eddy/sync.h promises of queues. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sync_support.h"

static struct eddy_loop *loop;
static struct eddy_queue *queue;
static struct eddy_request requests[8];
static struct eddy_value values[8];

static void set_up(int index, size_t capacity, enum eddy_queue_order order)
{
    struct eddy_queue_options options = { .capacity = capacity,
                                          .order = order };

    loop = virtual_loop(index);
    ck_assert_int_eq(eddy_queue_new(&queue, loop, &options), 0);
    for (int i = 0; i < 8; i++)
        values[i] = eddy_int(-1);
    turns(loop, 1);
}

static void put(int i, int64_t n, const char *name)
{
    begin(loop, &requests[i], eddy_queue_put(queue, eddy_int(n)), name);
}

static void get(int i, const char *name)
{
    begin(loop, &requests[i], eddy_queue_get(queue, &values[i]), name);
}

/* The next value, without waiting, or the error. */
static int64_t next(void)
{
    struct eddy_value value = eddy_int(-1);
    int err = eddy_queue_try_get(queue, &value);

    return err < 0 ? err : value.n;
}

static void expect_in_order(const int *wanted, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(next(), wanted[i]);
    ck_assert_int_eq(next(), -EAGAIN);
}

/* ---- Putting and getting ------------------------------------------------- */

START_TEST(a_bounded_queue_makes_putters_wait) /* Y9 */
{
    set_up(_i, 2, EDDY_FIFO);
    for (int i = 0; i < 4; i++)
        put(i, i, i < 2 ? "in" : "waits");
    ck_assert_str_eq(told(loop), "in:0 in:0");
    ck_assert_uint_eq(eddy_queue_count(queue), 2);
    ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(9)), -EAGAIN);
    ck_assert_int_eq(next(), 0);
    ck_assert_str_eq(told(loop), "waits:0");
    ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(9)), -EAGAIN);
    expect_in_order((int[]){ 1, 2, 3 }, 3);
    ck_assert_str_eq(told(loop), "waits:0");
    eddy_queue_free(queue);
}
END_TEST

START_TEST(an_unbounded_queue_takes_all) /* Y9 */
{
    set_up(_i, 0, EDDY_FIFO);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(i)), 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(next(), i);
    ck_assert_int_eq(next(), -EAGAIN);
    eddy_queue_free(queue);
}
END_TEST

START_TEST(getters_are_served_in_the_order_they_came) /* Y9 */
{
    set_up(_i, 0, EDDY_FIFO);
    for (int i = 0; i < 3; i++)
        get(i, "g");
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(i)), 0);
    ck_assert_int_eq(next(), -EAGAIN); /* nobody gets past */
    ck_assert_int_eq(values[0].n, -1); /* not yet told */
    ck_assert_str_eq(told(loop), "g:1 g:1");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(values[i].n, i < 2 ? i : -1);
    eddy_queue_free(queue);
    ck_assert_str_eq(told(loop), "g:ECANCELED");
}
END_TEST

START_TEST(a_cancelled_getter_loses_nothing) /* Y9 */
{
    set_up(_i, 0, EDDY_FIFO);
    for (int i = 0; i < 3; i++)
        get(i, "g");
    eddy_request_cancel(&requests[0]);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(i)), 0);
    eddy_request_cancel(&requests[1]);  /* has it, and is told so */
    eddy_request_discard(&requests[2]); /* has it, and does not take it */
    ck_assert_str_eq(told(loop), "g:ECANCELED g:1 g:ECANCELED");
    ck_assert_int_eq(values[1].n, 0);
    ck_assert_int_eq(values[2].n, -1);
    ck_assert_int_eq(next(), 1);
    eddy_queue_free(queue);
}
END_TEST

START_TEST(a_cancelled_putter_leaves_nothing_in) /* Y9 */
{
    int freed = 0;

    set_up(_i, 1, EDDY_FIFO);
    put(0, 1, "in");
    begin(loop, &requests[1], eddy_queue_put(queue, counted(&freed)), "waits");
    eddy_request_cancel(&requests[1]);
    ck_assert_int_eq(freed, 1);
    ck_assert_str_eq(told(loop), "in:0 waits:ECANCELED");
    expect_in_order((int[]){ 1 }, 1);
    eddy_queue_free(queue);
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(what_nobody_takes_comes_back_in_order)
{
    set_up(_i, 2, EDDY_FIFO);
    for (int i = 0; i < 3; i++)
        get(i, "g");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(i)), 0);
    for (int i = 3; i < 6; i++)
        put(i, i, "p");
    for (int i = 2; i >= 0; i--)
        eddy_request_discard(&requests[i]);
    turns(loop, 1);
    ck_assert_uint_eq(eddy_queue_count(queue), 5); /* more than it should */
    ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(9)), -EAGAIN);
    expect_in_order((int[]){ 0, 1, 2, 3, 4, 5 }, 6);
    turns(loop, 1);
    eddy_queue_free(queue);
}
END_TEST

START_TEST(of_two_queues_any_keeps_one_value)
{
    struct eddy_queue *other;
    struct eddy_child children[2];
    struct eddy_value value = eddy_int(-1);

    set_up(_i, 0, EDDY_FIFO);
    ck_assert_int_eq(eddy_queue_new(&other, loop, NULL), 0);
    children[0].op = eddy_queue_get(queue, &value); /* in the same place */
    children[1].op = eddy_queue_get(other, &value);
    for (int late = 0; late < 2; late++) {
        struct eddy_op op = eddy_any(children, 2);

        if (late)
            eddy_begin(loop, &requests[0], &op, mark_done, word("any"));
        ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(1)), 0);
        ck_assert_int_eq(eddy_queue_try_put(other, eddy_int(2)), 0);
        ck_assert_int_eq(eddy_queue_try_put(other, eddy_int(3)), 0);
        if (!late)
            eddy_begin(loop, &requests[0], &op, mark_done, word("any"));
        ck_assert_str_eq(told(loop), "any:0");
        ck_assert_int_eq(value.n, 1);
        ck_assert_int_eq(eddy_queue_try_get(other, &value), 0);
        ck_assert_int_eq(value.n, 2);
        ck_assert_int_eq(eddy_queue_try_get(other, &value), 0);
        ck_assert_int_eq(value.n, 3);
    }
    eddy_queue_free(other);
    eddy_queue_free(queue);
}
END_TEST

/* ---- Orders -------------------------------------------------------------- */

START_TEST(last_in_first_out) /* Y11 */
{
    set_up(_i, 0, EDDY_LIFO);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(i)), 0);
    for (int i = 19; i >= 10; i--)
        ck_assert_int_eq(next(), i);
    get(0, "g");
    get(1, "g");
    for (int i = 0; i < 2; i++)
        eddy_request_discard(&requests[i]);
    turns(loop, 1);
    for (int i = 9; i >= 0; i--)
        ck_assert_int_eq(next(), i);
    eddy_queue_free(queue);
}
END_TEST

START_TEST(least_first) /* Y11 */
{
    static const int in[] = { 5, 3, 8, 1, 9, 2, 7, 7, 4, 6, 0 };

    set_up(_i, 0, EDDY_PRIORITY);
    for (size_t i = 0; i < COUNT(in); i++)
        ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(in[i])), 0);
    expect_in_order((int[]){ 0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9 }, COUNT(in));
    eddy_queue_free(queue);
}
END_TEST

/* By the tens, downwards. */
static int by_tens(const struct eddy_value *a, const struct eddy_value *b,
                   void *arg)
{
    ++*(int *)arg;
    return (int)(b->n / 10 - a->n / 10);
}

START_TEST(a_comparison_decides_and_equals_stay_in_order) /* Y11 */
{
    int compared = 0;
    struct eddy_queue_options options = { .order = EDDY_PRIORITY,
                                          .compare = by_tens,
                                          .compare_arg = &compared };
    static const int in[] = { 11, 21, 12, 31, 22, 13, 32, 14, 23 };

    loop = virtual_loop(_i);
    ck_assert_int_eq(eddy_queue_new(&queue, loop, &options), 0);
    for (size_t i = 0; i < COUNT(in); i++)
        ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(in[i])), 0);
    begin(loop, &requests[0], eddy_queue_get(queue, NULL), "g");
    eddy_request_discard(&requests[0]); /* 31, which has its place again */
    turns(loop, 1);
    expect_in_order((int[]){ 31, 32, 21, 22, 23, 11, 12, 13, 14 }, COUNT(in));
    ck_assert_int_gt(compared, 0);
    eddy_queue_free(queue);
}
END_TEST

/* ---- Dealing with -------------------------------------------------------- */

START_TEST(join_waits_until_all_is_dealt_with) /* Y10 */
{
    set_up(_i, 1, EDDY_FIFO);
    ck_assert_int_eq(result_of(loop, eddy_queue_join(queue)), 0);
    put(0, 1, "p");
    put(1, 2, "p");
    begin(loop, &requests[2], eddy_queue_join(queue), "join");
    begin(loop, &requests[3], eddy_queue_join(queue), "gone");
    eddy_request_cancel(&requests[3]);
    ck_assert_int_eq(next(), 1);
    ck_assert_int_eq(eddy_queue_task_done(queue), 0);
    ck_assert_int_eq(next(), 2);
    ck_assert_str_eq(told(loop), "p:0 gone:ECANCELED p:0");
    ck_assert_int_eq(eddy_queue_task_done(queue), 0);
    ck_assert_str_eq(told(loop), "join:0");
    ck_assert_int_eq(eddy_queue_task_done(queue), -EINVAL);
    ck_assert(at_once(loop, &requests[2], eddy_queue_join(queue), "now"));
    eddy_queue_free(queue);
}
END_TEST

START_TEST(what_comes_back_is_not_counted_twice) /* Y10 */
{
    set_up(_i, 0, EDDY_FIFO);
    get(0, "g");
    ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(1)), 0);
    eddy_request_discard(&requests[0]);
    turns(loop, 1);
    ck_assert_int_eq(next(), 1);
    ck_assert_int_eq(eddy_queue_task_done(queue), 0);
    ck_assert_int_eq(eddy_queue_task_done(queue), -EINVAL);
    eddy_queue_free(queue);
}
END_TEST

/* ---- The end ------------------------------------------------------------- */

START_TEST(a_queue_that_is_shut_down_drains) /* Y12 */
{
    int freed = 0;

    set_up(_i, 1, EDDY_FIFO);
    put(0, 1, "in");
    begin(loop, &requests[1], eddy_queue_put(queue, counted(&freed)), "waits");
    ck_assert_int_eq(eddy_queue_shutdown(queue, false), 0);
    ck_assert_int_eq(freed, 1);
    begin(loop, &requests[2], eddy_queue_put(queue, counted(&freed)), "late");
    ck_assert_int_eq(freed, 2);
    ck_assert(at_once(loop, &requests[3],
                      eddy_queue_put(queue, counted(&freed)), "now"));
    ck_assert_int_eq(freed, 3);
    ck_assert_str_eq(told(loop), "now:EPIPE in:0 waits:EPIPE late:EPIPE");
    ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(2)), -EPIPE);
    get(4, "drain");
    get(5, "end");
    ck_assert_str_eq(told(loop), "drain:1 end:EPIPE");
    ck_assert_int_eq(values[4].n, 1);
    ck_assert_int_eq(next(), -EPIPE);
    eddy_queue_free(queue);
}
END_TEST

START_TEST(shutting_down_wakes_getters) /* Y12 */
{
    set_up(_i, 0, EDDY_FIFO);
    get(0, "g");
    get(1, "g");
    ck_assert_int_eq(eddy_queue_shutdown(queue, false), 0);
    ck_assert_str_eq(told(loop), "g:EPIPE g:EPIPE");
    eddy_queue_free(queue);
}
END_TEST

START_TEST(shutting_down_at_once_drops_the_rest) /* Y12 */
{
    int freed = 0;

    set_up(_i, 0, EDDY_FIFO);
    get(0, "g");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(eddy_queue_try_put(queue, counted(&freed)), 0);
    begin(loop, &requests[1], eddy_queue_join(queue), "join");
    ck_assert_int_eq(eddy_queue_shutdown(queue, false), 0);
    ck_assert_int_eq(eddy_queue_shutdown(queue, true), 0);
    ck_assert_int_eq(freed, 2);
    eddy_request_discard(&requests[0]); /* which had the first */
    ck_assert_str_eq(told(loop), "g:ECANCELED join:0");
    ck_assert_int_eq(freed, 3);
    ck_assert_int_eq(next(), -EPIPE);
    eddy_queue_free(queue);
}
END_TEST

START_TEST(a_freed_queue_frees_what_is_in_it)
{
    int freed = 0;
    struct eddy_value value = eddy_none();

    set_up(_i, 2, EDDY_FIFO);
    begin(loop, &requests[0], eddy_queue_get(queue, &value), "takes");
    begin(loop, &requests[1], eddy_queue_get(queue, NULL), "drops");
    begin(loop, &requests[2], eddy_queue_get(queue, NULL), "discards");
    for (int i = 3; i < 8; i++)
        begin(loop, &requests[i], eddy_queue_put(queue, counted(&freed)), "p");
    eddy_request_discard(&requests[2]);
    eddy_queue_free(queue);
    ck_assert_int_eq(freed, 2);
    run_out(loop);
    ck_assert_int_eq(freed, 4); /* all but one */
    eddy_value_free(&value);
    ck_assert_int_eq(freed, 5);
    eddy_queue_free(NULL);
}
END_TEST

START_TEST(a_freed_loop_leaves_the_queue_to_be_freed)
{
    int freed = 0;

    set_up(_i, 1, EDDY_FIFO);
    put(0, 1, "p");
    begin(loop, &requests[1], eddy_queue_put(queue, counted(&freed)), "p");
    free_loop(loop);
    ck_assert_str_eq(marks(), "p:0 p:ECANCELED");
    ck_assert_int_eq(freed, 1);
    eddy_queue_free(queue);
}
END_TEST

static void free_queue(struct eddy_result result, void *arg)
{
    mark_done(result, arg);
    eddy_queue_free(queue);
}

START_TEST(a_callback_may_free_the_queue)
{
    struct eddy_op op;

    set_up(_i, 0, EDDY_FIFO);
    op = eddy_queue_get(queue, NULL);
    eddy_begin(loop, &requests[0], &op, free_queue, word("free"));
    get(1, "g");
    get(2, "g");
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(i)), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "free:1 g:1 g:ECANCELED");
    ck_assert_int_eq(values[1].n, 1);
}
END_TEST

START_TEST(what_passes_between_coroutines_needs_no_round)
{
    set_up(_i, 0, EDDY_FIFO);
    ck_assert(
        !at_once(loop, &requests[0], eddy_queue_get(queue, &values[0]), "get"));
    ck_assert(
        at_once(loop, &requests[1], eddy_queue_put(queue, eddy_int(4)), "put"));
    ck_assert_str_eq(marks(), "get:1 put:0");
    ck_assert_int_eq(values[0].n, 4);
    eddy_queue_free(queue);
}
END_TEST

START_TEST(without_memory_nothing_is_lost)
{
    int freed = 0;

    set_up(_i, 0, EDDY_FIFO);
    fail_allocation(1);
    ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(1)), -ENOMEM);
    fail_allocation(1);
    ck_assert_int_eq(result_of(loop, eddy_queue_put(queue, counted(&freed))),
                     -ENOMEM);
    ck_assert_int_eq(freed, 1);
    fail_allocation(1);
    ck_assert_int_eq(result_of(loop, eddy_queue_get(queue, NULL)), -ENOMEM);
    ck_assert_int_eq(eddy_queue_try_put(queue, eddy_int(1)), 0);
    eddy_queue_free(queue);
}
END_TEST

START_TEST(what_is_no_queue_answers_so)
{
    struct eddy_queue_options bad = { .order = (enum eddy_queue_order)3 };
    struct eddy_loop *other = virtual_loop(_i);
    struct eddy_queue *unset = NULL;
    int freed = 0;

    set_up(_i, 0, EDDY_FIFO);
    ck_assert_int_eq(eddy_queue_new(&unset, loop, &bad), -EINVAL);
    ck_assert_int_eq(eddy_queue_new(NULL, loop, NULL), -EINVAL);
    ck_assert_int_eq(eddy_queue_new(&unset, NULL, NULL), -EINVAL);
    ck_assert_ptr_null(unset);
    ck_assert_int_eq(result_of(loop, eddy_queue_put(NULL, counted(&freed))),
                     -EINVAL);
    ck_assert_int_eq(result_of(other, eddy_queue_put(queue, counted(&freed))),
                     -EXDEV);
    ck_assert_int_eq(freed, 2);
    ck_assert_int_eq(result_of(loop, eddy_queue_get(NULL, NULL)), -EINVAL);
    ck_assert_int_eq(result_of(other, eddy_queue_get(queue, NULL)), -EXDEV);
    ck_assert_int_eq(result_of(loop, eddy_queue_join(NULL)), -EINVAL);
    ck_assert_int_eq(eddy_queue_try_put(NULL, eddy_int(1)), -EINVAL);
    ck_assert_int_eq(eddy_queue_try_get(NULL, &values[0]), -EINVAL);
    ck_assert_int_eq(eddy_queue_try_get(queue, NULL), -EINVAL);
    ck_assert_int_eq(eddy_queue_task_done(NULL), -EINVAL);
    ck_assert_int_eq(eddy_queue_shutdown(NULL, true), -EINVAL);
    ck_assert_uint_eq(eddy_queue_count(NULL), 0);
    eddy_queue_free(queue);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_bounded_queue_makes_putters_wait,
        an_unbounded_queue_takes_all,
        getters_are_served_in_the_order_they_came,
        a_cancelled_getter_loses_nothing,
        a_cancelled_putter_leaves_nothing_in,
        what_nobody_takes_comes_back_in_order,
        of_two_queues_any_keeps_one_value,
        last_in_first_out,
        least_first,
        a_comparison_decides_and_equals_stay_in_order,
        join_waits_until_all_is_dealt_with,
        what_comes_back_is_not_counted_twice,
        a_queue_that_is_shut_down_drains,
        shutting_down_wakes_getters,
        shutting_down_at_once_drops_the_rest,
        a_freed_queue_frees_what_is_in_it,
        a_freed_loop_leaves_the_queue_to_be_freed,
        a_callback_may_free_the_queue,
        what_passes_between_coroutines_needs_no_round,
        without_memory_nothing_is_lost,
        what_is_no_queue_answers_so,
    };
    Suite *suite = suite_create("sync queue");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
