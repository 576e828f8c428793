/* SPDX-License-Identifier: MIT */
/* test_poller_closed.c - descriptors that are closed behind a poller's back. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../examples/own_poller.h"
#include "support.h"

/* ---- Closed too early ---------------------------------------------------- */

START_TEST(closed_fd_fails_nothing_else)
{
    const struct eddy_poller_ops *ops = use(_i);
    enum { PIPES = 6 };
    int pipes[PIPES][2];

    for (int i = 0; i < PIPES; i++) {
        make_pipe(pipes[i]);
        set_interest(ops, pipes[i][0], 0, EDDY_READ);
        if (i % 2 == 0)
            write_byte(pipes[i][1]);
    }
    for (int i = 0; i < PIPES;
         i += 3) /* one that was ready, one that was not */
        ck_assert_int_eq(close(pipes[i][0]), 0);
    for (int i = 0; i < PIPES; i++) {
        bool closed = i % 3 == 0;
        unsigned seen = 0;

        for (int w = 0; w < 3; w++) { /* the closed ones may come first */
            unsigned ready = report_of(ops, pipes[i][0], 0);
            ck_assert(!closed || (ready & ~EDDY_ERROR) == 0);
            seen |= ready;
        }
        if (!closed)
            ck_assert_uint_eq(seen, i % 2 == 0 ? EDDY_READ : 0);
    }
    for (int i = 0; i < PIPES; i++) {
        set_interest(ops, pipes[i][0], EDDY_READ, 0); /* even if closed */
        if (i % 3 != 0)
            ck_assert_int_eq(close(pipes[i][0]), 0);
        ck_assert_int_eq(close(pipes[i][1]), 0);
    }
}
END_TEST

START_TEST(closed_fd_does_not_spin)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2], other[2];

    make_pipe(ends);
    make_pipe(other);
    set_interest(ops, ends[0], 0, EDDY_READ);
    set_interest(ops, other[0], 0, EDDY_READ);
    close_both(ends);
    ck_assert_int_le(returns_early(ops, 20), 1);
    write_byte(other[1]);
    ck_assert_uint_eq(report_of(ops, other[0], EDDY_SECOND), EDDY_READ);
    close_both(other);
}
END_TEST

START_TEST(more_closed_fds_than_cap_are_survived)
{
    const struct eddy_poller_ops *ops = use(_i);
    enum { PIPES = 20 };
    int pipes[PIPES][2], other[2];
    struct eddy_event ev;
    bool served = false;

    make_pipe(other);
    for (int i = 0; i < PIPES; i++) {
        make_pipe(pipes[i]);
        set_interest(ops, pipes[i][0], 0, EDDY_READ);
    }
    set_interest(ops, other[0], 0, EDDY_READ);
    write_byte(other[1]);
    for (int i = 0; i < PIPES; i++)
        close_both(pipes[i]);
    for (int w = 0; w < 2 * PIPES + 2 && !served; w++) {
        ck_assert_int_eq(ops->wait(under_test, &ev, 1, EDDY_SECOND), 1);
        served = ev.fd == other[0];
    }
    ck_assert(served);
    close_both(other);
}
END_TEST

START_TEST(number_used_again_is_watched_after_renewal)
{
    const struct eddy_poller_ops *ops = use(_i);
    static const unsigned all = EDDY_READ | EDDY_WRITE;
    int ends[2], other[2];

    for (int waited = 0; waited <= 1; waited++) { /* while it was closed */
        make_pipe(ends);
        set_interest(ops, ends[0], 0, EDDY_READ);
        close_both(ends);
        if (waited)
            (void)report_of(ops, ends[0], 0);
        make_pair(other);
        ck_assert_int_eq(dup2(other[0], ends[0]), ends[0]);
        set_interest(ops, ends[0], EDDY_READ, EDDY_READ);
        ck_assert_uint_eq(report_of(ops, ends[0], 0), 0);
        write_byte(other[1]);
        ck_assert_uint_eq(report_of(ops, ends[0], EDDY_SECOND), EDDY_READ);
        set_interest(ops, ends[0], EDDY_READ, all);
        ck_assert_uint_eq(report_of(ops, ends[0], EDDY_SECOND), all);
        set_interest(ops, ends[0], all, 0);
        if (other[0] != ends[0])
            ck_assert_int_eq(close(ends[0]), 0);
        close_both(other);
    }
}
END_TEST

START_TEST(number_used_again_is_new_after_late_removal)
{
    const struct eddy_poller_ops *ops = use(_i);
    int old[2], fresh[2];

    for (int removed_late = 0; removed_late <= 1; removed_late++) {
        make_pair(old);
        write_byte(old[1]);
        set_interest(ops, old[0], 0, EDDY_READ | EDDY_WRITE);
        if (!removed_late)
            set_interest(ops, old[0], EDDY_READ | EDDY_WRITE, 0);
        ck_assert_int_eq(close(old[0]), 0);
        if (removed_late)
            set_interest(ops, old[0], EDDY_READ | EDDY_WRITE, 0);
        make_pair(fresh);
        ck_assert_int_eq(fresh[0], old[0]);
        ck_assert_uint_eq(report_of(ops, fresh[0], 5 * EDDY_MS), 0);
        set_interest(ops, fresh[0], 0, EDDY_WRITE);
        ck_assert_uint_eq(report_of(ops, fresh[0], 0), EDDY_WRITE);
        set_interest(ops, fresh[0], EDDY_WRITE, 0);
        ck_assert_int_eq(close(old[1]), 0);
        close_both(fresh);
    }
}
END_TEST

