/* SPDX-License-Identifier: MIT */
/* test_front.c - what eddy/front.h promises those who write a way to wait. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>

#include "loop_support.h"

/* ---- Answers without going round the loop -------------------------------- */

enum { BUDGET = 32, SHORT_BUDGET = 4096 };

struct asking {
    struct eddy_loop *loop;
    int now, later;
};

static void told_later(struct eddy_result result, void *arg)
{
    struct asking *asking = arg;

    ck_assert_int_eq(result.n, 0);
    asking->later++;
}

/* Asks for more than a turn gives, of what is done at once. */
static void ask(void *arg)
{
    static struct eddy_request requests[2 * BUDGET];
    struct asking *asking = arg;
    struct eddy_op op = eddy_all(NULL, 0);
    struct eddy_result result;
    int later = asking->later;

    for (int i = 0; i < 2 * BUDGET; i++) {
        bool now = eddy_begin_or_finish(asking->loop, &requests[i], &op,
                                        told_later, asking, &result);

        ck_assert(now == (i < BUDGET));
        if (now)
            ck_assert_int_eq(result.n, 0);
        asking->now += now;
    }
    ck_assert_int_eq(asking->later, later);
}

START_TEST(only_so_many_answers_a_turn_are_given_at_once)
{
    struct asking asking = { .loop = virtual_loop(_i) };

    for (int turn = 1; turn <= 3; turn++) {
        ck_assert_int_eq(eddy_loop_soon(asking.loop, ask, &asking), 0);
        turns(asking.loop, 1);
        ck_assert_int_eq(asking.now, turn * BUDGET);
        ck_assert_int_eq(asking.later, turn * BUDGET); /* in the same turn */
    }
    ck_assert(!eddy_loop_alive(asking.loop));
    ck_assert_uint_eq(stats_of(asking.loop).completed, 6 * BUDGET);
}
END_TEST

static void try_both(void *arg)
{
    struct eddy_op bad = eddy_ready(-1, EDDY_READ), sleep = eddy_sleep(1);
    static struct eddy_request one, two;
    struct eddy_result result = eddy_n(1);

    ck_assert(
        eddy_begin_or_finish(arg, &one, &bad, mark_done, word("a"), &result));
    ck_assert_int_eq(result.n, -EINVAL);
    ck_assert(!eddy_begin_or_finish(arg, &two, &sleep, mark_done, word("b"),
                                    &result));
    ck_assert(
        !eddy_begin_or_finish(NULL, &one, &bad, mark_done, word("c"), &result));
    ck_assert(
        !eddy_begin_or_finish(arg, NULL, &bad, mark_done, word("c"), &result));
    ck_assert(
        !eddy_begin_or_finish(arg, &one, &bad, mark_done, word("c"), NULL));
}

START_TEST(what_is_not_done_at_once_is_told_later)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_soon(loop, try_both, loop), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "b:0");
}
END_TEST

/* ---- Short ways ---------------------------------------------------------- */

/* A door that is open or not; the first word is where to store what is made. */
struct door {
    bool open;
    int looked, begun;
    struct eddy_request *waits;
};

static bool go_through_now(struct eddy_loop *loop, const struct eddy_op *op,
                           struct eddy_result *ret_result)
{
    struct door *door = op->on;

    ck_assert_ptr_nonnull(loop);
    door->looked++;
    if (!door->open)
        return false;
    *ret_result = eddy_n(7);
    ret_result->made = door;
    return true;
}

static bool wait_at_door(struct eddy_request *request,
                         struct eddy_result *ret_result)
{
    struct door *door = eddy_request_on(request);

    door->begun++;
    if (door->open) {
        *ret_result = eddy_n(8);
        return true;
    }
    door->waits = request;
    return false;
}

static void leave_door(struct eddy_request *request)
{
    eddy_complete(request, eddy_n(-ECANCELED));
}

