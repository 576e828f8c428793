/* SPDX-License-Identifier: MIT */
/*
 * test_fake_kqueue.c - the kqueue of the tests is as BSD's manual describes it:
 * the calls, their errors, the flags, and the lives of queues and descriptors.
 *
 * What runs on it is believed to run on BSD; so each promise here, and in the
 * other tests of that name, is one of FreeBSD's manual, or of the list in
 * kqueue/sys/event.h.
 */
#include "kqueue/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- kqueue() and the shape of kevent() -------------------------------- */

START_TEST(a_new_kqueue_has_the_lowest_number_and_stays_open_across_exec)
{
    int hole = dup(0);
    int fd;

    close(hole);
    fd = kqueue();
    ck_assert_int_eq(fd, hole);
    ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
    close(fd);
}
END_TEST

START_TEST(an_empty_kqueue_waits_out_its_timeout)
{
    const struct timespec timeout = { 0, 20 * 1000000 };
    struct kevent ev;
    int64_t start = time_ns(CLOCK_MONOTONIC);

    ck_assert_int_eq(kevent(kq, NULL, 0, &ev, 1, &timeout), 0);
    ck_assert_int_ge(time_ns(CLOCK_MONOTONIC) - start, 20 * MS);
}
END_TEST

START_TEST(a_timeout_of_zero_polls)
{
    int64_t start = time_ns(CLOCK_MONOTONIC);

    for (int i = 0; i < 100; i++)
        ck_assert(is_silent());
    ck_assert_int_lt(time_ns(CLOCK_MONOTONIC) - start, 1000 * MS);
}
END_TEST

START_TEST(no_timeout_waits_for_an_event)
{
    struct kevent ev;
    pthread_t thread;
    int ends[2];

    open_pipe(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    pthread_create(&thread, NULL, put_soon, &ends[1]);
    ck_assert_int_eq(kevent(kq, NULL, 0, &ev, 1, NULL), 1);
    ck_assert_uint_eq(ev.ident, (uintptr_t)ends[0]);
    pthread_join(thread, NULL);
    close_ends(ends);
}
END_TEST

START_TEST(without_room_for_events_nothing_is_waited_for)
{
    const struct timespec hour = { 3600, 0 };

    ck_assert_int_eq(kevent(kq, NULL, 0, NULL, 0, &hour), 0);
    ck_assert_int_eq(kevent(kq, NULL, 0, NULL, 0, NULL), 0);
}
END_TEST

START_TEST(what_is_no_kqueue_is_ebadf)
{
    int closed = kqueue();
    int numbers[] = { -1, closed, 0, 1000000 };
    struct kevent ev;

    close(closed);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        ck_assert_int_eq(kevent(numbers[i], NULL, 0, &ev, 1, NULL), -1);
        ck_assert_int_eq(errno, EBADF);
    }
}
END_TEST

START_TEST(impossible_arguments_are_einval)
{
    static const struct timespec wrong[] = {
        { -1, 0 },
        { 0, -1 },
        { 0, 1000000000 },
    };
    struct kevent ev;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        ck_assert_int_eq(kevent(kq, NULL, 0, &ev, 1, &wrong[i]), -1);
        ck_assert_int_eq(errno, EINVAL);
    }
    ck_assert_int_eq(kevent(kq, &ev, -1, NULL, 0, NULL), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(kevent(kq, NULL, 0, &ev, -1, NULL), -1);
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static void hear_signal(int number)
{
    (void)number;
}

static atomic_bool interrupted;

/* Again and again, for the first signal may come before the wait. */
static void *interrupt(void *thread)
{
    while (!interrupted) {
        sleep_ms(SOON_MS);
        pthread_kill(*(pthread_t *)thread, SIGUSR1);
    }
    return NULL;
}

START_TEST(a_signal_ends_the_wait_with_the_changes_made)
{
    struct sigaction action = { .sa_handler = hear_signal,
                                .sa_flags = SA_RESTART };
    struct kevent ev = event(1, EVFILT_USER, EV_ADD);
    pthread_t self = pthread_self();
    pthread_t thread;

    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&thread, NULL, interrupt, &self);
    ck_assert_int_eq(kevent(kq, &ev, 1, &ev, 1, NULL), -1);
    ck_assert_int_eq(errno, EINTR);
    interrupted = true;
    pthread_join(thread, NULL);
    ck_assert_int_eq(set(1, EVFILT_USER, EV_DELETE), 0);
}
END_TEST

