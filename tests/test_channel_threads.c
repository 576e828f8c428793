/* SPDX-License-Identifier: MIT */
/* test_channel_threads.c - channels whose ends are in several loops and
 * threads: what a thread sanitizer should look at. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>

#include <eddy/channel.h>

#include "sync_support.h"

enum { SIDE = 3, VALUES = 1000 }; /* workers of a side; what each sends */

struct worker {
    struct eddy_loop *loop;
    struct eddy_channel_end *end;
    int index;
    bool fickle; /* often has enough of waiting */
    pthread_t thread;
};

static struct worker senders[SIDE], receivers[SIDE];
static atomic_int seen[SIDE * VALUES];
static atomic_int mistakes, received;

/* ---- Workers ------------------------------------------------------------- */

static void *send_all(void *arg)
{
    struct worker *worker = arg;

    for (int i = 0; i < VALUES; i++)
        mistakes += eddy_loop_run_until(
                        worker->loop,
                        eddy_channel_send(worker->end,
                                          eddy_int(worker->index * VALUES + i)))
                        .n != 0;
    eddy_channel_free(worker->end);
    return NULL;
}

/* In one of three ways: 1: a value, 0: the end, or an error. */
static int64_t receive_somehow(struct worker *worker, int way,
                               struct eddy_value *ret_value)
{
    struct eddy_op receive = eddy_channel_receive(worker->end, ret_value);
    struct eddy_child children[2] = { { .op = receive },
                                      { .op = eddy_next_turn() } };

    if (way == 1)
        receive = eddy_within(10 * EDDY_US, receive);
    if (way < 2)
        return eddy_loop_run_until(worker->loop, receive).n;
    (void)eddy_loop_run_until(worker->loop, eddy_any(children, 2));
    return children[0].result.n;
}

static void *receive_all(void *arg)
{
    struct worker *worker = arg;
    int64_t n = 1;

    for (int i = 0; n != 0; i++) {
        struct eddy_value value = eddy_int(-1);

        n = receive_somehow(worker, worker->fickle ? i % 3 : 0, &value);
        if (n == 1) {
            seen[value.n]++;
            received++;
        } else {
            mistakes += value.n != -1;
            mistakes += n < 0 && n != -ETIME && n != -ECANCELED;
        }
    }
    eddy_channel_free(worker->end);
    return NULL;
}

static void hire(int index, struct worker *worker, int number, bool fickle,
                 struct eddy_channel_end *end)
{
    *worker = (struct worker){ .loop = real_loop(index),
                               .index = number,
                               .fickle = fickle };
    ck_assert_int_eq(eddy_channel_clone(&worker->end, end, worker->loop), 0);
}

static void run_workers(int index, size_t capacity, int side, bool fickle)
{
    struct eddy_loop *home = real_loop(index);
    struct eddy_channel_end *sender, *receiver;

    for (int i = 0; i < SIDE * VALUES; i++)
        seen[i] = 0;
    received = mistakes = 0;
    ck_assert_int_eq(
        eddy_channel_new_shared(&sender, home, &receiver, home, capacity), 0);
    for (int i = 0; i < side; i++) {
        hire(index, &senders[i], i, fickle, sender);
        hire(index, &receivers[i], i, fickle, receiver);
    }
    eddy_channel_free(sender);
    eddy_channel_free(receiver);
    for (int i = 0; i < side; i++) {
        senders[i].thread = start_thread(send_all, &senders[i]);
        receivers[i].thread = start_thread(receive_all, &receivers[i]);
    }
    for (int i = 0; i < side; i++) {
        join_thread(senders[i].thread);
        join_thread(receivers[i].thread);
        free_loop(senders[i].loop);
        free_loop(receivers[i].loop);
    }
    free_loop(home);
    ck_assert_int_eq(mistakes, 0);
    ck_assert_int_eq(received, side * VALUES);
    for (int i = 0; i < side * VALUES; i++)
        ck_assert_int_eq(seen[i], 1);
}

START_TEST(many_threads_send_and_receive) /* K13 */
{
    static const size_t capacities[] = { 0, 1, 16, SIZE_MAX };

    for (size_t i = 0; i < COUNT(capacities); i++)
        run_workers(_i, capacities[i], SIDE, false);
}
END_TEST

START_TEST(no_value_is_lost_to_those_who_change_their_minds) /* K13 */
{
    static const size_t capacities[] = { 0, 1, 16 };

    for (size_t i = 0; i < COUNT(capacities); i++)
        run_workers(_i, capacities[i], SIDE, true);
}
END_TEST

/* ---- Order --------------------------------------------------------------- */

START_TEST(between_two_threads_order_is_kept) /* K13 */
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_channel_end *sender, *receiver;
    struct eddy_value value;

    mistakes = 0;
    senders[0] = (struct worker){ .loop = real_loop(_i) };
    ck_assert_int_eq(
        eddy_channel_new_shared(&sender, senders[0].loop, &receiver, loop, 3),
        0);
    senders[0].end = sender;
    senders[0].thread = start_thread(send_all, &senders[0]);
    for (int i = 0; i < VALUES; i++) {
        ck_assert_int_eq(
            result_of(loop, eddy_channel_receive(receiver, &value)), 1);
        ck_assert_int_eq(value.n, i);
    }
    ck_assert_int_eq(result_of(loop, eddy_channel_receive(receiver, &value)),
                     0);
    join_thread(senders[0].thread);
    eddy_channel_free(receiver);
    ck_assert_int_eq(mistakes, 0);
}
END_TEST

