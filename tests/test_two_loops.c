/* SPDX-License-Identifier: MIT */
/* test_two_loops.c - loops in several threads that talk to each other and have
 * nothing in common: what a thread sanitizer should look at. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "echo_support.h"
#include "net_support.h"

enum { WORKERS = 4, CLIENTS = 8, ROUNDS = 100, SIZE = 1000 };

/* A loop in a thread of its own, with a server and with clients of the next
 * one's. */
struct worker {
    pthread_t thread;
    struct eddy_loop *loop;
    struct echo_server server;
    struct eddy_endpoint to;
    int clients_left;
};

struct client {
    struct worker *worker;
    struct eddy_stream *stream;
    struct eddy_request request;
    int round;
    char sent[SIZE], back[SIZE];
};

static struct worker workers[WORKERS];
static struct client clients[WORKERS][CLIENTS];
static atomic_int busy, mistakes;

static void close_door(void *arg)
{
    struct worker *worker = arg;

    eddy_listener_free(worker->server.listener);
}

/* The last one to be done tells all to close their doors. */
static void one_done(struct client *client)
{
    eddy_stream_free(client->stream, true);
    if (--client->worker->clients_left > 0 || --busy > 0)
        return;
    for (int i = 0; i < WORKERS; i++)
        mistakes +=
            eddy_loop_post(workers[i].loop, close_door, &workers[i]) < 0;
}

static void on_echo(struct eddy_result result, void *arg);

static void next_round(struct client *client)
{
    const struct eddy_op reading =
        eddy_read_exactly(client->stream, client->back, SIZE);

    fill_pattern(client->sent, SIZE, (uint64_t)client->round * SIZE);
    if (eddy_send(client->stream, client->sent, SIZE) < 0)
        mistakes++;
    eddy_begin(client->worker->loop, &client->request, &reading, on_echo,
               client);
}

static void on_echo(struct eddy_result result, void *arg)
{
    struct client *client = arg;

    if (result.n != SIZE || memcmp(client->sent, client->back, SIZE) != 0)
        mistakes++;
    if (result.n == SIZE && ++client->round < ROUNDS)
        next_round(client);
    else
        one_done(client);
}

static void on_connected(struct eddy_result result, void *arg)
{
    struct client *client = arg;

    client->stream = result.n == 0 ? result.stream : NULL;
    if (result.n == 0) {
        next_round(client);
    } else {
        mistakes++;
        one_done(client);
    }
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct client *mine = clients[worker - workers];
    const struct eddy_op op = eddy_connect(&worker->to, NULL);

    mistakes += echo_start(&worker->server) < 0;
    for (int i = 0; i < CLIENTS; i++) {
        mine[i] = (struct client){ .worker = worker };
        eddy_begin(worker->loop, &mine[i].request, &op, on_connected, &mine[i]);
    }
    mistakes += eddy_loop_run(worker->loop) != 0;
    return NULL;
}

static void prepare(struct worker *worker, int index, enum echo_kind kind)
{
    open_loop(index, REAL_TIME);
    *worker = (struct worker){ .loop = loop,
                               .server.kind = kind,
                               .clients_left = CLIENTS };
    worker->server.listener = new_listener(NULL);
    loop = NULL;
}

START_TEST(loops_in_threads_do_not_meet) /* test idea 99 */
{
    busy = WORKERS;
    mistakes = 0;
    for (int i = 0; i < WORKERS; i++)
        prepare(&workers[i], _i, i % 2 ? ECHO_BY_ITEMS : ECHO_BY_OPERATIONS);
    for (int i = 0; i < WORKERS; i++)
        workers[i].to = eddy_tcp(
            "127.0.0.1", port_of(workers[(i + 1) % WORKERS].server.listener));
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
    ck_assert_int_eq(mistakes, 0);
    for (int i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(workers[i].server.accepted, CLIENTS);
        ck_assert_int_eq(workers[i].server.live, 0);
        ck_assert_int_eq(eddy_loop_free(workers[i].loop), 0);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { loops_in_threads_do_not_meet };
    Suite *suite = suite_create("two_loops");

    add_per_poller(suite, tests, COUNT(tests), NULL, NULL);
    return run_suite(suite);
}