static struct eddy_op through(struct door *door, void **ret_made)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_MAKES | EDDY_OP_PROMPT,
        .name = "door",
        .start = wait_at_door,
        .cancel = leave_door,
        .now = go_through_now,
    };

    return (struct eddy_op){ .type = &type,
                             .on = door,
                             .word = { eddy_word(ret_made) } };
}

static void go_through_many(void *arg)
{
    struct door door = { .open = true };
    void *made = NULL;
    struct eddy_op op = through(&door, &made), sleep = eddy_sleep(1);
    struct eddy_result result = eddy_n(0);

    ck_assert(!eddy_finish_now(arg, &sleep, &result)); /* it has no such way */
    for (int i = 0; i < SHORT_BUDGET; i++) {
        ck_assert(eddy_finish_now(arg, &op, &result));
        ck_assert_int_eq(result.n, 7);
    }
    ck_assert_ptr_eq(made, &door);
    ck_assert(!eddy_finish_now(arg, &op, &result));
    ck_assert(!eddy_finish_now(NULL, &op, &result));
    ck_assert(!eddy_finish_now(arg, NULL, &result));
    ck_assert_int_eq(door.looked, SHORT_BUDGET);
    ck_assert_int_eq(door.begun, 0);
    mark(word("enough"));
}

START_TEST(the_short_way_needs_no_request_and_has_a_budget)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_soon(loop, go_through_many, loop), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "enough");
}
END_TEST

/* A short way that gets as far as it is asked to; start() goes the rest. */
static bool go_half_way(struct eddy_loop *loop, const struct eddy_op *op,
                        struct eddy_result *ret_result)
{
    (void)loop;
    *ret_result = eddy_n((int64_t)op->word[1]);
    return op->word[1] == 10;
}

static bool go_on(struct eddy_request *request, struct eddy_result *ret_result)
{
    ck_assert_int_eq(ret_result->n, (int64_t)eddy_request_words(request)[1]);
    *ret_result = eddy_n(20);
    return true;
}

static void go_in_two_parts(void *arg)
{
    static const struct eddy_op_type type = { .abi = EDDY_OP_ABI,
                                              .flags = EDDY_OP_CALLS,
                                              .name = "way",
                                              .start = go_on,
                                              .cancel = leave_door,
                                              .now = go_half_way };
    struct eddy_op op = { .type = &type, .word = { 0, 5 } };
    struct eddy_request request;
    struct eddy_result result = eddy_n(0);

    ck_assert(!eddy_finish_now(arg, &op, &result));
    ck_assert(eddy_begin_or_finish(arg, &request, &op, mark_done, word("way"),
                                   &result));
    ck_assert_int_eq(result.n, 20);
    op.word[1] = 10;
    for (int i = 1; i < BUDGET; i++)
        ck_assert(eddy_finish_now(arg, &op, &result));
    ck_assert(!eddy_finish_now(arg, &op, &result)); /* that were too many */
    mark(word("there"));
}

START_TEST(what_the_short_way_began_start_goes_on_with)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_soon(loop, go_in_two_parts, loop), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "there");
}
END_TEST

static void complete_promptly(void *arg)
{
    static struct eddy_request fast, slow;
    static struct door one, two;
    struct eddy_result result = eddy_n(0);
    struct eddy_op first = through(&one, NULL), second = through(&two, NULL);

    one = two = (struct door){ .open = false };
    ck_assert(!eddy_begin_or_finish(arg, &fast, &first, mark_done, word("fast"),
                                    &result));
    eddy_begin(arg, &slow, &second, mark_done, word("slow"));
    eddy_complete(two.waits, eddy_n(2));
    eddy_complete(one.waits, eddy_n(1));
    ck_assert_str_eq(marks(), "fast:1"); /* the other one is in the queue */
}

START_TEST(who_only_takes_note_is_told_promptly)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_soon(loop, complete_promptly, loop), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "slow:2");
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

/* ---- The ready queue ----------------------------------------------------- */

