/* SPDX-License-Identifier: MIT */
/*
 * test_fake_kqueue.c - the kqueue of the tests is as BSD's manual describes it.
 *
 * What runs on it is believed to run on BSD; so each promise here is one of the
 * manual of FreeBSD, or of the list in kqueue/sys/event.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* POLLRDHUP, pipe2() */
#endif

#include "kqueue/sys/event.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MS           INT64_C(1000000)

enum {
    MOST_FDS = 1024,
    TIMEOUT_S = 30, /* of a test */
    SOON_MS = 10,   /* what we wait for something that shall not happen */
    PATIENCE_S = 10 /* what we wait for something that shall */
};

/* ---- Around each test -------------------------------------------------- */

static int kq = -1;
static int fds_before;
static char folder[] = "/tmp/fake-kqueue-XXXXXX";

static int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static void setup(void)
{
    fds_before = count_fds();
    kqueue_set_order(KQUEUE_ORDER_AS_IT_COMES);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    kq = kqueue();
    ck_assert_int_ge(kq, 0);
}

static void teardown(void)
{
    char command[64];

    if (kq >= 0)
        ck_assert_int_eq(close(kq), 0);
    kq = -1;
    ck_assert_int_eq(count_fds(), fds_before);
    ck_assert_int_eq(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
}

/* ---- Words for what the tests say -------------------------------------- */

static struct kevent event(uintptr_t ident, int filter, int flags)
{
    struct kevent ev;

    EV_SET(&ev, ident, filter, flags, 0, 0, NULL);
    return ev;
}

/* Applies one change; returns 0 or errno. */
static int change(struct kevent ev)
{
    return kevent(kq, &ev, 1, NULL, 0, NULL) == 0 ? 0 : errno;
}

static int set(int ident, int filter, int flags)
{
    return change(event((uintptr_t)ident, filter, flags));
}

static int set_notes(int ident, int filter, int flags, unsigned fflags,
                     int64_t data)
{
    struct kevent ev = event((uintptr_t)ident, filter, flags);

    ev.fflags = fflags;
    ev.data = data;
    return change(ev);
}

/* What there is now. */
static int look(struct kevent *events, int room)
{
    static const struct timespec at_once = { 0, 0 };

    return kevent(kq, NULL, 0, events, room, &at_once);
}

static bool is_silent(void)
{
    struct kevent ev;

    return look(&ev, 1) == 0;
}

/* The one event that is there, or comes. */
static struct kevent next(void)
{
    const struct timespec patience = { PATIENCE_S, 0 };
    struct kevent ev[2];

    ck_assert_int_eq(kevent(kq, NULL, 0, ev, 2, &patience), 1);
    return ev[0];
}

static void sleep_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&time, NULL);
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 * MS + now.tv_nsec;
}

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static void put(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void drain(int fd)
{
    char buffer[4096];
    ssize_t n;

    do
        n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    while (n > 0);
    if (n < 0 && errno == ENOTSOCK)
        n = read(fd, buffer, sizeof buffer);
}

static int listen_tcp(struct sockaddr_in *ret_address)
{
    socklen_t size = sizeof *ret_address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(ret_address, 0, sizeof *ret_address);
    ret_address->sin_family = AF_INET;
    ret_address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)ret_address, size), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    getsockname(fd, (struct sockaddr *)ret_address, &size);
    return fd;
}

static void open_tcp(int ends[2])
{
    struct sockaddr_in address;
    int listener = listen_tcp(&address);

    ends[1] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(
        connect(ends[1], (struct sockaddr *)&address, sizeof address), 0);
    ends[0] = accept(listener, NULL, NULL);
    ck_assert_int_ge(ends[0], 0);
    close(listener);
}

