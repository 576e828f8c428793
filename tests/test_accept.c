/* SPDX-License-Identifier: MIT */
/* test_accept.c - taking connections, one by one or as they come. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net_support.h"

/* ---- One by one --------------------------------------------------------- */

START_TEST(accept_is_first_come_first_served)
{
    struct eddy_listener *listener;
    struct eddy_stream *streams[3] = { NULL };
    struct outcome accepting[3];
    int clients[3];

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    for (int i = 0; i < 3; i++)
        begin(&accepting[i], eddy_accept(listener, &streams[i]));
    some_turns(2);
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_null(streams[i]);
        clients[i] = knock(port_of(listener));
        ck_assert_int_eq(finish(&accepting[i]), 0);
        ck_assert_int_eq(accepting[i].place, i + 1);
        ck_assert_ptr_eq(accepting[i].result.stream, streams[i]);
    }
    for (int i = 0; i < 3; i++)
        drop(streams[i], clients[i]);
    drop_listener(listener);
}
END_TEST

START_TEST(connections_wait_for_their_accept)
{
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    int clients[5];
    char byte;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    for (int i = 0; i < 5; i++) {
        clients[i] = knock(port_of(listener));
        write_byte(clients[i]);
    }
    some_turns(3);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(perform(eddy_accept(listener, &stream)), 0);
        ck_assert_int_eq(perform(eddy_read(stream, &byte, 1)), 1);
        drop(stream, clients[i]);
    }
    drop_listener(listener);
}
END_TEST

START_TEST(accepted_stream_is_ready_for_use)
{
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    struct eddy_address ours, theirs;
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    int client, fd, no_delay = 0;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    client = knock(port_of(listener));
    ck_assert_int_eq(perform(eddy_accept(listener, &stream)), 0);
    fd = eddy_stream_fd(stream);
    ck_assert_int_gt(fd, 2);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_ptr_eq(eddy_stream_loop(stream), loop);
    ck_assert_int_eq(eddy_stream_local(stream, &ours), 0);
    ck_assert_int_eq(eddy_stream_peer(stream, &theirs), 0); /* P15 */
    ck_assert_int_eq(eddy_address_port(&ours), port_of(listener));
    ck_assert_int_eq(getsockname(client, (struct sockaddr *)&in, &size), 0);
    ck_assert_int_eq(eddy_address_port(&theirs), ntohs(in.sin_port));
    size = sizeof no_delay;
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size),
                     0);
    ck_assert_int_ne(no_delay, 0);
    drop(stream, client);
    drop_listener(listener);
}
END_TEST

START_TEST(accept_can_be_cancelled_and_limited)
{
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    struct outcome accepting[3];
    int client;

    open_loop(_i, VIRTUAL_TIME);
    listener = new_listener(NULL);
    ck_assert_int_eq(
        perform(eddy_within(EDDY_SECOND, eddy_accept(listener, &stream))),
        -ETIME);
    for (int i = 0; i < 3; i++)
        begin(&accepting[i], eddy_accept(listener, &stream));
    eddy_request_cancel(accepting[1].request);
    ck_assert_int_eq(finish(&accepting[1]), -ECANCELED);
    eddy_request_cancel(accepting[0].request);
    client = knock(port_of(listener));
    ck_assert_int_eq(finish(&accepting[2]), 0);
    ck_assert_int_eq(finish(&accepting[0]), -ECANCELED);
    drop(stream, client);
    drop_listener(listener);
}
END_TEST

START_TEST(connection_that_nobody_takes_is_closed) /* 2.1: lost products */
{
    struct eddy_listener *listener;
    int clients[2];
    char byte;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    ck_assert_int_eq(
        eddy_start(loop, eddy_accept(listener, NULL), NULL, NULL, NULL), 0);
    clients[0] = knock(port_of(listener));
    for (int i = 0; i < 5; i++)
        turn();
    ck_assert_int_eq(get(clients[0], &byte, 1), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_incoming(listener), NULL, NULL, NULL), 0);
    clients[1] = knock(port_of(listener));
    for (int i = 0; i < 5; i++)
        turn();
    ck_assert_int_eq(get(clients[1], &byte, 1), 0);
    close_both(clients);
    drop_listener(listener);
}
END_TEST

/* ---- As they come ------------------------------------------------------- */

struct door {
    struct eddy_listener *listener;
    struct eddy_request *request;
    void (*on_item)(struct door *door);
    int items, ends, most_in_a_turn, in_this_turn;
    uint64_t turn;
    int64_t last;
};

static uint64_t turns_so_far(void)
{
    struct eddy_loop_stats stats;

    ck_assert_int_eq(eddy_loop_stats(loop, &stats), 0);
    return stats.turns;
}

static void let_in(struct eddy_result result, void *arg)
{
    struct door *door = arg;

    ck_assert_int_eq(door->ends, 0);
    if (result.n <= 0) {
        door->ends++;
        door->last = result.n;
        return;
    }
    ck_assert_int_eq(result.n, 1);
    door->items++;
    door->in_this_turn =
        door->turn == turns_so_far() ? door->in_this_turn + 1 : 1;
    door->turn = turns_so_far();
    if (door->in_this_turn > door->most_in_a_turn)
        door->most_in_a_turn = door->in_this_turn;
    eddy_stream_free(result.stream, false);
    if (door->on_item != NULL)
        door->on_item(door);
}

