/* SPDX-License-Identifier: MIT */
/* test_accept_limit.c - a listener in a process that has no descriptors left.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/resource.h>

#include "net_support.h"

enum { CLIENTS = 3 };

static int taken, full_calls, last_full;

static void on_full(struct eddy_listener *listener, int err, void *arg)
{
    (void)listener;
    (void)arg;
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

/* Descriptors as many as are open now, and no more. Returns what it was. */
static struct rlimit use_up_descriptors(void)
{
    struct rlimit all, none;
    int lowest = dup(0); /* all below it are taken */

    ck_assert_int_eq(close(lowest), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
    none = all;
    none.rlim_cur = (rlim_t)lowest;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    return all;
}

START_TEST(full_process_spins_not_and_loses_nobody) /* T29 */
{
    struct eddy_listen_options options = { .back_off_ns = 10 * EDDY_MS,
                                           .on_full = on_full };
    struct eddy_listener *listener;
    struct eddy_loop_stats stats;
    struct rlimit all;
    int clients[CLIENTS];

    taken = full_calls = 0;
    open_loop(_i, REAL_TIME);
    listener = new_listener(&options);
    ck_assert_int_eq(
        eddy_start(loop, eddy_incoming(listener), take_it, NULL, NULL), 0);
    some_turns(2); /* the poller knows it before there is no room */
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = knock(port_of(listener));
    all = use_up_descriptors();
    wait_for_count(&full_calls, 3);
    ck_assert_int_eq(last_full, -EMFILE);
    ck_assert_int_eq(taken, 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
    ck_assert_int_eq(eddy_loop_stats(loop, &stats), 0);
    ck_assert_uint_lt(stats.turns, 100);
    wait_for_count(&taken, CLIENTS);
    drop_listener(listener);
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(close(clients[i]), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { full_process_spins_not_and_loses_nobody };
    Suite *suite = suite_create("accept_limit");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
