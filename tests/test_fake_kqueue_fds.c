/* SPDX-License-Identifier: MIT */
/*
 * test_fake_kqueue_fds.c - EVFILT_READ and EVFILT_WRITE of the tests' kqueue.
 */
#include "kqueue/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

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
        close_ends(ends);
    }
}
END_TEST

START_TEST(below_its_low_water_mark_a_socket_is_silent)
{
    for (size_t k = 0; k < 2; k++) {
        struct kevent told;
        int ends[2];
        kinds[k].open(ends);
        ck_assert_int_eq(set_notes(ends[0], EVFILT_READ, EV_ADD, NOTE_LOWAT, 3),
                         0);
        put(ends[1], "ab");
        ck_assert(is_silent());
        put(ends[1], "c");
        ck_assert_int_eq(next().data, 3);
        drain(ends[0]);
        ck_assert(is_silent());
        shutdown(ends[1], SHUT_WR);
        told = next();
        ck_assert_int_eq(told.flags, EV_EOF);
        ck_assert_int_eq(told.data, 0);
        close_ends(ends);
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
        close_ends(ends);
    }
}
END_TEST

START_TEST(write_is_at_its_end_when_the_reader_went_away)
{
    int ends[2];

    open_unix(ends);
    ck_assert_int_eq(set(ends[1], EVFILT_WRITE, EV_ADD), 0);
    ck_assert_int_eq(next().flags, 0);
    close(ends[0]);
    ck_assert_int_eq(next().flags, EV_EOF);
    ck_assert_int_eq(next().flags, EV_EOF);
    close(ends[1]);
}
END_TEST

START_TEST(a_pipe_that_loses_its_reader_tells_the_writer_once)
{
    int ends[2];

    open_pipe(ends);
    ck_assert_int_eq(set(ends[1], EVFILT_WRITE, EV_ADD), 0);
    ck_assert_int_eq(next().flags, 0);
    close(ends[0]);
    ck_assert_int_eq(next().flags, EV_EOF | EV_ONESHOT);
    ck_assert(is_silent());
    ck_assert_int_eq(set(ends[1], EVFILT_WRITE, EV_DELETE), ENOENT);
    ck_assert_int_eq(set(ends[1], EVFILT_WRITE, EV_ADD), EPIPE);
    close(ends[1]);
}
END_TEST

START_TEST(the_wrong_end_of_a_pipe_never_fires)
{
    for (int left = 0; left < 2; left++) {
        int ends[2];
        open_pipe(ends);
        put(ends[1], "x");
        ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD), 0);
        ck_assert_int_eq(set(ends[1], EVFILT_READ, EV_ADD), 0);
        ck_assert(is_silent());
        close(ends[left]);
        ck_assert(is_silent());
        close(ends[1 - left]);
    }
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
        close_ends(ends);
    }
}
END_TEST

START_TEST(the_end_of_input_makes_no_room)
{
    int ends[2];

    open_unix(ends);
    fill(ends[0]);
    shutdown(ends[1], SHUT_WR);
    ck_assert_int_eq(set(ends[0], EVFILT_WRITE, EV_ADD), 0);
    ck_assert(is_silent());
    close_ends(ends);
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
        close_ends(ends);
    }
}
END_TEST

/* ---- Files ------------------------------------------------------------- */

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
    close_ends(ends);
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
        close_ends(ends[i]);
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
    close_ends(ends);
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
    close_ends(ends);
}
END_TEST

int main(void)
{
    const TTest *const read[] = {
        read_tells_how_many_bytes_there_are,
        below_its_low_water_mark_a_socket_is_silent,
        a_listener_tells_how_many_connections_wait,
        the_end_of_input_is_eof_with_the_bytes_left,
        a_reset_is_told_to_both_filters_and_left_for_the_program,
        a_refused_connection_is_told_to_the_writer,
        an_error_of_a_datagram_socket_is_no_eof,
        a_socket_that_was_never_connected_is_silent,
        a_connection_that_comes_later_is_told,
    };
    const TTest *const write[] = {
        write_tells_of_room_and_is_silent_without,
        write_is_at_its_end_when_the_reader_went_away,
        a_pipe_that_loses_its_reader_tells_the_writer_once,
        the_wrong_end_of_a_pipe_never_fires,
        write_is_at_its_end_after_our_own_shutdown,
        the_end_of_input_makes_no_room,
        the_end_of_input_is_no_end_of_writing,
    };
    const TTest *const files[] = {
        a_file_is_readable_until_its_end,
        what_is_appended_to_a_file_wakes_its_reader,
        a_file_can_be_readable_at_its_end_if_asked,
        a_file_is_always_writable,
        devices_that_cannot_be_polled_are_always_ready,
    };
    const TTest *const several[] = {
        two_filters_are_two_events_in_the_order_of_the_knob,
        a_small_eventlist_starves_nobody,
        equal_idents_of_different_filters_are_different,
        queues_do_not_share_their_filters,
    };
    Suite *suite = suite_create("fake kqueue: descriptors");

    add_case(suite, "read", read, COUNT(read), 1);
    add_case(suite, "write", write, COUNT(write), 1);
    add_case(suite, "files", files, COUNT(files), 1);
    add_case(suite, "several", several, COUNT(several), 1);
    return run_cases(suite);
}
