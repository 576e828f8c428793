/* SPDX-License-Identifier: MIT */
/* test_resolve.c - looking names up, and not waiting for those who cannot. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>

#include "gate.h"
#include "net_support.h"

/* ---- The system's own --------------------------------------------------- */

START_TEST(numbers_need_no_look_up) /* N1 */
{
    static const struct {
        const char *host;
        unsigned flags;
        int64_t n;
        const char *text;
    } rows[] = {
        { "127.0.0.1", 0, 1, "127.0.0.1:80" },
        { "::1", 0, 1, "[::1]:80" },
        { "127.0.0.1", EDDY_V4_ONLY, 1, "127.0.0.1:80" },
        { "::1", EDDY_V6_ONLY, 1, "[::1]:80" },
        { "127.0.0.1", EDDY_V6_ONLY, -ENOENT, NULL },
        { "::1", EDDY_V4_ONLY, -ENOENT, NULL },
    };
    struct eddy_address out[2];
    struct eddy_pool *pool;
    struct eddy_pool_stats stats;
    char text[64];

    open_loop(_i, REAL_TIME);
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_int_eq(
            perform(eddy_resolve(rows[i].host, 80, rows[i].flags, out, 2)),
            rows[i].n);
        if (rows[i].n < 0)
            continue;
        (void)eddy_address_format(&out[0], text, sizeof text);
        ck_assert_str_eq(text, rows[i].text);
    }
    ck_assert_int_eq(eddy_loop_pool(loop, &pool), 0);
    ck_assert_int_eq(eddy_pool_stats(pool, &stats), 0);
    ck_assert_uint_eq(stats.threads, 0);
}
END_TEST

START_TEST(localhost_is_here) /* test idea 91 */
{
    struct eddy_address out[8];
    int64_t n;

    open_loop(_i, REAL_TIME);
    n = perform(eddy_resolve("localhost", 80, EDDY_V4_ONLY, out, 8));
    ck_assert_int_ge(n, 1);
    ck_assert_int_le(n, 8);
    for (int64_t i = 0; i < n; i++) {
        ck_assert_int_eq(out[i].storage.ss_family, AF_INET);
        ck_assert_uint_eq(eddy_address_port(&out[i]), 80);
    }
    ck_assert_int_eq(perform(eddy_resolve("localhost", 0, 0, out, 1)), 1);
}
END_TEST

START_TEST(name_that_cannot_be_is_not_found) /* test idea 91 */
{
    static char endless[2000];
    struct eddy_address out[1];
    int64_t n;

    open_loop(_i, REAL_TIME);
    n = perform(eddy_resolve("no such host.invalid", 1, 0, out, 1));
    ck_assert(n == -ENOENT || n == -EAGAIN); /* -EAGAIN: there is no network */
    memset(endless, 'x', sizeof endless - 1);
    ck_assert_int_eq(perform(eddy_resolve(endless, 1, 0, out, 1)),
                     -ENAMETOOLONG);
}
END_TEST

/* ---- One to order ------------------------------------------------------- */

static struct gate gate;
static atomic_int looking, asked_cap;

/* "stuck" waits at the gate, "none" finds nothing, "broken" fails, all others
 * have as many addresses as there is room for. */
static int ordered_resolve(void *arg, const char *host, uint16_t port,
                           unsigned flags, struct eddy_address *out, int cap)
{
    (void)arg;
    (void)flags;
    asked_cap = cap;
    looking++;
    if (strcmp(host, "stuck") == 0)
        (void)pass(&gate);
    if (strcmp(host, "none") == 0)
        return 0;
    if (strcmp(host, "broken") == 0)
        return -EAGAIN;
    for (int i = 0; i < cap; i++)
        (void)eddy_address_parse(&out[i], "127.0.0.1", port);
    return cap;
}

static void open_ordered_loop(int index)
{
    static struct eddy_sys sys;
    struct eddy_loop_options options = { .sys = &sys };

    sys = *eddy_sys_default();
    sys.resolve = ordered_resolve;
    looking = 0;
    init_gate(&gate);
    open_loop_with(index, &options);
}

static void wait_until_looking(int how_many)
{
    while (looking < how_many)
        turn();
}

