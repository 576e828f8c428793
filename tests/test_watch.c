/* SPDX-License-Identifier: MIT */
/* test_watch.c - the promises of eddy/watch.h, seen from one descriptor. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <unistd.h>

#include "loop_support.h"

/* A watch that remembers what it was told. */
struct seen {
    struct eddy_watch watch;
    const char *name;
    int times;
    unsigned ready;
    struct seen *stops, *pauses; /* to be done to these in the callback */
};

static void see(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct seen *seen = arg;

    ck_assert_ptr_eq(watch, &seen->watch);
    seen->times++;
    seen->ready = ready;
    if (seen->name != NULL)
        mark(word(seen->name));
    if (seen->pauses != NULL)
        ck_assert_int_eq(eddy_watch_set(&seen->pauses->watch, 0), 0);
    if (seen->stops != NULL) {
        ck_assert_int_eq(eddy_watch_stop(&seen->stops->watch), 0);
        memset(&seen->stops->watch, 0, sizeof seen->stops->watch);
    }
}

static void start(struct eddy_loop *loop, struct seen *seen, int fd,
                  unsigned interest)
{
    ck_assert_int_eq(
        eddy_watch_start(loop, &seen->watch, fd, interest, see, seen), 0);
}

static void stop(struct seen *seen)
{
    ck_assert_int_eq(eddy_watch_stop(&seen->watch), 0);
}

/* ---- What is told -------------------------------------------------------- */

START_TEST(readiness_is_told_each_turn_until_it_is_gone) /* L33 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen seen = { 0 };
    int pair[2];

    make_pair(pair);
    start(loop, &seen, pair[0], EDDY_READ);
    turns(loop, 2);
    ck_assert_int_eq(seen.times, 0);
    write_byte(pair[1]);
    for (int turn = 1; turn <= 5; turn++) {
        turns(loop, 1);
        ck_assert_int_eq(seen.times, turn);
        ck_assert_uint_eq(seen.ready, EDDY_READ);
    }
    read_byte(pair[0]);
    turns(loop, 2);
    ck_assert_int_eq(seen.times, 5);
    stop(&seen);
    close_both(pair);
}
END_TEST

START_TEST(each_interest_is_told_for_what_it_is_and_can_change)
{
    struct eddy_loop *loop = virtual_loop(_i);
    static const unsigned path[] = {
        EDDY_READ, EDDY_WRITE, 0,          EDDY_READ | EDDY_WRITE,
        EDDY_READ, 0,          EDDY_WRITE, EDDY_READ | EDDY_WRITE,
        0,
    };
    struct seen seen = { 0 };
    int pair[2];

    make_pair(pair);
    write_byte(pair[1]);
    start(loop, &seen, pair[0], 0);
    for (size_t i = 0; i < COUNT(path); i++) {
        seen.times = 0;
        seen.ready = 0;
        ck_assert_int_eq(eddy_watch_set(&seen.watch, path[i]), 0);
        turns(loop, 3);
        ck_assert_int_eq(seen.times, path[i] == 0 ? 0 : 3);
        ck_assert_uint_eq(seen.ready, path[i]);
    }
    stop(&seen);
    close_both(pair);
}
END_TEST

START_TEST(a_wait_ends_when_something_is_ready)
{
    struct eddy_loop *loop = real_loop(_i);
    struct seen seen = { 0 };
    int pair[2];

    make_pair(pair);
    start(loop, &seen, pair[0], EDDY_READ);
    write_byte(pair[1]);
    run_until_count(loop, &seen.times, 1);
    stop(&seen);
    run_out(loop);
    close_both(pair);
}
END_TEST

/* ---- Many on one descriptor ---------------------------------------------- */

START_TEST(watches_of_one_descriptor_are_called_in_order) /* T15 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen a = { .name = "a" }, b = { .name = "b" }, c = { .name = "c" };
    int pair[2];

    make_pair(pair);
    write_byte(pair[1]);
    start(loop, &a, pair[0], EDDY_READ);
    start(loop, &b, pair[0], EDDY_WRITE);
    start(loop, &c, pair[0], EDDY_READ | EDDY_WRITE);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "a b c");
    ck_assert_uint_eq(a.ready, EDDY_READ);
    ck_assert_uint_eq(b.ready, EDDY_WRITE);
    ck_assert_uint_eq(c.ready, EDDY_READ | EDDY_WRITE);
    ck_assert_uint_eq(stats_of(loop).events, 1); /* each fd once a turn */
    read_byte(pair[0]);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "b c");
    stop(&b);
    stop(&c);
    write_byte(pair[1]);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "a"); /* L35: the reader stays */
    stop(&a);
    close_both(pair);
}
END_TEST

