/* SPDX-License-Identifier: MIT */
/* test_read.c - what the operations that read once promise. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "stream_support.h"

/* ---- The same in any chunks --------------------------------------------- */

enum what { END, LINE, EXACTLY, UNTIL, SKIP, ALL };

struct step {
    enum what what;
    size_t size;
    const char *delimiter;
    int64_t n;
    const char *bytes; /* NULL: none to look at */
};

struct row {
    const char *input;
    struct step steps[6];
};

static struct eddy_op op_of(struct eddy_stream *stream, const struct step *step,
                            char *buf)
{
    size_t size = step->delimiter == NULL ? 0 : strlen(step->delimiter);

    switch (step->what) {
    case LINE:
        return eddy_read_line(stream, buf, step->size);
    case EXACTLY:
        return eddy_read_exactly(stream, buf, step->size);
    case ALL:
        return eddy_read_all(stream, buf, step->size);
    case UNTIL:
        return eddy_read_until(stream, buf, step->size, step->delimiter, size);
    default:
        return eddy_skip_until(stream, step->delimiter, size);
    }
}

/* Sends a chunk, or the end. */
static size_t send_some(int peer, const char *input, size_t size)
{
    size_t left = strlen(input);

    if (left == 0) {
        (void)shutdown(peer, SHUT_WR);
        return 0;
    }
    size = left < size ? left : size;
    ck_assert_int_eq(write(peer, input, size), (ssize_t)size);
    return size;
}

static void check_step(const struct step *step, const struct outcome *outcome,
                       const char *buf)
{
    size_t size = step->bytes == NULL ? 0 : strlen(step->bytes);

    ck_assert_int_eq(outcome->result.n, step->n);
    ck_assert_mem_eq(buf, size > 0 ? step->bytes : buf, size);
    if (step->n < 0 && (step->what == EXACTLY || step->what == ALL))
        ck_assert_uint_eq(outcome->result.done, size);
    if (step->what == LINE && step->n >= 0)
        ck_assert_int_eq(buf[step->n], '\0');
}

static void play(const struct row *row, size_t chunk)
{
    int peer;
    struct eddy_stream *stream = new_stream(&peer);
    const char *input = row->input;

    for (const struct step *step = row->steps; step->what != END; step++) {
        char buf[32] = { 0 };
        struct outcome outcome;

        begin(&outcome, op_of(stream, step, buf));
        some_turns(1);
        while (outcome.request != NULL) {
            input += send_some(peer, input, chunk);
            some_turns(2);
        }
        check_step(step, &outcome, buf);
        if (step == &row->steps[5])
            break;
    }
    drop(stream, peer);
}

static void play_all(int index, const struct row *rows, size_t count)
{
    open_loop(index, REAL_TIME);
    for (size_t r = 0; r < count; r++)
        for (size_t chunk = 1; chunk <= 16; chunk++)
            play(&rows[r], chunk);
}

START_TEST(a_line_has_its_terminator_but_for_the_last_one) /* SR1 */
{
    static const struct row rows[] = {
        { "one\ntwo\n\nrest",
          { { LINE, 16, NULL, 4, "one\n" },
            { LINE, 16, NULL, 4, "two\n" },
            { LINE, 16, NULL, 1, "\n" },
            { LINE, 16, NULL, 4, "rest" },
            { LINE, 16, NULL, 0, "" },
            { LINE, 16, NULL, 0, "" } } },
    };

    play_all(_i, rows, COUNT(rows));
}
END_TEST

START_TEST(the_end_before_the_delimiter_loses_nothing) /* SR2 */
{
    static const struct row rows[] = {
        { "abc",
          { { UNTIL, 8, ";", -ENODATA, NULL },
            { UNTIL, 3, ";", -ENODATA, NULL },
            { UNTIL, 2, ";", -EMSGSIZE, NULL },
            { EXACTLY, 3, NULL, 3, "abc" } } },
    };

    play_all(_i, rows, COUNT(rows));
}
END_TEST

START_TEST(the_limit_of_a_line_is_exact) /* SR3 */
{
    static const struct row rows[] = {
        { "abc\nabcd\n",
          { { LINE, 5, NULL, 4, "abc\n" },
            { LINE, 5, NULL, -EMSGSIZE, NULL },
            { LINE, 6, NULL, 5, "abcd\n" } } },
        { "\nab",
          { { LINE, 2, NULL, 1, "\n" }, { LINE, 2, NULL, -EMSGSIZE, NULL } } },
        { "abcd", { { LINE, 5, NULL, 4, "abcd" }, { LINE, 5, NULL, 0, "" } } },
    };

    play_all(_i, rows, COUNT(rows));
}
END_TEST