static void open_unix(int ends[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void open_datagram(int ends[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
}

static void open_pipe(int ends[2])
{
    ck_assert_int_eq(pipe(ends), 0);
}

/* ends[0] is read, ends[1] written; the first three have an end. */
static const struct kind {
    const char *name;
    void (*open)(int ends[2]);
    bool is_socket;
} kinds[] = {
    { "tcp", open_tcp, true },
    { "unix", open_unix, true },
    { "pipe", open_pipe, false },
    { "datagram", open_datagram, true },
};
enum { WITH_END = 3 };

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
    int64_t start = now_ns(CLOCK_MONOTONIC);

    ck_assert_int_eq(kevent(kq, NULL, 0, &ev, 1, &timeout), 0);
    ck_assert_int_ge(now_ns(CLOCK_MONOTONIC) - start, 20 * MS);
}
END_TEST

START_TEST(a_timeout_of_zero_polls)
{
    int64_t start = now_ns(CLOCK_MONOTONIC);

    for (int i = 0; i < 100; i++)
        ck_assert(is_silent());
    ck_assert_int_lt(now_ns(CLOCK_MONOTONIC) - start, 1000 * MS);
}
END_TEST

static void *put_soon(void *fd)
{
    sleep_ms(SOON_MS);
    put(*(int *)fd, "x");
    return NULL;
}

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
    close_both(ends);
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

/* The closed descriptor is a number that nobody has. */
static void make_mistakes(struct mistake rows[MISTAKES], int open_fd)
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
}

START_TEST(an_error_is_told_in_the_eventlist)
{
    struct mistake rows[MISTAKES];
    struct kevent told;

    make_mistakes(rows, 0);
    for (size_t i = 0; i < MISTAKES; i++) {
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

    make_mistakes(rows, 0);
    for (size_t i = 0; i < MISTAKES; i++)
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
    close_both(ends);
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
    close_both(ends);
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
        close_both(ends);
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
    close_both(ends);
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
    close_both(ends);
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
    close_both(ends);
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
    close_both(ends);
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
    close_both(ends);
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
    close_both(ends);
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
    close_both(ends);
}
END_TEST

/* ---- EVFILT_READ ------------------------------------------------------- */

START_TEST(read_tells_how_many_bytes_there_are)
{
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct kevent told;
        int ends[2];
        kinds[k].open(ends);
        ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
        put(ends[1], "twelve bytes");
        told = next();
        ck_assert_uint_eq(told.ident, (uintptr_t)ends[0]);
        ck_assert_int_eq(told.filter, EVFILT_READ);
        ck_assert_int_eq(told.flags, 0);
        ck_assert_uint_eq(told.fflags, 0);
        ck_assert_int_eq(told.data, 12);
        close_both(ends);
    }
}
END_TEST

START_TEST(a_listener_tells_how_many_connections_wait)
{
    struct sockaddr_in address;
    int listener = listen_tcp(&address);
    int peers[3];

    ck_assert_int_eq(set(listener, EVFILT_READ, EV_ADD), 0);
    ck_assert(is_silent());
    for (int i = 0; i < 3; i++) {
        peers[i] = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_eq(
            connect(peers[i], (struct sockaddr *)&address, sizeof address), 0);
        ck_assert_int_eq(next().data, i + 1);
    }
    for (int i = 0; i < 3; i++) {
        close(accept(listener, NULL, NULL));
        close(peers[i]);
    }
    ck_assert(is_silent());
    close(listener);
}
END_TEST

START_TEST(the_end_of_input_is_eof_with_the_bytes_left)
{
    for (size_t k = 0; k < WITH_END; k++) {
        struct kevent told;
        int ends[2];
        kinds[k].open(ends);
        ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
        put(ends[1], "last");
        ck_assert_int_eq(next().flags, 0);
        if (kinds[k].is_socket)
            shutdown(ends[1], SHUT_WR);
        else
            close(ends[1]);
        told = next();
        ck_assert_int_eq(told.flags, EV_EOF);
        ck_assert_int_eq(told.data, 4);
        ck_assert_uint_eq(told.fflags, 0);
        drain(ends[0]);
        told = next();
        ck_assert_int_eq(told.flags, EV_EOF);
        ck_assert_int_eq(told.data, 0);
        close(ends[0]);
        if (kinds[k].is_socket)
            close(ends[1]);
    }
}
END_TEST

static void reset(int fd)
{
    const struct linger at_once = { 1, 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static int socket_error(int fd)
{
    int err = 0;
    socklen_t size = sizeof err;

    getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
    return err;
}

START_TEST(a_reset_is_told_to_both_filters_and_left_for_the_program)
{
    static const int filters[] = { EVFILT_READ, EVFILT_WRITE };
    int ends[2];

    open_tcp(ends);
    reset(ends[1]);
    for (size_t i = 0; i < COUNT(filters); i++) {
        struct kevent told;
        ck_assert_int_eq(set(ends[0], filters[i], EV_ADD | EV_ONESHOT), 0);
        told = next();
        ck_assert_int_eq(told.flags, EV_ONESHOT | EV_EOF);
        ck_assert_uint_eq(told.fflags, ECONNRESET);
    }
    ck_assert_int_eq(socket_error(ends[0]), ECONNRESET);
    close(ends[0]);
}
END_TEST

START_TEST(a_refused_connection_is_told_to_the_writer)
{
    struct sockaddr_in address;
    struct kevent told;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    close(listen_tcp(&address));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     -1);
    ck_assert_int_eq(set(fd, EVFILT_WRITE, EV_ADD), 0);
    told = next();
    ck_assert_int_eq(told.flags, EV_EOF);
    ck_assert_uint_eq(told.fflags, ECONNREFUSED);
    ck_assert_int_eq(socket_error(fd), ECONNREFUSED);
    close(fd);
}
END_TEST

START_TEST(an_error_of_a_datagram_socket_is_no_eof)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    close(listen_tcp(&address)); /* its port, with nobody behind it */
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     0);
    ck_assert_int_eq(set(fd, EVFILT_READ, EV_ADD), 0);
    put(fd, "x");
    ck_assert_int_eq(next().flags, 0);
    ck_assert_int_eq(socket_error(fd), ECONNREFUSED);
    close(fd);
}
END_TEST

START_TEST(a_socket_that_was_never_connected_is_silent)
{
    static const int families[] = { AF_INET, AF_UNIX };

    for (size_t i = 0; i < COUNT(families); i++) {
        int fd = socket(families[i], SOCK_STREAM, 0);
        ck_assert_int_eq(set(fd, EVFILT_READ, EV_ADD), 0);
        ck_assert_int_eq(set(fd, EVFILT_WRITE, EV_ADD), 0);
        ck_assert(is_silent());
        close(fd);
    }
}
END_TEST