START_TEST(removal_of_what_is_closed_or_absent_succeeds)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2];

    make_pipe(ends);
    set_interest(ops, ends[0], 0, 0);
    set_interest(ops, ends[0], 0, EDDY_READ);
    close_both(ends);
    set_interest(ops, ends[0], EDDY_READ, 0);
    set_interest(ops, ends[0], 0, 0);
    set_interest(ops, 1 << 28, 0, 0);
    ck_assert_int_eq(returns_early(ops, 2), 0);
}
END_TEST

/* ---- T1: closed, but not gone -------------------------------------------- */

/* A pipe whose reading end is closed, but whose copy is open and readable. */
static int make_ghost(const struct eddy_poller_ops *ops, int ends[2])
{
    int copy;

    make_pipe(ends);
    set_interest(ops, ends[0], 0, EDDY_READ);
    copy = dup(ends[0]);
    ck_assert_int_ge(copy, 0);
    ck_assert_int_eq(close(ends[0]), 0);
    write_byte(ends[1]);
    return copy;
}

/* Some false reports are allowed, for a poller cannot know; then silence. */
START_TEST(dup_of_closed_fd_does_not_spin)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2], other[2], lost[2], copy;

    for (int late = 0; late <= 1; late++) { /* removed too late, or never */
        make_pipe(lost);
        set_interest(ops, lost[0], 0, EDDY_READ);
        make_pair(other);
        for (int i = 0; i < 2; i++)
            set_interest(ops, other[i], 0, EDDY_READ);
        copy = make_ghost(ops, ends);
        close_both(lost); /* without a copy, but in the way */
        if (late) {
            set_interest(ops, ends[0], EDDY_READ, 0);
            ck_assert_uint_eq(report_of(ops, ends[0], 5 * EDDY_MS), 0);
        }
        ck_assert_int_le(waits_until_silent(ops), 100);
        ck_assert_uint_eq(report_of(ops, ends[0], 0), 0);
        for (int i = 0; i < 2; i++) { /* what else is watched, still is */
            write_byte(other[!i]);
            ck_assert_uint_eq(report_of(ops, other[i], EDDY_SECOND), EDDY_READ);
            set_interest(ops, other[i], EDDY_READ, 0);
        }
        set_interest(ops, ends[0], late ? 0 : EDDY_READ, 0);
        set_interest(ops, lost[0], EDDY_READ, 0);
        ck_assert_int_eq(close(copy), 0);
        ck_assert_int_eq(close(ends[1]), 0);
        close_both(other);
    }
}
END_TEST

START_TEST(dup_of_closed_fd_can_take_its_number_back)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2], copy;

    copy = make_ghost(ops, ends);
    set_interest(ops, ends[0], EDDY_READ, 0);
    ck_assert_int_eq(dup2(copy, ends[0]), ends[0]);
    set_interest(ops, ends[0], 0, EDDY_READ); /* T5: it is there already */
    ck_assert_uint_eq(report_of(ops, ends[0], EDDY_SECOND), EDDY_READ);
    read_byte(ends[0]);
    ck_assert_int_eq(returns_early(ops, 2), 0);
    set_interest(ops, ends[0], EDDY_READ, 0);
    ck_assert_int_eq(close(copy), 0);
    close_both(ends);
}
END_TEST

START_TEST(dup_of_closed_fd_does_not_speak_for_its_successor)
{
    const struct eddy_poller_ops *ops = use(_i);
    int old[2], fresh[2], copy;

    copy = make_ghost(ops, old);
    make_pipe(fresh);
    ck_assert_int_eq(fresh[0], old[0]);
    set_interest(ops, fresh[0], EDDY_READ, EDDY_READ);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(report_of(ops, fresh[0], EDDY_MS), 0);
    ck_assert_int_eq(returns_early(ops, 3), 0);
    write_byte(fresh[1]);
    ck_assert_uint_eq(report_of(ops, fresh[0], EDDY_SECOND), EDDY_READ);
    ck_assert_int_eq(close(copy), 0);
    ck_assert_int_eq(close(old[1]), 0);
    close_both(fresh);
}
END_TEST

/* A child that does nothing but hold what it inherited, until told to end. */
static pid_t start_holder(int stop[2])
{
    pid_t child;
    char byte;

    make_pipe(stop);
    child = fork();
    if (child == 0) {
        (void)close(stop[1]);
        _exit(read(stop[0], &byte, 1) == 0 ? 0 : 1);
    }
    ck_assert_int_gt(child, 0);
    return child;
}

static void end_holder(pid_t child, const int stop[2])
{
    int status;

    close_both(stop);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

START_TEST(forked_copy_of_closed_fd_does_not_spin)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2], stop[2];
    pid_t child;

    make_pipe(ends);
    set_interest(ops, ends[0], 0, EDDY_READ);
    child = start_holder(stop);
    write_byte(ends[1]);
    ck_assert_int_eq(close(ends[0]), 0);
    set_interest(ops, ends[0], EDDY_READ, 0);
    ck_assert_int_le(waits_until_silent(ops), 2);
    ck_assert_int_eq(close(ends[1]), 0);
    end_holder(child, stop);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        closed_fd_fails_nothing_else,
        closed_fd_does_not_spin,
        more_closed_fds_than_cap_are_survived,
        number_used_again_is_watched_after_renewal,
        number_used_again_is_new_after_late_removal,
        removal_of_what_is_closed_or_absent_succeeds,
        dup_of_closed_fd_does_not_spin,
        dup_of_closed_fd_can_take_its_number_back,
        dup_of_closed_fd_does_not_speak_for_its_successor,
        forked_copy_of_closed_fd_does_not_spin,
    };
    Suite *suite = suite_create("poller closed");

    also_test(&own_poller);
    add_per_poller(suite, each, COUNT(each), NULL, NULL);
    return run_suite(suite);
}
