/* SPDX-License-Identifier: MIT */
/* test_accept_full.c - when connections cannot be taken, or come in masses. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "net_support.h"

/* ---- What is counted ---------------------------------------------------- */

static int taken, refusals, full_calls, last_full;
static int refusal; /* what accept() answers while `refusals` are left */
static int accept_calls;

static int moody_accept(void *arg, int fd)
{
    accept_calls++;
    return refusals-- > 0 ? refusal : eddy_sys_default()->accept(arg, fd);
}

static void on_full(struct eddy_listener *listener, int err, void *arg)
{
    ck_assert_ptr_eq(arg, &full_calls);
    ck_assert_int_ge(eddy_listener_fd(listener), 0);
    full_calls++;
    last_full = err;
}

static void take_it(struct eddy_result result, void *arg)
{
    (void)arg;
    if (result.n == 1) {
        taken++;
        eddy_stream_free(result.stream, false);
    }
}

static struct eddy_request *incoming;

static struct eddy_listener *moody_listener(int index, enum clock_kind clock)
{
    static struct eddy_sys sys;
    struct eddy_loop_options options = { .sys = &sys };
    struct eddy_listen_options listening = { .back_off_ns = 2 * EDDY_SECOND,
                                             .on_full = on_full,
                                             .arg = &full_calls };
    struct eddy_listener *listener;

    sys = *eddy_sys_default();
    sys.accept = moody_accept;
    taken = accept_calls = full_calls = refusals = 0;
    loop_time.now_ns = 0;
    if (clock == VIRTUAL_TIME)
        options.clock = eddy_virtual_clock(&loop_time);
    else
        listening.back_off_ns = 10 * EDDY_MS;
    open_loop_with(index, &options);
    listener = new_listener(&listening);
    ck_assert_int_eq(
        eddy_start(loop, eddy_incoming(listener), take_it, NULL, &incoming), 0);
    return listener;
}

static uint64_t rests(void)
{
    struct eddy_loop_stats stats;

    ck_assert_int_eq(eddy_loop_stats(loop, &stats), 0);
    return stats.accept_full;
}

/* ---- Out of descriptors ------------------------------------------------- */

START_TEST(accepting_rests_when_the_process_is_full) /* T29 */
{
    static const int errors[] = { -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM };
    struct eddy_listener *listener = moody_listener(_i, VIRTUAL_TIME);

    for (int i = 0; i < (int)COUNT(errors); i++) {
        int64_t start = eddy_loop_update_now(loop);
        int client = knock(port_of(listener));

        refusal = errors[i];
        refusals = 3;
        accept_calls = 0;
        wait_for_count(&taken, i + 1);
        ck_assert_int_eq(full_calls, 3 * (i + 1));
        ck_assert_int_eq(last_full, errors[i]);
        ck_assert_int_le(accept_calls, 5); /* once for each rest */
        ck_assert_int_ge(eddy_loop_now_ns(loop), start + 6 * EDDY_SECOND);
        ck_assert_int_eq(close(client), 0);
    }
    ck_assert_uint_eq(rests(), 3 * COUNT(errors));
    drop_listener(listener);
}
END_TEST

static void free_listener(struct eddy_listener *listener, int err, void *arg)
{
    ck_assert_int_eq(err, -EMFILE);
    eddy_listener_free(listener);
    *(struct eddy_listener **)arg = NULL;
}

START_TEST(listener_may_be_freed_when_it_is_full)
{
    struct eddy_listen_options options = { .on_full = free_listener };
    struct eddy_listener *former = moody_listener(_i, VIRTUAL_TIME), *listener;
    struct outcome accepting;
    int client;

    drop_listener(former);
    options.arg = &listener;
    listener = new_listener(&options);
    client = knock(port_of(listener));
    refusals = 1;
    refusal = -EMFILE;
    begin(&accepting, eddy_accept(listener, NULL));
    ck_assert_int_eq(finish(&accepting), -ECANCELED);
    ck_assert_ptr_null(listener);
    ck_assert_int_eq(close(client), 0);
}
END_TEST

START_TEST(resting_listener_can_be_left)
{
    struct eddy_listener *listener = moody_listener(_i, VIRTUAL_TIME);
    int client = knock(port_of(listener));

    refusals = 1000;
    refusal = -ENFILE;
    wait_for_count(&full_calls, 1);
    ck_assert_int_eq(eddy_request_pause(incoming, true), 0);
    ck_assert_int_eq(eddy_request_pause(incoming, false), 0);
    eddy_request_cancel(incoming);
    ck_assert_int_eq(eddy_loop_run(loop), 0); /* a rest keeps nobody alive */
    drop_listener(listener);
    ck_assert_int_eq(close(client), 0);
}
END_TEST

START_TEST(no_memory_for_a_stream_is_a_rest)
{
    struct eddy_listener *listener = moody_listener(_i, VIRTUAL_TIME);
    int clients[2];

    some_turns(2);
    clients[0] = knock(port_of(listener));
    fail_allocation(1);
    wait_for_count(&full_calls, 1);
    ck_assert_int_eq(last_full, -ENOMEM);
    clients[1] = knock(port_of(listener));
    wait_for_count(&taken, 1);
    close_both(clients);
    drop_listener(listener);
}
END_TEST