START_TEST(a_connection_that_comes_later_is_told)
{
    struct sockaddr_in address;
    int listener = listen_tcp(&address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    ck_assert_int_eq(set(fd, EVFILT_WRITE, EV_ADD), 0);
    ck_assert(is_silent());
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     -1);
    ck_assert_int_eq(next().flags, 0);
    close(fd);
    close(listener);
}
END_TEST

/* ---- EVFILT_WRITE ------------------------------------------------------ */

static void fill(int fd)
{
    static const char block[4096];

    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    while (write(fd, block, sizeof block) > 0)
        continue;
}

START_TEST(write_tells_of_room_and_is_silent_without)
{
    for (size_t k = 0; k < COUNT(kinds); k++) {
        int ends[2];
        kinds[k].open(ends);
        ck_assert_int_eq(set(ends[1], EVFILT_WRITE, EV_ADD), 0);
        ck_assert_int_eq(next().flags, 0);
        ck_assert_int_ge(next().data, 4096);
        fill(ends[1]);
        while (!is_silent()) /* tcp sends on, until the peer is full as well */
            fill(ends[1]);
        for (int i = 0; i < 10000 && is_silent(); i++)
            drain(ends[0]);
        ck_assert_int_ge(next().data, 1);
        close_both(ends);
    }
}
END_TEST

START_TEST(write_is_at_its_end_when_the_reader_went_away)
{
    int ends[2];

    open_pipe(ends);
    ck_assert_int_eq(set(ends[1], EVFILT_WRITE, EV_ADD), 0);
    ck_assert_int_eq(next().flags, 0);
    close(ends[0]);
    ck_assert_int_eq(next().flags, EV_EOF);
    close(ends[1]);
    open_unix(ends);
    ck_assert_int_eq(set(ends[1], EVFILT_WRITE, EV_ADD), 0);
    ck_assert_int_eq(next().flags, 0);
    close(ends[0]);
    ck_assert_int_eq(next().flags, EV_EOF);
    close(ends[1]);
}
END_TEST

START_TEST(write_is_at_its_end_after_our_own_shutdown)
{
    for (size_t k = 0; kinds[k].is_socket; k++) {
        int ends[2];
        kinds[k].open(ends);
        ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD | EV_CLEAR), 0);
        ck_assert_int_eq(next().flags, EV_CLEAR);
        shutdown(ends[0], SHUT_WR);
        ck_assert_int_eq(next().flags, EV_CLEAR | EV_EOF);
        close_both(ends);
    }
}
END_TEST

START_TEST(the_end_of_input_is_no_end_of_writing)
{
    for (size_t k = 0; kinds[k].is_socket; k++) {
        int ends[2];
        kinds[k].open(ends);
        ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD), 0);
        shutdown(ends[1], SHUT_WR);
        sleep_ms(SOON_MS);
        ck_assert_int_eq(next().flags, 0);
        put(ends[0], "still");
        close_both(ends);
    }
}
END_TEST

/* ---- Files ------------------------------------------------------------- */

static int open_file(const char *name, const char *content)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);

    ck_assert_int_ge(fd, 0);
    put(fd, content);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

