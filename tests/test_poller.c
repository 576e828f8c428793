/* SPDX-License-Identifier: MIT */
/* test_poller.c - the promises of eddy/poller.h that every poller keeps. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "../examples/own_poller.h"
#include "support.h"

/* ---- What there is ------------------------------------------------------- */

START_TEST(names_are_found_and_known)
{
    for (size_t i = 0; eddy_poller_at(i) != NULL; i++) {
        const struct eddy_poller_ops *ops = eddy_poller_at(i);
        size_t k = 0;

        ck_assert_uint_eq(ops->abi, EDDY_POLLER_ABI);
        ck_assert_ptr_eq(eddy_poller_find(ops->name), ops);
        while (eddy_poller_known(k) != NULL &&
               strcmp(eddy_poller_known(k), ops->name) != 0)
            k++;
        ck_assert_ptr_nonnull(eddy_poller_known(k));
    }
    ck_assert_ptr_null(eddy_poller_find("no such poller"));
    ck_assert_ptr_null(eddy_poller_find(""));
    ck_assert_ptr_null(eddy_poller_find(NULL));
    ck_assert_ptr_null(eddy_poller_at(SIZE_MAX));
    ck_assert_ptr_null(eddy_poller_known(SIZE_MAX));
}
END_TEST

START_TEST(default_comes_first_and_none_twice)
{
#ifdef EDDY_DEFAULT_POLLER
    ck_assert_str_eq(eddy_poller_at(0)->name, EDDY_DEFAULT_POLLER);
#endif
    for (size_t i = 0; eddy_poller_at(i) != NULL; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_ptr_ne(eddy_poller_at(i), eddy_poller_at(j));
}
END_TEST

START_TEST(features_tell_the_truth)
{
    const struct eddy_poller_ops *ops = use(_i);
    unsigned can = ops->features(under_test);
    int fd = ops->fd(under_test);
    int pair[2];

    make_pair(pair);
    ck_assert_int_eq(ops->set(under_test, pair[0], 0, EDDY_URGENT),
                     can & EDDY_CAN_URGENT ? 0 : -ENOTSUP);
    ck_assert_int_eq(ops->set(under_test, pair[1], 0, EDDY_HALFCLOSE),
                     can & EDDY_CAN_HALFCLOSE ? 0 : -ENOTSUP);
    if (can & EDDY_CAN_NEST)
        ck_assert_int_gt(fd, 2);
    else
        ck_assert_int_eq(fd, -ENOTSUP);
    close_both(pair);
}
END_TEST

/* ---- Time ---------------------------------------------------------------- */

/* The shortest of some waits, for a machine may be busy; each of them must be
 * long enough. */
static int64_t shortest_wait(const struct eddy_poller_ops *ops,
                             int64_t timeout_ns, int tries)
{
    int64_t shortest = INT64_MAX;
    struct eddy_event ev;

    while (tries-- > 0) {
        int64_t start = now_ns();
        int n = ops->wait(under_test, &ev, 1, timeout_ns);
        int64_t took = now_ns() - start;

        ck_assert_int_eq(n, 0);
        ck_assert_int_ge(took, timeout_ns);
        shortest = took < shortest ? took : shortest;
    }
    return shortest;
}

START_TEST(quiet_poller_waits_out_its_timeout)
{
    const struct eddy_poller_ops *ops = use(_i);
    static const int64_t timeouts[] = { 0,           1,           999,
                                        100000,      999999,      1000001,
                                        5 * EDDY_MS, 20 * EDDY_MS };
    int ends[2];

    make_pipe(ends);
    for (int watched = 0; watched <= 1; watched++) { /* L46: and an empty set */
        if (watched)
            set_interest(ops, ends[0], 0, EDDY_READ);
        for (size_t i = 0; i < COUNT(timeouts); i++)
            ck_assert_int_lt(shortest_wait(ops, timeouts[i], 4),
                             timeouts[i] + 10 * EDDY_MS);
    }
    close_both(ends);
}
END_TEST

START_TEST(fine_timeouts_are_finer_than_a_millisecond)
{
    const struct eddy_poller_ops *ops = use(_i);

    if (ops->features(under_test) & EDDY_CAN_NS)
        ck_assert_int_lt(shortest_wait(ops, 100 * EDDY_US, 50), 900 * EDDY_US);
}
END_TEST

static volatile sig_atomic_t alarms;

static void count_alarm(int signo)
{
    (void)signo;
    alarms++;
}

/* SIGALRM every `ms`, or no longer if 0. */
static void tick(int ms)
{
    struct sigaction action = { .sa_handler = count_alarm };
    struct itimerval timer = { .it_value.tv_usec = ms * 1000,
                               .it_interval.tv_usec = ms * 1000 };

    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

START_TEST(signal_ends_a_wait_with_zero)
{
    const struct eddy_poller_ops *ops = use(_i);
    struct eddy_event ev;
    int ends[2];

    make_pipe(ends);
    set_interest(ops, ends[0], 0, EDDY_READ);
    alarms = 0;
    tick(20);
    ck_assert_int_eq(ops->wait(under_test, &ev, 1, EDDY_FOREVER), 0);
    ck_assert_int_ge(alarms, 1);
    write_byte(ends[1]);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(ops->wait(under_test, &ev, 1, EDDY_FOREVER), 1);
    tick(0);
    close_both(ends);
}
END_TEST

/* Each of these once overflowed something: it must neither fail nor return
 * before the signal does it. */
START_TEST(huge_timeouts_wait)
{
    const struct eddy_poller_ops *ops = use(_i);
    static const int64_t timeouts[] = {
        INT64_MAX,
        INT64_MAX - 1,
        (int64_t)INT32_MAX * EDDY_MS,
        (int64_t)INT32_MAX * EDDY_MS + 1,
        (int64_t)INT32_MAX * EDDY_SECOND,
        (int64_t)UINT32_MAX * EDDY_MS,
        (int64_t)UINT32_MAX * EDDY_MS + EDDY_MS,
        100000001 * EDDY_SECOND,
        INT64_MAX / 1000,
        INT64_MAX / 1000000,
    };
    struct eddy_event ev;

    for (size_t i = 0; i < COUNT(timeouts); i++) {
        alarms = 0;
        tick(5);
        ck_assert_int_eq(ops->wait(under_test, &ev, 1, timeouts[i]), 0);
        ck_assert_int_ge(alarms, 1);
        tick(0);
    }
}
END_TEST

/* ---- Readiness ----------------------------------------------------------- */

START_TEST(each_interest_is_reported_for_what_it_is)
{
    const struct eddy_poller_ops *ops = use(_i);
    static const struct {
        unsigned interest;
        bool primed;
        unsigned seen;
    } rows[] = {
        { EDDY_READ, false, 0 },
        { EDDY_READ, true, EDDY_READ },
        { EDDY_WRITE, false, EDDY_WRITE },
        { EDDY_WRITE, true, EDDY_WRITE },
        { EDDY_READ | EDDY_WRITE, false, EDDY_WRITE },
        { EDDY_READ | EDDY_WRITE, true, EDDY_READ | EDDY_WRITE },
    };
    int pair[2];

    for (size_t r = 0; r < COUNT(rows); r++) {
        make_pair(pair);
        if (rows[r].primed)
            write_byte(pair[1]);
        set_interest(ops, pair[0], 0, rows[r].interest);
        ck_assert_uint_eq(report_of(ops, pair[0], 0), rows[r].seen);
        set_interest(ops, pair[0], rows[r].interest, 0);
        close_both(pair);
    }
}
END_TEST

START_TEST(interest_can_become_any_other)
{
    const struct eddy_poller_ops *ops = use(_i);
    unsigned all = EDDY_READ | EDDY_WRITE;
    int pair[2];

    make_pair(pair);
    write_byte(pair[1]);
    for (unsigned from = 0; from <= all; from++)
        for (unsigned to = 0; to <= all; to++) {
            set_interest(ops, pair[0], 0, from);
            ck_assert_uint_eq(report_of(ops, pair[0], 0), from);
            set_interest(ops, pair[0], from, to);
            ck_assert_uint_eq(report_of(ops, pair[0], 0), to);
            set_interest(ops, pair[0], to, 0);
        }
    close_both(pair);
}
END_TEST

START_TEST(changes_between_waits_add_up)
{
    const struct eddy_poller_ops *ops = use(_i);
    static const unsigned path[] = {
        EDDY_READ,  EDDY_WRITE, 0,          EDDY_READ | EDDY_WRITE,
        EDDY_WRITE, EDDY_READ,  EDDY_READ,  0,
        EDDY_WRITE, 0,          EDDY_WRITE, EDDY_READ | EDDY_WRITE,
    };
    int pair[2];

    make_pair(pair);
    write_byte(pair[1]);
    for (size_t last = 0; last < COUNT(path); last++) {
        unsigned now = 0;
        for (size_t i = 0; i <= last; i++) {
            set_interest(ops, pair[0], now, path[i]);
            now = path[i];
        }
        ck_assert_uint_eq(report_of(ops, pair[0], 0), now);
        set_interest(ops, pair[0], now, 0);
    }
    close_both(pair);
}
END_TEST

START_TEST(readiness_is_level_triggered)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2];

    make_pipe(ends);
    set_interest(ops, ends[0], 0, EDDY_READ);
    write_byte(ends[1]);
    write_byte(ends[1]);
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(report_of(ops, ends[0], EDDY_FOREVER), EDDY_READ);
    read_byte(ends[0]);
    ck_assert_uint_eq(report_of(ops, ends[0], EDDY_FOREVER), EDDY_READ);
    read_byte(ends[0]);
    ck_assert_uint_eq(report_of(ops, ends[0], 0), 0);
    close_both(ends);
}
END_TEST

