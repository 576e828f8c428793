/* SPDX-License-Identifier: MIT */
/* traffic.c - makes up requests and checks the replies. */
#include <string.h>

#include "traffic.h"

/* Marsaglia's xorshift64. */
uint64_t traffic_draw(uint64_t *seed)
{
    uint64_t x = *seed;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *seed = x;
    return x;
}

/* ---- Echo --------------------------------------------------------------- */

static void ask_echo(char *buf, size_t size, int parts, uint64_t *seed)
{
    (void)parts;
    for (size_t i = 0; i < size; i += sizeof *seed) {
        size_t left = size - i;
        uint64_t x = traffic_draw(seed);

        memcpy(buf + i, &x, left < sizeof x ? left : sizeof x);
    }
}

static struct eddy_op hear_echo(struct eddy_stream *stream, char *buf,
                                size_t size)
{
    return eddy_read_exactly(stream, buf, size);
}

static bool right_echo(const char *asked, size_t size, const char *heard,
                       size_t heard_size)
{
    return heard_size == size && memcmp(asked, heard, size) == 0;
}

/* ---- Double ------------------------------------------------------------- */

/* One digit more and a NUL, or "ERROR" for a short line; the rest is for
 * replies that are wrong, lest they seem to be endless. */
enum { DOUBLE_GROWTH = 16 };

/* Random digits, with leading zeros now and then. */
static void fill_digits(char *buf, size_t size, uint64_t *seed)
{
    enum { DRAWN = 16 }; /* digits that one draw is good for */
    uint64_t x = 0;

    for (size_t i = 0; i < size; i++) {
        if (i % DRAWN == 0)
            x = traffic_draw(seed);
        buf[i] = (char)('0' + x % 10);
        x /= 10;
    }
}

/* Mostly digits alone; of 16 requests one has a sign of each kind, one has
 * blanks around it, and one is no number. */
static void ask_double(char *buf, size_t size, int parts, uint64_t *seed)
{
    size_t last = size - 2;

    (void)parts;
    fill_digits(buf, size - 1, seed);
    buf[size - 1] = '\n';
    if (size < 4)
        return; /* no room for anything but digits */
    switch (traffic_draw(seed) % 16) {
    case 0:
        buf[0] = '-';
        break;
    case 1:
        buf[0] = '+';
        break;
    case 2:
        buf[0] = ' ';
        buf[last] = '\r';
        break;
    case 3:
        buf[last] = 'x';
        break;
    default:
        break;
    }
}

static struct eddy_op hear_double(struct eddy_stream *stream, char *buf,
                                  size_t size)
{
    return eddy_read_line(stream, buf, size + DOUBLE_GROWTH);
}

/* Is heard[0..size) twice the number digits[0..count)? By long addition, from
 * the right, as at school. */
static bool is_double(const char *digits, size_t count, const char *heard,
                      size_t size)
{
    int carry = 0;

    while (count > 0 && *digits == '0') {
        digits++;
        count--;
    }
    if (count == 0)
        return size == 1 && *heard == '0';
    while (count > 0 || carry > 0) {
        int sum = carry;

        if (count > 0)
            sum += 2 * (digits[--count] - '0');
        if (size == 0 || heard[--size] != '0' + sum % 10)
            return false;
        carry = sum / 10;
    }
    return size == 0;
}

static bool is_zero(const char *digits, size_t count)
{
    return strspn(digits, "0") >= count;
}

static bool right_double(const char *asked, size_t size, const char *heard,
                         size_t heard_size)
{
    static const char error[] = "ERROR\n";
    size_t from = asked[0] < '0';                     /* a sign or a blank */
    size_t to = size - 1 - (asked[size - 2] == '\r'); /* without the end */

    if (asked[size - 2] == 'x')
        return heard_size == sizeof error - 1 &&
               memcmp(heard, error, heard_size) == 0;
    if (asked[0] == '-' && !is_zero(asked + from, to - from)) {
        if (*heard != '-')
            return false;
        heard++;
        heard_size--;
    }
    return heard_size > 0 && heard[heard_size - 1] == '\n' &&
           is_double(asked + from, to - from, heard, heard_size - 1);
}

static const struct traffic own[] = {
    { .service = "echo",
      .least = 1,
      .most = 1 << 20,
      .ask = ask_echo,
      .hear = hear_echo,
      .right = right_echo },
    { .service = "double",
      .least = 2,
      .most = 4097,
      .growth = DOUBLE_GROWTH,
      .ask = ask_double,
      .hear = hear_double,
      .right = right_double },
};

static const struct traffic *const traffics[] = {
    &own[0],        &own[1],         &fanout_traffic,
    &chain_traffic, &timers_traffic, &broadcast_traffic,
};

const struct traffic *traffic_find(const char *service)
{
    for (size_t i = 0; i < sizeof traffics / sizeof traffics[0]; i++) {
        if (strcmp(traffics[i]->service, service) == 0)
            return traffics[i];
    }
    return NULL;
}