START_TEST(a_file_is_readable_until_its_end)
{
    int fd = open_file("file", "0123456789");

    ck_assert_int_eq(set(fd, EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(next().data, 10);
    lseek(fd, 4, SEEK_SET);
    ck_assert_int_eq(next().data, 6);
    lseek(fd, 12, SEEK_SET);
    ck_assert_int_eq(next().data, -2);
    lseek(fd, 10, SEEK_SET);
    ck_assert(is_silent());
    close(fd);
}
END_TEST

START_TEST(what_is_appended_to_a_file_wakes_its_reader)
{
    int fd = open_file("file", "");
    int other = open("file", O_WRONLY);
    pthread_t thread;

    ck_assert_int_eq(set(fd, EVFILT_READ, EV_ADD), 0);
    ck_assert(is_silent());
    pthread_create(&thread, NULL, put_soon, &other);
    ck_assert_int_eq(next().data, 1);
    pthread_join(thread, NULL);
    close(other);
    close(fd);
}
END_TEST

START_TEST(a_file_can_be_readable_at_its_end_if_asked)
{
    int fd = open_file("file", "");

    ck_assert_int_eq(set_notes(fd, EVFILT_READ, EV_ADD, NOTE_FILE_POLL, 0), 0);
    ck_assert_int_eq(next().data, 0);
    ck_assert_int_eq(next().data, 0);
    close(fd);
}
END_TEST

START_TEST(a_file_is_always_writable)
{
    int fd = open_file("file", "");

    ck_assert_int_eq(set(fd, EVFILT_WRITE, EV_ADD), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(next().filter, EVFILT_WRITE);
    close(fd);
}
END_TEST

START_TEST(devices_that_cannot_be_polled_are_always_ready)
{
    int fd = open("/dev/null", O_RDWR);

    ck_assert_int_eq(set(fd, EVFILT_READ, EV_ADD | EV_ONESHOT), 0);
    ck_assert_int_eq(next().filter, EVFILT_READ);
    ck_assert_int_eq(set(fd, EVFILT_WRITE, EV_ADD | EV_ONESHOT), 0);
    ck_assert_int_eq(next().filter, EVFILT_WRITE);
    close(fd);
}
END_TEST

/* ---- Several filters, several queues ----------------------------------- */

START_TEST(two_filters_are_two_events_in_the_order_of_the_knob)
{
    static const struct {
        enum kqueue_order order;
        short first[4];
    } rows[] = {
        { KQUEUE_ORDER_READ_FIRST, { -1, -1, -1, -1 } },
        { KQUEUE_ORDER_WRITE_FIRST, { -2, -2, -2, -2 } },
        { KQUEUE_ORDER_ALTERNATE, { -2, -1, -2, -1 } },
    };
    struct kevent told[2];
    int ends[2];

    open_unix(ends);
    put(ends[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD), 0);
    for (size_t r = 0; r < COUNT(rows); r++) {
        kqueue_set_order(rows[r].order);
        for (size_t i = 0; i < COUNT(rows[r].first); i++) {
            ck_assert_int_eq(look(told, 2), 2);
            ck_assert_int_eq(told[0].filter, rows[r].first[i]);
            ck_assert_int_eq(told[0].filter + told[1].filter, -3);
            ck_assert_uint_eq(told[0].ident, (uintptr_t)ends[0]);
            ck_assert_uint_eq(told[1].ident, (uintptr_t)ends[0]);
        }
    }
    close_both(ends);
}
END_TEST

START_TEST(a_small_eventlist_starves_nobody)
{
    enum { PAIRS = 10 };
    int seen[2 * PAIRS] = { 0 };
    int ends[PAIRS][2];

    kqueue_set_order(KQUEUE_ORDER_ALTERNATE);
    for (int i = 0; i < PAIRS; i++) {
        open_unix(ends[i]);
        put(ends[i][1], "x");
        for (int filter = EVFILT_READ; filter >= EVFILT_WRITE; filter--) {
            struct kevent ev = event((uintptr_t)ends[i][0], filter, EV_ADD);
            ev.udata = &seen[2 * i - 1 - filter];
            ck_assert_int_eq(change(ev), 0);
        }
    }
    for (int i = 0; i < 3 * 2 * PAIRS / 2; i++) {
        struct kevent told[2];
        ck_assert_int_eq(look(told, 2), 2);
        ++*(int *)told[0].udata;
        ++*(int *)told[1].udata;
    }
    for (int i = 0; i < 2 * PAIRS; i++)
        ck_assert_int_eq(seen[i], 3);
    for (int i = 0; i < PAIRS; i++)
        close_both(ends[i]);
}
END_TEST

START_TEST(equal_idents_of_different_filters_are_different)
{
    int ends[2];

    open_pipe(ends);
    put(ends[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_USER, EV_ADD), 0);
    ck_assert_int_eq(set_notes(ends[0], EVFILT_TIMER, EV_ADD, 0, 100000), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_USER, EV_DELETE), 0);
    ck_assert_int_eq(set(ends[0], EVFILT_TIMER, EV_DELETE), 0);
    ck_assert_int_eq(next().filter, EVFILT_READ);
    close_both(ends);
}
END_TEST

START_TEST(queues_do_not_share_their_filters)
{
    int other = kqueue();
    int ours = kq;
    int ends[2];

    open_pipe(ends);
    put(ends[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD | EV_CLEAR), 0);
    kq = other;
    ck_assert(is_silent());
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(next().flags, 0);
    kq = ours;
    ck_assert_int_eq(next().flags, EV_CLEAR);
    close(other);
    put(ends[1], "y");
    ck_assert_int_eq(next().flags, EV_CLEAR);
    close_both(ends);
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
    close_both(ends);
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
    close_both(ends);
}
END_TEST

START_TEST(dup2_onto_a_number_closes_it)
{
    int ends[2];
    int others[2];

    open_pipe(ends);
    open_pipe(others);
    put(ends[1], "x");
    put(others[1], "x");
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ADD), 0);
    ck_assert_int_eq(dup2(-1, ends[0]), -1);
    ck_assert_int_eq(dup2(ends[0], ends[0]), ends[0]);
    ck_assert_int_eq(next().data, 1);
    ck_assert_int_eq(dup2(others[0], ends[0]), ends[0]);
    ck_assert(is_silent());
    ck_assert_int_eq(set(ends[0], EVFILT_READ, EV_ENABLE), ENOENT);
    close_both(ends);
    close_both(others);
}
END_TEST

START_TEST(a_number_closed_inside_libc_is_found_out)
{
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
    ck_assert_int_eq(set(others[0], EVFILT_READ, EV_ENABLE), ENOENT);
    ck_assert(is_silent());
    close(ends[1]);
    close_both(others);
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
    close_both(ends);
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
    close_both(ends);
}
END_TEST

/* ---- The queue as a descriptor ----------------------------------------- */

static bool is_readable(int fd)
{
    struct pollfd asked = { fd, POLLIN, 0 };

    return poll(&asked, 1, 0) == 1 && asked.revents == POLLIN;
}

/* One way to make an event: each adds a filter, one of SOURCES, and returns its
 * ident; fire makes it have something to tell. */
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
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, 5 * SOON_MS), 0);
    return 1;
}

