/* SPDX-License-Identifier: MIT */
/* test_channel.c - what eddy/channel.h promises, in one loop. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <eddy/channel.h>

#include "sync_support.h"

static struct eddy_loop *loop;
static struct eddy_channel_end *sender, *receiver;
static struct eddy_request requests[8];
static struct eddy_value values[8];

static void set_up(int index, size_t capacity)
{
    loop = virtual_loop(index);
    ck_assert_int_eq(eddy_channel_new(&sender, &receiver, loop, capacity), 0);
    for (int i = 0; i < 8; i++)
        values[i] = eddy_int(-1);
    turns(loop, 1);
}

static void free_ends(void)
{
    eddy_channel_free(sender);
    eddy_channel_free(receiver);
}

static void send(int i, int64_t n, const char *name)
{
    begin(loop, &requests[i], eddy_channel_send(sender, eddy_int(n)), name);
}

static void receive(int i, const char *name)
{
    begin(loop, &requests[i], eddy_channel_receive(receiver, &values[i]), name);
}

/* The next value, without waiting; -1: the end; or the error. */
static int64_t next(void)
{
    struct eddy_value value = eddy_int(-1);
    int n = eddy_channel_try_receive(receiver, &value);

    return n < 0 ? n : value.n;
}

static struct eddy_channel_stats stats(void)
{
    struct eddy_channel_stats found;

    ck_assert_int_eq(eddy_channel_stats(sender, &found), 0);
    return found;
}

/* ---- Values -------------------------------------------------------------- */

START_TEST(values_come_out_as_they_went_in) /* K13 */
{
    set_up(_i, 2);
    for (int i = 0; i < 4; i++)
        send(i, i, i < 2 ? "in" : "waits");
    ck_assert_str_eq(told(loop), "in:0 in:0");
    ck_assert_uint_eq(stats().sending, 2);
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(9)), -EAGAIN);
    for (int i = 4; i < 7; i++)
        receive(i, "r");
    ck_assert_int_eq(next(), 3); /* the others are on their way */
    ck_assert_int_eq(next(), -EAGAIN);
    ck_assert_str_eq(told(loop), "waits:0 r:1 waits:0 r:1 r:1");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(values[4 + i].n, i);
    free_ends();
}
END_TEST

START_TEST(without_capacity_they_meet) /* K13 */
{
    set_up(_i, 0);
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(9)), -EAGAIN);
    send(0, 1, "s");
    ck_assert_str_eq(told(loop), "");
    receive(1, "r");
    ck_assert_str_eq(told(loop), "s:0 r:1");
    ck_assert_int_eq(values[1].n, 1);
    receive(2, "r");
    send(3, 2, "s");
    ck_assert_str_eq(told(loop), "r:1 s:0");
    send(4, 3, "s");
    ck_assert_int_eq(next(), 3);
    ck_assert_str_eq(told(loop), "s:0");
    free_ends();
}
END_TEST

START_TEST(a_channel_may_keep_all)
{
    set_up(_i, SIZE_MAX);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(i)), 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(next(), i);
    free_ends();
}
END_TEST

START_TEST(who_is_cancelled_has_sent_and_lost_nothing)
{
    int freed = 0;

    set_up(_i, 0);
    begin(loop, &requests[0], eddy_channel_send(sender, counted(&freed)), "s");
    eddy_request_cancel(&requests[0]);
    ck_assert_int_eq(freed, 1);
    receive(1, "r");
    receive(2, "r");
    eddy_request_cancel(&requests[1]);
    send(3, 7, "s");
    eddy_request_cancel(&requests[2]); /* has it already */
    eddy_request_cancel(&requests[3]);
    ck_assert_str_eq(told(loop), "s:ECANCELED r:ECANCELED r:1 s:0");
    ck_assert_int_eq(values[2].n, 7);
    ck_assert_int_eq(freed, 1);
    free_ends();
}
END_TEST

START_TEST(what_nobody_takes_is_the_next_to_be_had)
{
    set_up(_i, 0);
    for (int i = 0; i < 3; i++)
        receive(i, "r");
    for (int i = 3; i < 6; i++)
        send(i, i, "s");
    for (int i = 2; i > 0; i--)
        eddy_request_discard(&requests[i]);
    ck_assert_str_eq(told(loop), "r:1 s:0 r:ECANCELED s:0 r:ECANCELED s:0");
    ck_assert_int_eq(values[0].n, 3);
    ck_assert_uint_eq(stats().count, 2);
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(9)), -EAGAIN);
    ck_assert_int_eq(next(), 4);
    ck_assert_int_eq(next(), 5);
    ck_assert_int_eq(eddy_start(loop, eddy_channel_receive(receiver, NULL),
                                NULL, NULL, NULL),
                     0);
    send(0, 6, "s");
    receive(1, "r");
    ck_assert_str_eq(told(loop), "s:0 r:1"); /* from one to the other */
    ck_assert_int_eq(values[1].n, 6);
    free_ends();
}
END_TEST