/* ---- Other errors ------------------------------------------------------- */

START_TEST(errors_of_one_connection_are_passed_over) /* T30 */
{
    static const int errors[] = { -ECONNABORTED, -EPROTO,      -EINTR,
                                  -EPERM,        -ENETDOWN,    -EHOSTUNREACH,
                                  -ENETUNREACH,  -ENOPROTOOPT, -EHOSTDOWN,
                                  -ECONNREFUSED, -ETIMEDOUT };
    struct eddy_listener *listener = moody_listener(_i, REAL_TIME);

    for (int i = 0; i < (int)COUNT(errors); i++) {
        int client = knock(port_of(listener));

        refusal = errors[i];
        refusals = 20;
        wait_for_count(&taken, i + 1);
        ck_assert_int_eq(close(client), 0);
    }
    ck_assert_int_eq(full_calls, 0);
    drop_listener(listener);
}
END_TEST

START_TEST(unknown_error_that_lasts_is_a_rest)
{
    struct eddy_listener *listener = moody_listener(_i, REAL_TIME);
    int client = knock(port_of(listener));

    refusal = -EACCES;
    refusals = 16; /* a whole budget */
    wait_for_count(&taken, 1);
    ck_assert_int_eq(full_calls, 1);
    ck_assert_int_eq(last_full, -EACCES);
    ck_assert_uint_eq(rests(), 1);
    ck_assert_int_eq(close(client), 0);
    drop_listener(listener);
}
END_TEST

START_TEST(errors_of_the_listener_end_the_accept)
{
    struct eddy_listener *listener = moody_listener(_i, REAL_TIME);
    struct outcome accepting;
    int client = knock(port_of(listener));

    refusal = -EINVAL;
    refusals = 1;
    eddy_request_cancel(incoming);
    begin(&accepting, eddy_accept(listener, NULL));
    ck_assert_int_eq(finish(&accepting), -EINVAL);
    ck_assert_int_eq(close(client), 0);
    drop_listener(listener);
}
END_TEST

/* What accept() does with one that has gone differs: here it is a stream that
 * ends, elsewhere an error. The next one must not suffer. */
START_TEST(connection_that_went_before_it_was_taken_harms_nobody)
{
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    int64_t n = -1;
    int client;
    char byte;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    reset(knock(port_of(listener)));
    ck_assert_int_eq(close(knock(port_of(listener))), 0);
    client = knock(port_of(listener));
    write_byte(client);
    for (int i = 0; i < 3 && n != 1; i++) {
        ck_assert_int_eq(perform(eddy_accept(listener, &stream)), 0);
        n = perform(eddy_read(stream, &byte, 1));
        ck_assert(n == 0 || n == 1 || n == -ECONNRESET);
        drop(stream, -1);
    }
    ck_assert_int_eq(n, 1);
    ck_assert_int_eq(close(client), 0);
    drop_listener(listener);
}
END_TEST

/* ---- Masses ------------------------------------------------------------- */

enum { STORM = 2000 };

static struct outcome connecting[STORM];
static int ticks;

static void on_tick(struct eddy_result result, void *arg)
{
    (void)arg;
    ticks += result.n > 0;
}

START_TEST(storm_of_connections_loses_none) /* T31, test idea 45 */
{
    struct eddy_listen_options options = { .backlog = STORM };
    struct eddy_listener *listener;
    struct eddy_request *tick;
    struct eddy_endpoint to;
    int64_t start;

    ck_assert_uint_gt(raise_fd_limit(), STORM + 100);
    open_loop(_i, REAL_TIME);
    taken = ticks = 0;
    listener = new_listener(&options);
    to = eddy_tcp("127.0.0.1", port_of(listener));
    ck_assert_int_eq(
        eddy_start(loop, eddy_incoming(listener), take_it, NULL, NULL), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_every(EDDY_MS, EDDY_SKIP), on_tick, NULL, &tick),
        0);
    start = now_ns();
    for (int i = 0; i < STORM; i++)
        begin(&connecting[i], eddy_connect(&to, NULL));
    for (int last = ticks; taken < STORM; last = ticks) {
        int64_t before = now_ns();

        turn();
        /* a turn is short, and each tick comes in its turn */
        ck_assert_int_le(ticks, last + 1);
        ck_assert_int_lt(now_ns() - before, EDDY_SECOND);
        ck_assert_int_lt(now_ns() - start, 10 * EDDY_SECOND);
    }
    ck_assert_int_gt(ticks, 0);
    eddy_request_cancel(tick);
    for (int i = 0; i < STORM; i++) {
        ck_assert_int_eq(finish(&connecting[i]), 0);
        eddy_stream_free(connecting[i].result.stream, false);
    }
    drop_listener(listener);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        accepting_rests_when_the_process_is_full,
        listener_may_be_freed_when_it_is_full,
        resting_listener_can_be_left,
        no_memory_for_a_stream_is_a_rest,
        errors_of_one_connection_are_passed_over,
        unknown_error_that_lasts_is_a_rest,
        errors_of_the_listener_end_the_accept,
        connection_that_went_before_it_was_taken_harms_nobody,
        storm_of_connections_loses_none,
    };
    Suite *suite = suite_create("accept_full");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