/* ---- Errors and receipts ----------------------------------------------- */

struct mistake {
    struct kevent change;
    int err;
};

enum { MISTAKES = 13 };

/* Returns how many there are. */
static size_t make_mistakes(struct mistake rows[MISTAKES], int open_fd)
{
    const int both = EV_ADD | EV_ENABLE | EV_DISABLE;
    const struct mistake all[MISTAKES] = {
        { event(1, 1, EV_ADD), EINVAL },
        { event(1, -99, EV_ADD), EINVAL },
        { event(1, EVFILT_USER, both), EINVAL },
        { event(1, EVFILT_USER, EV_DELETE), ENOENT },
        { event(1, EVFILT_USER, EV_ENABLE), ENOENT },
        { event((uintptr_t)open_fd, EVFILT_READ, EV_DELETE), ENOENT },
        { event((uintptr_t)open_fd, EVFILT_WRITE, EV_DISABLE), ENOENT },
        { event(1000000, EVFILT_READ, EV_ADD), EBADF },
        { event(1000000, EVFILT_WRITE, EV_DELETE), EBADF },
        { event(UINTPTR_MAX, EVFILT_VNODE, EV_ADD), EBADF },
        { event((uintptr_t)kq, EVFILT_READ, EV_ADD), EINVAL },
        { event(0, EVFILT_SIGNAL, EV_ADD), EINVAL },
        { event(0x7ffffffe, EVFILT_PROC, EV_ADD), ESRCH },
    };

    memcpy(rows, all, sizeof all);
    rows[MISTAKES - 1].change.fflags = NOTE_EXIT;
    return can_watch_processes() ? MISTAKES : MISTAKES - 1;
}

START_TEST(an_error_is_told_in_the_eventlist)
{
    struct mistake rows[MISTAKES];
    struct kevent told;

    size_t count = make_mistakes(rows, 0);

    for (size_t i = 0; i < count; i++) {
        rows[i].change.udata = &rows[i];
        ck_assert_int_eq(kevent(kq, &rows[i].change, 1, &told, 1, NULL), 1);
        ck_assert_int_eq(told.flags, EV_ERROR);
        ck_assert_int_eq(told.data, rows[i].err);
        ck_assert_uint_eq(told.ident, rows[i].change.ident);
        ck_assert_int_eq(told.filter, rows[i].change.filter);
        ck_assert_ptr_eq(told.udata, &rows[i]);
    }
}
END_TEST

START_TEST(an_error_without_room_is_errno)
{
    struct mistake rows[MISTAKES];

    size_t count = make_mistakes(rows, 0);

    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(change(rows[i].change), rows[i].err);
}
END_TEST

START_TEST(an_error_keeps_no_later_change_from_being_made)
{
    const struct kevent changes[] = {
        event(1, EVFILT_USER, EV_ADD),
        event(2, EVFILT_USER, EV_DELETE),
        event(3, EVFILT_USER, EV_ADD),
    };
    struct kevent told[3];

    ck_assert_int_eq(kevent(kq, changes, 3, told, 3, NULL), 1);
    ck_assert_uint_eq(told[0].ident, 2);
    ck_assert_int_eq(set(1, EVFILT_USER, EV_DELETE), 0);
    ck_assert_int_eq(set(3, EVFILT_USER, EV_DELETE), 0);
}
END_TEST

