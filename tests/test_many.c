/* SPDX-License-Identifier: MIT */
/* test_many.c - as many descriptors at once as the process may have. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "net_support.h"

/* What the loop and Check need is left; more takes long and tells no more. */
enum { SPARE = 60, MOST = 20000 };

/* Two streams that throw a byte to and fro. */
struct pair {
    struct eddy_stream *ends[2];
    struct eddy_request reading;
    int throws_left;
    char byte;
};

static int playing;

static void throw_byte(struct pair *pair);

static void on_caught(struct eddy_result result, void *arg)
{
    struct pair *pair = arg;

    ck_assert_int_eq(result.n, 1);
    if (--pair->throws_left == 0)
        playing--;
    else
        throw_byte(pair);
}

static void throw_byte(struct pair *pair)
{
    struct eddy_stream *from = pair->ends[pair->throws_left % 2];
    struct eddy_stream *to = pair->ends[1 - pair->throws_left % 2];
    const struct eddy_op catching = eddy_read(to, &pair->byte, 1);

    eddy_begin(loop, &pair->reading, &catching, on_caught, pair);
    ck_assert_int_eq(eddy_send(from, "x", 1), 0);
}

/* The kqueue of the tests has descriptors of its own for each of ours. */
static size_t most_pairs(int index)
{
    size_t room = raise_fd_limit() - (size_t)count_open_fds() - SPARE;
    const char *name = tested_poller(index)->name;
    bool guest = eddy_poller_find(name) == NULL;

    ck_assert_uint_gt(room, 200);
    room = room < MOST ? room : MOST;
    return guest ? room / 6 : room / 2;
}

static struct pair *new_pairs(size_t count)
{
    struct pair *pairs = calloc(count, sizeof *pairs);

    for (size_t i = 0; i < count; i++) {
        int ends[2];

        make_pair(ends);
        pairs[i].ends[0] = stream_of(ends[0]);
        pairs[i].ends[1] = stream_of(ends[1]);
    }
    return pairs;
}

static void free_pairs(struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        eddy_stream_free(pairs[i].ends[0], false);
        eddy_stream_free(pairs[i].ends[1], false);
    }
    some_turns(1);
    free(pairs);
}

static void play(struct pair *pairs, size_t count, size_t step, int throws)
{
    playing = 0;
    for (size_t i = 0; i < count; i += step) {
        playing++;
        pairs[i].throws_left = throws;
        throw_byte(&pairs[i]);
    }
    while (playing > 0)
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_SECOND), 0);
}

START_TEST(all_of_very_many_streams_are_served) /* test idea 121, T18 */
{
    size_t count = most_pairs(_i);
    struct pair *pairs;

    open_loop(_i, REAL_TIME);
    pairs = new_pairs(count);
    play(pairs, count, 1, 3);            /* all of them at once */
    play(pairs, count, count / 10, 100); /* a few among many idle ones */
    free_pairs(pairs, count);
}
END_TEST

START_TEST(very_many_that_are_freed_leave_room_for_as_many)
{
    size_t count = most_pairs(_i);
    struct pair *pairs;

    open_loop(_i, REAL_TIME);
    for (int twice = 0; twice < 2; twice++) {
        pairs = new_pairs(count);
        play(pairs, count, count / 100, 2);
        free_pairs(pairs, count);
    }
}
END_TEST

/* With few descriptors each one must come back. */
START_TEST(no_descriptor_is_lost_in_many_connections) /* test idea 124 */
{
    enum { CONNECTIONS = 2000 };
    struct eddy_listener *listener;
    int before;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    some_turns(1);
    before = count_open_fds();
    for (int i = 0; i < CONNECTIONS; i++) {
        struct eddy_stream *server;
        int client = knock(port_of(listener));
        char byte;

        ck_assert_int_eq(perform(eddy_accept(listener, &server)), 0);
        ck_assert_int_lt(eddy_stream_fd(server), before + 16);
        ck_assert_int_eq(perform(eddy_write(server, "x", 1)), 1);
        ck_assert_int_eq(read(client, &byte, 1), 1);
        drop(server, -1);
        reset(client); /* no port lingers */
    }
    ck_assert_int_le(count_open_fds(), before + 2);
    drop_listener(listener);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        all_of_very_many_streams_are_served,
        very_many_that_are_freed_leave_room_for_as_many,
        no_descriptor_is_lost_in_many_connections,
    };
    Suite *suite = suite_create("many");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
