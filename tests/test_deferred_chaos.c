/* SPDX-License-Identifier: MIT */
/*
 * test_deferred_chaos.c - everything at once, at random, from everywhere.
 *
 * Deferreds are made, fired, linked, waited for, paused, cancelled and let go,
 * from outside and from links, cancellers and destructors, now and then without
 * memory. Every value and every argument must be freed, and freed once. The
 * slots are the only references: what is done to another goes by its slot, so
 * that no circle of references can come about.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "deferred_support.h"

enum { SLOTS = 24, ACTIONS = 20000, THINGS = 4 * ACTIONS, DEEPEST = 6 };

static struct eddy_domain *home;
static struct eddy_loop *loop; /* NULL: none */
static struct eddy_deferred *slots[SLOTS];
static int things_freed[THINGS];
static int things, actions, depth;

/* What waits for one of them in a loop. */
static struct waiting {
    struct eddy_request *request;
    struct eddy_value got;
    bool runs;
} waits[SLOTS];

static void act(void);

static void act_perhaps(void)
{
    if (actions < ACTIONS && depth < DEEPEST && random_below(3) == 0)
        act();
}

static struct eddy_deferred *any(void)
{
    return slots[random_below(SLOTS)];
}

/* ---- What must be freed -------------------------------------------------- */

static void free_thing(void *freed)
{
    ck_assert_int_eq(++*(int *)freed, 1);
    act_perhaps();
}

static int *thing(void)
{
    ck_assert_int_lt(things, THINGS);
    return &things_freed[things++];
}

static struct eddy_value some_error(void)
{
    struct eddy_value child = eddy_own(thing(), free_thing);
    struct eddy_error error = { .code = -EPIPE, .child = &child, .count = 1 };

    return eddy_error_new(counting_mem(), &error);
}

static void unref(void *deferred)
{
    eddy_unref(deferred);
}

static struct eddy_value some_value(void)
{
    switch (random_below(6)) {
    case 0:
        return eddy_none();
    case 1:
        return eddy_fail(-EIO);
    case 2:
        return some_error();
    case 3:
        return eddy_own(eddy_fired(home, some_error()), unref);
    default:
        return eddy_own(thing(), free_thing);
    }
}

/* ---- What is called ------------------------------------------------------ */

static struct eddy_value go_on(struct eddy_value *result, void *unused)
{
    (void)unused;
    act_perhaps();
    switch (random_below(6)) {
    case 0:
        return some_value();
    case 1:
        return eddy_value_is_error(result) ? eddy_value_share(result)
                                           : eddy_none();
    case 2:
    case 3:
        return eddy_wait_for(eddy_ref(any()));
    default:
        return eddy_take(result);
    }
}

static bool end(struct eddy_deferred *deferred, void *unused)
{
    (void)unused;
    act_perhaps();
    if (random_below(2) == 0)
        (void)eddy_fire(deferred, some_value());
    return loop == NULL && random_below(4) == 0; /* where nobody waits for it */
}

static void waited(struct eddy_result result, void *arg)
{
    struct waiting *waiting = arg;

    (void)result;
    waiting->runs = false;
    eddy_value_free(&waiting->got);
    act_perhaps();
}

/* ---- What is done -------------------------------------------------------- */

static struct eddy_deferred *some_deferred(void)
{
    if (random_below(8) == 0)
        return eddy_fired(home, some_value());
    if (loop != NULL && random_below(2) == 0)
        return eddy_defer(loop, eddy_sleep(random_below(3) * EDDY_MS));
    return eddy_deferred_new(home, random_below(2) ? end : NULL, NULL);
}

static void replace(struct eddy_deferred *deferred)
{
    struct eddy_deferred **slot = &slots[random_below(SLOTS)], *old = *slot;

    *slot = deferred;
    eddy_unref(old);
}

static void add(struct eddy_deferred *deferred)
{
    struct eddy_link link = { .then_arg = thing(),
                              .rescue_arg = thing(),
                              .free_then = free_thing,
                              .free_rescue = free_thing };

    if (random_below(4) != 0)
        link.then = go_on;
    if (random_below(4) != 0)
        link.rescue = go_on;
    eddy_add(deferred, &link);
}

