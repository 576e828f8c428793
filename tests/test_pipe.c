/* SPDX-License-Identifier: MIT */
/* test_pipe.c - streams that are no sockets, and what cannot be one. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>

#include "stream_support.h"

/* ---- Pipes -------------------------------------------------------------- */

START_TEST(pipe_is_a_stream) /* test idea 64 */
{
    static char data[1 << 20];
    struct eddy_stream *writer;
    struct outcome writing;
    int reader;

    open_loop(_i, REAL_TIME);
    writer = new_pipe_stream(&reader);
    fill_pattern(data, sizeof data, 0);
    begin(&writing, eddy_write(writer, data, sizeof data));
    ck_assert_uint_gt(eddy_stream_queued(writer), sizeof data / 2);
    drain_pattern(reader, sizeof data, 0);
    ck_assert_int_eq(finish(&writing), sizeof data);
    ck_assert_uint_eq(eddy_stream_queued(writer), 0);
    drop(writer, reader);
}
END_TEST

START_TEST(writer_that_closes_is_the_end_after_the_data) /* test idea 62 */
{
    struct eddy_stream *reader;
    struct outcome reading;
    char buf[16];
    int ends[2];

    open_loop(_i, REAL_TIME);
    make_pipe(ends);
    reader = stream_of(ends[0]);
    begin(&reading, eddy_read_line(reader, buf, sizeof buf));
    some_turns(2);
    put(ends[1], "line\nrest");
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert_int_eq(finish(&reading), 5);
    ck_assert_int_eq(perform(eddy_read_line(reader, buf, sizeof buf)), 4);
    ck_assert_int_eq(perform(eddy_read(reader, buf, sizeof buf)), 0);
    ck_assert_int_eq(perform(eddy_read(reader, buf, sizeof buf)), 0);
    drop(reader, -1);
}
END_TEST

START_TEST(reader_waits_for_a_quiet_pipe)
{
    struct eddy_stream *reader;
    struct outcome reading;
    char byte;
    int ends[2];

    open_loop(_i, VIRTUAL_TIME);
    make_pipe(ends);
    reader = stream_of(ends[0]);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(
            perform(eddy_within(EDDY_SECOND, eddy_read(reader, &byte, 1))),
            -ETIME);
        begin(&reading, eddy_read(reader, &byte, 1));
        some_turns(1);
        write_byte(ends[1]);
        ck_assert_int_eq(finish(&reading), 1);
    }
    drop(reader, ends[1]);
}
END_TEST

static volatile sig_atomic_t pipe_signals;

static void count_signal(int signum)
{
    (void)signum;
    pipe_signals++;
}

/* The program's own handler sees nothing, and a signal that was already
 * pending is not swallowed. */
START_TEST(signal_of_a_dead_pipe_is_kept_from_the_program) /* T32 */
{
    struct sigaction ours = { .sa_handler = count_signal }, former;
    struct eddy_stream *writer;
    sigset_t pipe_only, mask, pending;
    int reader;

    open_loop(_i, REAL_TIME);
    pipe_signals = 0;
    ck_assert_int_eq(sigaction(SIGPIPE, &ours, &former), 0);
    writer = new_pipe_stream(&reader);
    ck_assert_int_eq(close(reader), 0);
    ck_assert_int_eq(perform(eddy_write(writer, "x", 1)), -EPIPE);
    drop(writer, -1);
    ck_assert_int_eq(pipe_signals, 0);
    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &pipe_only, &mask), 0);
    ck_assert_int_eq(raise(SIGPIPE), 0);
    writer = new_pipe_stream(&reader);
    ck_assert_int_eq(close(reader), 0);
    ck_assert_int_eq(perform(eddy_write(writer, "x", 1)), -EPIPE);
    drop(writer, -1);
    ck_assert_int_eq(sigpending(&pending), 0);
    ck_assert_int_eq(sigismember(&pending, SIGPIPE), 1);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
    ck_assert_int_eq(pipe_signals, 1);
    ck_assert_int_eq(sigaction(SIGPIPE, &former, NULL), 0);
}
END_TEST