static void fire_timer(int ends[2])
{
    (void)ends;
    sleep_ms(6 * SOON_MS);
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

/* A child that lives until ends[1] is closed, and exits with 7. */
static pid_t make_child(int ends[2])
{
    pid_t pid;

    open_pipe(ends);
    pid = fork();
    if (pid == 0) {
        char c;
        close(ends[1]);
        (void)!read(ends[0], &c, 1);
        _exit(7);
    }
    return pid;
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
    { EVFILT_PROC, NOTE_EXIT, add_proc, fire_proc },
};

static void reap(void)
{
    while (waitpid(-1, NULL, 0) > 0)
        continue;
}

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
    close_both(ends);
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
    close_both(ends);
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
    close_both(ends);
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
    close_both(ends);
}
END_TEST

/* ---- EVFILT_TIMER ------------------------------------------------------ */

START_TEST(a_timer_counts_its_periods)
{
    struct kevent told;
    int64_t start = now_ns(CLOCK_MONOTONIC);
    int64_t count = 0;

    ck_assert_int_eq(set_notes(9, EVFILT_TIMER, EV_ADD, 0, 5), 0);
    while (count < 4) {
        told = next();
        ck_assert_uint_eq(told.ident, 9);
        ck_assert_int_eq(told.flags, EV_CLEAR);
        ck_assert_int_ge(told.data, 1);
        count += told.data;
        ck_assert_int_ge(now_ns(CLOCK_MONOTONIC) - start, count * 5 * MS);
    }
    sleep_ms(30);
    ck_assert_int_ge(next().data, 5);
    ck_assert_int_eq(set(9, EVFILT_TIMER, EV_DELETE), 0);
    sleep_ms(SOON_MS);
    ck_assert(is_silent());
}
END_TEST

START_TEST(a_timer_knows_its_unit)
{
    static const struct {
        unsigned unit;
        int64_t data, ns;
    } rows[] = {
        { 0, 20, 20 * MS },
        { NOTE_MSECONDS, 20, 20 * MS },
        { NOTE_SECONDS, 1, 1000 * MS },
        { NOTE_USECONDS, 20000, 20 * MS },
        { NOTE_NSECONDS, 20 * MS, 20 * MS },
        { 0, 0, 0 },
    };

    for (size_t r = 0; r < COUNT(rows); r++) {
        int64_t start = now_ns(CLOCK_MONOTONIC);
        int64_t late;
        ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD | EV_ONESHOT,
                                   rows[r].unit, rows[r].data),
                         0);
        ck_assert_int_eq(next().data, 1);
        late = now_ns(CLOCK_MONOTONIC) - start - rows[r].ns;
        ck_assert_int_ge(late, 0);
        ck_assert_int_lt(late, 900 * MS);
        ck_assert_int_eq(set(1, EVFILT_TIMER, EV_DELETE), ENOENT);
    }
}
END_TEST

START_TEST(an_impossible_timer_is_einval)
{
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, -1), EINVAL);
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0x100, 1), EINVAL);
    ck_assert_int_eq(
        set_notes(1, EVFILT_TIMER, EV_ADD, NOTE_SECONDS | NOTE_NSECONDS, 1),
        EINVAL);
    ck_assert_int_eq(set(1, EVFILT_TIMER, EV_DELETE), ENOENT);
}
END_TEST

START_TEST(an_absolute_timer_is_told_until_it_is_deleted)
{
    int64_t due = now_ns(CLOCK_REALTIME) + 20 * MS;

    ck_assert_int_eq(
        set_notes(1, EVFILT_TIMER, EV_ADD, NOTE_ABSTIME | NOTE_NSECONDS, due),
        0);
    ck_assert(is_silent());
    ck_assert_int_eq(next().data, 1);
    ck_assert_int_ge(now_ns(CLOCK_REALTIME), due);
    ck_assert_int_eq(next().data, 1);
    ck_assert_int_eq(set(1, EVFILT_TIMER, EV_DELETE), 0);
    ck_assert(is_silent());
}
END_TEST

START_TEST(an_absolute_timer_in_the_past_fires_at_once)
{
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD | EV_ONESHOT,
                               NOTE_ABSTIME | NOTE_SECONDS, 1),
                     0);
    ck_assert_int_eq(next().data, 1);
    ck_assert(is_silent());
}
END_TEST

START_TEST(a_timer_added_again_starts_anew)
{
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, 1), 0);
    sleep_ms(SOON_MS);
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, 100000), 0);
    ck_assert(is_silent());
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, 1), 0);
    ck_assert_int_ge(next().data, 1);
}
END_TEST

START_TEST(a_disabled_timer_counts_on)
{
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD | EV_DISABLE, 0, 1), 0);
    sleep_ms(SOON_MS);
    ck_assert(is_silent());
    ck_assert_int_eq(set(1, EVFILT_TIMER, EV_ENABLE), 0);
    ck_assert_int_ge(next().data, SOON_MS);
}
END_TEST

/* ---- EVFILT_SIGNAL, EVFILT_PROC ---------------------------------------- */

START_TEST(a_blocked_signal_is_counted)
{
    struct kevent told;
    int ends[2];

    add_signal(ends);
    ck_assert(is_silent());
    for (int i = 0; i < 2; i++) {
        kill(getpid(), SIGUSR2);
        told = next();
        ck_assert_uint_eq(told.ident, SIGUSR2);
        ck_assert_int_eq(told.flags, EV_CLEAR);
        ck_assert_int_eq(told.data, 1);
        ck_assert(is_silent());
    }
    close_both(ends);
}
END_TEST