START_TEST(of_two_channels_any_keeps_one_value)
{
    struct eddy_channel_end *in, *out;
    struct eddy_child children[2];
    struct eddy_value value = eddy_int(-1);

    set_up(_i, 1);
    ck_assert_int_eq(eddy_channel_new(&in, &out, loop, 5), 0);
    children[0].op = eddy_channel_receive(out, &value);
    children[1].op = eddy_channel_receive(receiver, &value);
    for (int late = 0; late < 2; late++) {
        struct eddy_op op = eddy_any(children, 2);

        if (late)
            eddy_begin(loop, &requests[0], &op, mark_done, word("any"));
        ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(1)), 0);
        ck_assert_int_eq(eddy_channel_try_send(in, eddy_int(2)), 0);
        ck_assert_int_eq(eddy_channel_try_send(in, eddy_int(3)), 0);
        if (!late)
            eddy_begin(loop, &requests[0], &op, mark_done, word("any"));
        ck_assert_str_eq(told(loop), late ? "any:1" : "any:0");
        ck_assert_int_eq(value.n, late ? 1 : 2);
        if (!late)
            ck_assert_int_eq(next(), 1);
        for (int n = late ? 2 : 3; n <= 3; n++) {
            ck_assert_int_eq(eddy_channel_try_receive(out, &value), 1);
            ck_assert_int_eq(value.n, n);
        }
    }
    eddy_channel_free(in);
    eddy_channel_free(out);
    free_ends();
}
END_TEST

START_TEST(what_passes_between_coroutines_needs_no_round)
{
    struct eddy_op get;

    set_up(_i, 1);
    get = eddy_channel_receive(receiver, &values[0]);
    ck_assert(!at_once(loop, &requests[0], get, "r"));
    ck_assert(at_once(loop, &requests[1],
                      eddy_channel_send(sender, eddy_int(4)), "s"));
    ck_assert_str_eq(marks(), "r:1 s:0");
    ck_assert_int_eq(values[0].n, 4);
    ck_assert(at_once(loop, &requests[1],
                      eddy_channel_send(sender, eddy_int(5)), "s"));
    ck_assert(at_once(loop, &requests[0], get, "r"));
    ck_assert_str_eq(marks(), "s:0 r:1");
    ck_assert_int_eq(values[0].n, 5);
    ck_assert_uint_eq(stats_of(loop).running, 0);
    free_ends();
}
END_TEST

START_TEST(nobody_gets_past_those_who_wait)
{
    set_up(_i, 1);
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(0)), 0);
    send(0, 1, "a");
    ck_assert(!at_once(loop, &requests[1],
                       eddy_channel_send(sender, eddy_int(2)), "b"));
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(next(), i);
    ck_assert_str_eq(told(loop), "b:0 a:0"); /* b promptly */
    free_ends();
}
END_TEST

/* ---- Ends ---------------------------------------------------------------- */

START_TEST(the_end_comes_when_all_senders_are_closed) /* K13 */
{
    struct eddy_channel_end *clone;

    set_up(_i, 2);
    ck_assert_int_eq(eddy_channel_clone(&clone, sender, loop), 0);
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(1)), 0);
    ck_assert_int_eq(eddy_channel_close(sender), 0);
    ck_assert_int_eq(eddy_channel_try_send(clone, eddy_int(2)), 0);
    ck_assert_int_eq(next(), 1);
    eddy_channel_free(clone);
    ck_assert_int_eq(next(), 2);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(next(), -1);
    receive(0, "r");
    ck_assert(at_once(loop, &requests[1],
                      eddy_channel_receive(receiver, &values[1]), "now"));
    ck_assert_str_eq(told(loop), "now:0 r:0");
    ck_assert_int_eq(values[0].n, -1);
    free_ends();
}
END_TEST

START_TEST(the_end_wakes_receivers) /* K13 */
{
    set_up(_i, 0);
    receive(0, "r");
    receive(1, "r");
    eddy_channel_free(sender);
    ck_assert_str_eq(told(loop), "r:0 r:0");
    eddy_channel_free(receiver);
}
END_TEST

