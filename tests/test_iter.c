/* SPDX-License-Identifier: MIT */
/* test_iter.c - the items of multishot operations, one at a time. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "net_support.h"

static struct eddy_iter iter;
static char bytes[16];

static void open_iter(struct eddy_iter *it, struct eddy_op op)
{
    memset(it, 0, sizeof *it);
    eddy_iter_open(loop, it, &op);
}

/* The next item of an eddy_receive(), which must be this text. */
static void expect_bytes(struct eddy_iter *it, const char *text)
{
    ck_assert_int_eq(perform(eddy_next(it)), (int64_t)strlen(text));
    ck_assert_mem_eq(it->item.data, text, strlen(text));
}

static void close_iter(struct eddy_iter *it)
{
    ck_assert_int_eq(perform(eddy_iter_close(it)), 0);
}

/* ---- Items ----------------------------------------------------------------
 */

START_TEST(each_next_gives_an_item_and_then_the_end_again_and_again) /* C21 */
{
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    open_iter(&iter, eddy_receive(stream));
    put(peer, "one");
    expect_bytes(&iter, "one");
    put(peer, "two");
    some_turns(3); /* nobody asks: it waits */
    put(peer, "three");
    if (receives_by_itself())
        expect_bytes(&iter, "two");
    expect_bytes(&iter, receives_by_itself() ? "three" : "twothree");
    ck_assert_int_eq(close(peer), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(perform(eddy_next(&iter)), 0);
    close_iter(&iter);
    ck_assert_int_eq(perform(eddy_next(&iter)), 0);
    drop(stream, -1);
}
END_TEST

START_TEST(a_next_that_waits_is_told_when_an_item_comes) /* C21 */
{
    struct eddy_stream *stream;
    struct outcome asking;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    open_iter(&iter, eddy_receive(stream));
    begin(&asking, eddy_next(&iter));
    some_turns(3);
    ck_assert_int_eq(asking.calls, 0);
    put(peer, "late");
    ck_assert_int_eq(finish(&asking), 4);
    ck_assert_ptr_eq(asking.result.data, iter.item.data);
    close_iter(&iter);
    drop(stream, peer);
}
END_TEST

START_TEST(bytes_stay_until_the_next_next) /* 2.4 */
{
    enum { MANY = 8 };
    struct eddy_iter many[MANY];
    struct eddy_stream *streams[MANY];
    char text[2] = "";
    int peers[MANY];
    long live = 0;

    open_loop(_i, REAL_TIME);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
            if (round == 0) {
                streams[i] = new_stream(&peers[i]);
                open_iter(&many[i], eddy_receive(streams[i]));
            }
            text[0] = (char)('a' + i + round);
            put(peers[i], text);
            expect_bytes(&many[i], text);
        }
        for (int i = 0; i < MANY; i++) /* none was overwritten */
            ck_assert_int_eq(*(const char *)many[i].item.data, 'a' + i + round);
        live = round == 0 ? live_allocations() : live;
        ck_assert_int_le(live_allocations(), live);
    }
    for (int i = 0; i < MANY; i++) {
        close_iter(&many[i]);
        drop(streams[i], peers[i]);
    }
}
END_TEST

START_TEST(a_plain_receive_leaves_iterated_bytes_alone) /* 2.4 */
{
    struct eddy_stream *stream;
    struct taker taker = { 0 };
    int peers[2];

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peers[0]);
    open_iter(&iter, eddy_receive(stream));
    put(peers[0], "mine");
    expect_bytes(&iter, "mine");
    start_taking(&taker, new_stream(&peers[1]));
    put(peers[1], "others");
    wait_for_bytes(&taker, 6);
    ck_assert_mem_eq(iter.item.data, "mine", 4);
    close_iter(&iter);
    drop(taker.stream, peers[1]);
    drop(stream, peers[0]);
}
END_TEST

START_TEST(ticks_are_iterated) /* C21 */
{
    open_loop(_i, VIRTUAL_TIME);
    open_iter(&iter, eddy_every(10 * EDDY_MS, EDDY_SKIP));
    ck_assert_int_eq(perform(eddy_next(&iter)), 1);
    loop_time.now_ns += 35 * EDDY_MS; /* nobody asks: ticks are missed */
    some_turns(2);
    ck_assert_int_eq(perform(eddy_next(&iter)), 3);
    ck_assert_int_eq(perform(eddy_next(&iter)), 1);
    close_iter(&iter);
    ck_assert_int_eq(perform(eddy_next(&iter)), -ECANCELED);
}
END_TEST

/* ---- Streams --------------------------------------------------------------
 */

