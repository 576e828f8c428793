/* SPDX-License-Identifier: MIT */
/* test_timer_model.c - random arming, moving and stopping, against a model that
 * is too simple to be wrong. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>

#include "loop_support.h"

enum { TIMERS = 200, OPERATIONS = 100000, SPAN = 1000 };

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

static void arm(struct model *model, struct entry *entry)
{
    int64_t span = random_below(SPAN);

    ck_assert_int_eq(eddy_timer_start(&entry->timer, span), 0);
    entry->due_ns = virtual_time.now_ns + span;
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
    entry->armed = false;
    model->fired++;
    if (random_below(8) == 0) /* also from a callback */
        operate(model);
}

START_TEST(timers_agree_with_a_simple_model)
{
    static struct model model;
    size_t armed = 0;

    model = (struct model){ .loop = virtual_loop(_i) };
    for (int i = 0; i < TIMERS; i++) {
        model.entries[i].model = &model;
        ck_assert_int_eq(eddy_timer_init(&model.entries[i].timer, model.loop,
                                         fire, &model.entries[i]),
                         0);
    }
    for (int i = 0; i < OPERATIONS; i++) {
        operate(&model);
        if (random_below(20) == 0)
            ck_assert_int_ge(eddy_loop_step(model.loop, random_below(SPAN / 4)),
                             0);
    }
    for (int i = 0; i < TIMERS; i++)
        armed += model.entries[i].armed;
    ck_assert_uint_eq(stats_of(model.loop).timers, armed);
    run_out(model.loop);
    ck_assert_ptr_null(next_entry(&model));
    ck_assert_uint_eq(stats_of(model.loop).timers_due, model.fired);
}
END_TEST

/* ---- Garbage ------------------------------------------------------------- */

static size_t largest;

static void *watch_sizes(void *arg, void *ptr, size_t size)
{
    (void)arg;
    largest = size > largest ? size : largest;
    return counting_mem()->resize(NULL, ptr, size);
}

/* What is armed and stopped again and again, as a limit for each message. */
START_TEST(stopped_timers_leave_bounded_garbage) /* L10, L13 */
{
    struct eddy_loop_options options = virtual_options(_i);
    struct eddy_timer timers[10];
    struct eddy_loop *loop;

    options.mem.resize = watch_sizes;
    loop = loop_with(options);
    turns(loop, 1);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(
            eddy_timer_init(&timers[i], loop, mark_timer, word("x")), 0);
    largest = 0;
    for (int n = 0; n < 100000; n++) {
        struct eddy_timer *timer = &timers[random_below(10)];

        if (!eddy_timer_stop(timer))
            ck_assert_int_eq(eddy_timer_start(timer, EDDY_SECOND), 0);
    }
    ck_assert_uint_le(largest, 8192);
    for (int i = 0; i < 10; i++)
        (void)eddy_timer_stop(&timers[i]);
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        timers_agree_with_a_simple_model,
        stopped_timers_leave_bounded_garbage,
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
