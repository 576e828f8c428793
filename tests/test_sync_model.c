/* SPDX-License-Identifier: MIT */
/*
 * test_sync_model.c - a channel and a queue under random use, next to a model
 * that is too simple to be wrong: each value is numbered, and ends exactly
 * once, received or freed; in order, where that can be seen.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <eddy/channel.h>

#include "sync_support.h"

enum { USERS = 12, STEPS = 4000 };

enum state { NOT_YET, UNDER_WAY, RECEIVED, FREED };

struct user {
    struct eddy_request request;
    struct eddy_value value;
    bool busy, sends;
};

static struct user users[USERS];
static enum state state[STEPS];
static int numbers[STEPS]; /* what values point to */
static int sent;           /* values so far */
static int last;           /* received */
static bool mixed;         /* styles, and giving back: in what order one is
                              told need not be that of coming then */

static unsigned long long seed(void)
{
    return (unsigned long long)random_seed();
}

static void end_value(int i, enum state how)
{
    ck_assert_msg(state[i] == UNDER_WAY, "value %d ended twice, seed %llu", i,
                  seed());
    state[i] = how;
}

static void free_number(void *number)
{
    end_value((int)((int *)number - numbers), FREED);
}

static struct eddy_value next_value(void)
{
    state[sent] = UNDER_WAY;
    return eddy_own(&numbers[sent++], free_number);
}

static void user_done(struct eddy_result result, void *arg)
{
    struct user *user = arg;
    int i;

    user->busy = false;
    if (user->sends || result.n != 1)
        return;
    i = (int)((int *)user->value.ptr - numbers);
    end_value(i, RECEIVED);
    ck_assert_msg(mixed || i > last, "%d after %d, seed %llu", i, last, seed());
    last = i;
}

/* ---- What is under test -------------------------------------------------- */

struct subject {
    struct eddy_op (*send)(void *what, struct eddy_value value);
    struct eddy_op (*receive)(void *what, struct eddy_value *ret_value);
    void *to, *from;
};

static struct eddy_op send_by_channel(void *end, struct eddy_value value)
{
    return eddy_channel_send(end, value);
}

static struct eddy_op receive_by_channel(void *end, struct eddy_value *value)
{
    return eddy_channel_receive(end, value);
}

static struct eddy_op put(void *queue, struct eddy_value value)
{
    return eddy_queue_put(queue, value);
}

static struct eddy_op get(void *queue, struct eddy_value *value)
{
    return eddy_queue_get(queue, value);
}

/* ---- Steps --------------------------------------------------------------- */

/* As a callback would, or as a coroutine. */
static void set_to_work(struct eddy_loop *loop, const struct subject *subject,
                        struct user *user)
{
    struct eddy_op op;
    struct eddy_result result;

    user->sends = random_below(2) == 0 && sent < STEPS;
    op = user->sends ? subject->send(subject->to, next_value())
                     : subject->receive(subject->from, &user->value);
    user->busy = true;
    if (!mixed || random_below(2) == 0)
        eddy_begin(loop, &user->request, &op, user_done, user);
    else if (eddy_begin_or_finish(loop, &user->request, &op, user_done, user,
                                  &result))
        user_done(result, user);
}

static void play(struct eddy_loop *loop, const struct subject *subject)
{
    sent = 0;
    last = -1;
    for (int step = 0; step < STEPS; step++) {
        struct user *user = &users[random_below(USERS)];
        unsigned what = random_below(10);

        if (!user->busy)
            set_to_work(loop, subject, user);
        else if (what == 0)
            eddy_request_cancel(&user->request);
        else if (what == 1 && mixed)
            eddy_request_discard(&user->request);
        else if (what < 5)
            turns(loop, 1);
    }
    for (int i = 0; i < USERS; i++)
        if (users[i].busy)
            eddy_request_cancel(&users[i].request);
    turns(loop, 4);
}

static void check_all(void)
{
    int count = 0;

    for (int i = 0; i < sent; i++) {
        ck_assert_msg(state[i] != UNDER_WAY, "value %d is lost, seed %llu", i,
                      seed());
        count += state[i] == RECEIVED;
    }
    ck_assert_int_gt(count, sent / 4); /* it has been a proper game */
}

static const size_t capacities[] = { 1, 3, SIZE_MAX };

START_TEST(no_value_of_a_channel_is_lost_or_doubled) /* K13 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct subject subject = { .send = send_by_channel,
                               .receive = receive_by_channel };

    for (size_t i = 0; i < 4 * COUNT(capacities); i++) {
        struct eddy_channel_end *sender, *receiver;
        size_t capacity = capacities[i % COUNT(capacities)];

        mixed = i % 2 == 0;
        ck_assert_int_eq(
            i < 2 * COUNT(capacities)
                ? eddy_channel_new(&sender, &receiver, loop, capacity - (i < 3))
                : eddy_channel_new_shared(&sender, loop, &receiver, loop,
                                          capacity),
            0);
        subject.to = sender;
        subject.from = receiver;
        play(loop, &subject);
        eddy_channel_free(receiver);
        eddy_channel_free(sender);
        check_all();
    }
}
END_TEST

START_TEST(no_value_of_a_queue_is_lost_or_doubled) /* Y9 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct subject subject = { .send = put, .receive = get };

    for (size_t i = 0; i < 6 * COUNT(capacities); i++) {
        struct eddy_queue_options options = {
            .capacity = capacities[i % COUNT(capacities)],
            .order = (enum eddy_queue_order)(i / 2 % 3),
        };
        struct eddy_queue *queue;

        mixed = i % 2 == 0 || options.order != EDDY_FIFO;
        ck_assert_int_eq(eddy_queue_new(&queue, loop, &options), 0);
        subject.to = subject.from = queue;
        play(loop, &subject);
        eddy_queue_free(queue);
        check_all();
    }
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        no_value_of_a_channel_is_lost_or_doubled,
        no_value_of_a_queue_is_lost_or_doubled,
    };
    Suite *suite = suite_create("sync model");

    (void)random_seed(); /* one for all, before the tests are forked off */
    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
