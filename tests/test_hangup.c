/* SPDX-License-Identifier: MIT */
/* test_hangup.c - who is told what when the other side goes away. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop_support.h"

struct seen {
    struct eddy_watch watch;
    int times;
    unsigned ready;
};

static void see(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct seen *seen = arg;

    (void)watch;
    seen->times++;
    seen->ready |= ready;
}

/* ---- Ways to end --------------------------------------------------------- */

static void make_read_pipe(int ends[2])
{
    make_pipe(ends);
}

static void make_write_pipe(int ends[2])
{
    int other[2];

    make_pipe(other);
    ends[0] = other[1];
    ends[1] = other[0];
}

static void make_tcp(int ends[2])
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(
        bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size),
                     0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(ends[0], (struct sockaddr *)&address, size), 0);
    ends[1] = accept(listener, NULL, NULL);
    ck_assert_int_ge(ends[1], 0);
    ck_assert_int_eq(close(listener), 0);
}

static void end_by_close(int fd)
{
    ck_assert_int_eq(close(fd), 0);
}

static void end_by_half_close(int fd)
{
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
}

static void end_by_reset(int fd)
{
    struct linger at_once = { .l_onoff = 1 };

    ck_assert_int_eq(
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    ck_assert_int_eq(close(fd), 0);
}

/* What ends[0] must hear when ends[1] is ended so: at least `told` of what it
 * has asked for. Hang-ups and errors come on top where the system has them. */
static const struct row {
    const char *name;
    void (*make)(int ends[2]);
    void (*end)(int fd);
    unsigned told;
    bool closes; /* ends[1] is closed by it */
} rows[] = {
    { "read pipe", make_read_pipe, end_by_close, EDDY_READ, true },
    { "write pipe", make_write_pipe, end_by_close, EDDY_WRITE, true },
    { "pair", make_pair, end_by_close, EDDY_READ | EDDY_WRITE, true },
    { "pair half", make_pair, end_by_half_close, EDDY_READ | EDDY_WRITE,
      false },
    { "tcp", make_tcp, end_by_close, EDDY_READ | EDDY_WRITE, true },
    { "tcp half", make_tcp, end_by_half_close, EDDY_READ | EDDY_WRITE, false },
    { "tcp reset", make_tcp, end_by_reset, EDDY_READ | EDDY_WRITE, true },
};

START_TEST(the_end_wakes_whoever_waits_with_what_it_waits_for) /* L37, T9 */
{
    struct eddy_loop *loop = real_loop(_i);

    for (size_t r = 0; r < COUNT(rows); r++)
        for (unsigned interest = 1; interest <= 3; interest++) {
            struct seen seen = { .times = 0 };
            unsigned expected = interest & rows[r].told;
            int ends[2];

            if (expected == 0)
                continue;
            rows[r].make(ends);
            ck_assert_int_eq(eddy_watch_start(loop, &seen.watch, ends[0],
                                              interest, see, &seen),
                             0);
            rows[r].end(ends[1]);
            /* a writable one may be told so before the end has come */
            for (int i = 0; (seen.ready & expected) != expected; i++) {
                ck_assert_msg(i < 100000, "%s: %x", rows[r].name, seen.ready);
                ck_assert_int_ge(eddy_loop_step(loop, EDDY_SECOND), 0);
            }
            ck_assert_uint_eq(
                seen.ready & ~(interest | EDDY_HANGUP | EDDY_ERROR), 0);
            ck_assert_int_eq(eddy_watch_error(&seen.watch), 0);
            ck_assert_int_eq(eddy_watch_stop(&seen.watch), 0);
            ck_assert_int_eq(close(ends[0]), 0);
            if (!rows[r].closes)
                ck_assert_int_eq(close(ends[1]), 0);
        }
}
END_TEST

START_TEST(the_paused_are_told_nothing_and_nothing_spins) /* T8 */
{
    struct eddy_loop *loop = real_loop(_i);

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct seen seen = { .times = 0 };
        uint64_t events;
        int ends[2];

        rows[r].make(ends);
        ck_assert_int_eq(
            eddy_watch_start(loop, &seen.watch, ends[0], EDDY_READ, see, &seen),
            0);
        turns(loop, 1);
        ck_assert_int_eq(eddy_watch_set(&seen.watch, 0), 0);
        rows[r].end(ends[1]);
        turns(loop, 20); /* the news may take a moment */
        events = stats_of(loop).events;
        turns(loop, 50);
        ck_assert_int_eq(seen.times, 0);
        ck_assert_uint_le(stats_of(loop).events, events + 1);
        ck_assert_int_eq(eddy_watch_stop(&seen.watch), 0);
        ck_assert_int_eq(close(ends[0]), 0);
        if (!rows[r].closes)
            ck_assert_int_eq(close(ends[1]), 0);
    }
}
END_TEST

