/* SPDX-License-Identifier: MIT */
/* test_poller_model.c - thousands of descriptors, changed at random, against a
 * model of what must be reported. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <sys/resource.h>

#include "../examples/own_poller.h"
#include "support.h"

enum { PAIRS = 2500, STEPS = 60, CHANGES = 400 };

static struct pair {
    int fd[2];
    unsigned interest[2];
    bool unread[2];
} pairs[PAIRS];

static struct eddy_event events[4 * PAIRS];
static unsigned expected[1 << 16], seen[1 << 16]; /* by fd */

static void open_pair(struct pair *pair)
{
    make_pair(pair->fd);
    for (int e = 0; e < 2; e++) {
        pair->interest[e] = 0;
        pair->unread[e] = false;
    }
}

static void change_interest(const struct eddy_poller_ops *ops,
                            struct pair *pair, int e, unsigned to)
{
    set_interest(ops, pair->fd[e], pair->interest[e], to);
    pair->interest[e] = to;
}

static void reopen_pair(const struct eddy_poller_ops *ops, struct pair *pair)
{
    for (int e = 0; e < 2; e++)
        change_interest(ops, pair, e, 0);
    close_both(pair->fd);
    open_pair(pair);
}

static void change_something(const struct eddy_poller_ops *ops)
{
    struct pair *pair = &pairs[random_below(PAIRS)];
    int e = (int)random_below(2);

    switch (random_below(8)) {
    case 0:
        reopen_pair(ops, pair);
        break;
    case 1:
    case 2:
        if (!pair->unread[e])
            write_byte(pair->fd[!e]);
        pair->unread[e] = true;
        break;
    case 3:
        if (pair->unread[e])
            read_byte(pair->fd[e]);
        pair->unread[e] = false;
        break;
    default: /* the odd write interest only: else all are always ready */
        change_interest(ops, pair, e,
                        random_below(8) == 0 ? random_below(4)
                                             : random_below(2));
        break;
    }
}

/* Fills `expected`, and counts the fds in it. */
static int expect(void)
{
    int count = 0;

    memset(expected, 0, sizeof expected);
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < PAIRS; i++)
        for (int e = 0; e < 2; e++) {
            unsigned could = EDDY_WRITE | (pairs[i].unread[e] ? EDDY_READ : 0u);
            unsigned ready = could & pairs[i].interest[e];
            expected[pairs[i].fd[e]] = ready;
            count += ready != 0;
        }
    return count;
}

/* A poller whose batch ends between reading and writing may tell of one now,
 * of the other next time. */
static void check_against_model(const struct eddy_poller_ops *ops, int cap)
{
    int missing = expect();
    int most_waits = 2 * PAIRS;

    do {
        int n = ops->wait(under_test, events, cap, 0);
        ck_assert_int_ge(n, 0);
        for (int i = 0; i < n; i++) {
            int fd = events[i].fd;
            bool was_missing = seen[fd] != expected[fd];
            ck_assert_msg((events[i].ready & ~expected[fd]) == 0,
                          "fd %d: %#x, not %#x (seed %llu)", fd,
                          events[i].ready, expected[fd],
                          (unsigned long long)random_seed());
            seen[fd] |= events[i].ready;
            missing -= was_missing && seen[fd] == expected[fd];
        }
    } while (missing > 0 && --most_waits > 0);
    ck_assert_msg(missing == 0, "%d never reported (seed %llu)", missing,
                  (unsigned long long)random_seed());
}

START_TEST(random_changes_agree_with_a_model)
{
    const struct eddy_poller_ops *ops = use(_i);
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < 2 * PAIRS + 100)
        return;
    for (int i = 0; i < PAIRS; i++)
        open_pair(&pairs[i]);
    for (int step = 0; step < STEPS; step++) {
        for (int c = 0; c < CHANGES; c++)
            change_something(ops);
        check_against_model(ops, step % 2 ? (int)COUNT(events) : 100);
    }
    for (int i = 0; i < PAIRS; i++)
        close_both(pairs[i].fd);
}
END_TEST

int main(void)
{
    const TTest *const each[] = { random_changes_agree_with_a_model };
    Suite *suite = suite_create("poller model");

    also_test(&own_poller);
    add_per_poller(suite, each, COUNT(each), NULL, NULL);
    return run_suite(suite);
}
