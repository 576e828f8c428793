/* SPDX-License-Identifier: MIT */
/* test_poller_fds.c - descriptors come, go, come again, and are of all kinds.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Some false reports are allowed, for a poller cannot know; then silence. */
static int waits_until_silent(const struct eddy_poller_ops *ops)
{
    int waits = 0;

    while (waits < 500 && returns_early(ops, 1) > 0)
        waits++;
    return waits;
}

START_TEST(dup_of_closed_fd_does_not_spin)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2], other[2], copy;

    for (int late = 0; late <= 1; late++) { /* removed too late, or never */
        make_pipe(ends);
        make_pipe(other);
        set_interest(ops, ends[0], 0, EDDY_READ);
        set_interest(ops, other[0], 0, EDDY_READ);
        copy = dup(ends[0]);
        ck_assert_int_eq(close(ends[0]), 0);
        write_byte(ends[1]);
        if (late) {
            set_interest(ops, ends[0], EDDY_READ, 0);
            ck_assert_uint_eq(report_of(ops, ends[0], 5 * EDDY_MS), 0);
        }
        ck_assert_int_le(waits_until_silent(ops), 100);
        ck_assert_uint_eq(report_of(ops, ends[0], 0), 0);
        write_byte(other[1]); /* what else is watched, still is */
        ck_assert_uint_eq(report_of(ops, other[0], EDDY_SECOND), EDDY_READ);

        set_interest(ops, ends[0], late ? 0 : EDDY_READ, 0);
        set_interest(ops, other[0], EDDY_READ, 0);
        ck_assert_int_eq(close(copy), 0);
        ck_assert_int_eq(close(ends[1]), 0);
        close_both(other);
    }
}
END_TEST