START_TEST(an_error_without_room_ends_the_changes)
{
    const struct kevent changes[] = {
        event(1, EVFILT_USER, EV_DELETE),
        event(2, EVFILT_USER, EV_DELETE),
        event(3, EVFILT_USER, EV_ADD),
    };
    struct kevent told;

    ck_assert_int_eq(kevent(kq, changes, 3, &told, 1, NULL), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(set(3, EVFILT_USER, EV_DELETE), ENOENT);
}
END_TEST

START_TEST(receipts_tell_of_every_change_and_of_no_event)
{
    struct kevent changes[] = {
        event(0, EVFILT_WRITE, EV_ADD | EV_RECEIPT),
        event(2, EVFILT_USER, EV_DELETE | EV_RECEIPT),
        event(3, EVFILT_USER, EV_ADD | EV_RECEIPT),
    };
    struct kevent told[8];
    int ends[2];

    open_unix(ends);
    changes[0].ident = (uintptr_t)ends[0];
    ck_assert_int_eq(kevent(kq, changes, 3, told, 8, NULL), 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(told[i].ident, changes[i].ident);
        ck_assert_int_eq(told[i].flags, EV_ERROR);
        ck_assert_int_eq(told[i].data, i == 1 ? ENOENT : 0);
    }
    ck_assert_int_eq(next().filter, EVFILT_WRITE);
    close_ends(ends);
}
END_TEST

START_TEST(a_receipt_without_room_ends_the_changes)
{
    const struct kevent changes[] = {
        event(1, EVFILT_USER, EV_ADD | EV_RECEIPT),
        event(2, EVFILT_USER, EV_ADD | EV_RECEIPT),
        event(3, EVFILT_USER, EV_ADD | EV_RECEIPT),
    };
    struct kevent told;

    ck_assert_int_eq(kevent(kq, changes, 3, &told, 1, NULL), 1);
    ck_assert_int_eq(set(2, EVFILT_USER, EV_DELETE), 0);
    ck_assert_int_eq(set(3, EVFILT_USER, EV_DELETE), ENOENT);
}
END_TEST

START_TEST(one_array_may_be_both_lists)
{
    struct kevent list[] = {
        event(1, EVFILT_USER, EV_ADD),
        event(2, EVFILT_USER, EV_DELETE),
        event(3, EVFILT_USER, EV_DELETE),
        event(4, EVFILT_USER, EV_ADD),
    };

    ck_assert_int_eq(kevent(kq, list, 4, list, 4, NULL), 2);
    ck_assert_uint_eq(list[0].ident, 2);
    ck_assert_uint_eq(list[1].ident, 3);
    ck_assert_int_eq(set(4, EVFILT_USER, EV_DELETE), 0);
}
END_TEST

/* ---- Flags ------------------------------------------------------------- */

START_TEST(a_filter_tells_as_long_as_its_condition_holds)
{
    int ends[2];

    open_unix(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert(is_silent());
    put(ends[1], "abc");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(next().data, 3);
    drain(ends[0]);
    ck_assert(is_silent());
    put(ends[1], "d");
    ck_assert_int_eq(next().data, 1);
    close_ends(ends);
}
END_TEST

START_TEST(clear_tells_once_of_each_change)
{
    for (size_t k = 0; k < COUNT(kinds); k++) {
        int ends[2];
        kinds[k].open(ends);
        ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD | EV_CLEAR), 0);
        put(ends[1], "a");
        ck_assert_int_eq(next().flags, EV_CLEAR);
        ck_assert(is_silent());
        put(ends[1], "b");
        ck_assert_int_ge(next().data, 1);
        ck_assert(is_silent());
        close_ends(ends);
    }
}
END_TEST

START_TEST(clear_on_write_is_not_woken_by_input)
{
    int ends[2];

    open_unix(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD | EV_CLEAR), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(next().filter, EVFILT_WRITE);
    put(ends[1], "a");
    ck_assert_int_eq(next().filter, EVFILT_READ);
    ck_assert_int_eq(next().filter, EVFILT_READ);
    close_ends(ends);
}
END_TEST

START_TEST(oneshot_tells_once_and_is_gone)
{
    int ends[2];

    open_pipe(ends);
    put(ends[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD | EV_ONESHOT), 0);
    ck_assert_int_eq(next().flags, EV_ONESHOT);
    ck_assert(is_silent());
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_DELETE), ENOENT);
    close_ends(ends);
}
END_TEST