START_TEST(sending_to_nobody_fails) /* K13 */
{
    int freed = 0;

    set_up(_i, 1);
    for (int i = 0; i < 3; i++)
        begin(loop, &requests[i], eddy_channel_send(sender, counted(&freed)),
              "s");
    ck_assert_int_eq(eddy_channel_close(receiver), 0);
    ck_assert_int_eq(freed, 3); /* also what was in it */
    begin(loop, &requests[3], eddy_channel_send(sender, counted(&freed)),
          "late");
    ck_assert(at_once(loop, &requests[4],
                      eddy_channel_send(sender, counted(&freed)), "now"));
    ck_assert_int_eq(freed, 5);
    ck_assert_str_eq(told(loop), "now:EPIPE s:0 s:EPIPE s:EPIPE late:EPIPE");
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(1)), -EPIPE);
    free_ends();
}
END_TEST

START_TEST(a_closed_end_is_of_no_use) /* K13 */
{
    struct eddy_channel_end *clone;
    int freed = 0;

    set_up(_i, 0);
    ck_assert_int_eq(eddy_channel_clone(&clone, receiver, loop), 0);
    receive(0, "mine");
    begin(loop, &requests[1], eddy_channel_receive(clone, NULL), "clone's");
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_channel_close(receiver), 0);
    receive(2, "late");
    ck_assert_str_eq(told(loop), "mine:EBADF late:EBADF");
    ck_assert_int_eq(next(), -EBADF);
    eddy_channel_free(clone);
    ck_assert_str_eq(told(loop), "clone's:EBADF");
    ck_assert_int_eq(eddy_channel_clone(&clone, receiver, loop), -EBADF);
    ck_assert_int_eq(eddy_channel_close(sender), 0);
    ck_assert_int_eq(
        result_of(loop, eddy_channel_send(sender, counted(&freed))), -EBADF);
    ck_assert_int_eq(freed, 1);
    free_ends();
}
END_TEST

START_TEST(an_end_is_for_one_direction)
{
    set_up(_i, 5);
    ck_assert_int_eq(eddy_channel_try_send(receiver, eddy_int(1)), -EBADF);
    ck_assert_int_eq(eddy_channel_try_receive(sender, &values[0]), -EBADF);
    ck_assert_int_eq(result_of(loop, eddy_channel_receive(sender, NULL)),
                     -EBADF);
    free_ends();
}
END_TEST

START_TEST(statistics_count_ends_values_and_who_waits) /* K13 */
{
    struct eddy_channel_end *clone;

    set_up(_i, 1);
    ck_assert_int_eq(eddy_channel_clone(&clone, sender, loop), 0);
    for (int i = 0; i < 3; i++)
        send(i, i, "s");
    ck_assert_uint_eq(stats().capacity, 1);
    ck_assert_uint_eq(stats().count, 1);
    ck_assert_uint_eq(stats().senders, 2);
    ck_assert_uint_eq(stats().receivers, 1);
    ck_assert_uint_eq(stats().sending, 2);
    ck_assert_uint_eq(stats().receiving, 0);
    eddy_channel_free(clone);
    for (int i = 3; i < 7; i++)
        receive(i, "r");
    ck_assert_uint_eq(stats().senders, 1);
    ck_assert_uint_eq(stats().count, 0);
    ck_assert_uint_eq(stats().sending, 0);
    ck_assert_uint_eq(stats().receiving, 1);
    free_ends();
    run_out(loop);
}
END_TEST

START_TEST(freed_ends_live_until_all_is_told)
{
    int freed = 0;
    struct eddy_value value = eddy_none();

    set_up(_i, 0);
    begin(loop, &requests[0], eddy_channel_receive(receiver, &value), "takes");
    begin(loop, &requests[1], eddy_channel_receive(receiver, NULL), "drops");
    begin(loop, &requests[2], eddy_channel_receive(receiver, NULL), "not");
    for (int i = 3; i < 7; i++)
        begin(loop, &requests[i], eddy_channel_send(sender, counted(&freed)),
              "s");
    eddy_request_discard(&requests[2]);
    free_ends();
    ck_assert_int_eq(freed, 1);
    run_out(loop);
    ck_assert_int_eq(freed, 3);
    eddy_value_free(&value);
    ck_assert_int_eq(freed, 4);
    eddy_channel_free(NULL);
}
END_TEST

START_TEST(a_freed_loop_leaves_ends_to_be_freed)
{
    set_up(_i, 1);
    for (int i = 0; i < 3; i++)
        send(i, i, "s");
    free_loop(loop);
    ck_assert_str_eq(marks(), "s:0 s:ECANCELED s:ECANCELED");
    free_ends();
}
END_TEST