START_TEST(an_exit_is_told_once_with_its_status)
{
    static const struct {
        int signal, status;
    } rows[] = {
        { 0, 7 << 8 },
        { SIGKILL, SIGKILL },
    };

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct kevent told;
        int ends[2];
        int status;
        pid_t pid = make_child(ends);
        ck_assert_int_eq(
            set_notes(pid, EVFILT_PROC, EV_ADD, NOTE_EXIT | NOTE_EXITSTATUS, 0),
            0);
        ck_assert(is_silent());
        if (rows[r].signal != 0)
            kill(pid, rows[r].signal);
        close_both(ends);
        told = next();
        ck_assert_uint_eq(told.ident, (uintptr_t)pid);
        ck_assert_int_ne(told.flags & EV_EOF, 0);
        ck_assert_uint_eq(told.fflags, NOTE_EXIT | NOTE_EXITSTATUS);
        ck_assert_int_eq(told.data, rows[r].status);
        ck_assert_int_eq(set(pid, EVFILT_PROC, EV_DELETE), ENOENT);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, rows[r].status);
    }
}
END_TEST

START_TEST(a_process_that_is_dead_already_is_told)
{
    int ends[2];
    pid_t pid = make_child(ends);
    siginfo_t info;

    close_both(ends);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(set_notes(pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0), 0);
    ck_assert_int_eq(next().data, 7 << 8);
    reap();
    ck_assert_int_eq(set_notes(pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0), ESRCH);
}
END_TEST

/* ---- EVFILT_USER ------------------------------------------------------- */

START_TEST(a_user_event_waits_for_its_trigger)
{
    ck_assert_int_eq(
        set_notes(1, EVFILT_USER, EV_ADD | EV_CLEAR, NOTE_TRIGGER, 0), 0);
    ck_assert(is_silent()); /* it was not there to be triggered */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, i), 0);
        ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, i), 0);
        ck_assert_int_eq(next().data, i);
        ck_assert(is_silent());
    }
}
END_TEST

START_TEST(a_user_event_without_clear_is_told_until_cleared)
{
    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD), 0);
    ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
    ck_assert_uint_eq(next().ident, 1);
    ck_assert_uint_eq(next().ident, 1);
    ck_assert_int_eq(set(1, EVFILT_USER, EV_CLEAR), 0);
    ck_assert(is_silent());
}
END_TEST

START_TEST(a_user_event_carries_flags)
{
    static const struct {
        unsigned control, flags, result;
    } rows[] = {
        { NOTE_FFCOPY, 0x0f0f0f, 0x0f0f0f },
        { NOTE_FFNOP, 0x111111, 0x0f0f0f },
        { NOTE_FFOR, 0x100000, 0x1f0f0f },
        { NOTE_FFAND, 0xff0000, 0x1f0000 },
        { NOTE_FFCOPY, 0, 0 },
    };

    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD | EV_CLEAR), 0);
    for (size_t r = 0; r < COUNT(rows); r++) {
        unsigned fflags = NOTE_TRIGGER | rows[r].control | rows[r].flags;
        ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, fflags, 0), 0);
        ck_assert_uint_eq(next().fflags, rows[r].result);
    }
}
END_TEST

static void *trigger_soon(void *unused)
{
    (void)unused;
    sleep_ms(SOON_MS);
    ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
    return NULL;
}

START_TEST(a_trigger_wakes_another_thread)
{
    pthread_t thread;

    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD | EV_CLEAR), 0);
    pthread_create(&thread, NULL, trigger_soon, NULL);
    ck_assert_int_eq(next().filter, EVFILT_USER);
    pthread_join(thread, NULL);
}
END_TEST

/* ---- EVFILT_VNODE ------------------------------------------------------ */

static void append(int fd)
{
    put(fd, "more");
}

static void overwrite(int fd)
{
    (void)fd;
    fd = open("file", O_WRONLY);
    put(fd, "C");
    close(fd);
}

static void change_mode(int fd)
{
    ck_assert_int_eq(fchmod(fd, 0600), 0);
}

static void add_link(int fd)
{
    (void)fd;
    ck_assert_int_eq(link("file", "second"), 0);
}

static void remove_link(int fd)
{
    (void)fd;
    ck_assert_int_eq(unlink("second"), 0);
}

static void rename_file(int fd)
{
    (void)fd;
    ck_assert_int_eq(rename("file", "renamed"), 0);
}

static void replace_file(int fd)
{
    (void)fd;
    close(open_file("other", "x"));
    ck_assert_int_eq(rename("other", "renamed"), 0);
}

static void add_entry(int fd)
{
    (void)fd;
    close(open_file("dir/entry", ""));
}

static void write_entry(int fd)
{
    (void)fd;
    fd = open("dir/entry", O_WRONLY);
    put(fd, "x");
    fchmod(fd, 0600);
    close(fd);
}

static void rename_entry(int fd)
{
    (void)fd;
    ck_assert_int_eq(rename("dir/entry", "entry"), 0);
}