START_TEST(what_is_too_long_is_kept_until_it_is_skipped) /* SR4, Z18 */
{
    static const struct row rows[] = {
        { "much too long\nnext\n",
          { { LINE, 5, NULL, -EMSGSIZE, NULL },
            { LINE, 6, NULL, -EMSGSIZE, NULL },
            { EXACTLY, 4, NULL, 4, "much" },
            { SKIP, 0, "\n", 10, NULL },
            { LINE, 6, NULL, 5, "next\n" } } },
        { "abcde",
          { { LINE, 5, NULL, -EMSGSIZE, NULL }, { SKIP, 0, "\n", 5, NULL } } },
    };

    play_all(_i, rows, COUNT(rows));
}
END_TEST

START_TEST(the_end_tells_how_much_of_exactly_so_much_came) /* SR5 */
{
    static const struct row rows[] = {
        { "abcdef",
          { { EXACTLY, 0, NULL, 0, "" },
            { EXACTLY, 4, NULL, 4, "abcd" },
            { EXACTLY, 4, NULL, -ENODATA, "ef" },
            { EXACTLY, 4, NULL, -ENODATA, "" } } },
    };

    play_all(_i, rows, COUNT(rows));
}
END_TEST

START_TEST(all_that_fits_is_read_to_the_end) /* SR6 */
{
    static const struct row rows[] = {
        { "abc", { { ALL, 8, NULL, 3, "abc" }, { ALL, 8, NULL, 0, "" } } },
        { "abc", { { ALL, 3, NULL, 3, "abc" } } },
        { "", { { ALL, 8, NULL, 0, "" }, { ALL, 0, NULL, 0, "" } } },
        { "line\nabcdef",
          { { LINE, 8, NULL, 5, "line\n" },
            { ALL, 0, NULL, -EMSGSIZE, "" },
            { ALL, 5, NULL, -EMSGSIZE, "abcde" },
            { ALL, 5, NULL, 1, "f" } } },
    };

    play_all(_i, rows, COUNT(rows));
}
END_TEST

START_TEST(delimiters_may_look_like_what_is_before_them)
{
    static const struct row rows[] = {
        { "a\rb\r\r\nc\r\n",
          { { UNTIL, 10, "\r\n", 6, "a\rb\r\r\n" },
            { UNTIL, 10, "\r\n", 3, "c\r\n" },
            { UNTIL, 10, "\r\n", -ENODATA, NULL } } },
        { "a---b--",
          { { UNTIL, 16, "--", 3, "a--" }, { UNTIL, 16, "--", 4, "-b--" } } },
        { "aaabaaaab",
          { { UNTIL, 4, "aab", 4, "aaab" }, { UNTIL, 5, "aab", 5, "aaaab" } } },
        { "abcdef;",
          { { UNTIL, 4, ";", -EMSGSIZE, NULL },
            { UNTIL, 6, ";", -EMSGSIZE, NULL },
            { UNTIL, 7, ";", 7, "abcdef;" } } },
        { "ab;;",
          { { UNTIL, 3, ";;", -EMSGSIZE, NULL },
            { UNTIL, 4, ";;", 4, "ab;;" } } },
        { "abcdef", { { UNTIL, 2, "\r\n\r\n", -EMSGSIZE, NULL } } },
    };

    play_all(_i, rows, COUNT(rows));
}
END_TEST

START_TEST(skipping_ends_behind_the_delimiter_or_at_the_end)
{
    static const struct row rows[] = {
        { "xxEN ENDxEENDy",
          { { SKIP, 0, "END", 8, NULL },
            { EXACTLY, 1, NULL, 1, "x" },
            { SKIP, 0, "END", 4, NULL },
            { LINE, 9, NULL, 1, "y" },
            { SKIP, 0, "END", 0, NULL } } },
        { "abcEN", { { SKIP, 0, "END", 5, NULL }, { LINE, 9, NULL, 0, "" } } },
    };

    play_all(_i, rows, COUNT(rows));
}
END_TEST

START_TEST(zero_bytes_are_bytes)
{
    int peer;
    struct eddy_stream *stream;
    char buf[8];

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(write(peer, "a\0b\0\0\0c", 7), 7);
    ck_assert_int_eq(perform(eddy_read_until(stream, buf, 8, "\0\0", 2)), 5);
    ck_assert_mem_eq(buf, "a\0b\0\0", 5);
    ck_assert_int_eq(perform(eddy_read(stream, buf, 8)), 2);
    ck_assert_mem_eq(buf, "\0c", 2);
    drop(stream, peer);
}
END_TEST

/* Longer than the first buffer, so that it grows, and is moved. */
START_TEST(long_lines_are_whole)
{
    enum { SIZE = 1 << 20, LINES = 3 };
    char *line = malloc(SIZE + 1);
    struct eddy_stream *ends[2];
    struct outcome writing;

    open_loop(_i, REAL_TIME);
    new_streams(ends);
    memset(line, 'x', SIZE);
    line[SIZE - 1] = '\n';
    for (int i = 0; i < LINES; i++) {
        char *got = malloc(SIZE + 1);

        ck_assert_int_ge(eddy_send(ends[0], "short\n", 6), 0);
        begin(&writing, eddy_write(ends[0], line, SIZE));
        ck_assert_int_eq(perform(eddy_read_line(ends[1], got, 7)), 6);
        ck_assert_int_eq(perform(eddy_read_line(ends[1], got, SIZE + 1)), SIZE);
        ck_assert_mem_eq(got, line, SIZE);
        ck_assert_int_eq(finish(&writing), SIZE);
        free(got);
    }
    drop(ends[0], -1);
    drop(ends[1], -1);
    free(line);
}
END_TEST

