/* SPDX-License-Identifier: MIT */
/* test_receive.c - bytes as they come, item by item. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream_support.h"

/* A peer in the same loop that writes a lot: many items' worth. */
enum { FLOOD = 1 << 20 };
static char flood[FLOOD], got[FLOOD];
static struct eddy_stream *ends[2];
static struct outcome flooding;

static struct eddy_stream *start_flood(void)
{
    new_streams(ends);
    fill_pattern(flood, FLOOD, 0);
    begin(&flooding, eddy_write(ends[0], flood, FLOOD));
    return ends[1];
}

static void end_flood(void)
{
    ck_assert_int_eq(finish(&flooding), FLOOD);
    drop(ends[0], -1);
    drop(ends[1], -1);
}

/* ---- Items -------------------------------------------------------------- */

START_TEST(items_are_what_has_come_and_0_is_the_end) /* P1 */
{
    struct taker taker = { 0 };
    int peer;

    open_loop(_i, REAL_TIME);
    start_taking(&taker, new_tcp_stream(&peer));
    put(peer, "one");
    wait_for_bytes(&taker, 3);
    put(peer, "two");
    wait_for_bytes(&taker, 6);
    ck_assert_int_eq(taker.items, 2);
    put(peer, "!");
    ck_assert_int_eq(close(peer), 0);
    ck_assert_int_eq(wait_for_end(&taker), 0);
    ck_assert_mem_eq(taker.bytes, "onetwo!", 7);
    drop(taker.stream, -1);
}
END_TEST

START_TEST(it_begins_with_what_a_line_left)
{
    struct taker taker = { 0 };
    struct eddy_stream *stream;
    char buf[16];
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    put(peer, "line\nrest");
    ck_assert_int_eq(perform(eddy_read_line(stream, buf, sizeof buf)), 5);
    start_taking(&taker, stream);
    wait_for_bytes(&taker, 4);
    put(peer, "+");
    wait_for_bytes(&taker, 5);
    ck_assert_mem_eq(taker.bytes, "rest+", 5);
    drop(stream, peer);
}
END_TEST

/* No event tells of these, so the stream must remember. */
START_TEST(much_that_was_read_ahead_comes_all)
{
    struct taker taker = { 0 };
    struct eddy_stream *stream;

    open_loop(_i, REAL_TIME);
    stream = start_flood();
    ck_assert_int_eq(
        perform(eddy_read_until(stream, got, FLOOD - 1, "never seen", 10)),
        -EMSGSIZE);
    start_taking(&taker, stream);
    wait_for_bytes(&taker, FLOOD);
    ck_assert_int_le(taker.most_in_a_turn, 4 * 8); /* rounds of completions */
    end_flood();
}
END_TEST

static int busy_fd;

static int64_t endless_recv(void *arg, int fd, bool socket, void *buf,
                            size_t size)
{
    if (fd != busy_fd)
        return eddy_sys_default()->recv(arg, fd, socket, buf, size);
    memset(buf, 'x', size);
    return (int64_t)size;
}

START_TEST(busy_stream_takes_its_share_only) /* P15: 256 KiB a turn */
{
    struct eddy_sys sys = *eddy_sys_default();
    struct eddy_loop_options options = { .sys = &sys };
    struct taker busy = { 0 }, calm = { 0 };
    int peers[2];

    sys.recv = endless_recv;
    open_loop_with(_i, &options);
    start_taking(&busy, new_stream(&peers[0]));
    start_taking(&calm, new_stream(&peers[1]));
    busy_fd = eddy_stream_fd(busy.stream);
    put(peers[0], "x"); /* never read: always ready */
    some_turns(10);
    put(peers[1], "y");
    wait_for_bytes(&calm, 1);
    some_turns(10);
    ck_assert_int_ge(busy.items, 20);
    ck_assert_int_le(busy.most_in_a_turn, 4);
    drop(busy.stream, peers[0]);
    drop(calm.stream, peers[1]);
}
END_TEST

START_TEST(idle_connections_hold_no_buffer)
{
    struct taker first = { 0 }, second = { 0 };
    int peers[2];
    long before;

    open_loop(_i, REAL_TIME);
    start_taking(&first, new_stream(&peers[0]));
    put(peers[0], "x");
    wait_for_bytes(&first, 1);
    second.stream = new_stream(&peers[1]);
    before = live_allocations();
    start_taking(&second, second.stream);
    put(peers[1], "y");
    wait_for_bytes(&second, 1);
    ck_assert_int_eq(live_allocations(), before);
    drop(first.stream, peers[0]);
    drop(second.stream, peers[1]);
}
END_TEST

/* ---- Pausing ------------------------------------------------------------ */

START_TEST(paused_receive_is_silent) /* P13, test idea 42 */
{
    struct taker taker = { 0 };
    int peer;

    open_loop(_i, REAL_TIME);
    start_taking(&taker, new_stream(&peer));
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_request_pause(taker.request, true), 0);
    put(peer, "one");
    some_turns(5);
    ck_assert_int_eq(taker.items, 0);
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_request_pause(taker.request, false), 0);
    ck_assert_int_eq(taker.items, 0); /* never inside */
    wait_for_bytes(&taker, 3);
    ck_assert_int_eq(taker.items, 1);
    drop(taker.stream, peer);
}
END_TEST

static void pause_it(struct taker *taker)
{
    ck_assert_int_eq(eddy_request_pause(taker->request, true), 0);
}

