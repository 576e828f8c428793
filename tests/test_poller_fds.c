/* SPDX-License-Identifier: MIT */
/* test_poller_fds.c - a poller's own descriptors, and those of all kinds and
 * numbers that it watches. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../examples/own_poller.h"
#include "support.h"

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

/* A ring that was closed is taken apart a little later, and that ends a wait or
 * two of the thread that had used it, as a signal would. */
enum { DISTURBED = 3 };

/* A poller may be told readable once too often, but not by every wait. */
static bool calms_down(const struct eddy_poller_ops *ops,
                       const struct eddy_poller_ops *outer_ops,
                       struct eddy_poller *outer)
{
    if (!outer_sees(outer_ops, outer, 0))
        return true;
    ck_assert_int_le(returns_early(ops, 1 + DISTURBED), DISTURBED);
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
        ck_assert_int_le(waits_until_silent(ops), 2 + DISTURBED);
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

/* Not even by what a poller does to drive out a ghost (T1). */
START_TEST(refused_fd_is_not_watched_later)
{
    const struct eddy_poller_ops *ops = use(_i);
    int ends[2], ghost[2], copy;
    int fd = open("/", O_RDONLY | O_CLOEXEC);

    if (ops->set(under_test, fd, 0, EDDY_READ) == 0)
        set_interest(ops, fd, EDDY_READ, 0);
    make_pipe(ends);
    write_byte(ends[1]);
    ck_assert_int_eq(dup2(ends[0], fd), fd);

    make_pipe(ghost);
    set_interest(ops, ghost[0], 0, EDDY_READ);
    copy = dup(ghost[0]);
    write_byte(ghost[1]);
    ck_assert_int_eq(close(ghost[0]), 0);
    set_interest(ops, ghost[0], EDDY_READ, 0);
    ck_assert_int_le(waits_until_silent(ops), 2);
    ck_assert_uint_eq(report_of(ops, fd, 0), 0);

    ck_assert_int_eq(close(copy), 0);
    ck_assert_int_eq(close(ghost[1]), 0);
    ck_assert_int_eq(close(fd), 0);
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
    set_interest(ops, pair[1], 0, EDDY_WRITE);
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
        ck_assert_uint_eq(report_of(ops, pair[1], 0), EDDY_WRITE);
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

int main(void)
{
    const TTest *const each[] = {
        close_in_a_child_leaves_the_parent_unharmed,
        internal_descriptors_are_above_2_and_close_on_exec,
        open_without_descriptors_fails_whole,
        poller_can_be_watched_by_another,
        who_watches_a_poller_notices_no_ghosts,
        regular_file_is_refused_or_ready,
        number_turned_into_a_file_is_refused_or_ready,
        refused_fd_is_not_watched_later,
        any_fd_number_will_do,
        wild_numbers_are_refused_or_told,
    };
    Suite *suite = suite_create("poller descriptors");

    also_test(&own_poller);
    add_per_poller(suite, each, COUNT(each), NULL, NULL);
    return run_suite(suite);
}