static int ready_fds(const struct eddy_poller_ops *ops)
{
    struct eddy_event out[32];

    return ops->wait(under_test, out, 32, 0);
}

START_TEST(removed_fd_is_silent)
{
    const struct eddy_poller_ops *ops = use(_i);
    enum { PIPES = 8 };
    int pipes[PIPES][2];

    for (int i = 0; i < PIPES; i++) {
        make_pipe(pipes[i]);
        write_byte(pipes[i][1]);
        set_interest(ops, pipes[i][0], 0, EDDY_READ);
    }
    for (int i = 0; i < PIPES; i++) { /* from the middle to both sides */
        int next = (PIPES / 2 + (i % 2 ? -1 - i / 2 : i / 2)) % PIPES;
        ck_assert_int_eq(ready_fds(ops), PIPES - i);
        set_interest(ops, pipes[next][0], EDDY_READ, 0);
        ck_assert_uint_eq(report_of(ops, pipes[next][0], 0), 0);
    }
    ck_assert_int_eq(ready_fds(ops), 0);
    for (int i = 0; i < PIPES; i++)
        close_both(pipes[i]);
}
END_TEST

START_TEST(removed_interest_does_not_spin)
{
    const struct eddy_poller_ops *ops = use(_i);
    enum { PAIRS = 200 };
    static int pairs[PAIRS][2];

    for (int i = 0; i < PAIRS; i++) {
        make_pair(pairs[i]);
        set_interest(ops, pairs[i][0], 0, EDDY_READ | EDDY_WRITE);
    }
    ck_assert_int_gt(ready_fds(ops), 0);
    for (int i = 0; i < PAIRS; i++)
        set_interest(ops, pairs[i][0], EDDY_READ | EDDY_WRITE,
                     i % 2 ? EDDY_READ : 0);
    ck_assert_int_eq(returns_early(ops, 3), 0);
    for (int i = 0; i < PAIRS; i++)
        close_both(pairs[i]);
}
END_TEST

