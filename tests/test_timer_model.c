/* SPDX-License-Identifier: MIT */
/* test_timer_model.c - random arming, moving and stopping, against a model that
 * is too simple to be wrong; and what a wheel may do badly: order within a
 * tick, and very many. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>

#include "loop_support.h"

enum { TIMERS = 200, OPERATIONS = 100000, DIGITS = 50 };

struct model {
    struct eddy_loop *loop;
    struct entry {
        struct model *model;
        struct eddy_timer timer;
        int64_t due_ns;
        uint64_t seq;
        bool armed;
    } entries[TIMERS];
    uint64_t seq, fired;
    bool exact; /* time goes from deadline to deadline */
};

static struct entry *any_entry(struct model *model)
{
    return &model->entries[random_below(TIMERS)];
}

/* The one that must fire next: the earliest, of these the first to be armed. */
static const struct entry *next_entry(const struct model *model)
{
    const struct entry *next = NULL;

    for (int i = 0; i < TIMERS; i++) {
        const struct entry *e = &model->entries[i];

        if (e->armed && (next == NULL || e->due_ns < next->due_ns ||
                         (e->due_ns == next->due_ns && e->seq < next->seq)))
            next = e;
    }
    return next;
}

/* From a nanosecond to two weeks, each order of magnitude as often. */
static int64_t some_span(void)
{
    int64_t limit = INT64_C(1) << random_below(DIGITS);
    int64_t high = random_below(1u << 30), low = random_below(1u << 30);

    return (high << 30 | low) % limit;
}

/* Now and then two are equal. */
static int64_t some_deadline(const struct model *model)
{
    const struct entry *other = &model->entries[random_below(TIMERS)];

    if (random_below(4) == 0 && other->armed)
        return other->due_ns;
    return virtual_time.now_ns + some_span();
}

static void arm(struct model *model, struct entry *entry)
{
    int64_t due_ns = some_deadline(model), now_ns;

    ck_assert_int_eq(eddy_timer_start_at(&entry->timer, due_ns), 0);
    now_ns = eddy_loop_now_ns(model->loop);
    entry->due_ns = due_ns < now_ns ? now_ns : due_ns;
    entry->seq = model->seq++;
    entry->armed = true;
    ck_assert_int_eq(eddy_timer_deadline_ns(&entry->timer), entry->due_ns);
}

static void stop(struct entry *entry)
{
    ck_assert(eddy_timer_stop(&entry->timer) == entry->armed);
    entry->armed = false;
}

static void operate(struct model *model)
{
    if (random_below(4) == 0)
        stop(any_entry(model));
    else
        arm(model, any_entry(model));
}

static void fire(struct eddy_timer *timer, void *arg)
{
    struct entry *entry = arg;
    struct model *model = entry->model;

    ck_assert_ptr_eq(timer, &entry->timer);
    ck_assert_ptr_eq(entry, next_entry(model));
    ck_assert_int_ge(eddy_loop_now_ns(model->loop), entry->due_ns);
    if (model->exact)
        ck_assert_int_eq(virtual_time.now_ns, entry->due_ns);
    entry->armed = false;
    model->fired++;
    if (random_below(8) == 0) /* also from a callback */
        operate(model);
}

static void step(struct model *model)
{
    int64_t span = some_span();

    if (!model->exact)
        virtual_time.now_ns += span; /* many may be due at once */
    ck_assert_int_ge(eddy_loop_step(model->loop, span), 0);
}

static void compare_with_model(int index, bool exact)
{
    static struct model model;
    size_t armed = 0;

    model = (struct model){ .loop = virtual_loop(index), .exact = exact };
    for (int i = 0; i < TIMERS; i++) {
        model.entries[i].model = &model;
        ck_assert_int_eq(eddy_timer_init(&model.entries[i].timer, model.loop,
                                         fire, &model.entries[i]),
                         0);
    }
    for (int i = 0; i < OPERATIONS; i++) {
        operate(&model);
        if (random_below(20) == 0)
            step(&model);
    }
    for (int i = 0; i < TIMERS; i++)
        armed += model.entries[i].armed;
    ck_assert_uint_eq(stats_of(model.loop).timers, armed);
    run_out(model.loop);
    ck_assert_ptr_null(next_entry(&model));
    ck_assert_uint_eq(stats_of(model.loop).timers_due, model.fired);
}

START_TEST(timers_agree_with_a_simple_model)
{
    compare_with_model(_i, false);
}
END_TEST