START_TEST(answers_are_passed_on)
{
    struct eddy_address out[100];

    open_ordered_loop(_i);
    ck_assert_int_eq(perform(eddy_resolve("some", 7, 0, out, 3)), 3);
    ck_assert_uint_eq(eddy_address_port(&out[2]), 7);
    ck_assert_int_eq(perform(eddy_resolve("none", 7, 0, out, 3)), -ENOENT);
    ck_assert_int_eq(perform(eddy_resolve("broken", 7, 0, out, 3)), -EAGAIN);
    ck_assert_int_le(perform(eddy_resolve("some", 7, 0, out, SIZE_MAX)), 100);
}
END_TEST

START_TEST(stuck_look_up_is_left_in_time) /* test idea 92 */
{
    struct eddy_address out[2], before;
    struct outcome looking_up;
    struct eddy_op op = eddy_resolve("stuck", 1, 0, out, 1);
    int64_t start = now_ns();

    open_ordered_loop(_i);
    memset(out, 'x', sizeof out);
    before = out[0];
    begin(&looking_up, op);
    wait_until_looking(1);
    eddy_request_cancel(looking_up.request);
    ck_assert_int_eq(finish(&looking_up), -ECANCELED);
    ck_assert_int_eq(perform(eddy_within(20 * EDDY_MS, op)), -ETIME);
    ck_assert_int_lt(now_ns() - start, 5 * EDDY_SECOND);
    open_gate(&gate);
    /* the late answers are thrown away, and touch nothing */
    ck_assert_int_eq(perform(eddy_resolve("some", 1, 0, out + 1, 1)), 1);
    close_loop();
    ck_assert_mem_eq(&out[0], &before, sizeof before);
}
END_TEST

START_TEST(connect_is_left_while_its_name_is_looked_up)
{
    struct eddy_endpoint to = eddy_tcp("stuck", 1);
    struct outcome connecting;

    open_ordered_loop(_i);
    begin(&connecting, eddy_connect(&to, NULL));
    wait_until_looking(1);
    eddy_request_cancel(connecting.request);
    ck_assert_int_eq(finish(&connecting), -ECANCELED);
    ck_assert_int_eq(
        perform(eddy_within(20 * EDDY_MS, eddy_connect(&to, NULL))), -ETIME);
    open_gate(&gate);
}
END_TEST

START_TEST(look_up_in_the_queue_can_be_cancelled)
{
    struct eddy_pool_options one_thread = { .threads = 1 };
    struct eddy_loop_options options = { 0 };
    static struct eddy_sys sys;
    struct eddy_address out[1];
    struct outcome first, second;
    struct eddy_pool *pool;

    one_thread.mem = *counting_mem();
    ck_assert_int_eq(eddy_pool_new(&pool, &one_thread), 0);
    sys = *eddy_sys_default();
    sys.resolve = ordered_resolve;
    options.sys = &sys;
    options.pool = pool;
    looking = 0;
    init_gate(&gate);
    open_loop_with(_i, &options);
    begin(&first, eddy_resolve("stuck", 1, 0, out, 1));
    begin(&second, eddy_resolve("some", 1, 0, out, 1));
    wait_until_looking(1);
    eddy_request_cancel(second.request);
    ck_assert_int_eq(finish(&second), -ECANCELED);
    open_gate(&gate);
    ck_assert_int_eq(finish(&first), 1);
    ck_assert_int_eq(looking, 1);
    close_loop();
    eddy_pool_free(pool);
}
END_TEST

START_TEST(bad_questions_are_refused)
{
    struct eddy_address out[1];

    open_ordered_loop(_i);
    ck_assert_int_eq(perform(eddy_resolve(NULL, 1, 0, out, 1)), -EINVAL);
    ck_assert_int_eq(perform(eddy_resolve("", 1, 0, out, 1)), -EINVAL);
    ck_assert_int_eq(perform(eddy_resolve("some", 1, 0, NULL, 1)), -EINVAL);
    ck_assert_int_eq(perform(eddy_resolve("some", 1, 0, out, 0)), -EINVAL);
    ck_assert_int_eq(perform(eddy_resolve("some", 1, 4, out, 1)), -EINVAL);
    ck_assert_int_eq(looking, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        numbers_need_no_look_up,
        localhost_is_here,
        name_that_cannot_be_is_not_found,
        answers_are_passed_on,
        stuck_look_up_is_left_in_time,
        connect_is_left_while_its_name_is_looked_up,
        look_up_in_the_queue_can_be_cancelled,
        bad_questions_are_refused,
    };
    Suite *suite = suite_create("resolve");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