static void open_door(struct door *door, struct eddy_listener *listener)
{
    door->listener = listener;
    ck_assert_int_eq(
        eddy_start(loop, eddy_incoming(listener), let_in, door, &door->request),
        0);
}

enum { CLIENTS = 40 };
static int clients[CLIENTS];

static void knock_often(struct eddy_listener *listener)
{
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = knock(port_of(listener));
}

static void go_away(void)
{
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(close(clients[i]), 0);
}

START_TEST(incoming_takes_a_few_each_turn) /* T31 */
{
    static const int budgets[] = { 0, 1, 3 };

    open_loop(_i, REAL_TIME);
    for (size_t i = 0; i < COUNT(budgets); i++) {
        struct eddy_listen_options options = { .accept_budget = budgets[i] };
        struct door door = { 0 };
        struct outcome second;

        open_door(&door, new_listener(&options));
        begin(&second, eddy_incoming(door.listener));
        ck_assert_int_eq(finish(&second), -EBUSY);
        knock_often(door.listener);
        wait_for_count(&door.items, CLIENTS);
        some_turns(2);
        ck_assert_int_eq(door.items, CLIENTS);
        ck_assert_int_eq(door.most_in_a_turn, budgets[i] ? budgets[i] : 16);
        drop_listener(door.listener);
        ck_assert_int_eq(door.last, -ECANCELED);
        go_away();
    }
}
END_TEST

static void pause_door(struct door *door)
{
    ck_assert_int_eq(eddy_request_pause(door->request, true), 0);
}

START_TEST(paused_incoming_leaves_them_in_the_backlog) /* test idea 47 */
{
    struct door door = { .on_item = pause_door };

    open_loop(_i, REAL_TIME);
    open_door(&door, new_listener(NULL));
    pause_door(&door);
    knock_often(door.listener);
    some_turns(3);
    for (int i = 0; i < CLIENTS; i++) {
        ck_assert_int_eq(door.items, i);
        ck_assert_int_eq(eddy_request_pause(door.request, false), 0);
        wait_for_count(&door.items, i + 1);
        some_turns(2);
    }
    drop_listener(door.listener);
    ck_assert_int_eq(door.ends, 1);
    go_away();
}
END_TEST

static void cancel_door(struct door *door)
{
    eddy_request_cancel(door->request);
}

START_TEST(incoming_cancelled_in_an_item_ends)
{
    struct door door = { .on_item = cancel_door }, second = { 0 };
    struct eddy_listener *listener;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    open_door(&door, listener);
    knock_often(listener);
    wait_for_count(&door.ends, 1);
    ck_assert_int_eq(door.items, 1);
    ck_assert_int_eq(door.last, -ECANCELED);
    open_door(&second, listener); /* the others are still there */
    wait_for_count(&second.items, CLIENTS - 1);
    drop_listener(listener);
    go_away();
}
END_TEST

static void free_door(struct door *door)
{
    eddy_listener_free(door->listener);
}

START_TEST(listener_may_be_freed_in_an_item) /* test idea 47 */
{
    struct door door = { .on_item = free_door };

    open_loop(_i, REAL_TIME);
    open_door(&door, new_listener(NULL));
    knock_often(door.listener);
    wait_for_count(&door.ends, 1);
    ck_assert_int_eq(door.items, 1);
    ck_assert_int_eq(door.last, -ECANCELED);
    go_away();
}
END_TEST

/* ---- The end ------------------------------------------------------------ */

START_TEST(freed_listener_ends_at_once_and_streams_live_on) /* N7 */
{
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    struct outcome accepting[2], late;
    uint16_t port;
    char byte;
    int client;

    open_loop(_i, REAL_TIME);
    eddy_listener_free(NULL);
    listener = new_listener(NULL);
    port = port_of(listener);
    client = knock(port);
    ck_assert_int_eq(perform(eddy_accept(listener, &stream)), 0);
    begin(&accepting[0], eddy_accept(listener, NULL));
    begin(&accepting[1], eddy_incoming(listener));
    eddy_listener_free(listener);
    ck_assert_int_eq(accepting[0].calls + accepting[1].calls, 0);
    ck_assert_int_eq(knock_at("127.0.0.1", port), -ECONNREFUSED);
    ck_assert_int_eq(eddy_listener_fd(listener), -EBADF);
    begin(&late, eddy_accept(listener, NULL)); /* before it is buried */
    ck_assert_int_eq(finish(&late), -EBADF);
    ck_assert_int_eq(finish(&accepting[0]), -ECANCELED);
    ck_assert_int_eq(finish(&accepting[1]), -ECANCELED);
    write_byte(client);
    ck_assert_int_eq(perform(eddy_read(stream, &byte, 1)), 1);
    drop(stream, client);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        accept_is_first_come_first_served,
        connections_wait_for_their_accept,
        accepted_stream_is_ready_for_use,
        accept_can_be_cancelled_and_limited,
        connection_that_nobody_takes_is_closed,
        incoming_takes_a_few_each_turn,
        paused_incoming_leaves_them_in_the_backlog,
        incoming_cancelled_in_an_item_ends,
        listener_may_be_freed_in_an_item,
        freed_listener_ends_at_once_and_streams_live_on,
    };
    Suite *suite = suite_create("accept");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
