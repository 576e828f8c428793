/* SPDX-License-Identifier: MIT */
/*
 * support.h - what every test program leans on; nothing here needs a loop.
 *
 *     CK_RUN_CASE=epoll     one mechanism only
 *     CK_FORK=no            all tests in this process, for gdb and valgrind
 *     EDDY_TEST_SEED=n      the same random numbers again
 */
#ifndef EDDY_TESTS_SUPPORT_H
#define EDDY_TESTS_SUPPORT_H

#include <check.h>

#include <eddy/poller.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- Suites ------------------------------------------------------------- */

/* Adds every test once per poller under test, as a case named after it: the
 * test's _i is for use(). setup and teardown may be NULL. Around each test the
 * number of open descriptors and of allocations must balance. */
void add_per_poller(Suite *suite, const TTest *const *tests, size_t count,
                    SFun setup, SFun teardown);
/* The same for tests that need no poller, as one case. */
void add_tests(Suite *suite, const char *name, const TTest *const *tests,
               size_t count, SFun setup, SFun teardown);
/* Runs and frees the suite; returns what main() returns. */
int run_suite(Suite *suite);

/* ---- Pollers ------------------------------------------------------------- */

/* The pollers of this build that this system lets us have, and the kqueue that
 * the tests may bring; NULL past the end. */
const struct eddy_poller_ops *tested_poller(int index);
/* One more, from now on. */
void also_test(const struct eddy_poller_ops *poller);

/* What use() opened; it is closed after the test. */
extern struct eddy_poller *under_test;
const struct eddy_poller_ops *use(int index);

/* Sets the interest of under_test in fd, which must succeed. */
void set_interest(const struct eddy_poller_ops *ops, int fd, unsigned from,
                  unsigned to);

/* What one wait reports of fd, 0 for nothing. It fails the test when an fd is
 * reported twice or with nothing. */
unsigned report_of(const struct eddy_poller_ops *ops, int fd,
                   int64_t timeout_ns);

/* How many of so many waits of 5 ms were shorter, with or without events: a
 * poller that has nothing to report must not spin. */
int returns_early(const struct eddy_poller_ops *ops, int waits);
/* How many waits return early before the first that does not; 500: none. */
int waits_until_silent(const struct eddy_poller_ops *ops);

/* ---- Memory -------------------------------------------------------------- */

/* Counts what it gives. [any thread] */
const struct eddy_mem *counting_mem(void);
long live_allocations(void);
/* The nth allocation from now on fails, and only that one; 0: none. */
void fail_allocation(long nth);
/* Whether the failure that was ordered has happened. */
bool allocation_failed(void);

/* ---- Descriptors, time, chance ------------------------------------------- */

int count_open_fds(void);
void make_pipe(int ends[2]);
void make_pair(int ends[2]); /* connected stream sockets */
void close_both(const int ends[2]);
void set_nonblocking(int fd);
void write_byte(int fd);
void read_byte(int fd);

int64_t now_ns(void);

/* Numbers from a seed that differs each time; tell it when a test fails. */
uint64_t random_seed(void);
unsigned random_below(unsigned limit);

#endif
