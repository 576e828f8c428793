/* SPDX-License-Identifier: MIT */
/*
 * test_fake_kqueue_queue.c - the tests' kqueue as a descriptor, and what it
 * costs: descriptors and time.
 */
#include "kqueue/testing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Ways to make an event --------------------------------------------- */

/* One way to make an event: each adds a filter, one of the sources, and returns
 * its ident; fire makes it have something to tell. */
static int add_pipe(int ends[2])
{
    open_pipe(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    return ends[0];
}

static void fire_pipe(int ends[2])
{
    put(ends[1], "x");
}

static int add_full_pipe(int ends[2])
{
    open_pipe(ends);
    fill(ends[1]);
    ck_assert_int_eq(set(ends[1], EVFILT_WRITE, EV_ADD), 0);
    return ends[1];
}

static void fire_full_pipe(int ends[2])
{
    char block[65536];

    ck_assert_int_gt(read(ends[0], block, sizeof block), 0);
}

static int add_file(int ends[2])
{
    ends[0] = open_file("file", "");
    ends[1] = open("file", O_WRONLY);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    return ends[0];
}

static int add_vnode(int ends[2])
{
    ends[0] = open_file("file", "");
    ends[1] = open("file", O_WRONLY);
    ck_assert_int_eq(set_notes(ends[0], EVFILT_VNODE, EV_ADD, NOTE_WRITE, 0),
                     0);
    return ends[0];
}

static int add_user(int ends[2])
{
    open_pipe(ends);
    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD), 0);
    return 1;
}

static void fire_user(int ends[2])
{
    (void)ends;
    ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
}

static int add_timer(int ends[2])
{
    open_pipe(ends);
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, 20 * SOON_MS), 0);
    return 1;
}

static void fire_timer(int ends[2])
{
    (void)ends;
    sleep_ms(21 * SOON_MS);
}

static int add_signal(int ends[2])
{
    sigset_t set_of_one;

    open_pipe(ends);
    sigemptyset(&set_of_one);
    sigaddset(&set_of_one, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set_of_one, NULL);
    ck_assert_int_eq(set(SIGUSR2, EVFILT_SIGNAL, EV_ADD), 0);
    return SIGUSR2;
}

static void fire_signal(int ends[2])
{
    (void)ends;
    kill(getpid(), SIGUSR2);
}

static int add_proc(int ends[2])
{
    pid_t pid = make_child(ends);

    ck_assert_int_eq(set_notes(pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0), 0);
    return pid;
}

static void fire_proc(int ends[2])
{
    siginfo_t info;

    close(ends[1]);
    ends[1] = dup(ends[0]);
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
}

static const struct source {
    short filter;
    unsigned notes;
    int (*add)(int ends[2]);
    void (*fire)(int ends[2]);
} sources[] = {
    { EVFILT_READ, 0, add_pipe, fire_pipe },
    { EVFILT_WRITE, 0, add_full_pipe, fire_full_pipe },
    { EVFILT_READ, 0, add_file, fire_pipe },
    { EVFILT_VNODE, NOTE_WRITE, add_vnode, fire_pipe },
    { EVFILT_USER, 0, add_user, fire_user },
    { EVFILT_TIMER, 0, add_timer, fire_timer },
    { EVFILT_SIGNAL, 0, add_signal, fire_signal },
    { EVFILT_PROC, NOTE_EXIT, add_proc, fire_proc }, /* the last */
};

/* ---- The queue as a descriptor ----------------------------------------- */

START_TEST(a_kqueue_is_readable_when_it_has_something_to_tell)
{
    const struct source *s = &sources[_i];
    struct kevent told;
    int ident;
    int ends[2];

    ck_assert(!is_readable(kq));
    ident = s->add(ends);
    ck_assert(!is_readable(kq));
    ck_assert(is_silent());
    s->fire(ends);
    ck_assert(is_readable(kq));
    ck_assert_int_eq(look(&told, 1), 1);
    ck_assert_int_eq(told.filter, s->filter);
    ck_assert_uint_eq(told.ident, (uintptr_t)ident);
    (void)set(ident, s->filter, EV_DELETE); /* a process is gone already */
    ck_assert(!is_readable(kq));
    close_ends(ends);
    reap();
}
END_TEST

START_TEST(a_disabled_filter_does_not_make_the_kqueue_readable)
{
    const struct source *s = &sources[_i];
    struct kevent told;
    int ends[2];
    int ident = s->add(ends);

    ck_assert_int_eq(set_notes(ident, s->filter, EV_DISABLE, s->notes, 0), 0);
    s->fire(ends);
    ck_assert(!is_readable(kq));
    ck_assert(is_silent());
    ck_assert_int_eq(set_notes(ident, s->filter, EV_ENABLE, s->notes, 0), 0);
    ck_assert(is_readable(kq));
    ck_assert_int_eq(look(&told, 1), 1);
    close_ends(ends);
    reap();
}
END_TEST

START_TEST(after_a_level_event_it_is_readable_until_looked_at)
{
    int ends[2];

    open_pipe(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    put(ends[1], "x");
    (void)next();
    drain(ends[0]);
    ck_assert(is_readable(kq));
    ck_assert(is_silent());
    ck_assert(!is_readable(kq));
    close_ends(ends);
}
END_TEST

START_TEST(a_kqueue_can_be_watched_by_another)
{
    int inner = kq;
    int outer = kqueue();
    int ends[2];

    open_pipe(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD | EV_CLEAR), 0);
    kq = outer;
    ck_assert_int_eq(set(inner, EVFILT_READ, EV_ADD), 0);
    ck_assert(is_silent());
    put(ends[1], "x");
    ck_assert_uint_eq(next().ident, (uintptr_t)inner);
    drain(ends[0]);
    kq = inner;
    ck_assert(is_silent());
    kq = outer;
    ck_assert(is_silent());
    kq = inner;
    ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
    kq = outer;
    ck_assert_uint_eq(next().ident, (uintptr_t)inner);
    close(inner);
    ck_assert(is_silent());
    close_ends(ends);
}
END_TEST