static void add_subdir(int fd)
{
    (void)fd;
    ck_assert_int_eq(mkdir("dir/sub", 0755), 0);
}

static void remove_subdir(int fd)
{
    (void)fd;
    ck_assert_int_eq(rmdir("dir/sub"), 0);
}

static void add_sibling(int fd)
{
    (void)fd;
    ck_assert_int_eq(mkdir("sibling", 0755), 0);
    ck_assert_int_eq(rmdir("sibling"), 0);
}

static void remove_dir(int fd)
{
    (void)fd;
    ck_assert_int_eq(rmdir("dir"), 0);
}

struct deed {
    void (*commit)(int fd);
    unsigned notes;
};

static const unsigned ALL_NOTES = NOTE_DELETE | NOTE_WRITE | NOTE_EXTEND |
                                  NOTE_ATTRIB | NOTE_LINK | NOTE_RENAME |
                                  NOTE_REVOKE;

static void check_deeds(int fd, const struct deed *deeds, size_t count)
{
    ck_assert_int_eq(
        set_notes(fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, ALL_NOTES, 0), 0);
    for (size_t i = 0; i < count; i++) {
        ck_assert(is_silent());
        deeds[i].commit(fd);
        if (deeds[i].notes != 0)
            ck_assert_uint_eq(next().fflags, deeds[i].notes);
    }
    ck_assert(is_silent());
    close(fd);
}

START_TEST(what_happens_to_a_file_is_told)
{
    static const struct deed deeds[] = {
        { append, NOTE_WRITE | NOTE_EXTEND }, { overwrite, NOTE_WRITE },
        { change_mode, NOTE_ATTRIB },         { add_link, NOTE_LINK },
        { remove_link, NOTE_DELETE },         { rename_file, NOTE_RENAME },
        { replace_file, NOTE_DELETE },
    };

    check_deeds(open_file("file", "content"), deeds, COUNT(deeds));
}
END_TEST

START_TEST(what_happens_to_a_directory_is_told)
{
    static const struct deed deeds[] = {
        { add_entry, NOTE_WRITE },
        { write_entry, 0 },
        { rename_entry, NOTE_WRITE | NOTE_EXTEND },
        { add_subdir, NOTE_WRITE | NOTE_LINK },
        { remove_subdir, NOTE_WRITE | NOTE_LINK },
        { add_sibling, 0 },
        { remove_dir, NOTE_DELETE },
    };

    ck_assert_int_eq(mkdir("dir", 0755), 0);
    check_deeds(open("dir", O_RDONLY), deeds, COUNT(deeds));
}
END_TEST

START_TEST(only_the_notes_that_were_asked_for_are_told)
{
    int fd = open_file("file", "content");

    ck_assert_int_eq(
        set_notes(fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, NOTE_ATTRIB, 0), 0);
    append(fd);
    ck_assert(is_silent());
    change_mode(fd);
    append(fd);
    ck_assert_uint_eq(next().fflags, NOTE_ATTRIB);
    close(fd);
}
END_TEST

START_TEST(notes_add_up_and_stay_without_clear)
{
    int fd = open_file("file", "content");

    ck_assert_int_eq(set_notes(fd, EVFILT_VNODE, EV_ADD, ALL_NOTES, 0), 0);
    overwrite(fd);
    ck_assert_uint_eq(next().fflags, NOTE_WRITE);
    change_mode(fd);
    ck_assert_uint_eq(next().fflags, NOTE_WRITE | NOTE_ATTRIB);
    ck_assert_uint_eq(next().fflags, NOTE_WRITE | NOTE_ATTRIB);
    close(fd);
}
END_TEST

START_TEST(what_is_no_file_has_no_vnode)
{
    for (size_t k = 0; k < COUNT(kinds); k++) {
        int ends[2];
        kinds[k].open(ends);
        ck_assert_int_eq(set_notes(ends[0], EVFILT_VNODE, EV_ADD, ALL_NOTES, 0),
                         EINVAL);
        close_both(ends);
    }
}
END_TEST

/* ---- What it costs ----------------------------------------------------- */

START_TEST(internal_descriptors_are_hidden_and_closed_on_exec)
{
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
    close_both(ends);
    reap();
    ck_assert_int_eq(open("/dev/null", O_RDWR), 0);
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
    close_both(ends);
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
    close_both(ends);
    reap();
    ck_assert_int_eq(count_fds(), fds_before);
}
END_TEST

/* Nanoseconds that an event takes while `idle` other descriptors are watched.
 */
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
    start = now_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < ROUNDS; i++) {
        put(ends[1], "x");
        ck_assert_uint_eq(next().ident, (uintptr_t)ends[0]);
        drain(ends[0]);
        ck_assert(is_silent());
    }
    start = now_ns(CLOCK_MONOTONIC) - start;
    for (int i = 0; i < idle; i++)
        close(fds[i]);
    free(fds);
    close_both(ends);
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
    ck_assert_msg(many < 5 * few, "%lld ns with 10, %lld ns with %d",
                  (long long)few, (long long)many, idle);
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
        close_both(ends);
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

/* ---- The list ---------------------------------------------------------- */