START_TEST(pipe_has_no_addresses)
{
    struct eddy_stream *writer;
    struct eddy_address address;
    int reader;

    open_loop(_i, REAL_TIME);
    writer = new_pipe_stream(&reader);
    ck_assert_int_eq(eddy_stream_local(writer, &address), -ENOTSOCK);
    ck_assert_int_eq(eddy_stream_peer(writer, &address), -ENOTSOCK);
    drop(writer, reader);
}
END_TEST

/* ---- Terminals ---------------------------------------------------------- */

static int open_terminal(int *ret_other)
{
    int ours = posix_openpt(O_RDWR | O_NOCTTY);
    struct termios raw;

    if (ours < 0)
        return -1;
    ck_assert_int_eq(grantpt(ours), 0);
    ck_assert_int_eq(unlockpt(ours), 0);
    *ret_other = open(ptsname(ours), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(*ret_other, 0);
    ck_assert_int_eq(tcgetattr(*ret_other, &raw), 0);
    raw.c_lflag &= (tcflag_t) ~(tcflag_t)(ICANON | ECHO);
    raw.c_oflag &= (tcflag_t) ~(tcflag_t)OPOST;
    ck_assert_int_eq(tcsetattr(*ret_other, TCSANOW, &raw), 0);
    return ours;
}

START_TEST(terminal_is_a_stream)
{
    struct eddy_stream *stream;
    struct outcome reading;
    char buf[16];
    int other, fd = open_terminal(&other);
    int64_t n;

    if (fd < 0)
        return; /* this system has none to give */
    open_loop(_i, REAL_TIME);
    stream = stream_of(fd);
    begin(&reading, eddy_read_line(stream, buf, sizeof buf));
    some_turns(2);
    put(other, "hello\n");
    ck_assert_int_eq(finish(&reading), 6);
    ck_assert_int_eq(perform(eddy_write(stream, "world", 5)), 5);
    ck_assert_int_eq(get(other, buf, sizeof buf), 5);
    ck_assert_int_eq(close(other), 0);
    n = perform(eddy_read(stream, buf, sizeof buf));
    ck_assert(n == 0 || n == -EIO); /* as the system tells a hang-up */
    drop(stream, -1);
}
END_TEST

/* ---- What cannot be a stream -------------------------------------------- */

START_TEST(not_everything_is_a_stream) /* test idea 63 */
{
    char name[] = "/tmp/eddy-pipe.XXXXXX";
    const int fds[] = { mkstemp(name), open("/", O_RDONLY),
                        socket(AF_UNIX, SOCK_DGRAM, 0), 19999, -1 };
    const int errors[] = { -EPERM, -EPERM, -EPROTOTYPE, -EBADF, -EBADF };

    open_loop(_i, REAL_TIME);
    ck_assert_int_eq(unlink(name), 0);
    for (size_t i = 0; i < COUNT(fds); i++) {
        struct eddy_stream *stream = NULL;

        ck_assert_int_eq(eddy_stream_new(&stream, loop, fds[i]), errors[i]);
        ck_assert_ptr_null(stream);
    }
    for (size_t i = 0; i < 3; i++) /* they are still the caller's */
        ck_assert_int_eq(close(fds[i]), 0);
}
END_TEST

START_TEST(stream_that_cannot_be_made_leaves_the_descriptor)
{
    struct eddy_stream *stream = NULL;
    int ends[2];

    open_loop(_i, REAL_TIME);
    make_pair(ends);
    fail_allocation(1);
    ck_assert_int_eq(eddy_stream_new(&stream, loop, ends[0]), -ENOMEM);
    ck_assert_ptr_null(stream);
    close_both(ends);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        pipe_is_a_stream,
        writer_that_closes_is_the_end_after_the_data,
        reader_waits_for_a_quiet_pipe,
        signal_of_a_dead_pipe_is_kept_from_the_program,
        pipe_has_no_addresses,
        terminal_is_a_stream,
        not_everything_is_a_stream,
        stream_that_cannot_be_made_leaves_the_descriptor,
    };
    Suite *suite = suite_create("pipe");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