/* ---- Fairness ------------------------------------------------------------ */

START_TEST(small_cap_starves_nobody)
{
    const struct eddy_poller_ops *ops = use(_i);
    enum { PIPES = 40, MOST_CAP = 7 };
    int pipes[PIPES][2];
    struct eddy_event out[MOST_CAP];

    for (int i = 0; i < PIPES; i++) {
        make_pair(pipes[i]);
        write_byte(pipes[i][1]);
        set_interest(ops, pipes[i][0], 0, EDDY_READ | EDDY_WRITE);
    }
    for (int cap = 1; cap <= MOST_CAP; cap += 3) {
        int seen[PIPES] = { 0 };
        for (int w = 0; w < 6 * PIPES; w++) {
            int n = ops->wait(under_test, out, cap, EDDY_FOREVER);
            ck_assert_int_ge(n, 1);
            ck_assert_int_le(n, cap);
            for (int e = 0; e < n; e++)
                for (int i = 0; i < PIPES; i++)
                    seen[i] += pipes[i][0] == out[e].fd;
        }
        for (int i = 0; i < PIPES; i++)
            ck_assert_msg(seen[i] >= 2, "pipe %d seen %d times with cap %d", i,
                          seen[i], cap);
    }
    for (int i = 0; i < PIPES; i++)
        close_both(pipes[i]);
}
END_TEST

START_TEST(large_cap_reports_each_once)
{
    const struct eddy_poller_ops *ops = use(_i);
    enum { PIPES = 600 };
    static int pipes[PIPES][2];
    static struct eddy_event out[2 * PIPES];
    static int seen[4 * PIPES];
    int all = 0;

    memset(seen, 0, sizeof seen);
    for (int i = 0; i < PIPES; i++) {
        make_pair(pipes[i]);
        write_byte(pipes[i][1]);
        set_interest(ops, pipes[i][0], 0, EDDY_READ | EDDY_WRITE);
    }
    for (int w = 1; w <= PIPES && all < PIPES; w++) {
        int n = ops->wait(under_test, out, COUNT(out), EDDY_FOREVER);
        ck_assert_int_ge(n, 1);
        for (int e = 0; e < n; e++) {
            ck_assert_int_lt(out[e].fd, (int)COUNT(seen));
            ck_assert_int_ne(seen[out[e].fd], w);
            all += seen[out[e].fd] == 0;
            seen[out[e].fd] = w;
        }
    }
    ck_assert_int_eq(all, PIPES);
    for (int i = 0; i < PIPES; i++)
        close_both(pipes[i]);
}
END_TEST