static void add_case(Suite *suite, const char *name, const TTest *const *tests,
                     size_t count, size_t times)
{
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, TIMEOUT_S);
    tcase_add_checked_fixture(tc, setup, teardown);
    for (size_t i = 0; i < count; i++)
        tcase_add_loop_test(tc, tests[i], 0, (int)times);
    suite_add_tcase(suite, tc);
}

static void add_calls(Suite *suite)
{
    const TTest *const tests[] = {
        a_new_kqueue_has_the_lowest_number_and_stays_open_across_exec,
        an_empty_kqueue_waits_out_its_timeout,
        a_timeout_of_zero_polls,
        no_timeout_waits_for_an_event,
        without_room_for_events_nothing_is_waited_for,
        what_is_no_kqueue_is_ebadf,
        impossible_arguments_are_einval,
        a_signal_ends_the_wait_with_the_changes_made,
        an_error_is_told_in_the_eventlist,
        an_error_without_room_is_errno,
        an_error_keeps_no_later_change_from_being_made,
        an_error_without_room_ends_the_changes,
        receipts_tell_of_every_change_and_of_no_event,
        a_receipt_without_room_ends_the_changes,
        one_array_may_be_both_lists,
    };

    add_case(suite, "calls", tests, COUNT(tests), 1);
}

static void add_flags(Suite *suite)
{
    const TTest *const tests[] = {
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

    add_case(suite, "flags", tests, COUNT(tests), 1);
}

static void add_descriptors(Suite *suite)
{
    const TTest *const tests[] = {
        read_tells_how_many_bytes_there_are,
        a_listener_tells_how_many_connections_wait,
        the_end_of_input_is_eof_with_the_bytes_left,
        a_reset_is_told_to_both_filters_and_left_for_the_program,
        a_refused_connection_is_told_to_the_writer,
        an_error_of_a_datagram_socket_is_no_eof,
        a_socket_that_was_never_connected_is_silent,
        a_connection_that_comes_later_is_told,
        write_tells_of_room_and_is_silent_without,
        write_is_at_its_end_when_the_reader_went_away,
        write_is_at_its_end_after_our_own_shutdown,
        the_end_of_input_is_no_end_of_writing,
        a_file_is_readable_until_its_end,
        what_is_appended_to_a_file_wakes_its_reader,
        a_file_can_be_readable_at_its_end_if_asked,
        a_file_is_always_writable,
        devices_that_cannot_be_polled_are_always_ready,
        two_filters_are_two_events_in_the_order_of_the_knob,
        a_small_eventlist_starves_nobody,
        equal_idents_of_different_filters_are_different,
        queues_do_not_share_their_filters,
    };

    add_case(suite, "descriptors", tests, COUNT(tests), 1);
}

static void add_lives(Suite *suite)
{
    const TTest *const tests[] = {
        closing_a_descriptor_removes_its_filters,
        closing_a_duplicate_removes_nothing,
        a_number_used_again_starts_clean,
        dup2_onto_a_number_closes_it,
        a_number_closed_inside_libc_is_found_out,
        a_duplicate_of_a_kqueue_is_the_same_kqueue,
        a_child_does_not_inherit_the_kqueue,
        a_child_may_have_a_kqueue_of_its_own,
        after_a_level_event_it_is_readable_until_looked_at,
        a_kqueue_can_be_watched_by_another,
        twenty_thousand_descriptors_slow_nothing_down,
        threads_that_share_a_queue_get_each_event_once,
        threads_may_add_and_close_while_others_wait,
    };

    add_case(suite, "lives", tests, COUNT(tests), 1);
}

static void add_others(Suite *suite)
{
    const TTest *const tests[] = {
        a_timer_counts_its_periods,
        a_timer_knows_its_unit,
        an_impossible_timer_is_einval,
        an_absolute_timer_is_told_until_it_is_deleted,
        an_absolute_timer_in_the_past_fires_at_once,
        a_timer_added_again_starts_anew,
        a_disabled_timer_counts_on,
        a_blocked_signal_is_counted,
        an_exit_is_told_once_with_its_status,
        a_process_that_is_dead_already_is_told,
        a_user_event_waits_for_its_trigger,
        a_user_event_without_clear_is_told_until_cleared,
        a_user_event_carries_flags,
        a_trigger_wakes_another_thread,
        what_happens_to_a_file_is_told,
        what_happens_to_a_directory_is_told,
        only_the_notes_that_were_asked_for_are_told,
        notes_add_up_and_stay_without_clear,
        what_is_no_file_has_no_vnode,
    };

    add_case(suite, "others", tests, COUNT(tests), 1);
}

static void add_sources(Suite *suite)
{
    const TTest *const tests[] = {
        a_kqueue_is_readable_when_it_has_something_to_tell,
        a_disabled_filter_does_not_make_the_kqueue_readable,
        internal_descriptors_are_hidden_and_closed_on_exec,
        a_queue_without_filters_holds_no_descriptors,
        closing_a_queue_releases_what_it_holds,
    };

    add_case(suite, "sources", tests, COUNT(tests), COUNT(sources));
}

int main(void)
{
    Suite *suite = suite_create("fake kqueue");
    SRunner *runner = srunner_create(suite);
    int failed;

    add_calls(suite);
    add_flags(suite);
    add_descriptors(suite);
    add_lives(suite);
    add_others(suite);
    add_sources(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