START_TEST(both_a_reader_and_a_writer_hear_of_a_reset)
{
    struct eddy_loop *loop = real_loop(_i);
    struct seen reader = { .times = 0 }, writer = { .times = 0 };
    int ends[2];

    make_tcp(ends);
    end_by_reset(ends[1]);
    ck_assert_int_eq(
        eddy_watch_start(loop, &reader.watch, ends[0], EDDY_READ, see, &reader),
        0);
    ck_assert_int_eq(eddy_watch_start(loop, &writer.watch, ends[0], EDDY_WRITE,
                                      see, &writer),
                     0);
    run_until_count(loop, &reader.times, 1);
    ck_assert(reader.ready & EDDY_READ);
    ck_assert(!(reader.ready & EDDY_WRITE));
    ck_assert_int_ge(writer.times, 1);
    ck_assert(writer.ready & EDDY_WRITE);
    ck_assert(!(writer.ready & EDDY_READ));
    ck_assert_int_eq(eddy_watch_stop(&reader.watch), 0);
    ck_assert_int_eq(eddy_watch_stop(&writer.watch), 0);
    ck_assert_int_eq(close(ends[0]), 0);
}
END_TEST

/* ---- What only some pollers can tell ------------------------------------- */

START_TEST(half_close_is_told_or_refused) /* T10 */
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_poller_report report;
    struct seen seen = { .times = 0 };
    size_t index = 0;
    int ends[2], err;

    do
        ck_assert_int_eq(eddy_loop_report(loop, index++, &report), 0);
    while (!report.chosen);
    make_tcp(ends);
    err = eddy_watch_start(loop, &seen.watch, ends[0], EDDY_HALFCLOSE, see,
                           &seen);
    if ((report.features & EDDY_CAN_HALFCLOSE) == 0) {
        ck_assert_int_eq(err, -ENOTSUP);
    } else {
        ck_assert_int_eq(err, 0);
        write_byte(ends[1]);
        turns(loop, 2);
        ck_assert_int_eq(seen.times, 0);
        end_by_half_close(ends[1]);
        run_until_count(loop, &seen.times, 1);
        ck_assert(seen.ready & EDDY_HALFCLOSE);
        ck_assert_int_eq(eddy_watch_stop(&seen.watch), 0);
    }
    close_both(ends);
}
END_TEST

START_TEST(urgent_data_is_told_or_refused)
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_poller_report report;
    struct seen seen = { .times = 0 };
    size_t index = 0;
    int ends[2], err;

    do
        ck_assert_int_eq(eddy_loop_report(loop, index++, &report), 0);
    while (!report.chosen);
    make_tcp(ends);
    err = eddy_watch_start(loop, &seen.watch, ends[0], EDDY_URGENT, see, &seen);
    if ((report.features & EDDY_CAN_URGENT) == 0) {
        ck_assert_int_eq(err, -ENOTSUP);
    } else {
        ck_assert_int_eq(err, 0);
        ck_assert_int_eq(send(ends[1], "!", 1, MSG_OOB), 1);
        run_until_count(loop, &seen.times, 1);
        ck_assert_uint_eq(seen.ready, EDDY_URGENT);
        ck_assert_int_eq(eddy_watch_stop(&seen.watch), 0);
    }
    close_both(ends);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        the_end_wakes_whoever_waits_with_what_it_waits_for,
        the_paused_are_told_nothing_and_nothing_spins,
        both_a_reader_and_a_writer_hear_of_a_reset,
        half_close_is_told_or_refused,
        urgent_data_is_told_or_refused,
    };
    Suite *suite = suite_create("hangup");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