START_TEST(connections_are_iterated) /* C21 */
{
    struct eddy_listener *listener;
    struct eddy_result result;
    int clients[2];

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    open_iter(&iter, eddy_incoming(listener));
    for (int i = 0; i < 2; i++)
        clients[i] = knock(port_of(listener));
    for (int i = 0; i < 2; i++) {
        result = perform_fully(eddy_next(&iter));
        ck_assert_int_eq(result.n, 1);
        ck_assert_ptr_eq(result.stream, iter.item.stream);
        drop(result.stream, clients[i]);
    }
    close_iter(&iter);
    drop_listener(listener);
}
END_TEST

/* Is it closed at the other end? */
static bool is_closed(int client)
{
    char byte;

    some_turns(5);
    return get(client, &byte, 1) == 0;
}

START_TEST(a_connection_that_nobody_takes_is_the_next_ones) /* 2.1 */
{
    struct eddy_listener *listener;
    int client;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    open_iter(&iter, eddy_incoming(listener));
    client = knock(port_of(listener));
    set_nonblocking(client);
    ck_assert_int_eq(eddy_start(loop, eddy_next(&iter), NULL, NULL, NULL), 0);
    some_turns(5);
    ck_assert_int_eq(perform(eddy_next(&iter)), 1);
    drop(iter.item.stream, client);
    client = knock(port_of(listener));
    set_nonblocking(client);
    ck_assert_int_eq(eddy_start(loop, eddy_next(&iter), NULL, NULL, NULL), 0);
    some_turns(5);
    close_iter(&iter); /* there is no next one */
    ck_assert(is_closed(client));
    ck_assert_int_eq(close(client), 0);
    drop_listener(listener);
}
END_TEST

START_TEST(a_deferred_owns_the_connection_that_came) /* C26 */
{
    struct eddy_listener *listener;
    struct eddy_deferred *deferred;
    struct eddy_value value;
    int client;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    open_iter(&iter, eddy_incoming(listener));
    deferred = eddy_defer(loop, eddy_next(&iter));
    client = knock(port_of(listener));
    set_nonblocking(client);
    while (eddy_state(deferred) != EDDY_DONE)
        turn();
    value = eddy_take_result(deferred);
    ck_assert_ptr_eq(value.ptr, iter.item.stream);
    eddy_value_free(&value);
    ck_assert(is_closed(client));
    ck_assert_int_eq(close(client), 0);
    eddy_unref(deferred);
    close_iter(&iter);
    drop_listener(listener);
}
END_TEST

/* ---- One at a time, and none lost -----------------------------------------
 */

START_TEST(only_one_asks_at_a_time) /* C21 */
{
    struct eddy_stream *stream;
    struct outcome asking;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    open_iter(&iter, eddy_receive(stream));
    begin(&asking, eddy_next(&iter));
    ck_assert_int_eq(perform(eddy_next(&iter)), -EBUSY);
    put(peer, "x");
    ck_assert_int_eq(finish(&asking), 1);
    close_iter(&iter);
    drop(stream, peer);
}
END_TEST

START_TEST(a_next_that_is_cancelled_or_out_of_time_loses_nothing) /* C23 */
{
    struct eddy_stream *stream;
    struct outcome asking;
    int peer;

    open_loop(_i, VIRTUAL_TIME);
    stream = new_stream(&peer);
    open_iter(&iter, eddy_receive(stream));
    begin(&asking, eddy_next(&iter));
    eddy_request_cancel(asking.request);
    ck_assert_int_eq(finish(&asking), -ECANCELED);
    ck_assert_int_eq(perform(eddy_within(EDDY_SECOND, eddy_next(&iter))),
                     -ETIME);
    begin(&asking, eddy_next(&iter));
    put(peer, "kept");
    eddy_request_cancel(asking.request);
    ck_assert_int_eq(finish(&asking), -ECANCELED);
    some_turns(3);
    expect_bytes(&iter, "kept");
    close_iter(&iter);
    drop(stream, peer);
}
END_TEST

START_TEST(the_item_of_a_loser_is_the_next_ones) /* Z4 */
{
    struct eddy_stream *streams[2];
    struct eddy_iter iters[2];
    struct eddy_child children[2];
    int64_t winner, loser;
    int peers[2];

    open_loop(_i, REAL_TIME);
    for (int i = 0; i < 2; i++) {
        streams[i] = new_stream(&peers[i]);
        open_iter(&iters[i], eddy_receive(streams[i]));
        put(peers[i], i == 0 ? "left" : "right");
        children[i].op = eddy_next(&iters[i]);
    }
    winner = perform(eddy_any(children, 2));
    ck_assert_int_ge(winner, 0);
    loser = 1 - winner;
    ck_assert_int_eq(children[loser].result.n, -ECANCELED);
    ck_assert_int_eq(children[winner].result.n, winner == 0 ? 4 : 5);
    expect_bytes(&iters[loser], loser == 0 ? "left" : "right");
    for (int i = 0; i < 2; i++) {
        close_iter(&iters[i]);
        drop(streams[i], peers[i]);
    }
}
END_TEST