/* ---- One read ----------------------------------------------------------- */

START_TEST(read_gives_what_has_come) /* SR6 */
{
    int peer;
    struct eddy_stream *stream;
    struct outcome reading;
    char buf[16];

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    begin(&reading, eddy_read(stream, buf, sizeof buf));
    some_turns(3);
    ck_assert_int_eq(reading.calls, 0);
    put(peer, "hello");
    ck_assert_int_eq(finish(&reading), 5);
    ck_assert_mem_eq(buf, "hello", 5);
    put(peer, "world");
    ck_assert_int_eq(perform(eddy_read(stream, buf, 3)), 3);
    ck_assert_int_eq(perform(eddy_read(stream, buf, sizeof buf)), 2);
    ck_assert_mem_eq(buf, "ld", 2);
    drop(stream, peer);
}
END_TEST

START_TEST(read_begins_with_what_a_line_left)
{
    int peer;
    struct eddy_stream *stream;
    char buf[16];

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    put(peer, "line\nrest");
    ck_assert_int_eq(perform(eddy_read_line(stream, buf, sizeof buf)), 5);
    ck_assert_int_eq(perform(eddy_read(stream, buf, 2)), 2);
    put(peer, "+more");
    ck_assert_int_eq(perform(eddy_read(stream, buf, sizeof buf)), 2);
    ck_assert_mem_eq(buf, "st", 2);
    ck_assert_int_eq(perform(eddy_read(stream, buf, sizeof buf)), 5);
    drop(stream, peer);
}
END_TEST

START_TEST(read_of_no_bytes_reads_nothing) /* SR6 */
{
    int peer;
    struct eddy_stream *stream;
    struct outcome reading;
    char byte;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    begin(&reading, eddy_read(stream, &byte, 1));
    ck_assert_int_eq(perform(eddy_read(stream, NULL, 0)), 0);
    ck_assert_int_eq(perform(eddy_read_exactly(stream, NULL, 0)), 0);
    put(peer, "xy");
    ck_assert_int_eq(perform(eddy_read(stream, &byte, 0)), 0);
    ck_assert_int_eq(finish(&reading), 1);
    ck_assert_int_eq(perform(eddy_read(stream, &byte, 1)), 1);
    ck_assert_int_eq(byte, 'y');
    drop(stream, peer);
}
END_TEST

START_TEST(end_stays_the_end)
{
    int peer;
    struct eddy_stream *stream;
    char buf[16];

    open_loop(_i, REAL_TIME);
    stream = new_tcp_stream(&peer);
    put(peer, "last");
    ck_assert_int_eq(close(peer), 0);
    ck_assert_int_eq(perform(eddy_read(stream, buf, sizeof buf)), 4);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(perform(eddy_read(stream, buf, sizeof buf)), 0);
    drop(stream, -1);
}
END_TEST

START_TEST(second_reader_is_refused) /* SR7, K14 */
{
    int peer;
    struct eddy_stream *stream;
    struct outcome reading;
    char buf[16], other[16];

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    begin(&reading, eddy_read_line(stream, buf, sizeof buf));
    ck_assert_int_eq(perform(eddy_read(stream, other, 16)), -EBUSY);
    ck_assert_int_eq(perform(eddy_read_exactly(stream, other, 16)), -EBUSY);
    ck_assert_int_eq(perform(eddy_read_line(stream, other, 16)), -EBUSY);
    ck_assert_int_eq(perform(eddy_read_until(stream, other, 16, ";", 1)),
                     -EBUSY);
    ck_assert_int_eq(perform(eddy_skip_until(stream, ";", 1)), -EBUSY);
    ck_assert_int_eq(perform(eddy_read_all(stream, other, 16)), -EBUSY);
    ck_assert_int_eq(perform(eddy_receive(stream)), -EBUSY);
    put(peer, "mine\n");
    ck_assert_int_eq(finish(&reading), 5);
    ck_assert_str_eq(buf, "mine\n");
    drop(stream, peer);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_line_has_its_terminator_but_for_the_last_one,
        the_end_before_the_delimiter_loses_nothing,
        the_limit_of_a_line_is_exact,
        what_is_too_long_is_kept_until_it_is_skipped,
        the_end_tells_how_much_of_exactly_so_much_came,
        all_that_fits_is_read_to_the_end,
        delimiters_may_look_like_what_is_before_them,
        skipping_ends_behind_the_delimiter_or_at_the_end,
        zero_bytes_are_bytes,
        long_lines_are_whole,
        read_gives_what_has_come,
        read_begins_with_what_a_line_left,
        read_of_no_bytes_reads_nothing,
        end_stays_the_end,
        second_reader_is_refused,
    };
    Suite *suite = suite_create("read");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