START_TEST(dispatch_tells_once_until_enabled)
{
    int ends[2];

    open_pipe(ends);
    put(ends[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD | EV_DISPATCH), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(next().flags, EV_DISPATCH);
        put(ends[1], "y");
        ck_assert(is_silent());
        ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ENABLE), 0);
    }
    close_ends(ends);
}
END_TEST

START_TEST(a_disabled_filter_is_silent_until_enabled)
{
    int ends[2];

    open_pipe(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD | EV_DISABLE), 0);
    put(ends[1], "x");
    ck_assert(is_silent());
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ENABLE), 0);
    ck_assert_int_eq(next().data, 1);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_DISABLE), 0);
    ck_assert(is_silent());
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_DELETE), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ENABLE), ENOENT);
    close_ends(ends);
}
END_TEST

START_TEST(a_deleted_filter_is_silent)
{
    int ends[2];

    open_unix(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD), 0);
    put(ends[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_DELETE), 0);
    ck_assert_int_eq(next().filter, EVFILT_READ);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_DELETE), 0);
    ck_assert(is_silent());
    close_ends(ends);
}
END_TEST

START_TEST(adding_again_replaces_the_data_but_not_the_flags)
{
    struct kevent again;
    struct kevent told;
    int ends[2];

    open_pipe(ends);
    put(ends[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD | EV_RECEIPT), 0);
    again = event((uintptr_t)ends[0], EVFILT_READ, EV_ADD | EV_ONESHOT);
    again.udata = &again;
    ck_assert_int_eq(change(again), 0);
    for (int i = 0; i < 2; i++) {
        told = next();
        ck_assert_ptr_eq(told.udata, &again);
        ck_assert_int_eq(told.flags, EV_RECEIPT);
    }
    close_ends(ends);
}
END_TEST

START_TEST(adding_again_does_not_enable)
{
    int ends[2];

    open_pipe(ends);
    put(ends[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD | EV_DISABLE), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert(is_silent());
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD | EV_ENABLE), 0);
    ck_assert_int_eq(next().data, 1);
    close_ends(ends);
}
END_TEST

/* ---- Descriptors come and go ------------------------------------------- */

START_TEST(closing_a_descriptor_removes_its_filters)
{
    int ends[2];
    int copy;

    open_unix(ends);
    copy = dup(ends[0]);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD), 0);
    put(ends[1], "x");
    close(ends[0]);
    ck_assert(is_silent());
    put(ends[1], "y");
    ck_assert(is_silent());
    close(copy);
    close(ends[1]);
}
END_TEST

START_TEST(closing_a_duplicate_removes_nothing)
{
    int ends[2];

    open_pipe(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    close(dup(ends[0]));
    put(ends[1], "x");
    ck_assert_int_eq(next().data, 1);
    close_ends(ends);
}
END_TEST

START_TEST(a_number_used_again_starts_clean)
{
    int ends[2];
    int reused;

    open_pipe(ends);
    put(ends[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD | EV_ONESHOT), 0);
    close(ends[0]);
    reused = eventfd(1, 0);
    ck_assert_int_eq(reused, ends[0]);
    ck_assert(is_silent());
    ck_assert_int_eq(set(reused, EVFILT_READ, EV_DELETE), ENOENT);
    ck_assert_int_eq(set(reused, EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(next().flags, 0);
    close_ends(ends);
}
END_TEST

START_TEST(dup2_onto_a_number_closes_it)
{
    int ends[2];
    int others[2];
    int copy;

    open_pipe(ends);
    open_pipe(others);
    copy = dup(ends[0]);
    put(ends[1], "x");
    put(others[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(dup2(-1, ends[0]), -1);
    ck_assert_int_eq(dup2(ends[0], ends[0]), ends[0]);
    ck_assert_int_eq(next().data, 1);
    ck_assert_int_eq(dup2(others[0], ends[0]), ends[0]);
    ck_assert(is_silent());
    put(ends[1], "y");
    ck_assert(!is_readable(kq));
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ENABLE), ENOENT);
    close(copy);
    close_ends(ends);
    close_ends(others);
}
END_TEST

START_TEST(a_number_closed_inside_libc_is_found_out)
{
    for (int looked = 0; looked < 2; looked++) {
        int ends[2];
        int others[2];
        FILE *stream;
        open_pipe(ends);
        put(ends[1], "x");
        ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
        ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ENABLE), 0);
        stream = fdopen(ends[0], "r");
        fclose(stream);
        open_pipe(others);
        put(others[1], "x");
        ck_assert_int_eq(others[0], ends[0]);
        if (looked)
            ck_assert(is_silent());
        ck_assert_int_eq(set(others[0], EVFILT_READ, EV_ENABLE), ENOENT);
        ck_assert(is_silent());
        close(ends[1]);
        close_ends(others);
    }
}
END_TEST

START_TEST(a_duplicate_of_a_kqueue_is_the_same_kqueue)
{
    int copy = fcntl(kq, F_DUPFD_CLOEXEC, 100);

    ck_assert_int_ge(copy, 100);
    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD), 0);
    ck_assert_int_eq(close(kq), 0);
    kq = copy;
    ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
    ck_assert_int_eq(next().filter, EVFILT_USER);
    copy = dup2(kq, 200);
    ck_assert_int_eq(copy, 200);
    ck_assert_int_eq(close(kq), 0);
    kq = dup(copy);
    close(copy);
    ck_assert_int_eq(set(1, EVFILT_USER, EV_DELETE), 0);
}
END_TEST