START_TEST(closing_frees_an_item_that_a_loser_left) /* 2.1 */
{
    struct eddy_listener *listeners[2];
    struct eddy_iter iters[2];
    struct eddy_child children[2];
    int64_t winner;
    int clients[2];

    open_loop(_i, REAL_TIME);
    for (int i = 0; i < 2; i++) {
        listeners[i] = new_listener(NULL);
        open_iter(&iters[i], eddy_incoming(listeners[i]));
        clients[i] = knock(port_of(listeners[i]));
        set_nonblocking(clients[i]);
        children[i].op = eddy_next(&iters[i]);
    }
    winner = perform(eddy_any(children, 2));
    ck_assert_int_ge(winner, 0);
    drop(children[winner].result.stream, -1);
    for (int i = 0; i < 2; i++) {
        close_iter(&iters[i]);
        drop_listener(listeners[i]);
        some_turns(3);
        ck_assert_int_eq(close(clients[i]), 0);
    }
}
END_TEST

/* ---- Closing --------------------------------------------------------------
 */

START_TEST(closing_ends_a_next_that_waits_and_tells_so_afterwards) /* C23 */
{
    struct outcome asking, closing[2];
    struct eddy_stream *stream;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_stream(&peer);
    open_iter(&iter, eddy_receive(stream));
    begin(&asking, eddy_next(&iter));
    begin(&closing[0], eddy_iter_close(&iter));
    begin(&closing[1], eddy_iter_close(&iter));
    eddy_request_cancel(closing[0].request); /* changes nothing */
    ck_assert_int_eq(finish(&closing[0]), 0);
    ck_assert_int_eq(finish(&closing[1]), 0);
    ck_assert_int_eq(finish(&asking), -ECANCELED);
    ck_assert_int_lt(asking.place, closing[0].place);
    ck_assert_int_eq(perform(eddy_next(&iter)), -ECANCELED);
    close_iter(&iter);
    put(peer, "free"); /* the stream is free for others */
    ck_assert_int_eq(perform(eddy_read(stream, bytes, sizeof bytes)), 4);
    drop(stream, peer);
}
END_TEST

START_TEST(closing_runs_in_who_has_been_cancelled_too) /* C23 */
{
    struct eddy_op op = eddy_iter_close(&iter);

    open_loop(_i, REAL_TIME);
    ck_assert_uint_ne(op.type->flags & EDDY_OP_ENDS, 0);
}
END_TEST

START_TEST(what_cannot_be_iterated_says_so) /* base.h */
{
    struct eddy_op none = { .type = NULL };
    struct eddy_iter zeroes;

    open_loop(_i, REAL_TIME);
    memset(&zeroes, 0, sizeof zeroes);
    ck_assert_int_eq(perform(eddy_next(NULL)), -EINVAL);
    ck_assert_int_eq(perform(eddy_next(&zeroes)), -EINVAL);
    ck_assert_int_eq(perform(eddy_iter_close(NULL)), -EINVAL);
    ck_assert_int_eq(perform(eddy_iter_close(&zeroes)), -EINVAL);
    eddy_iter_open(loop, NULL, &none);
    eddy_iter_open(loop, &iter, NULL);
    ck_assert_int_eq(perform(eddy_next(&iter)), -EINVAL);
    open_iter(&iter, none);
    ck_assert_int_eq(perform(eddy_next(&iter)), -EINVAL);
    open_iter(&iter, eddy_sleep(1)); /* has no items */
    ck_assert_int_eq(perform(eddy_next(&iter)), -EINVAL);
    close_iter(&iter);
    open_iter(&iter, eddy_every(0, EDDY_SKIP)); /* wrong itself */
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(perform(eddy_next(&iter)), -EINVAL);
    close_iter(&iter);
}
END_TEST

START_TEST(another_loop_cannot_ask) /* op.h */
{
    struct eddy_loop_options options = { .mem = *counting_mem() };
    struct eddy_loop *other;

    open_loop(_i, VIRTUAL_TIME);
    ck_assert_int_eq(eddy_loop_new(&other, &options), 0);
    open_iter(&iter, eddy_every(EDDY_SECOND, EDDY_SKIP));
    ck_assert_int_eq(eddy_loop_run_until(other, eddy_next(&iter)).n, -EXDEV);
    ck_assert_int_eq(eddy_loop_run_until(other, eddy_iter_close(&iter)).n,
                     -EXDEV);
    ck_assert_int_eq(eddy_loop_free(other), 0);
    close_iter(&iter);
}
END_TEST

