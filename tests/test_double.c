/* SPDX-License-Identifier: MIT */
/* test_double.c - what the doubling service makes of a line. */
#include <stdlib.h>
#include <string.h>

#include "../tools/eddy/double.h"
#include "support.h"

struct row {
    const char *line;
    const char *reply; /* "": the conversation ends */
};

/* The line in memory of just the size that is promised to be enough, so that
 * the address sanitizer sees a byte too many. */
static char *reply_to(const char *line, size_t size, size_t *ret_size)
{
    char *text = malloc(DOUBLE_ROOM);

    ck_assert_ptr_nonnull(text);
    ck_assert_uint_le(size, DOUBLE_ROOM - 1);
    memcpy(text, line, size);
    *ret_size = double_line(text, size);
    ck_assert_uint_le(*ret_size, DOUBLE_ROOM);
    return text;
}

static void expect(const char *line, size_t size, const char *reply)
{
    size_t n;
    char *text = reply_to(line, size, &n);

    ck_assert_msg(n == strlen(reply) && memcmp(text, reply, n) == 0,
                  "'%.*s' became '%.*s', not '%s'", (int)size, line, (int)n,
                  text, reply);
    free(text);
}

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(rows[i].line, strlen(rows[i].line), rows[i].reply);
}

START_TEST(integers_are_doubled)
{
    static const struct row rows[] = {
        { "0\n", "0\n" },
        { "1\n", "2\n" },
        { "5\n", "10\n" },
        { "21\n", "42\n" },
        { "45\n", "90\n" },
        { "49\n", "98\n" },
        { "50\n", "100\n" },
        { "99\n", "198\n" },
        { "12345678901234567890123456789\n",
          "24691357802469135780246913578\n" },
        { "95959595959595959595\n", "191919191919191919190\n" },
    };

    expect_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(signs_zeros_and_blanks_are_as_in_python)
{
    static const struct row rows[] = {
        { "007\n", "14\n" },      { "0000\n", "0\n" },
        { "-0\n", "0\n" },        { "-000\n", "0\n" },
        { "+0\n", "0\n" },        { "+5\n", "10\n" },
        { "-5\n", "-10\n" },      { "-50\n", "-100\n" },
        { "-0049\n", "-98\n" },   { " 1\n", "2\n" },
        { "1 \n", "2\n" },        { "\t\v\f\r 8 \r\f\v\t\n", "16\n" },
        { "  -21  \n", "-42\n" }, { "21\r\n", "42\n" },
    };

    expect_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(what_is_no_integer_is_an_error)
{
    static const struct row rows[] = {
        { "x\n", "ERROR\n" },
        { "1x\n", "ERROR\n" },
        { "1 2\n", "ERROR\n" },
        { "1_000\n", "ERROR\n" },
        { "1.0\n", "ERROR\n" },
        { "1e3\n", "ERROR\n" },
        { "0x10\n", "ERROR\n" },
        { "--1\n", "ERROR\n" },
        { "+-1\n", "ERROR\n" },
        { "+ 1\n", "ERROR\n" },
        { "-\n", "ERROR\n" },
        { "+\n", "ERROR\n" },
        { "1-\n", "ERROR\n" },
        { "\xc2\xa0"
          "1\n",
          "ERROR\n" },
        { "\xd9\xa1\n", "ERROR\n" }, /* ARABIC-INDIC DIGIT ONE */
        { "\x1c"
          "1\n",
          "ERROR\n" },
    };

    expect_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(nul_bytes_are_an_error)
{
    expect("\0\n", 2, "ERROR\n");
    expect("1\0\n", 3, "ERROR\n");
    expect("1\0002\n", 4, "ERROR\n");
}
END_TEST

START_TEST(blank_lines_end_the_conversation)
{
    static const struct row rows[] = {
        { "\n", "" }, { "\r\n", "" }, { " \t\v\f\r\n", "" },
        { "", "" },   { "  ", "" },
    };

    expect_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(last_line_needs_no_newline)
{
    static const struct row rows[] = {
        { "21", "42\n" },
        { "x", "ERROR\n" },
        { "-9\r", "-18\n" },
    };

    expect_rows(rows, COUNT(rows));
}
END_TEST

/* The longest lines there are: before / n times the digit / after. */
static void expect_long(const char *before, char digit, size_t size,
                        const char *after, const char *head, char middle,
                        const char *tail)
{
    char line[DOUBLE_ROOM], reply[DOUBLE_ROOM + 1];
    size_t n, digits = size - strlen(before);
    size_t middles = digits - 1; /* the last digit has no carry from below */
    char *text;

    memcpy(line, before, strlen(before));
    memset(line + strlen(before), digit, digits);
    memcpy(line + size, after, strlen(after));

    memcpy(reply, head, strlen(head));
    memset(reply + strlen(head), middle, middles);
    memcpy(reply + strlen(head) + middles, tail, strlen(tail));

    text = reply_to(line, size + strlen(after), &n);
    ck_assert_uint_eq(n, strlen(head) + middles + strlen(tail));
    ck_assert_mem_eq(text, reply, n);
    free(text);
}

START_TEST(longest_lines_are_doubled)
{
    expect_long("", '9', DOUBLE_LINE, "\n", "1", '9', "8\n");
    expect_long("", '9', DOUBLE_LINE, "", "1", '9', "8\n");
    expect_long("-", '9', DOUBLE_LINE, "\n", "-1", '9', "8\n");
    expect_long("+", '4', DOUBLE_LINE, "\n", "", '8', "8\n");
    expect_long("  ", '5', DOUBLE_LINE - 1, "\r\n", "1", '1', "0\n");
}
END_TEST

START_TEST(longer_lines_are_an_error)
{
    char line[DOUBLE_ROOM];

    memset(line, '1', sizeof line);
    expect(line, DOUBLE_LINE + 1, "ERROR\n");

    /* only the blanks are too many, but a line is a line */
    memset(line, ' ', sizeof line);
    expect(line, DOUBLE_LINE + 1, "ERROR\n");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        integers_are_doubled,
        signs_zeros_and_blanks_are_as_in_python,
        what_is_no_integer_is_an_error,
        nul_bytes_are_an_error,
        blank_lines_end_the_conversation,
        last_line_needs_no_newline,
        longest_lines_are_doubled,
        longer_lines_are_an_error,
    };
    Suite *suite = suite_create("double");

    add_tests(suite, "line", tests, COUNT(tests), NULL, NULL);
    return run_suite(suite);
}