/* ---- What it costs ----------------------------------------------------- */

START_TEST(internal_descriptors_are_hidden_and_closed_on_exec)
{
    enum { MOST_FDS = 1024 };
    const struct source *s = &sources[_i];
    bool known[MOST_FDS] = { false };
    int found = 0;
    int ends[2];

    close(0); /* the child that this test is has no use for it */
    for (int fd = 0; fd < MOST_FDS; fd++)
        known[fd] = fcntl(fd, F_GETFD) >= 0;
    s->add(ends);
    ck_assert(ends[0] == 0 || ends[1] == 0); /* what is low is the program's */
    known[ends[0]] = known[ends[1]] = true;
    for (int fd = 0; fd < MOST_FDS; fd++) {
        if (known[fd] || fcntl(fd, F_GETFD) < 0)
            continue;
        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
        ck_assert_int_gt(fd, 64);
        found++;
    }
    ck_assert_int_ge(found, 2);
    close_ends(ends);
    reap();
    ck_assert_int_eq(open("/dev/null", O_RDWR), 0);
}
END_TEST

START_TEST(internal_numbers_may_be_used_again)
{
    int other;
    int ends[2];

    open_unix(ends);
    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD), 0);
    ck_assert_int_eq(set_notes(2, EVFILT_TIMER, EV_ADD, 0, 100000), 0);
    ck_assert_int_eq(set(2, EVFILT_TIMER, EV_DELETE), 0);
    other = kq;
    kq = kqueue();
    ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD), 0);
    ck_assert_int_eq(next().filter, EVFILT_WRITE);
    ck_assert_int_eq(next().filter, EVFILT_WRITE);
    close(other);
    close_ends(ends);
}
END_TEST

START_TEST(a_queue_without_filters_holds_no_descriptors)
{
    const struct source *s = &sources[_i];
    int before = count_fds();
    int ends[2];

    s->add(ends);
    ck_assert_int_gt(count_fds(), before + 2);
    s->fire(ends);
    ck_assert_int_eq(next().filter, s->filter);
    close_ends(ends);
    set(1, EVFILT_TIMER, EV_DELETE);
    set(1, EVFILT_USER, EV_DELETE);
    set(SIGUSR2, EVFILT_SIGNAL, EV_DELETE);
    ck_assert_int_eq(count_fds(), before);
    reap();
}
END_TEST

START_TEST(closing_a_queue_releases_what_it_holds)
{
    const struct source *s = &sources[_i];
    int ends[2];

    s->add(ends);
    ck_assert_int_eq(close(kq), 0);
    kq = -1;
    close_ends(ends);
    reap();
    ck_assert_int_eq(count_fds(), fds_before);
}
END_TEST

/* Nanoseconds that an event takes while `idle` other filters are there. */
static int64_t cost_of_an_event(int idle)
{
    enum { ROUNDS = 2000 };
    int *fds = calloc((size_t)idle, sizeof *fds);
    int64_t start;
    int ends[2];

    ck_assert_ptr_nonnull(fds);
    open_unix(ends);
    for (int i = 0; i < idle; i++) {
        fds[i] = eventfd(0, 0);
        ck_assert_int_eq(set(fds[i], EVFILT_READ, EV_ADD), 0);
    }
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    start = time_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < ROUNDS; i++) {
        put(ends[1], "x");
        ck_assert_uint_eq(next().ident, (uintptr_t)ends[0]);
        drain(ends[0]);
        ck_assert(is_silent());
    }
    start = time_ns(CLOCK_MONOTONIC) - start;
    for (int i = 0; i < idle; i++)
        close(fds[i]);
    free(fds);
    close_ends(ends);
    return start / ROUNDS;
}

START_TEST(twenty_thousand_descriptors_slow_nothing_down)
{
    struct rlimit limit;
    int64_t few, many;
    int idle = 20000;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 20100)
        idle = (int)limit.rlim_cur - 100;
    few = cost_of_an_event(10);
    many = cost_of_an_event(idle);
    ck_assert_msg(many < 10 * few, "%lld ns with 10, %lld ns with %d",
                  (long long)few, (long long)many, idle);
}
END_TEST

int main(void)
{
    const TTest *const each_filter[] = {
        a_kqueue_is_readable_when_it_has_something_to_tell,
        a_disabled_filter_does_not_make_the_kqueue_readable,
        internal_descriptors_are_hidden_and_closed_on_exec,
        a_queue_without_filters_holds_no_descriptors,
        closing_a_queue_releases_what_it_holds,
    };
    const TTest *const queue[] = {
        after_a_level_event_it_is_readable_until_looked_at,
        internal_numbers_may_be_used_again,
        a_kqueue_can_be_watched_by_another,
        twenty_thousand_descriptors_slow_nothing_down,
    };
    Suite *suite = suite_create("fake kqueue: the queue");

    add_case(suite, "each_filter", each_filter, COUNT(each_filter),
             COUNT(sources) - !can_watch_processes());
    add_case(suite, "queue", queue, COUNT(queue), 1);
    return run_cases(suite);
}