START_TEST(dup_of_closed_fd_does_not_speak_for_its_successor)
{
    const struct eddy_poller_ops *ops = use(_i);
    int old[2], fresh[2], copy;

    make_pipe(old);
    set_interest(ops, old[0], 0, EDDY_READ);
    copy = dup(old[0]);
    write_byte(old[1]);
    ck_assert_int_eq(close(old[0]), 0);
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

/* ---- Forks --------------------------------------------------------------- */

START_TEST(close_in_a_child_leaves_the_parent_unharmed)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2], mine[2], status;
    pid_t child;

    make_pipe(ends);
    set_interest(ops, ends[0], 0, EDDY_READ);
    child = fork();
    if (child == 0) { /* where T52: a number may be somebody else's by now */
        int err = pipe(mine);
        ops->close(under_test);
        _exit(err < 0 || fcntl(mine[0], F_GETFD) < 0 ||
              fcntl(mine[1], F_GETFD) < 0 || fcntl(ends[0], F_GETFD) < 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    write_byte(ends[1]);
    ck_assert_uint_eq(report_of(ops, ends[0], EDDY_SECOND), EDDY_READ);
    set_interest(ops, ends[0], EDDY_READ, 0);
    ck_assert_uint_eq(report_of(ops, ends[0], 0), 0);
    close_both(ends);
}
END_TEST

/* ---- Internal descriptors ------------------------------------------------ */

/* In a child, since it closes stdin, stdout and stderr. */
static int stdio_is_kept_free(const struct eddy_poller_ops *ops)
{
    struct eddy_poller *p;
    int kept = 0;

    for (int fd = 0; fd < 3; fd++)
        (void)close(fd);
    if (ops->open(&p, counting_mem()) < 0)
        return 1;
    if (ops->features(p) & EDDY_CAN_NEST)
        kept = ops->fd(p) > 2 ? 0 : 2;
    for (int fd = 0; fd < 3; fd++)
        kept |= fcntl(fd, F_GETFD) < 0 ? 0 : 4;
    for (int fd = 3; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        kept |= flags < 0 || (flags & FD_CLOEXEC) ? 0 : 8;
    }
    ops->close(p);
    return kept;
}

START_TEST(internal_descriptors_are_above_2_and_close_on_exec)
{
    const struct eddy_poller_ops *ops = tested_poller(_i);
    pid_t child = fork();
    int status;

    if (child == 0) {
        for (int fd = 3; fd < 1024; fd++)
            (void)close(fd);
        _exit(stdio_is_kept_free(ops));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(open_without_descriptors_fails_whole)
{
    const struct eddy_poller_ops *ops = use(_i);
    struct eddy_poller *other;
    struct rlimit old, tight;
    int err;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
    tight = old;
    tight.rlim_cur = 3;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
    err = ops->open(&other, counting_mem());
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
    ck_assert(err == 0 || err == -EMFILE);
    if (err == 0)
        ops->close(other);
}
END_TEST

/* An outer poller that watches under_test. */
static struct eddy_poller *watch_it(const struct eddy_poller_ops *ops,
                                    const struct eddy_poller_ops *outer_ops)
{
    struct eddy_poller *outer;
    int fd = ops->fd(under_test);

    ck_assert_int_eq(ops->fd(under_test), fd);
    ck_assert_int_eq(outer_ops->open(&outer, counting_mem()), 0);
    ck_assert_int_eq(outer_ops->set(outer, fd, 0, EDDY_READ), 0);
    return outer;
}

static bool outer_sees(const struct eddy_poller_ops *outer_ops,
                       struct eddy_poller *outer, int64_t timeout_ns)
{
    struct eddy_event ev;
    int n = outer_ops->wait(outer, &ev, 1, timeout_ns);

    ck_assert_int_ge(n, 0);
    return n > 0;
}

/* A poller may be told readable once too often, but not by every wait. */
static bool calms_down(const struct eddy_poller_ops *ops,
                       const struct eddy_poller_ops *outer_ops,
                       struct eddy_poller *outer)
{
    if (!outer_sees(outer_ops, outer, 0))
        return true;
    ck_assert_int_eq(returns_early(ops, 1), 0);
    return !outer_sees(outer_ops, outer, 0);
}

START_TEST(poller_can_be_watched_by_another)
{
    const struct eddy_poller_ops *ops = use(_i);
    const struct eddy_poller_ops *outer_ops;
    int ends[2];

    if (!(ops->features(under_test) & EDDY_CAN_NEST))
        return;
    make_pipe(ends);
    for (int i = 0; (outer_ops = tested_poller(i)) != NULL; i++) {
        struct eddy_poller *outer = watch_it(ops, outer_ops);

        ck_assert(calms_down(ops, outer_ops, outer));
        set_interest(ops, ends[0], 0, EDDY_READ);
        ck_assert(calms_down(ops, outer_ops, outer));
        write_byte(ends[1]);
        ck_assert(outer_sees(outer_ops, outer, EDDY_SECOND));
        ck_assert_uint_eq(report_of(ops, ends[0], 0), EDDY_READ);
        ck_assert(outer_sees(outer_ops, outer, EDDY_SECOND));
        read_byte(ends[0]);
        ck_assert_uint_eq(report_of(ops, ends[0], 0), 0);
        ck_assert(calms_down(ops, outer_ops, outer));
        write_byte(ends[1]);
        set_interest(ops, ends[0], EDDY_READ, 0);
        ck_assert_uint_eq(report_of(ops, ends[0], 0), 0);
        ck_assert(calms_down(ops, outer_ops, outer));
        set_interest(ops, ends[0], 0, EDDY_READ); /* at once, not by a wait */
        ck_assert(outer_sees(outer_ops, outer, EDDY_SECOND));
        set_interest(ops, ends[0], EDDY_READ, 0);
        read_byte(ends[0]);
        outer_ops->close(outer);
    }
    close_both(ends);
}
END_TEST

/* Driving out a ghost (T1) may change all that is inside. */
START_TEST(who_watches_a_poller_notices_no_ghosts)
{
    const struct eddy_poller_ops *ops = use(_i);
    const struct eddy_poller_ops *outer_ops;
    int ends[2], other[2], copy;

    if (!(ops->features(under_test) & EDDY_CAN_NEST))
        return;
    make_pipe(other);
    set_interest(ops, other[0], 0, EDDY_READ);
    for (int i = 0; (outer_ops = tested_poller(i)) != NULL; i++) {
        struct eddy_poller *outer = watch_it(ops, outer_ops);

        make_pipe(ends);
        set_interest(ops, ends[0], 0, EDDY_READ);
        copy = dup(ends[0]);
        write_byte(ends[1]);
        ck_assert_int_eq(close(ends[0]), 0);
        set_interest(ops, ends[0], EDDY_READ, 0);
        ck_assert_int_le(waits_until_silent(ops), 2);
        ck_assert(calms_down(ops, outer_ops, outer));
        write_byte(other[1]);
        ck_assert(outer_sees(outer_ops, outer, EDDY_SECOND));
        ck_assert_uint_eq(report_of(ops, other[0], 0), EDDY_READ);
        read_byte(other[0]);
        ck_assert(calms_down(ops, outer_ops, outer));
        outer_ops->close(outer);
        ck_assert_int_eq(close(copy), 0);
        ck_assert_int_eq(close(ends[1]), 0);
    }
    close_both(other);
}
END_TEST

/* ---- Kinds and numbers --------------------------------------------------- */

START_TEST(regular_file_is_refused_or_ready)
{
    const struct eddy_poller_ops *ops = use(_i);
    char name[] = "/tmp/eddy-test-XXXXXX";
    int files[2];

    files[0] = mkstemp(name);
    files[1] = open("/", O_RDONLY | O_CLOEXEC);
    ck_assert(files[0] >= 0 && files[1] >= 0);
    ck_assert_int_eq(unlink(name), 0);
    for (int i = 0; i < 2; i++) {
        int err = ops->set(under_test, files[i], 0, EDDY_READ);
        if (err == 0)
            ck_assert_uint_eq(report_of(ops, files[i], 0), EDDY_READ);
        else
            ck_assert_int_eq(err, -EPERM);
        set_interest(ops, files[i], err == 0 ? EDDY_READ : 0, 0);
        ck_assert_uint_eq(report_of(ops, files[i], 0), 0);
    }
    close_both(files);
}
END_TEST

START_TEST(number_turned_into_a_file_is_refused_or_ready)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2], file, err;

    make_pipe(ends);
    set_interest(ops, ends[0], 0, EDDY_READ);
    file = open("/", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(dup2(file, ends[0]), ends[0]);
    err = ops->set(under_test, ends[0], EDDY_READ, EDDY_READ);
    ck_assert(err == 0 || err == -EPERM);
    ck_assert_uint_eq(report_of(ops, ends[0], 0), err == 0 ? EDDY_READ : 0);
    set_interest(ops, ends[0], EDDY_READ, 0);
    ck_assert_int_eq(close(file), 0);
    close_both(ends);
}
END_TEST

START_TEST(any_fd_number_will_do)
{
    const struct eddy_poller_ops *ops = use(_i);
    static const int numbers[] = { 63, 64, 1023, 1024, 1025, 4095, 16000 };
    struct rlimit limit;
    int pair[2], err;

    make_pair(pair);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        int fd = numbers[i];
        if ((rlim_t)fd >= limit.rlim_cur)
            break;
        ck_assert_int_eq(dup2(pair[0], fd), fd);
        err = ops->set(under_test, fd, 0, EDDY_READ | EDDY_WRITE);
        ck_assert(err == 0 || (err == -ERANGE && fd >= 1024));
        if (err == 0)
            ck_assert_uint_eq(report_of(ops, fd, 0), EDDY_WRITE);
        set_interest(ops, fd, err == 0 ? EDDY_READ | EDDY_WRITE : 0, 0);
        ck_assert_uint_eq(report_of(ops, fd, 0), 0);
        ck_assert_int_eq(close(fd), 0);
    }
    close_both(pair);
}
END_TEST

START_TEST(wild_numbers_are_refused_or_told)
{
    const struct eddy_poller_ops *ops = use(_i);
    static const int numbers[] = { -1, INT32_MIN, 17000, 1 << 28, INT32_MAX };

    for (size_t i = 0; i < COUNT(numbers); i++) {
        int fd = numbers[i];
        int err = ops->set(under_test, fd, 0, EDDY_READ);
        ck_assert(err == -EBADF || err == -ERANGE || err == 0);
        if (err == 0)
            ck_assert_uint_eq(report_of(ops, fd, 0), EDDY_ERROR);
        ck_assert_uint_eq(report_of(ops, fd, 0), 0);
        set_interest(ops, fd, 0, 0);
    }
    ck_assert_int_eq(returns_early(ops, 2), 0);
}
END_TEST

/* ---- All of it at once --------------------------------------------------- */

enum { PAIRS = 2500, STEPS = 60, CHANGES = 400 };

static struct pair {
    int fd[2];
    unsigned interest[2];
    bool unread[2];
} pairs[PAIRS];

static struct eddy_event events[4 * PAIRS];
static unsigned expected[1 << 16], seen[1 << 16]; /* by fd */

static void open_pair(struct pair *pair)
{
    make_pair(pair->fd);
    for (int e = 0; e < 2; e++) {
        pair->interest[e] = 0;
        pair->unread[e] = false;
    }
}

static void change_interest(const struct eddy_poller_ops *ops,
                            struct pair *pair, int e, unsigned to)
{
    set_interest(ops, pair->fd[e], pair->interest[e], to);
    pair->interest[e] = to;
}

static void reopen_pair(const struct eddy_poller_ops *ops, struct pair *pair)
{
    for (int e = 0; e < 2; e++)
        change_interest(ops, pair, e, 0);
    close_both(pair->fd);
    open_pair(pair);
}

static void change_something(const struct eddy_poller_ops *ops)
{
    struct pair *pair = &pairs[random_below(PAIRS)];
    int e = (int)random_below(2);

    switch (random_below(8)) {
    case 0:
        reopen_pair(ops, pair);
        break;
    case 1:
    case 2:
        if (!pair->unread[e])
            write_byte(pair->fd[!e]);
        pair->unread[e] = true;
        break;
    case 3:
        if (pair->unread[e])
            read_byte(pair->fd[e]);
        pair->unread[e] = false;
        break;
    default: /* the odd write interest only: else all are always ready */
        change_interest(ops, pair, e,
                        random_below(8) == 0 ? random_below(4)
                                             : random_below(2));
        break;
    }
}

/* Fills `expected`, and counts the fds in it. */
static int expect(void)
{
    int count = 0;

    memset(expected, 0, sizeof expected);
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < PAIRS; i++)
        for (int e = 0; e < 2; e++) {
            unsigned could = EDDY_WRITE | (pairs[i].unread[e] ? EDDY_READ : 0u);
            unsigned ready = could & pairs[i].interest[e];
            expected[pairs[i].fd[e]] = ready;
            count += ready != 0;
        }
    return count;
}