static void chain(void)
{
    struct eddy_deferred *next = eddy_deferred_new(home, end, NULL);

    add(next);
    eddy_chain(any(), next);
    eddy_unref(next);
}

static void look(struct eddy_deferred *deferred)
{
    struct eddy_value value = eddy_none();

    if (eddy_waits_for(deferred) != NULL)
        ck_assert_int_eq(eddy_state(deferred), EDDY_WAITING);
    ck_assert_int_eq(eddy_peek(deferred) != NULL,
                     deferred != NULL && eddy_state(deferred) == EDDY_DONE);
    if (random_below(2) == 0)
        value = eddy_take_result(deferred);
    eddy_value_free(&value);
}

static void wait_or_cancel(void)
{
    struct waiting *waiting = &waits[random_below(SLOTS)];

    if (waiting->runs) {
        eddy_request_cancel(waiting->request);
    } else if (loop != NULL) {
        waiting->runs = true;
        if (eddy_start(loop, eddy_when(any(), &waiting->got), waited, waiting,
                       &waiting->request) < 0)
            waiting->runs = false;
    }
}

static void fire(void)
{
    struct eddy_value value =
        random_below(8) ? some_value() : eddy_wait_for(eddy_ref(any()));

    (void)eddy_fire(any(), value);
}

static void do_something(void)
{
    switch (random_below(13)) {
    case 0:
    case 1:
        replace(some_deferred());
        break;
    case 2:
        replace(NULL);
        break;
    case 3:
    case 4:
        fire();
        break;
    case 5:
        chain();
        break;
    case 6:
        (void)(random_below(4) ? eddy_resume(any()) : eddy_pause(any()));
        break;
    case 7:
        eddy_cancel(any());
        break;
    case 8:
        look(any());
        break;
    case 9:
        wait_or_cancel();
        break;
    default:
        add(any());
    }
}

/* Nobody but the slots has a reference: whatever is called may free what it is
 * called for. */
static void act(void)
{
    actions++;
    depth++;
    if (random_below(8) == 0)
        fail_allocation(1 + (long)random_below(3));
    do_something();
    if (random_below(2) == 0)
        fail_allocation(0);
    depth--;
}

static void begin(void)
{
    memset(slots, 0, sizeof slots);
    memset(waits, 0, sizeof waits);
    memset(things_freed, 0, sizeof things_freed);
    things = actions = depth = 0;
}

static void let_all_go(void)
{
    fail_allocation(0);
    for (int i = 0; i < SLOTS; i++) {
        eddy_unref(slots[i]);
        slots[i] = NULL;
    }
}

static void expect_all_freed(void)
{
    for (int i = 0; i < things; i++)
        ck_assert_msg(things_freed[i] == 1, "seed %llu: %d of %d",
                      (unsigned long long)random_seed(), i, things);
}

START_TEST(whatever_is_done_everything_is_freed_once)
{
    begin();
    home = domain;
    loop = NULL;
    while (actions < ACTIONS)
        act();
    let_all_go();
    expect_all_freed();
}
END_TEST

START_TEST(whatever_is_done_in_a_loop_everything_is_freed_once)
{
    begin();
    loop = virtual_loop(_i);
    home = eddy_loop_domain(loop);
    while (actions < ACTIONS / 4) {
        act();
        if (random_below(8) == 0)
            turns(loop, 1);
    }
    actions = ACTIONS; /* no more */
    fail_allocation(0);
    free_loop(loop); /* with all that is out */
    let_all_go();
    expect_all_freed();
}
END_TEST

int main(void)
{
    const TTest *const loopless[] = {
        whatever_is_done_everything_is_freed_once,
    };
    const TTest *const each[] = {
        whatever_is_done_in_a_loop_everything_is_freed_once,
    };
    Suite *suite = suite_create("deferred_chaos");

    add_deferred_tests(suite, loopless, COUNT(loopless));
    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