START_TEST(only_who_waits_keeps_the_loop_alive) /* loop.h */
{
    struct outcome asking;

    open_loop(_i, VIRTUAL_TIME);
    open_iter(&iter, eddy_every(EDDY_SECOND, EDDY_SKIP));
    ck_assert(!eddy_loop_alive(loop));
    begin(&asking, eddy_next(&iter));
    ck_assert(eddy_loop_alive(loop));
    ck_assert_int_eq(finish(&asking), 1);
    ck_assert(!eddy_loop_alive(loop));
    close_iter(&iter);
}
END_TEST

START_TEST(a_loop_may_be_freed_with_it_open) /* C23 */
{
    struct eddy_iter waits, ticks;
    struct eddy_stream *stream;
    struct outcome asking;
    int peer;

    open_loop(_i, VIRTUAL_TIME);
    stream = new_stream(&peer);
    open_iter(&iter, eddy_receive(stream));
    open_iter(&ticks, eddy_every(EDDY_SECOND, EDDY_SKIP));
    open_iter(&waits, eddy_every(EDDY_SECOND, EDDY_SKIP));
    put(peer, "kept");
    expect_bytes(&iter, "kept");
    begin(&asking, eddy_next(&waits));
    close_loop();
    ck_assert_int_eq(asking.calls, 1);
    ck_assert_int_eq(asking.result.n, -ECANCELED);
    ck_assert_int_eq(close(peer), 0);
}
END_TEST

/* ---- Little memory --------------------------------------------------------
 */

START_TEST(without_memory_the_bytes_stay_in_the_stream) /* L42 */
{
    struct eddy_stream *streams[2];
    struct eddy_iter iters[2];
    int peers[2];

    open_loop(_i, REAL_TIME);
    for (int i = 0; i < 2; i++) {
        streams[i] = new_stream(&peers[i]);
        open_iter(&iters[i], eddy_receive(streams[i]));
        put(peers[i], "bytes");
    }
    expect_bytes(&iters[0], "bytes"); /* and keeps the only room */
    fail_allocation(1);
    ck_assert_int_eq(perform(eddy_next(&iters[1])), -ENOMEM);
    ck_assert(allocation_failed());
    ck_assert_int_eq(perform(eddy_next(&iters[1])), -ENOMEM);
    ck_assert_int_eq(perform(eddy_read(streams[1], bytes, sizeof bytes)), 5);
    for (int i = 0; i < 2; i++) {
        close_iter(&iters[i]);
        drop(streams[i], peers[i]);
    }
}
END_TEST

START_TEST(an_open_that_lacks_memory_is_told_by_next) /* L42 */
{
    struct eddy_stream *stream;
    bool failed = true;
    int peer;

    for (long nth = 1; failed; nth++) {
        open_loop(_i, REAL_TIME);
        stream = new_stream(&peer);
        put(peer, "x");
        fail_allocation(nth);
        open_iter(&iter, eddy_receive(stream));
        failed = allocation_failed();
        fail_allocation(0);
        ck_assert_int_eq(perform(eddy_next(&iter)), failed ? -ENOMEM : 1);
        close_iter(&iter);
        drop(stream, peer);
        close_loop();
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_next_gives_an_item_and_then_the_end_again_and_again,
        a_next_that_waits_is_told_when_an_item_comes,
        bytes_stay_until_the_next_next,
        a_plain_receive_leaves_iterated_bytes_alone,
        ticks_are_iterated,
        connections_are_iterated,
        a_connection_that_nobody_takes_is_the_next_ones,
        a_deferred_owns_the_connection_that_came,
        only_one_asks_at_a_time,
        a_next_that_is_cancelled_or_out_of_time_loses_nothing,
        the_item_of_a_loser_is_the_next_ones,
        closing_frees_an_item_that_a_loser_left,
        closing_ends_a_next_that_waits_and_tells_so_afterwards,
        closing_runs_in_who_has_been_cancelled_too,
        what_cannot_be_iterated_says_so,
        another_loop_cannot_ask,
        only_who_waits_keeps_the_loop_alive,
        a_loop_may_be_freed_with_it_open,
        without_memory_the_bytes_stay_in_the_stream,
        an_open_that_lacks_memory_is_told_by_next,
    };
    Suite *suite = suite_create("iter");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