/* A poller whose batch ends between reading and writing may tell of one now,
 * of the other next time. */
static void check_against_model(const struct eddy_poller_ops *ops, int cap)
{
    int missing = expect();
    int most_waits = 2 * PAIRS;

    do {
        int n = ops->wait(under_test, events, cap, 0);
        ck_assert_int_ge(n, 0);
        for (int i = 0; i < n; i++) {
            int fd = events[i].fd;
            bool was_missing = seen[fd] != expected[fd];
            ck_assert_msg((events[i].ready & ~expected[fd]) == 0,
                          "fd %d: %#x, not %#x (seed %llu)", fd,
                          events[i].ready, expected[fd],
                          (unsigned long long)random_seed());
            seen[fd] |= events[i].ready;
            missing -= was_missing && seen[fd] == expected[fd];
        }
    } while (missing > 0 && --most_waits > 0);
    ck_assert_msg(missing == 0, "%d never reported (seed %llu)", missing,
                  (unsigned long long)random_seed());
}

START_TEST(random_changes_agree_with_a_model)
{
    const struct eddy_poller_ops *ops = use(_i);
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < 2 * PAIRS + 100)
        return;
    for (int i = 0; i < PAIRS; i++)
        open_pair(&pairs[i]);
    for (int step = 0; step < STEPS; step++) {
        for (int c = 0; c < CHANGES; c++)
            change_something(ops);
        check_against_model(ops, step % 2 ? (int)COUNT(events) : 100);
    }
    for (int i = 0; i < PAIRS; i++)
        close_both(pairs[i].fd);
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
        dup_of_closed_fd_does_not_speak_for_its_successor,
        forked_copy_of_closed_fd_does_not_spin,
        close_in_a_child_leaves_the_parent_unharmed,
        internal_descriptors_are_above_2_and_close_on_exec,
        open_without_descriptors_fails_whole,
        poller_can_be_watched_by_another,
        who_watches_a_poller_notices_no_ghosts,
        regular_file_is_refused_or_ready,
        number_turned_into_a_file_is_refused_or_ready,
        any_fd_number_will_do,
        wild_numbers_are_refused_or_told,
        random_changes_agree_with_a_model,
    };
    Suite *suite = suite_create("poller descriptors");

    add_per_poller(suite, each, COUNT(each), NULL, NULL);
    return run_suite(suite);
}