static void free_both(struct eddy_result result, void *arg)
{
    mark_done(result, arg);
    free_ends();
}

START_TEST(a_callback_may_free_both_ends)
{
    struct eddy_op op;

    set_up(_i, 0);
    op = eddy_channel_receive(receiver, NULL);
    eddy_begin(loop, &requests[0], &op, free_both, word("free"));
    receive(1, "r");
    receive(2, "r");
    send(3, 1, "s");
    send(4, 2, "s");
    run_out(loop);
    ck_assert_str_eq(marks(), "free:1 s:0 r:1 s:0 r:0");
    ck_assert_int_eq(values[1].n, 2);
}
END_TEST

START_TEST(without_memory_nothing_is_lost)
{
    int freed = 0;

    loop = virtual_loop(_i);
    for (int nth = 1; nth <= 3; nth++) {
        fail_allocation(nth);
        ck_assert_int_eq(eddy_channel_new(&sender, &receiver, loop, 1),
                         -ENOMEM);
    }
    fail_allocation(0);
    ck_assert_int_eq(eddy_channel_new(&sender, &receiver, loop, 1), 0);
    fail_allocation(1);
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(1)), -ENOMEM);
    fail_allocation(1);
    ck_assert_int_eq(
        result_of(loop, eddy_channel_send(sender, counted(&freed))), -ENOMEM);
    ck_assert_int_eq(freed, 1);
    fail_allocation(1);
    ck_assert_int_eq(result_of(loop, eddy_channel_receive(receiver, NULL)),
                     -ENOMEM);
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(1)), 0);
    free_ends();
}
END_TEST

START_TEST(what_is_no_end_answers_so)
{
    struct eddy_loop *other = virtual_loop(_i);
    struct eddy_channel_end *unset = NULL;
    int freed = 0;

    set_up(_i, 1);
    ck_assert_int_eq(eddy_channel_new(NULL, &unset, loop, 1), -EINVAL);
    ck_assert_int_eq(eddy_channel_new(&unset, NULL, loop, 1), -EINVAL);
    ck_assert_int_eq(eddy_channel_new(&unset, &unset, NULL, 1), -EINVAL);
    ck_assert_int_eq(eddy_channel_new_shared(&unset, loop, &unset, NULL, 1),
                     -EINVAL);
    ck_assert_int_eq(eddy_channel_clone(&unset, NULL, loop), -EINVAL);
    ck_assert_int_eq(eddy_channel_clone(&unset, sender, other), -EXDEV);
    ck_assert_int_eq(eddy_channel_clone(NULL, sender, loop), -EINVAL);
    ck_assert_int_eq(eddy_channel_clone(&unset, sender, NULL), -EINVAL);
    ck_assert_ptr_null(unset);
    ck_assert_int_eq(
        result_of(other, eddy_channel_send(sender, counted(&freed))), -EXDEV);
    ck_assert_int_eq(result_of(loop, eddy_channel_send(NULL, counted(&freed))),
                     -EINVAL);
    ck_assert_int_eq(freed, 2);
    ck_assert_int_eq(result_of(other, eddy_channel_receive(receiver, NULL)),
                     -EXDEV);
    ck_assert_int_eq(result_of(loop, eddy_channel_receive(NULL, NULL)),
                     -EINVAL);
    ck_assert_int_eq(eddy_channel_try_send(NULL, eddy_int(1)), -EINVAL);
    ck_assert_int_eq(eddy_channel_try_receive(NULL, values), -EINVAL);
    ck_assert_int_eq(eddy_channel_try_receive(receiver, NULL), -EINVAL);
    ck_assert_int_eq(eddy_channel_stats(NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_channel_close(NULL), -EINVAL);
    free_ends();
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        values_come_out_as_they_went_in,
        without_capacity_they_meet,
        a_channel_may_keep_all,
        who_is_cancelled_has_sent_and_lost_nothing,
        what_nobody_takes_is_the_next_to_be_had,
        of_two_channels_any_keeps_one_value,
        what_passes_between_coroutines_needs_no_round,
        nobody_gets_past_those_who_wait,
        the_end_comes_when_all_senders_are_closed,
        the_end_wakes_receivers,
        sending_to_nobody_fails,
        a_closed_end_is_of_no_use,
        an_end_is_for_one_direction,
        statistics_count_ends_values_and_who_waits,
        freed_ends_live_until_all_is_told,
        a_freed_loop_leaves_ends_to_be_freed,
        a_callback_may_free_both_ends,
        without_memory_nothing_is_lost,
        what_is_no_end_answers_so,
    };
    Suite *suite = suite_create("channel");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