struct step {
    struct eddy_call call;
    struct eddy_loop *loop;
    const char *name;
    int runs, left;
    bool chains;
};

static void run_step(struct eddy_call *call)
{
    struct step *step = (struct step *)(void *)call;

    do {
        step->runs++;
        if (step->name != NULL)
            mark(word(step->name));
        if (step->left == 0)
            return;
        step->left--;
    } while (step->chains && eddy_ready_grant(step->loop, 1) == 1);
    eddy_ready_push(step->loop, call);
}

static void other_step(struct eddy_call *call)
{
    mark(word(((struct step *)(void *)call)->name));
}

START_TEST(ready_calls_run_first_come_first_served)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct step steps[] = {
        { { NULL, run_step }, loop, "a", 0, 0, false },
        { { NULL, other_step }, loop, "b", 0, 0, false },
        { { NULL, run_step }, loop, "c", 0, 1, false },
    };

    for (size_t i = 0; i < COUNT(steps); i++)
        eddy_ready_push(loop, &steps[i].call);
    ck_assert(eddy_loop_alive(loop));
    run_out(loop);
    ck_assert_str_eq(marks(), "a b c c");
    ck_assert_uint_eq(stats_of(loop).turns, 1);
}
END_TEST

/* Two that wake each other, through the loop or past it, must not keep it from
 * waiting (T71). */
static void wake_step(struct eddy_result result, void *step)
{
    ck_assert_int_eq(result.n, 0);
    eddy_ready_push(((struct step *)step)->loop, &((struct step *)step)->call);
}

START_TEST(a_completion_makes_ready_in_the_same_turn)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct step step = { .call = { NULL, run_step },
                         .loop = loop,
                         .name = "woken" };

    ck_assert_int_eq(
        eddy_start(loop, eddy_all(NULL, 0), wake_step, &step, NULL), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "woken");
    ck_assert_int_eq(eddy_start(loop, eddy_sleep(0), wake_step, &step, NULL),
                     0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "woken"); /* after the timers, too */
}
END_TEST

START_TEST(the_ready_queue_has_a_budget_and_grants_count)
{
    struct eddy_loop *loop = virtual_loop(_i);

    for (int chains = 0; chains < 2; chains++) {
        struct step steps[] = {
            { { NULL, run_step }, loop, NULL, 0, 5000, chains != 0 },
            { { NULL, run_step }, loop, NULL, 0, 5000, chains != 0 },
        };

        eddy_ready_push(loop, &steps[0].call);
        eddy_ready_push(loop, &steps[1].call);
        turns(loop, 1);
        ck_assert_int_eq(steps[0].runs + steps[1].runs, 1024);
        turns(loop, 1);
        ck_assert_int_eq(steps[0].runs + steps[1].runs, 2048);
        run_out(loop);
        ck_assert_int_eq(steps[0].runs + steps[1].runs, 10002);
    }
}
END_TEST

/* ---- Calls behind completions -------------------------------------------- */

static struct eddy_loop *farewell_loop;

static void say_farewell(struct eddy_call *call)
{
    (void)call;
    mark(word("farewell"));
}

static void complete_then_farewell(struct eddy_result result, void *arg)
{
    mark_done(result, word("end"));
    eddy_complete_call(farewell_loop, arg);
    eddy_complete_call(NULL, arg);
    eddy_complete_call(farewell_loop, NULL);
}

START_TEST(a_completion_call_comes_after_what_completed_before_it)
{
    struct eddy_call call = { NULL, say_farewell };
    struct eddy_op nothing = eddy_all(NULL, 0);

    farewell_loop = virtual_loop(_i);
    ck_assert_int_eq(
        eddy_start(farewell_loop, nothing, complete_then_farewell, &call, NULL),
        0);
    ck_assert_int_eq(
        eddy_start(farewell_loop, nothing, mark_done, word("other"), NULL), 0);
    run_out(farewell_loop);
    ck_assert_str_eq(marks(), "end:0 other:0 farewell");
    ck_assert_uint_eq(stats_of(farewell_loop).turns, 1);
}
END_TEST

