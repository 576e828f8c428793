/* SPDX-License-Identifier: MIT */
/* tasks.c - generators, tasks and scopes, on any processor: see check.c. */
#include "tasks.h"

#include <string.h>
#include <sys/socket.h>

#include <eddy.h>

#include "promises.h"

/* ---- Loops in virtual time ---------------------------------------------- */

static struct eddy_virtual_time virtual_time;

static struct eddy_loop *new_loop(void)
{
    struct eddy_loop_options options = { .flags = EDDY_LOOP_NO_ENV };
    struct eddy_loop *loop;

    virtual_time.now_ns = EDDY_SECOND;
    options.clock = eddy_virtual_clock(&virtual_time);
    REQUIRE(eddy_loop_new(&loop, &options) == 0);
    return loop;
}

/* Runs fn as the main task of a loop of its own: its n. */
static int64_t run(eddy_task_fn *fn, void *arg)
{
    struct eddy_loop *loop = new_loop();
    int64_t n = eddy_loop_run_task(loop, fn, arg).n;

    REQUIRE(eddy_loop_free(loop) == 0);
    return n;
}

/* ---- Generators --------------------------------------------------------- */

/* Yields the numbers below *end, and what is sent in their place. */
static struct eddy_value count_up(struct eddy_generator *self, void *end)
{
    for (int64_t i = 0; i < *(int64_t *)end; i++) {
        struct eddy_value sent = eddy_yield(self, eddy_int(i));

        if (eddy_value_is_error(&sent))
            return sent;
        if (sent.n > 0)
            i = sent.n;
    }
    return eddy_int(*(int64_t *)end);
}

static struct eddy_stacks *stacks;

static struct eddy_generator *counting(int64_t *end, eddy_generator_fn *fn)
{
    struct eddy_generator *generator;

    REQUIRE(eddy_generator_new(&generator, stacks, fn, end, NULL) == 0);
    return generator;
}

static void a_generator_yields_takes_and_ends(void)
{
    int64_t end = 1000, sum = 0;
    struct eddy_generator *generator = counting(&end, count_up);
    struct eddy_value value;

    for (int i = 0; i < 500; i++) {
        REQUIRE(eddy_generator_next(generator, &value) == 1);
        sum += value.n;
    }
    REQUIRE(sum == 499 * 500 / 2);
    REQUIRE(eddy_generator_send(generator, eddy_int(997), &value) == 1);
    REQUIRE(value.n == 998);
    REQUIRE(eddy_generator_next(generator, &value) == 1);
    REQUIRE(eddy_generator_next(generator, &value) == 0 && value.n == 1000);
    REQUIRE(eddy_generator_next(generator, &value) == 0);
    eddy_generator_free(generator);
}

/* Delegates as deep as *end says, then counts to it. */
static struct eddy_value delegate(struct eddy_generator *self, void *end)
{
    static int64_t depth;
    int64_t *numbers = end;

    if (++depth >= *numbers) {
        depth = 0;
        return eddy_yield_from(self, counting(numbers, count_up));
    }
    return eddy_yield_from(self, counting(numbers, delegate));
}

static void generators_delegate_to_any_depth_and_close(void)
{
    int64_t end = 50;
    struct eddy_generator *generator = counting(&end, delegate);
    struct eddy_value value;

    for (int64_t i = 0; i < end / 2; i++)
        REQUIRE(eddy_generator_next(generator, &value) == 1 && value.n == i);
    REQUIRE(eddy_generator_close(generator) == 0);
    REQUIRE(eddy_generator_next(generator, &value) == 0);
    eddy_generator_free(generator);
}

/* ---- Tasks -------------------------------------------------------------- */

static int woken;

static struct eddy_result wake_at(struct eddy_task *self, void *rank)
{
    int64_t which = *(int *)rank;

    REQUIRE(eddy_await(self, eddy_sleep(which * EDDY_SECOND)) == 0);
    REQUIRE(++woken == which);
    return eddy_n(0);
}

static struct eddy_result sleep_in_disorder(struct eddy_task *self, void *arg)
{
    static int ranks[] = { 3, 1, 4, 2, 5 };
    struct eddy_scope scope;
    int err = eddy_scope_open(self, &scope, NULL);

    (void)arg;
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0] && err == 0; i++)
        err = eddy_spawn(&scope, wake_at, &ranks[i], NULL);
    return eddy_n(eddy_scope_close(&scope, err));
}

static void tasks_sleep_and_wake_in_order(void)
{
    woken = 0;
    REQUIRE(run(sleep_in_disorder, NULL) == 0 && woken == 5);
    REQUIRE(virtual_time.now_ns == 6 * EDDY_SECOND);
}

static struct eddy_result wait_for_ever(struct eddy_task *self, void *arg)
{
    (void)arg;
    return eddy_n(eddy_await(self, eddy_sleep(EDDY_FOREVER)));
}

static struct eddy_result fail(struct eddy_task *self, void *arg)
{
    (void)arg;
    (void)eddy_task_yield(self);
    return eddy_n(-EIO);
}

static struct eddy_result spawn_one_that_fails(struct eddy_task *self,
                                               void *arg)
{
    struct eddy_scope scope;
    int err = eddy_scope_open(self, &scope, NULL);

    (void)arg;
    REQUIRE(err == 0 && eddy_spawn(&scope, wait_for_ever, NULL, NULL) == 0);
    REQUIRE(eddy_spawn(&scope, fail, NULL, NULL) == 0);
    return eddy_n(eddy_scope_close(&scope, 0));
}