START_TEST(pausing_in_an_item_holds_the_next_one_back)
{
    struct taker taker = { .on_item = pause_it };

    open_loop(_i, REAL_TIME);
    start_taking(&taker, start_flood());
    for (int items = 1; taker.size < FLOOD; items++) {
        while (taker.items < items)
            turn();
        some_turns(3);
        ck_assert_int_eq(taker.items, items);
        ck_assert_int_eq(eddy_request_pause(taker.request, false), 0);
    }
    end_flood();
}
END_TEST

static void pause_and_resume(struct taker *taker)
{
    ck_assert_int_eq(eddy_request_pause(taker->request, true), 0);
    ck_assert_int_eq(eddy_request_pause(taker->request, false), 0);
}

START_TEST(pause_and_resume_in_a_turn_cost_no_system_call)
{
    struct taker taker = { .on_item = pause_and_resume };
    struct eddy_loop_stats before, after;
    int peer;

    open_loop(_i, REAL_TIME);
    start_taking(&taker, new_stream(&peer));
    put(peer, "x");
    wait_for_bytes(&taker, 1);
    ck_assert_int_eq(eddy_loop_stats(loop, &before), 0);
    for (size_t i = 2; i < 50; i++) {
        put(peer, "x");
        wait_for_bytes(&taker, i);
    }
    ck_assert_int_eq(eddy_loop_stats(loop, &after), 0);
    ck_assert_uint_eq(after.sets, before.sets);
    drop(taker.stream, peer);
}
END_TEST

START_TEST(reset_while_paused_does_not_spin) /* T8, test idea 41 */
{
    struct taker taker = { 0 };
    struct eddy_loop_stats before, after;
    int peer;

    open_loop(_i, REAL_TIME);
    start_taking(&taker, new_tcp_stream(&peer));
    put(peer, "x");
    wait_for_bytes(&taker, 1);
    ck_assert_int_eq(eddy_request_pause(taker.request, true), 0);
    reset(peer);
    ck_assert_int_eq(eddy_loop_stats(loop, &before), 0);
    for (int i = 0; i < 10; i++)
        turn();
    ck_assert_int_eq(eddy_loop_stats(loop, &after), 0);
    ck_assert_uint_le(after.events, before.events + 2);
    ck_assert_int_eq(taker.ends, 0);
    ck_assert_int_eq(eddy_request_pause(taker.request, false), 0);
    ck_assert_int_eq(wait_for_end(&taker), -ECONNRESET);
    drop(taker.stream, -1);
}
END_TEST

/* ---- The end ------------------------------------------------------------ */

static void cancel_it(struct taker *taker)
{
    eddy_request_cancel(taker->request);
}

START_TEST(cancelled_in_an_item_it_leaves_the_rest)
{
    struct taker taker = { .on_item = cancel_it };
    struct eddy_stream *stream;
    size_t left;

    open_loop(_i, REAL_TIME);
    stream = start_flood();
    start_taking(&taker, stream);
    ck_assert_int_eq(wait_for_end(&taker), -ECANCELED);
    ck_assert_int_eq(taker.items, 1);
    left = FLOOD - taker.size; /* is read in another way */
    ck_assert_int_eq(perform(eddy_read_exactly(stream, got, left)),
                     (int64_t)left);
    check_pattern(got, left, taker.size);
    end_flood();
}
END_TEST

static void free_it(struct taker *taker)
{
    eddy_stream_free(taker->stream, false);
}

START_TEST(freed_in_an_item_it_ends) /* test idea 42 */
{
    struct taker taker = { .on_item = free_it };
    int peer;

    open_loop(_i, REAL_TIME);
    start_taking(&taker, new_stream(&peer));
    ck_assert_int_gt(write(peer, flood, 100000), 65536);
    ck_assert_int_eq(wait_for_end(&taker), -ECANCELED);
    ck_assert_int_eq(taker.items, 1);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

START_TEST(limit_ends_it_paused_or_not)
{
    open_loop(_i, VIRTUAL_TIME);
    for (int paused = 0; paused <= 1; paused++) {
        struct taker taker = { 0 };
        int peer;
        struct eddy_op op;

        taker.stream = new_stream(&peer);
        op = eddy_within(EDDY_SECOND, eddy_receive(taker.stream));
        ck_assert_int_eq(
            eddy_start(loop, op, take_item, &taker, &taker.request), 0);
        put(peer, "x");
        wait_for_bytes(&taker, 1);
        ck_assert_int_eq(eddy_request_pause(taker.request, paused), 0);
        ck_assert_int_eq(wait_for_end(&taker), -ETIME);
        drop(taker.stream, peer);
    }
}
END_TEST

START_TEST(no_memory_for_it_leaves_the_stream_whole)
{
    struct eddy_stream *stream;
    struct outcome outcome;
    char byte;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    ck_assert_int_eq(perform(eddy_next_turn()), 0); /* has made requests */
    fail_allocation(1);
    begin(&outcome, eddy_receive(stream));
    ck_assert_int_eq(finish(&outcome), -ENOMEM);
    put(peer, "x");
    ck_assert_int_eq(perform(eddy_read(stream, &byte, 1)), 1);
    drop(stream, peer);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        items_are_what_has_come_and_0_is_the_end,
        it_begins_with_what_a_line_left,
        much_that_was_read_ahead_comes_all,
        busy_stream_takes_its_share_only,
        idle_connections_hold_no_buffer,
        paused_receive_is_silent,
        pausing_in_an_item_holds_the_next_one_back,
        pause_and_resume_in_a_turn_cost_no_system_call,
        reset_while_paused_does_not_spin,
        cancelled_in_an_item_it_leaves_the_rest,
        freed_in_an_item_it_ends,
        limit_ends_it_paused_or_not,
        no_memory_for_it_leaves_the_stream_whole,
    };
    Suite *suite = suite_create("receive");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