/* ---- What lives in a loop ------------------------------------------------ */

struct object {
    struct eddy_owned owned;
    struct eddy_loop *loop;
    struct eddy_timer timer;
    int64_t takes_ns; /* to close */
    bool gone;
};

static void object_gone(struct eddy_timer *timer, void *arg)
{
    struct object *object = arg;

    (void)timer;
    eddy_loop_disown(object->loop, &object->owned);
    object->gone = true;
}

static void close_object(struct eddy_owned *owned)
{
    struct object *object = (struct object *)(void *)owned;

    mark(word("close"));
    if (object->takes_ns == 0)
        object_gone(NULL, object);
    else
        ck_assert_int_eq(eddy_timer_start(&object->timer, object->takes_ns), 0);
}

static const struct eddy_owned_type object_type = { "object", close_object };

static void own(struct eddy_loop *loop, struct object *object, int64_t takes_ns)
{
    *object = (struct object){ .loop = loop, .takes_ns = takes_ns };
    ck_assert_int_eq(eddy_timer_init(&object->timer, loop, object_gone, object),
                     0);
    eddy_loop_own(loop, &object->owned, &object_type);
}

START_TEST(freeing_a_loop_closes_what_lives_in_it_and_waits)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct object objects[4];

    for (int i = 0; i < 4; i++)
        own(loop, &objects[i], i * EDDY_SECOND);
    for (int twice = 0; twice < 2; twice++)
        eddy_loop_disown(loop, &objects[3].owned);
    ck_assert(!eddy_loop_alive(loop)); /* owning alone keeps nothing alive */
    free_loop(loop);
    ck_assert_str_eq(marks(), "close close close");
    for (int i = 0; i < 4; i++)
        ck_assert(objects[i].gone == (i != 3));
    ck_assert_int_eq(logged("left open"), 0); /* not in debug mode */
}
END_TEST

START_TEST(debug_mode_names_what_was_left_open)
{
    struct eddy_loop_options options = virtual_options(_i);
    struct eddy_loop *loop;
    struct object object;

    options.flags |= EDDY_LOOP_DEBUG;
    loop = loop_with(options);
    own(loop, &object, 1);
    free_loop(loop);
    ck_assert(object.gone);
    ck_assert_int_eq(logged("left open: object"), 1);
}
END_TEST

/* ---- Slots --------------------------------------------------------------- */

static void slot_freed(void *value)
{
    mark(value);
}

static void slot_forked(void *value, struct eddy_loop *loop)
{
    (void)value;
    (void)loop;
}

START_TEST(each_front_end_has_a_slot_of_its_own)
{
    static const struct eddy_slot_type types[] = {
        { "one", slot_freed, slot_forked, NULL },
        { "two", slot_freed, slot_forked, NULL },
        { "no free", NULL, slot_forked, NULL },
        { "no forked", slot_freed, NULL, NULL },
    };
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_ptr_null(eddy_loop_slot(loop, &types[0]));
    fail_allocation(1);
    ck_assert_int_eq(eddy_loop_set_slot(loop, &types[0], word("one")), -ENOMEM);
    fail_allocation(0);
    ck_assert_int_eq(eddy_loop_set_slot(loop, &types[0], word("one")), 0);
    ck_assert_int_eq(eddy_loop_set_slot(loop, &types[0], word("x")), -EEXIST);
    ck_assert_int_eq(eddy_loop_set_slot(loop, &types[1], word("two")), 0);
    for (size_t i = 2; i < COUNT(types); i++)
        ck_assert_int_eq(eddy_loop_set_slot(loop, &types[i], word("x")),
                         -EINVAL);
    ck_assert_str_eq(eddy_loop_slot(loop, &types[0]), "one");
    ck_assert_str_eq(eddy_loop_slot(loop, &types[1]), "two");
    free_loop(loop);
    ck_assert_str_eq(marks(), "two one"); /* the last one first */
}
END_TEST