static struct eddy_result run_out_of_time(struct eddy_task *self, void *arg)
{
    struct eddy_scope_options options = { .timeout_ns = EDDY_SECOND };
    struct eddy_scope scope;

    (void)arg;
    REQUIRE(eddy_scope_open(self, &scope, &options) == 0);
    REQUIRE(eddy_spawn(&scope, wait_for_ever, NULL, NULL) == 0);
    return eddy_n(eddy_scope_close(&scope, 0));
}

static void scopes_fail_and_run_out_of_time(void)
{
    REQUIRE(run(spawn_one_that_fails, NULL) == -EIO);
    REQUIRE(run(run_out_of_time, NULL) == -ETIME);
    REQUIRE(virtual_time.now_ns == 2 * EDDY_SECOND);
}

enum { CROWD = 1000, MESSAGES = 1000 };

static struct eddy_result add_to(struct eddy_task *self, void *sum)
{
    double half = 0.5; /* in a register of floating point, perhaps */

    for (int i = 0; i < 4; i++) {
        (void)eddy_task_yield(self);
        half += 0.25;
    }
    *(int *)sum += half * 2 > 2.9;
    return eddy_n(0);
}

static struct eddy_result spawn_a_crowd(struct eddy_task *self, void *sum)
{
    struct eddy_scope scope;
    int err = eddy_scope_open(self, &scope, NULL);

    for (int i = 0; i < CROWD && err == 0; i++)
        err = eddy_spawn(&scope, add_to, sum, NULL);
    return eddy_n(eddy_scope_close(&scope, err));
}

static void a_crowd_takes_turns(void)
{
    int sum = 0;

    REQUIRE(run(spawn_a_crowd, &sum) == 0 && sum == CROWD);
}

/* ---- Talking ------------------------------------------------------------ */

static struct eddy_result send_numbers(struct eddy_task *self, void *end)
{
    for (int i = 0; i < MESSAGES; i++)
        REQUIRE(eddy_await(self, eddy_channel_send(end, eddy_int(i))) == 0);
    return eddy_n(eddy_channel_close(end));
}

static struct eddy_result talk_by_channel(struct eddy_task *self, void *loop)
{
    struct eddy_channel_end *sender, *receiver;
    struct eddy_value value;
    int64_t sum = 0;

    REQUIRE(eddy_channel_new(&sender, &receiver, eddy_task_loop(self), 3) == 0);
    REQUIRE(eddy_spawn(eddy_loop_scope(eddy_task_loop(self)), send_numbers,
                       sender, NULL) == 0);
    while (eddy_await(self, eddy_channel_receive(receiver, &value)) == 1)
        sum += value.n;
    eddy_channel_free(receiver);
    eddy_channel_free(sender);
    (void)loop;
    return eddy_n(sum);
}

static struct eddy_result echo(struct eddy_task *self, void *stream)
{
    char bytes[16];
    int64_t n;

    while ((n = eddy_await(self, eddy_read(stream, bytes, sizeof bytes))) > 0)
        REQUIRE(eddy_await(self, eddy_write(stream, bytes, (size_t)n)) == n);
    return eddy_n(eddy_await(self, eddy_close(stream)));
}

static struct eddy_result talk_by_socket(struct eddy_task *self, void *arg)
{
    struct eddy_loop *loop = eddy_task_loop(self);
    struct eddy_stream *here, *there;
    char reply[5];
    int ends[2];

    (void)arg;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    REQUIRE(eddy_stream_new(&here, loop, ends[0]) == 0);
    REQUIRE(eddy_stream_new(&there, loop, ends[1]) == 0);
    REQUIRE(eddy_spawn(eddy_loop_scope(loop), echo, there, NULL) == 0);
    for (int i = 0; i < 100; i++) {
        REQUIRE(eddy_await(self, eddy_write(here, "hello", 5)) == 5);
        REQUIRE(eddy_await(self, eddy_read_exactly(here, reply, 5)) == 5);
        REQUIRE(memcmp(reply, "hello", 5) == 0);
    }
    return eddy_n(eddy_await(self, eddy_close(here)));
}

static void tasks_talk_by_channels_and_sockets(void)
{
    REQUIRE(run(talk_by_channel, NULL) ==
            (int64_t)MESSAGES * (MESSAGES - 1) / 2);
    REQUIRE(run(talk_by_socket, NULL) == 0);
}

static void count_line(void *count, const char *line)
{
    REQUIRE(line[0] != '\0');
    ++*(int *)count;
}

static void tasks_can_be_looked_at_and_left_behind(void)
{
    struct eddy_loop *loop = new_loop();
    int lines = 0;

    for (int i = 0; i < 3; i++)
        REQUIRE(eddy_spawn(eddy_loop_scope(loop), wait_for_ever, NULL, NULL) ==
                0);
    REQUIRE(eddy_loop_step(loop, 0) >= 0);
    REQUIRE(eddy_task_dump(loop, count_line, &lines) == 0 && lines >= 3);
    REQUIRE(eddy_loop_free(loop) == 0);
}

void check_tasks(void)
{
    REQUIRE(eddy_stacks_new(&stacks, NULL) == 0);
    KEPT(a_generator_yields_takes_and_ends);
    KEPT(generators_delegate_to_any_depth_and_close);
    eddy_stacks_free(stacks);
    KEPT(tasks_sleep_and_wake_in_order);
    KEPT(scopes_fail_and_run_out_of_time);
    KEPT(a_crowd_takes_turns);
    KEPT(tasks_talk_by_channels_and_sockets);
    KEPT(tasks_can_be_looked_at_and_left_behind);
}