START_TEST(what_a_callback_stops_or_pauses_is_not_called) /* T3, C-4 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    int pair[2];

    make_pair(pair);
    for (int who = 0; who < 3; who++)
        for (int pauses = 0; pauses < 2; pauses++) {
            struct seen a = { .name = "a" }, b = { .name = "b" },
                        c = { .name = "c" };
            struct seen *victim = who == 0 ? &a : who == 1 ? &b : &c;
            const char *first = who == 0 ? "a b c" : who == 1 ? "a c" : "a b";

            *(pauses ? &a.pauses : &a.stops) = victim;
            start(loop, &a, pair[0], EDDY_WRITE);
            start(loop, &b, pair[0], EDDY_WRITE);
            start(loop, &c, pair[0], EDDY_WRITE);
            turns(loop, 1);
            ck_assert_str_eq(marks(), first);
            a.stops = a.pauses = NULL;
            turns(loop, 1);
            ck_assert_str_eq(marks(), who == 0 ? "b c" : first);
            stop(&a);
            stop(&b);
            stop(&c);
        }
    close_both(pair);
}
END_TEST

static void stop_twice(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)ready;
    ++*(int *)arg;
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_watch_stop(watch), 0);
}

START_TEST(stopping_twice_or_what_never_started_is_harmless)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen seen = { 0 };
    int pair[2];

    make_pair(pair);
    ck_assert_int_eq(eddy_watch_stop(&seen.watch), 0);
    ck_assert_int_eq(eddy_watch_start(loop, &seen.watch, pair[0], EDDY_WRITE,
                                      stop_twice, &seen.times),
                     0);
    turns(loop, 2);
    ck_assert_int_eq(seen.times, 1);
    ck_assert_int_eq(eddy_watch_stop(&seen.watch), 0);
    ck_assert_int_eq(eddy_watch_set(&seen.watch, EDDY_READ), -EINVAL);
    ck_assert_int_eq(eddy_watch_error(&seen.watch), -EINVAL);
    start(loop, &seen, pair[0], EDDY_READ);
    free_loop(loop);
    ck_assert_int_eq(eddy_watch_stop(&seen.watch), 0); /* after the loop too */
    close_both(pair);
}
END_TEST

/* ---- What it costs ------------------------------------------------------- */

START_TEST(what_is_undone_within_a_turn_reaches_no_poller)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen seen = { 0 }, other = { 0 };
    uint64_t sets;
    int pair[2];

    make_pair(pair);
    start(loop, &seen, pair[0], EDDY_READ);
    turns(loop, 1);
    sets = stats_of(loop).sets;
    for (int turn = 0; turn < 10; turn++) {
        ck_assert_int_eq(eddy_watch_set(&seen.watch, 0), 0);
        ck_assert_int_eq(eddy_watch_set(&seen.watch, EDDY_WRITE), 0);
        ck_assert_int_eq(eddy_watch_set(&seen.watch, EDDY_READ), 0);
        start(loop, &other, pair[1], EDDY_READ);
        stop(&other);
        turns(loop, 1);
    }
    ck_assert_uint_eq(stats_of(loop).sets, sets);
    stop(&seen);
    close_both(pair);
}
END_TEST

START_TEST(a_pause_costs_nothing_until_an_event_comes_and_then_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen seen = { 0 };
    uint64_t sets, events;
    int pair[2];

    make_pair(pair);
    start(loop, &seen, pair[0], EDDY_READ);
    turns(loop, 1);
    sets = stats_of(loop).sets;
    ck_assert_int_eq(eddy_watch_set(&seen.watch, 0), 0);
    turns(loop, 5);
    ck_assert_uint_eq(stats_of(loop).sets, sets);
    write_byte(pair[1]);
    turns(loop, 5); /* T8: it must not spin */
    ck_assert_uint_eq(stats_of(loop).sets, sets + 1);
    events = stats_of(loop).events;
    turns(loop, 5);
    ck_assert_uint_eq(stats_of(loop).events, events);
    ck_assert_int_eq(seen.times, 0);
    ck_assert_int_eq(eddy_watch_set(&seen.watch, EDDY_READ), 0);
    turns(loop, 1);
    ck_assert_int_eq(seen.times, 1);
    stop(&seen);
    close_both(pair);
}
END_TEST