START_TEST(a_virtual_clock_goes_from_deadline_to_deadline)
{
    compare_with_model(_i, true);
}
END_TEST

START_TEST(a_clock_may_begin_anywhere)
{
    static const int64_t begins[] = {
        INT64_MIN / 2, -EDDY_SECOND,           -1, 0, (INT64_C(1) << 45) - 5,
        INT64_MAX / 2, INT64_MAX - EDDY_SECOND
    };
    static const int64_t spans[] = { 3, EDDY_MS, EDDY_SECOND / 2, 5, 0 };

    for (size_t n = 0; n < COUNT(begins); n++) {
        struct eddy_timer timers[COUNT(spans)];
        struct eddy_loop *loop;

        virtual_time.now_ns = begins[n];
        loop = virtual_loop(_i);
        for (size_t i = 0; i < COUNT(spans); i++) {
            ck_assert_int_eq(eddy_timer_init(&timers[i], loop, mark_timer,
                                             word((const char *[]){
                                                 "b", "d", "e", "c", "a" }[i])),
                             0);
            ck_assert_int_eq(eddy_timer_start(&timers[i], spans[i]), 0);
        }
        run_out(loop);
        ck_assert_int_eq(virtual_time.now_ns, begins[n] + EDDY_SECOND / 2);
        ck_assert_str_eq(marks(), "a b c d e");
        free_loop(loop);
    }
}
END_TEST

/* Some are armed long before, so many that nobody looks at each, and come to
 * the tick by way of another slot than the one that is armed just before. */