static void keep_it(void *request)
{
    (void)request;
}

static void cancel_it(void *request)
{
    eddy_request_cancel(request);
}

START_TEST(who_waits_apart_cancels_it_when_the_loop_is_freed)
{
    static const struct eddy_slot_type type = { "apart", keep_it, slot_forked,
                                                cancel_it };
    static struct eddy_request request;
    struct eddy_op op = eddy_sleep(EDDY_SECOND);
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_result result;

    ck_assert_int_eq(eddy_loop_set_slot(loop, &type, &request), 0);
    ck_assert(!eddy_begin_or_finish(loop, &request, &op, mark_done, word("it"),
                                    &result));
    ck_assert_uint_eq(stats_of(loop).running, 1);
    free_loop(loop);
    ck_assert_str_eq(marks(), "it:ECANCELED");
}
END_TEST

/* ---- The rest ------------------------------------------------------------ */

START_TEST(settings_show_every_default)
{
    struct eddy_loop_options options = { .flags = EDDY_LOOP_NO_ENV };
    const struct eddy_loop_options *settings;
    struct eddy_loop *loop;

    options.poller = tested_poller(_i);
    loop = loop_with(options);
    settings = eddy_loop_settings(loop);
    ck_assert(settings->mem.resize == eddy_mem_default()->resize);
    ck_assert(settings->clock.now_ns == eddy_clock_default()->now_ns);
    ck_assert_ptr_nonnull(settings->sys);
    ck_assert_int_eq(settings->slow_ns, 100 * EDDY_MS);
    ck_assert_ptr_eq(eddy_loop_poller(loop), options.poller);
    ck_assert_ptr_null(eddy_loop_settings(NULL));
}
END_TEST

START_TEST(what_is_counted_keeps_the_loop_alive)
{
    struct eddy_loop *loop = virtual_loop(_i);

    eddy_loop_count(loop, true);
    ck_assert(eddy_loop_alive(loop));
    eddy_loop_count(loop, false);
    ck_assert(!eddy_loop_alive(loop));
    eddy_loop_count_accept_full(loop);
    ck_assert_uint_eq(stats_of(loop).accept_full, 1);
}
END_TEST

START_TEST(the_log_gets_one_line_and_a_long_one_is_cut)
{
    struct eddy_loop *loop = virtual_loop(_i);
    char text[2000];

    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    eddy_log_write(loop, EDDY_LOG_INFO, "x=%d %s", 7, "seven");
    eddy_log_write(loop, EDDY_LOG_INFO, "%s", text);
    eddy_log_write(NULL, EDDY_LOG_INFO, "nobody");
    ck_assert_int_eq(logged("x=7 seven"), 1);
    ck_assert_int_eq(logged("yyyy"), 1);
    ck_assert_int_eq(logged("nobody"), 0);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        only_so_many_answers_a_turn_are_given_at_once,
        what_is_not_done_at_once_is_told_later,
        the_short_way_needs_no_request_and_has_a_budget,
        what_the_short_way_began_start_goes_on_with,
        who_only_takes_note_is_told_promptly,
        a_completion_makes_ready_in_the_same_turn,
        ready_calls_run_first_come_first_served,
        the_ready_queue_has_a_budget_and_grants_count,
        a_completion_call_comes_after_what_completed_before_it,
        freeing_a_loop_closes_what_lives_in_it_and_waits,
        debug_mode_names_what_was_left_open,
        each_front_end_has_a_slot_of_its_own,
        who_waits_apart_cancels_it_when_the_loop_is_freed,
        settings_show_every_default,
        what_is_counted_keeps_the_loop_alive,
        the_log_gets_one_line_and_a_long_one_is_cut,
    };
    Suite *suite = suite_create("front");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