/* ---- The loop's life ----------------------------------------------------- */

START_TEST(a_watch_keeps_the_loop_alive_unless_paused_or_in_the_background)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen seen = { 0 };
    int pair[2];

    make_pair(pair);
    start(loop, &seen, pair[0], EDDY_READ);
    ck_assert(eddy_loop_alive(loop));
    ck_assert_int_eq(eddy_watch_set(&seen.watch, 0), 0);
    ck_assert(!eddy_loop_alive(loop));
    ck_assert_int_eq(eddy_watch_set(&seen.watch, EDDY_READ), 0);
    ck_assert(eddy_loop_alive(loop));
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_watch_background(&seen.watch, true), 0);
    ck_assert(!eddy_loop_alive(loop));
    run_out(loop);
    write_byte(pair[1]);
    turns(loop, 1);
    ck_assert_int_eq(seen.times, 1); /* it is told all the same */
    ck_assert_int_eq(eddy_watch_background(&seen.watch, false), 0);
    ck_assert(eddy_loop_alive(loop));
    stop(&seen);
    ck_assert(!eddy_loop_alive(loop));
    close_both(pair);
}
END_TEST

struct partner {
    struct seen seen;
    struct eddy_loop *loop;
    int fd;
};

static void start_anew(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct partner *partner = arg;

    (void)ready;
    partner->seen.times++;
    ck_assert_int_eq(eddy_watch_stop(watch), 0);
    ck_assert_int_eq(eddy_watch_start(partner->loop, watch, partner->fd,
                                      EDDY_READ, start_anew, partner),
                     0);
}

START_TEST(watches_that_start_anew_wait_for_the_next_turn)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct partner partners[2];
    int pair[2];

    make_pair(pair);
    write_byte(pair[1]);
    for (int i = 0; i < 2; i++) {
        partners[i] = (struct partner){ .loop = loop, .fd = pair[0] };
        ck_assert_int_eq(eddy_watch_start(loop, &partners[i].seen.watch,
                                          pair[0], EDDY_READ, start_anew,
                                          &partners[i]),
                         0);
    }
    turns(loop, 1);
    ck_assert_int_eq(partners[0].seen.times, 1);
    ck_assert_int_eq(partners[1].seen.times, 1);
    for (int i = 0; i < 2; i++)
        stop(&partners[i].seen);
    close_both(pair);
}
END_TEST

START_TEST(starting_can_fail_and_then_nothing_has_changed)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen seen = { 0 };
    int pair[2];

    make_pair(pair);
    for (unsigned bit = EDDY_HANGUP; bit != 0; bit <<= 1)
        ck_assert_int_eq(
            eddy_watch_start(loop, &seen.watch, pair[0], bit, see, &seen),
            -EINVAL);
    ck_assert_int_eq(
        eddy_watch_start(loop, &seen.watch, -1, EDDY_READ, see, &seen),
        -EINVAL);
    ck_assert_int_eq(
        eddy_watch_start(loop, &seen.watch, INT32_MAX, EDDY_READ, see, &seen),
        -EBADF);
    ck_assert_int_eq(eddy_watch_stop(&seen.watch), 0);
    ck_assert(!eddy_loop_alive(loop));
    start(loop, &seen, pair[0], EDDY_READ);
    ck_assert_int_eq(eddy_watch_set(&seen.watch, EDDY_ERROR), -EINVAL);
    write_byte(pair[1]);
    turns(loop, 1);
    ck_assert_int_eq(seen.times, 1);
    stop(&seen);
    close_both(pair);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        readiness_is_told_each_turn_until_it_is_gone,
        each_interest_is_told_for_what_it_is_and_can_change,
        a_wait_ends_when_something_is_ready,
        watches_of_one_descriptor_are_called_in_order,
        what_a_callback_stops_or_pauses_is_not_called,
        watches_that_start_anew_wait_for_the_next_turn,
        stopping_twice_or_what_never_started_is_harmless,
        what_is_undone_within_a_turn_reaches_no_poller,
        a_pause_costs_nothing_until_an_event_comes_and_then_once,
        a_watch_keeps_the_loop_alive_unless_paused_or_in_the_background,
        starting_can_fail_and_then_nothing_has_changed,
    };
    Suite *suite = suite_create("watch");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