/* ---- Fork -------------------------------------------------------------- */

/* Not _exit(), where a sanitizer would report the threads that the child has
 * lost by the fork. */
static void leave(int status)
{
    syscall(SYS_exit_group, status);
}

/* In a child: exits with the line of the first thing that is not so. */
#define DEMAND(condition)                                                      \
    do {                                                                       \
        if (!(condition))                                                      \
            leave(__LINE__ % 255 + 1);                                         \
    } while (0)

static void check_child(pid_t pid)
{
    int status = -1;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

START_TEST(a_child_does_not_inherit_the_kqueue)
{
    struct kevent ev;
    pid_t pid;
    int ends[2];

    open_unix(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD | EV_CLEAR), 0);
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, 100000), 0);
    pid = fork();
    if (pid == 0) {
        DEMAND(kevent(kq, NULL, 0, &ev, 1, NULL) == -1 && errno == EBADF);
        DEMAND(fcntl(kq, F_GETFD) == -1 && errno == EBADF);
        DEMAND(close(ends[0]) == 0 && close(ends[1]) == 0);
        DEMAND(count_fds() == fds_before);
        leave(0);
    }
    check_child(pid);
    ck_assert_int_eq(next().filter, EVFILT_WRITE);
    put(ends[1], "x");
    ck_assert_int_eq(next().filter, EVFILT_READ);
    close_ends(ends);
}
END_TEST

START_TEST(a_child_may_have_a_kqueue_of_its_own)
{
    pid_t pid;
    int ends[2];

    open_pipe(ends);
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    put(ends[1], "x");
    pid = fork();
    if (pid == 0) {
        int theirs = kq;
        kq = kqueue();
        DEMAND(kq == theirs); /* the number was free */
        DEMAND(is_silent());
        DEMAND(set(ends[0], EVFILT_READ, EV_ENABLE) == ENOENT);
        DEMAND(set(ends[0], EVFILT_READ, EV_ADD | EV_ONESHOT) == 0);
        DEMAND(!is_silent());
        DEMAND(close(kq) == 0);
        leave(0);
    }
    check_child(pid);
    ck_assert_int_eq(next().flags, 0);
    close_ends(ends);
}
END_TEST

/* ---- Threads ----------------------------------------------------------- */

enum { THREADS = 4, EVENTS = 500 };

static atomic_int taken;
static atomic_int mistakes; /* ck_assert() is for the main thread */

static void *take_events(void *unused)
{
    (void)unused;
    while (taken < EVENTS) {
        const struct timespec timeout = { 0, SOON_MS * 1000000 };
        struct kevent ev;
        int n = kevent(kq, NULL, 0, &ev, 1, &timeout);
        if (n < 0)
            mistakes++;
        if (n == 1)
            taken++;
    }
    return NULL;
}