/* ---- Memory -------------------------------------------------------------- */

START_TEST(open_without_memory_leaves_nothing)
{
    const struct eddy_poller_ops *ops = tested_poller(_i);
    static int anything;
    struct eddy_poller *untouched = (struct eddy_poller *)(void *)&anything;
    struct eddy_poller *p = untouched;
    int err = -ENOMEM;

    for (long n = 1; err < 0; n++) {
        int fds = count_open_fds();
        fail_allocation(n);
        err = ops->open(&p, counting_mem());
        ck_assert(err == 0 || err == -ENOMEM);
        ck_assert_int_eq(allocation_failed(), err < 0);
        if (err < 0) {
            ck_assert_ptr_eq(p, untouched);
            ck_assert_int_eq(count_open_fds(), fds);
        }
    }
    ops->close(p);
    ops->close(NULL);
}
END_TEST

/* Adds ends[0] after `nth - 1` allocations; returns whether one failed. */
static bool add_without_memory(const struct eddy_poller_ops *ops, long nth,
                               const int ends[2])
{
    int err;

    fail_allocation(nth);
    err = ops->set(under_test, ends[0], 0, EDDY_READ);
    ck_assert_int_eq(err, allocation_failed() ? -ENOMEM : 0);
    ck_assert_uint_eq(report_of(ops, ends[0], 0), err < 0 ? 0 : EDDY_READ);
    return err < 0;
}

START_TEST(failed_allocation_changes_nothing)
{
    const struct eddy_poller_ops *ops = use(_i);
    enum { PIPES = 100 };
    int pipes[PIPES][2];
    int failures = 0;

    for (int i = 0; i < PIPES; i++) {
        make_pipe(pipes[i]);
        write_byte(pipes[i][1]);
        for (long n = 1; add_without_memory(ops, n, pipes[i]); n++) {
            failures++;
            if (i > 0)
                ck_assert_uint_eq(report_of(ops, pipes[0][0], 0), EDDY_READ);
        }
        if (i >= 10) /* so that one wait has room for all */
            set_interest(ops, pipes[i][0], EDDY_READ, 0);
    }
    ck_assert_int_gt(failures, 0);
    for (int i = 0; i < PIPES; i++)
        close_both(pipes[i]);
}
END_TEST

START_TEST(changing_and_removing_need_no_memory)
{
    const struct eddy_poller_ops *ops = use(_i);
    int pair[2];

    make_pair(pair);
    set_interest(ops, pair[0], 0, EDDY_READ);
    fail_allocation(1);
    set_interest(ops, pair[0], EDDY_READ, EDDY_READ | EDDY_WRITE);
    ck_assert_uint_eq(report_of(ops, pair[0], 0), EDDY_WRITE);
    set_interest(ops, pair[0], EDDY_READ | EDDY_WRITE, 0);
    ck_assert_uint_eq(report_of(ops, pair[0], 0), 0);
    ck_assert(!allocation_failed());
    close_both(pair);
}
END_TEST

int main(void)
{
    const TTest *const registry[] = {
        names_are_found_and_known,
        default_comes_first_and_none_twice,
    };
    const TTest *const each[] = {
        features_tell_the_truth,
        quiet_poller_waits_out_its_timeout,
        fine_timeouts_are_finer_than_a_millisecond,
        signal_ends_a_wait_with_zero,
        huge_timeouts_wait,
        each_interest_is_reported_for_what_it_is,
        interest_can_become_any_other,
        changes_between_waits_add_up,
        readiness_is_level_triggered,
        removed_fd_is_silent,
        removed_interest_does_not_spin,
        small_cap_starves_nobody,
        large_cap_reports_each_once,
        open_without_memory_leaves_nothing,
        failed_allocation_changes_nothing,
        changing_and_removing_need_no_memory,
    };
    Suite *suite = suite_create("poller");

    add_tests(suite, "registry", registry, COUNT(registry), NULL, NULL);
    also_test(&own_poller);
    add_per_poller(suite, each, COUNT(each), NULL, NULL);
    return run_suite(suite);
}
