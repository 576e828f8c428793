/* SPDX-License-Identifier: MIT */
/* traffic_parts.c - what is said to the services of `eddy compare` alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "traffic.h"

/* ---- Numbers made of parts ---------------------------------------------- */

static void ask_parts(char *buf, size_t size, int parts, uint64_t *seed)
{
    char line[32];

    snprintf(line, sizeof line, "%04d %010llu\n", parts,
             (unsigned long long)(traffic_draw(seed) % 1000000000));
    memcpy(buf, line, size);
}

enum { GROWTH = PARTS_REPLY - PARTS_SIZE };

static struct eddy_op hear_number(struct eddy_stream *stream, char *buf,
                                  size_t size)
{
    return eddy_read_line(stream, buf, size + GROWTH);
}

static bool is_number(int64_t number, const char *heard, size_t heard_size)
{
    char line[PARTS_REPLY];

    snprintf(line, sizeof line, "%lld\n", (long long)number);
    return strlen(line) == heard_size && memcmp(line, heard, heard_size) == 0;
}

/* What was asked is in its place, but is not ended by a NUL. */
static int64_t read_asked(const char *asked, int64_t *ret_parts)
{
    *ret_parts = strtoll(asked, NULL, 10);
    return strtoll(asked + strlen("0000 "), NULL, 10);
}

static bool right_sum(const char *asked, size_t size, const char *heard,
                      size_t heard_size)
{
    int64_t parts, number = read_asked(asked, &parts);

    (void)size;
    return is_number(parts * number + parts * (parts + 1) / 2 + parts, heard,
                     heard_size);
}

static bool right_last(const char *asked, size_t size, const char *heard,
                       size_t heard_size)
{
    int64_t parts, number = read_asked(asked, &parts);

    (void)size;
    return is_number(number + parts, heard, heard_size);
}

static bool right_same(const char *asked, size_t size, const char *heard,
                       size_t heard_size)
{
    int64_t parts, number = read_asked(asked, &parts);

    (void)size;
    return is_number(number, heard, heard_size);
}

const struct traffic fanout_traffic = {
    .service = "fanout",
    .least = PARTS_SIZE,
    .most = PARTS_SIZE,
    .growth = GROWTH,
    .ask = ask_parts,
    .hear = hear_number,
    .right = right_sum,
};

const struct traffic chain_traffic = {
    .service = "chain",
    .least = PARTS_SIZE,
    .most = PARTS_SIZE,
    .growth = GROWTH,
    .ask = ask_parts,
    .hear = hear_number,
    .right = right_last,
};

const struct traffic timers_traffic = {
    .service = "timers",
    .least = PARTS_SIZE,
    .most = PARTS_SIZE,
    .growth = GROWTH,
    .ask = ask_parts,
    .hear = hear_number,
    .right = right_same,
};

/* ---- Broadcast ---------------------------------------------------------- */

static void ask_broadcast(char *buf, size_t size, int parts, uint64_t *seed)
{
    (void)parts;
    memset(buf, (int)('a' + traffic_draw(seed) % 26), size - 1);
    buf[size - 1] = '\n';
}

static struct eddy_op hear_ok(struct eddy_stream *stream, char *buf,
                              size_t size)
{
    return eddy_read_line(stream, buf, size);
}

static bool right_ok(const char *asked, size_t size, const char *heard,
                     size_t heard_size)
{
    (void)asked;
    (void)size;
    return heard_size == 3 && memcmp(heard, "ok\n", 3) == 0;
}

const struct traffic broadcast_traffic = {
    .service = "broadcast",
    .least = 4,
    .most = 4096,
    .audience = true,
    .ask = ask_broadcast,
    .hear = hear_ok,
    .right = right_ok,
};