START_TEST(threads_that_share_a_queue_get_each_event_once)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, take_events, NULL);
    for (int i = 0; i < EVENTS; i++) {
        ck_assert_int_eq(
            set_notes(i, EVFILT_TIMER, EV_ADD | EV_ONESHOT, NOTE_USECONDS, i),
            0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(taken, EVENTS);
    ck_assert_int_eq(mistakes, 0);
    ck_assert(is_silent());
}
END_TEST

static void *come_and_go(void *unused)
{
    (void)unused;
    for (int i = 0; i < EVENTS; i++) {
        struct kevent ev;
        int ends[2];
        if (pipe(ends) < 0)
            mistakes++;
        mistakes += set(ends[0], EVFILT_READ, EV_ADD) != 0;
        mistakes += set(ends[1], EVFILT_WRITE, EV_ADD) != 0;
        mistakes += write(ends[1], "x", 1) != 1;
        mistakes += look(&ev, 1) < 0;
        if (i % 2 == 0)
            mistakes += set(ends[1], EVFILT_WRITE, EV_DELETE) != 0;
        close_ends(ends);
    }
    return NULL;
}

START_TEST(threads_may_add_and_close_while_others_wait)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, come_and_go, NULL);
    for (int i = 0; i < 20; i++) {
        const struct timespec timeout = { 0, 1000000 };
        struct kevent ev[8];
        pid_t pid;
        ck_assert_int_ge(kevent(kq, NULL, 0, ev, 8, &timeout), 0);
        pid = fork();
        if (pid == 0)
            leave(kqueue() < 0);
        check_child(pid);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(mistakes, 0);
    ck_assert(is_silent());
}
END_TEST

int main(void)
{
    const TTest *const calls[] = {
        a_new_kqueue_has_the_lowest_number_and_stays_open_across_exec,
        an_empty_kqueue_waits_out_its_timeout,
        a_timeout_of_zero_polls,
        no_timeout_waits_for_an_event,
        without_room_for_events_nothing_is_waited_for,
        what_is_no_kqueue_is_ebadf,
        impossible_arguments_are_einval,
        a_signal_ends_the_wait_with_the_changes_made,
    };
    const TTest *const errors[] = {
        an_error_is_told_in_the_eventlist,
        an_error_without_room_is_errno,
        an_error_keeps_no_later_change_from_being_made,
        an_error_without_room_ends_the_changes,
        receipts_tell_of_every_change_and_of_no_event,
        a_receipt_without_room_ends_the_changes,
        one_array_may_be_both_lists,
    };
    const TTest *const flags[] = {
        a_filter_tells_as_long_as_its_condition_holds,
        clear_tells_once_of_each_change,
        clear_on_write_is_not_woken_by_input,
        oneshot_tells_once_and_is_gone,
        dispatch_tells_once_until_enabled,
        a_disabled_filter_is_silent_until_enabled,
        a_deleted_filter_is_silent,
        adding_again_replaces_the_data_but_not_the_flags,
        adding_again_does_not_enable,
    };
    const TTest *const lives[] = {
        closing_a_descriptor_removes_its_filters,
        closing_a_duplicate_removes_nothing,
        a_number_used_again_starts_clean,
        dup2_onto_a_number_closes_it,
        a_number_closed_inside_libc_is_found_out,
        a_duplicate_of_a_kqueue_is_the_same_kqueue,
        a_child_does_not_inherit_the_kqueue,
        a_child_may_have_a_kqueue_of_its_own,
        threads_that_share_a_queue_get_each_event_once,
        threads_may_add_and_close_while_others_wait,
    };
    Suite *suite = suite_create("fake kqueue");

    add_case(suite, "calls", calls, COUNT(calls), 1);
    add_case(suite, "errors", errors, COUNT(errors), 1);
    add_case(suite, "flags", flags, COUNT(flags), 1);
    add_case(suite, "lives", lives, COUNT(lives), 1);
    return run_cases(suite);
}