/* ---- Two loops in one thread: each step where one wants it ----------------
 */

static struct eddy_loop *here, *there;
static struct eddy_channel_end *sender, *receiver;
static struct eddy_request requests[4];

static void set_up(int index, size_t capacity)
{
    here = virtual_loop(index);
    there = virtual_loop(index);
    ck_assert_int_eq(
        eddy_channel_new_shared(&sender, here, &receiver, there, capacity), 0);
}

START_TEST(a_cancel_does_not_overtake_a_value)
{
    struct eddy_value value = eddy_int(-1);

    set_up(_i, 0);
    begin(there, &requests[0], eddy_channel_receive(receiver, &value), "r");
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(5)), 0);
    eddy_request_cancel(&requests[0]); /* it is on its way */
    ck_assert_int_eq(value.n, -1);
    ck_assert_str_eq(told(there), "r:1");
    ck_assert_int_eq(value.n, 5);
    eddy_channel_free(sender);
    eddy_channel_free(receiver);
}
END_TEST

START_TEST(what_nobody_takes_goes_on_to_another_loop)
{
    struct eddy_channel_end *clone;
    struct eddy_value value = eddy_int(-1);

    set_up(_i, 0);
    ck_assert_int_eq(eddy_channel_clone(&clone, receiver, here), 0);
    begin(there, &requests[0], eddy_channel_receive(receiver, NULL), "there");
    begin(here, &requests[1], eddy_channel_receive(clone, &value), "here");
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(5)), 0);
    eddy_request_discard(&requests[0]);
    ck_assert_str_eq(told(here), "");
    ck_assert_str_eq(told(there), "there:ECANCELED");
    ck_assert_str_eq(told(here), "here:1");
    ck_assert_int_eq(value.n, 5);
    eddy_channel_free(clone);
    eddy_channel_free(sender);
    eddy_channel_free(receiver);
}
END_TEST

START_TEST(closing_is_told_in_other_loops) /* K13 */
{
    int freed = 0;

    set_up(_i, 1);
    for (int i = 0; i < 3; i++)
        begin(here, &requests[i], eddy_channel_send(sender, counted(&freed)),
              "s");
    eddy_channel_free(receiver);
    ck_assert_int_eq(freed, 1); /* what was in it */
    ck_assert_str_eq(told(here), "s:0 s:EPIPE s:EPIPE");
    ck_assert_int_eq(freed, 3);
    eddy_channel_free(sender);
    set_up(_i, 1);
    begin(there, &requests[0], eddy_channel_receive(receiver, NULL), "r");
    eddy_channel_free(sender);
    eddy_channel_free(receiver); /* it has been told something already */
    ck_assert_str_eq(told(there), "r:0");
}
END_TEST

START_TEST(a_loop_that_is_freed_leaves_the_others_their_values)
{
    struct eddy_value value = eddy_int(-1);
    struct eddy_channel_end *clone;

    set_up(_i, 2);
    ck_assert_int_eq(eddy_channel_clone(&clone, receiver, here), 0);
    begin(there, &requests[0], eddy_channel_receive(receiver, NULL), "lost");
    begin(there, &requests[1], eddy_channel_receive(receiver, NULL), "gone");
    ck_assert_int_eq(eddy_channel_try_send(sender, eddy_int(1)), 0);
    eddy_request_discard(&requests[0]);
    free_loop(there);
    ck_assert_str_eq(marks(), "gone:ECANCELED lost:ECANCELED");
    eddy_channel_free(receiver);
    ck_assert_int_eq(eddy_channel_try_receive(clone, &value), 1);
    ck_assert_int_eq(value.n, 1);
    eddy_channel_free(clone);
    eddy_channel_free(sender);
}
END_TEST

START_TEST(ends_in_one_loop_are_told_as_if_it_were_not_shared)
{
    struct eddy_value value = eddy_int(-1);
    struct eddy_channel_end *clone;

    set_up(_i, 0);
    turns(here, 1);
    ck_assert_int_eq(eddy_channel_clone(&clone, receiver, here), 0);
    ck_assert(
        !at_once(here, &requests[0], eddy_channel_receive(clone, &value), "r"));
    ck_assert(at_once(here, &requests[1],
                      eddy_channel_send(sender, eddy_int(2)), "s"));
    ck_assert_str_eq(marks(), "r:1 s:0");
    eddy_channel_free(clone);
    eddy_channel_free(sender);
    eddy_channel_free(receiver);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        many_threads_send_and_receive,
        no_value_is_lost_to_those_who_change_their_minds,
        between_two_threads_order_is_kept,
        a_cancel_does_not_overtake_a_value,
        what_nobody_takes_goes_on_to_another_loop,
        closing_is_told_in_other_loops,
        a_loop_that_is_freed_leaves_the_others_their_values,
        ends_in_one_loop_are_told_as_if_it_were_not_shared,
    };
    Suite *suite = suite_create("channel threads");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