START_TEST(what_comes_to_a_tick_by_two_ways_fires_in_order)
{
    enum { LATE = 20 };
    const int64_t then_ns = INT64_C(9) << 28;
    struct eddy_loop_options options = virtual_options(_i);
    struct eddy_timer early, before[2], late[LATE];
    struct eddy_loop *loop;

    options.clock.jump = NULL;
    virtual_time.now_ns = INT64_C(7) << 28;
    loop = loop_with(options);
    for (int i = 0; i < LATE; i++) {
        ck_assert_int_eq(
            eddy_timer_init(&late[i], loop, mark_timer, word("late")), 0);
        ck_assert_int_eq(eddy_timer_start_at(&late[i], then_ns + 2), 0);
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(
            eddy_timer_init(&before[i], loop, mark_timer, word("before")), 0);
    ck_assert_int_eq(eddy_timer_init(&early, loop, mark_timer, word("early")),
                     0);
    ck_assert_int_eq(eddy_timer_start_at(&before[0], then_ns - 2 * EDDY_MS), 0);
    virtual_time.now_ns = then_ns - 2 * EDDY_MS;
    turns(loop, 1);
    ck_assert_int_eq(eddy_timer_start_at(&early, then_ns + 1), 0);
    ck_assert_int_eq(eddy_timer_start_at(&before[1], then_ns - EDDY_MS), 0);
    virtual_time.now_ns = then_ns - EDDY_MS;
    turns(loop, 1);
    virtual_time.now_ns = then_ns + EDDY_MS;
    turns(loop, 1);
    ck_assert_int_eq(strncmp(marks(), "before before early late late", 28), 0);
}
END_TEST

/* ---- Very many ----------------------------------------------------------- */

enum { MANY = 20000 };

struct crowd {
    struct eddy_loop *loop;
    struct eddy_timer timers[MANY];
    int64_t due_ns[MANY], last_ns;
    int last, fired;
};

static void check_crowd(struct eddy_timer *timer, void *arg)
{
    struct crowd *crowd = arg;
    int i = (int)(timer - crowd->timers);

    if (crowd->fired++ > 0 && crowd->due_ns[i] == crowd->last_ns)
        ck_assert_int_gt(i, crowd->last);
    ck_assert_int_ge(crowd->due_ns[i], crowd->last_ns);
    crowd->last = i;
    crowd->last_ns = crowd->due_ns[i];
}

/* All of them, `spread` or less after a second, armed in the order of their
 * indices. */
static struct crowd *gather(int index, unsigned spread)
{
    static struct crowd crowd;

    crowd = (struct crowd){ .loop = virtual_loop(index) };
    for (int i = 0; i < MANY; i++) {
        crowd.due_ns[i] =
            virtual_time.now_ns + EDDY_SECOND + random_below(spread);
        ck_assert_int_eq(
            eddy_timer_init(&crowd.timers[i], crowd.loop, check_crowd, &crowd),
            0);
        ck_assert_int_eq(eddy_timer_start_at(&crowd.timers[i], crowd.due_ns[i]),
                         0);
    }
    return &crowd;
}

START_TEST(many_of_one_millisecond_fire_in_order)
{
    struct crowd *crowd = gather(_i, (unsigned)EDDY_MS);

    run_out(crowd->loop);
    ck_assert_int_eq(crowd->fired, MANY);
}
END_TEST

START_TEST(many_that_are_pushed_out_fire_in_the_order_of_that)
{
    struct crowd *crowd = gather(_i, 1);

    turns(crowd->loop, 1);
    for (int i = 0; i < MANY; i++) {
        crowd->due_ns[i] += EDDY_SECOND;
        ck_assert_int_eq(
            eddy_timer_start_at(&crowd->timers[i], crowd->due_ns[i]), 0);
    }
    run_out(crowd->loop);
    ck_assert_int_eq(crowd->fired, MANY);
}
END_TEST

START_TEST(all_of_many_but_one_can_be_stopped_one_a_turn)
{
    struct crowd *crowd = gather(_i, (unsigned)EDDY_SECOND);

    for (int i = 1; i < MANY; i++) {
        ck_assert(eddy_timer_stop(&crowd->timers[i]));
        ck_assert_int_ge(eddy_loop_step(crowd->loop, 0), 0);
    }
    run_out(crowd->loop);
    ck_assert_int_eq(crowd->fired, 1);
    ck_assert_int_eq(virtual_time.now_ns, crowd->due_ns[0]);
}
END_TEST

/* Goes on to when the loop wants to be called next; 0: it cannot tell. */
static int64_t go_on(struct eddy_loop *loop)
{
    struct eddy_embedding embedding;
    int err = eddy_loop_prepare(loop, &embedding);

    if (err == -ENOTSUP) /* it is in the next turn that it looks, though */
        return 0;
    ck_assert_int_eq(err, 0);
    ck_assert_int_gt(embedding.deadline_ns, virtual_time.now_ns);
    virtual_time.now_ns = embedding.deadline_ns;
    turns(loop, 1);
    return embedding.deadline_ns;
}

/* If much is to be put in order, and only then. */
START_TEST(a_stopped_timer_wakes_a_loop_a_few_times_at_most)
{
    enum { STOPPED = 1000, LEFT = 100, ALL = STOPPED + LEFT, LEVELS = 5 };
    static struct eddy_timer timers[ALL];
    struct eddy_loop_options options = virtual_options(_i);
    struct eddy_loop *loop;
    int64_t start_ns = virtual_time.now_ns, now_ns = start_ns;
    int times = 0;

    options.clock.jump = NULL;
    loop = loop_with(options);
    for (int i = 0; i < ALL; i++) {
        ck_assert_int_eq(
            eddy_timer_init(&timers[i], loop, mark_timer, word("x")), 0);
        ck_assert_int_eq(
            eddy_timer_start(&timers[i], EDDY_SECOND + i * EDDY_MS), 0);
    }
    turns(loop, 1);
    for (int i = 0; i < STOPPED; i++)
        ck_assert(eddy_timer_stop(&timers[i]));
    while (stats_of(loop).timers == LEFT && (now_ns = go_on(loop)) != 0)
        ck_assert_int_le(++times, LEVELS + 1);
    ck_assert(now_ns == 0 ||
              now_ns == start_ns + EDDY_SECOND + STOPPED * EDDY_MS);
    for (int i = STOPPED; i < ALL; i++)
        (void)eddy_timer_stop(&timers[i]);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        timers_agree_with_a_simple_model,
        a_virtual_clock_goes_from_deadline_to_deadline,
        a_clock_may_begin_anywhere,
        what_comes_to_a_tick_by_two_ways_fires_in_order,
        many_of_one_millisecond_fire_in_order,
        many_that_are_pushed_out_fire_in_the_order_of_that,
        all_of_many_but_one_can_be_stopped_one_a_turn,
        a_stopped_timer_wakes_a_loop_a_few_times_at_most,
    };
    Suite *suite = suite_create("timer model");
    int status;

    add_loop_tests(suite, each, COUNT(each));
    (void)random_seed(); /* one for all, before the tests are forked off */
    status = run_suite(suite);
    if (status == 1)
        (void)fprintf(stderr, "again with EDDY_TEST_SEED=%llu\n",
                      (unsigned long long)random_seed());
    return status;
}
