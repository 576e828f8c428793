/* SPDX-License-Identifier: MIT */
/* test_watch_batch.c - many descriptors ready at once, and callbacks that
 * meddle with the others. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loop_support.h"

/* ---- Many sockets -------------------------------------------------------- */

enum { MOST = 2500 };

struct crowd {
    struct member {
        struct crowd *crowd;
        struct eddy_watch watch;
        int ends[2];
        int calls;
        bool stopped;
    } members[MOST];
    int count, called;
};

static void make_crowd(struct eddy_loop *loop, struct crowd *crowd,
                       eddy_watch_fn *fn)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    crowd->count = MOST;
    if (limit.rlim_cur < 2 * MOST + 100)
        crowd->count = (int)limit.rlim_cur / 2 - 100;
    for (int i = 0; i < crowd->count; i++) {
        struct member *member = &crowd->members[i];

        member->crowd = crowd;
        make_pair(member->ends);
        write_byte(member->ends[1]);
        ck_assert_int_eq(eddy_watch_start(loop, &member->watch, member->ends[0],
                                          EDDY_READ, fn, member),
                         0);
    }
}

static void close_crowd(struct crowd *crowd)
{
    for (int i = 0; i < crowd->count; i++) {
        ck_assert_int_eq(eddy_watch_stop(&crowd->members[i].watch), 0);
        close_both(crowd->members[i].ends);
    }
    free(crowd);
}

static void read_and_stop(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct member *member = arg;

    ck_assert_uint_eq(ready, EDDY_READ);
    read_byte(member->ends[0]);
    member->calls++;
    member->crowd->called++;
    ck_assert_int_eq(eddy_watch_stop(watch), 0);
}

START_TEST(many_descriptors_are_all_told_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct crowd *crowd = calloc(1, sizeof *crowd);

    make_crowd(loop, crowd, read_and_stop);
    ck_assert_uint_ge(stats_of(loop).descriptors, (size_t)crowd->count);
    run_out(loop);
    for (int i = 0; i < crowd->count; i++)
        ck_assert_int_eq(crowd->members[i].calls, 1);
    close_crowd(crowd);
}
END_TEST

/* The first half stops the second and the other way round, whoever comes first:
 * one of each two must hear nothing. */
static void stop_partner(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct member *member = arg;
    struct crowd *crowd = member->crowd;
    int self = (int)(member - crowd->members);
    int half = crowd->count / 2;
    int partner = self < half ? self + half : self - half;

    (void)ready;
    ck_assert(!member->stopped);
    member->calls++;
    crowd->called++;
    crowd->members[partner].stopped = true;
    ck_assert_int_eq(eddy_watch_stop(&crowd->members[partner].watch), 0);
    ck_assert_int_eq(eddy_watch_stop(watch), 0);
}

START_TEST(sockets_that_stop_each_other_are_never_called_after)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct crowd *crowd = calloc(1, sizeof *crowd);

    make_crowd(loop, crowd, stop_partner);
    run_out(loop);
    ck_assert_int_eq(crowd->called, crowd->count / 2);
    close_crowd(crowd);
}
END_TEST

START_TEST(no_descriptor_starves_when_all_are_ready) /* L47, T20 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct crowd *crowd = calloc(1, sizeof *crowd);
    uint64_t turns_before;

    make_crowd(loop, crowd, read_and_stop);
    turns_before = stats_of(loop).turns;
    run_out(loop);
    ck_assert_uint_le(stats_of(loop).turns - turns_before,
                      (unsigned)crowd->count / 32 + 2);
    close_crowd(crowd);
}
END_TEST

/* ---- A number that changes hands within a batch -------------------------- */

struct swap {
    struct eddy_loop *loop;
    struct eddy_watch watches[2];
    int pipes[2][2], fresh[2];
    int first, told;
    bool started_before;
};

static void on_fresh(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct swap *swap = arg;

    (void)watch;
    ck_assert_uint_eq(ready, EDDY_READ);
    swap->told++;
}

/* Whichever is called first closes the other one, puts an empty pipe under its
 * number and watches that: the event that still waits for it is another's. */
static void swap_other(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct swap *swap = arg;
    int other = watch == &swap->watches[0];
    int fd = swap->pipes[other][0];

    (void)ready;
    ck_assert_int_eq(swap->first++, 0);
    ck_assert_int_eq(eddy_watch_stop(&swap->watches[other]), 0);
    ck_assert_int_eq(dup2(swap->fresh[0], fd), fd);
    ck_assert_int_eq(eddy_watch_start(swap->loop, &swap->watches[other], fd,
                                      EDDY_READ, on_fresh, swap),
                     0);
    ck_assert_int_eq(eddy_watch_stop(watch), 0);
}

START_TEST(a_stale_event_never_reaches_the_new_owner_of_a_number) /* T2, L43 */
{
    struct swap swap = { .loop = virtual_loop(_i) };

    make_pipe(swap.fresh);
    for (int i = 0; i < 2; i++) {
        make_pipe(swap.pipes[i]);
        write_byte(swap.pipes[i][1]);
        ck_assert_int_eq(eddy_watch_start(swap.loop, &swap.watches[i],
                                          swap.pipes[i][0], EDDY_READ,
                                          swap_other, &swap),
                         0);
    }
    turns(swap.loop, 1);
    ck_assert_int_eq(swap.first, 1);
    ck_assert_int_eq(swap.told, 0);
    turns(swap.loop, 2);
    ck_assert_int_eq(swap.told, 0);
    write_byte(swap.fresh[1]);
    turns(swap.loop, 1);
    ck_assert_int_eq(swap.told, 1); /* but a true one does */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(eddy_watch_stop(&swap.watches[i]), 0);
        close_both(swap.pipes[i]);
    }
    close_both(swap.fresh);
}
END_TEST

/* ---- A table that moves -------------------------------------------------- */

struct mover {
    struct eddy_loop *loop;
    struct eddy_watch watches[3], far;
    int pair[2], far_fd, calls;
};

static void count_call(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)watch;
    (void)ready;
    ++*(int *)arg;
}

static void watch_far(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct mover *mover = arg;

    (void)watch;
    (void)ready;
    mover->calls++;
    if (mover->far_fd >= 0)
        return;
    mover->far_fd = fcntl(mover->pair[1], F_DUPFD, 900);
    ck_assert_int_ge(mover->far_fd, 900);
    ck_assert_int_eq(eddy_watch_start(mover->loop, &mover->far, mover->far_fd,
                                      EDDY_WRITE, count_call, &mover->calls),
                     0);
}

START_TEST(a_callback_may_watch_a_far_descriptor) /* T4 */
{
    struct mover mover = { .loop = virtual_loop(_i), .far_fd = -1 };

    make_pair(mover.pair);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(eddy_watch_start(mover.loop, &mover.watches[i],
                                          mover.pair[0], EDDY_WRITE, watch_far,
                                          &mover),
                         0);
    turns(mover.loop, 1);
    ck_assert_int_eq(mover.calls, 3);
    turns(mover.loop, 1);
    ck_assert_int_eq(mover.calls, 7);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(eddy_watch_stop(&mover.watches[i]), 0);
    ck_assert_int_eq(eddy_watch_stop(&mover.far), 0);
    ck_assert_int_eq(close(mover.far_fd), 0);
    close_both(mover.pair);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        many_descriptors_are_all_told_once,
        sockets_that_stop_each_other_are_never_called_after,
        no_descriptor_starves_when_all_are_ready,
        a_stale_event_never_reaches_the_new_owner_of_a_number,
        a_callback_may_watch_a_far_descriptor,
    };
    Suite *suite = suite_create("watch batch");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
