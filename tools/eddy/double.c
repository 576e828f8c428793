/* SPDX-License-Identifier: MIT */
/* double.c - twice the number in a line, whatever its length. */
#include <stdbool.h>
#include <string.h>

#include "double.h"

/* isspace() of the C locale, which the user's locale must not change. */
static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t reply_error(char *text)
{
    memcpy(text, DOUBLE_ERROR, sizeof DOUBLE_ERROR - 1);
    return sizeof DOUBLE_ERROR - 1;
}

/*
 * Doubles digits[0..count). A digit of five or more carries one to its left
 * neighbour and, as twice four and one is nine, a carry never travels farther:
 * so it goes from left to right, and in place.
 */
static void double_digits(char *digits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int carry = i + 1 < count && digits[i + 1] >= '5';

        digits[i] = (char)('0' + (digits[i] - '0') * 2 % 10 + carry);
    }
}

/* What a line holds: a sign, and the digits text[from..to). */
struct number {
    size_t from, to;
    bool negative;
};

/* The text without the blanks around it. */
static struct number trim(const char *text, size_t size)
{
    struct number number = { 0, size, false };

    while (number.to > 0 && is_blank(text[number.to - 1]))
        number.to--;
    while (number.from < number.to && is_blank(text[number.from]))
        number.from++;
    return number;
}

/* Finds the sign and the first digit that counts; false: it is no number. */
static bool find_digits(const char *text, struct number *number)
{
    char sign = text[number->from];

    if (sign == '-' || sign == '+')
        number->from++;
    if (number->from == number->to)
        return false;
    for (size_t i = number->from; i < number->to; i++) {
        if (!is_digit(text[i]))
            return false;
    }
    while (number->from + 1 < number->to && text[number->from] == '0')
        number->from++;
    number->negative = sign == '-' && text[number->from] != '0';
    return true;
}

static size_t reply_double(char *text, const struct number *number)
{
    bool carry = text[number->from] >= '5';
    size_t at = (size_t)number->negative + carry;
    size_t count = number->to - number->from;

    memmove(text + at, text + number->from, count);
    double_digits(text + at, count);
    if (carry)
        text[at - 1] = '1';
    if (number->negative)
        text[0] = '-';
    text[at + count] = '\n';
    return at + count + 1;
}

size_t double_line(char *text, size_t size)
{
    struct number number;

    if (size > 0 && text[size - 1] == '\n')
        size--;
    if (size > DOUBLE_LINE)
        return reply_error(text);
    number = trim(text, size);
    if (number.from == number.to)
        return 0;
    return find_digits(text, &number) ? reply_double(text, &number)
                                      : reply_error(text);
}

void double_last_lines(struct eddy_stream *stream, const char *lines,
                       size_t size)
{
    const char *to = lines + size, *end;
    char reply[DOUBLE_ROOM];

    while ((end = memchr(lines, '\n', (size_t)(to - lines))) != NULL) {
        size = (size_t)(++end - lines);
        memcpy(reply, lines, size);
        size = double_line(reply, size);
        if (size == 0 || eddy_send(stream, reply, size) < 0)
            return;
        lines = end;
    }
}
