/* SPDX-License-Identifier: MIT */
/* support.c - what every test program leans on. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

enum { TIMEOUT_S = 20, MOST_FDS = 65536, MOST_EVENTS = 64 };

/* ---- Pollers ------------------------------------------------------------- */

struct eddy_poller *under_test;
static const struct eddy_poller_ops *used;

#ifdef EDDY_TEST_KQUEUE
extern const struct eddy_poller_ops eddy__kqueue_ops;
static const struct eddy_poller_ops *const guest = &eddy__kqueue_ops;
#else
static const struct eddy_poller_ops *const guest = NULL;
#endif

static const struct eddy_poller_ops *another;

void also_test(const struct eddy_poller_ops *poller)
{
    another = poller;
}

/* The system may forbid a poller that the build has, as sandboxes do with
 * io_uring; but the first one, which loops are made on, must be there. */
static bool is_to_be_had(const struct eddy_poller_ops *ops)
{
    struct eddy_poller *opened;
    int err = ops->open(&opened, counting_mem());

    if (err == 0)
        ops->close(opened);
    if (err != -ENOSYS && err != -EPERM && err != -EACCES)
        return true;
    (void)fprintf(stderr, "not tested: %s: %s\n", ops->name,
                  ops->why != NULL ? ops->why(err) : eddy_strerror(err));
    return false;
}

enum { MOST_POLLERS = 9 };

static void find_pollers(const struct eddy_poller_ops **found)
{
    const struct eddy_poller_ops *ops;

    for (size_t i = 0; (ops = eddy_poller_at(i)) != NULL; i++)
        if (i == 0 || is_to_be_had(ops))
            *found++ = ops;
    if (guest != NULL && eddy_poller_find(guest->name) == NULL)
        *found++ = guest;
    *found = another;
}

const struct eddy_poller_ops *tested_poller(int index)
{
    static const struct eddy_poller_ops *tested[MOST_POLLERS + 1];

    if (tested[0] == NULL)
        find_pollers(tested);
    return index >= 0 && index <= MOST_POLLERS ? tested[index] : NULL;
}

const struct eddy_poller_ops *use(int index)
{
    used = tested_poller(index);
    ck_assert_ptr_nonnull(used);
    ck_assert_int_eq(used->open(&under_test, counting_mem()), 0);
    return used;
}

void set_interest(const struct eddy_poller_ops *ops, int fd, unsigned from,
                  unsigned to)
{
    ck_assert_int_eq(ops->set(under_test, fd, from, to), 0);
}

unsigned report_of(const struct eddy_poller_ops *ops, int fd,
                   int64_t timeout_ns)
{
    struct eddy_event out[MOST_EVENTS];
    int n = ops->wait(under_test, out, MOST_EVENTS, timeout_ns);
    unsigned ready = 0;

    ck_assert_int_ge(n, 0);
    ck_assert_int_le(n, MOST_EVENTS);
    for (int i = 0; i < n; i++) {
        ck_assert_uint_ne(out[i].ready, 0);
        for (int j = 0; j < i; j++)
            ck_assert_int_ne(out[i].fd, out[j].fd);
        if (out[i].fd == fd)
            ready = out[i].ready;
    }
    return ready;
}

int returns_early(const struct eddy_poller_ops *ops, int waits)
{
    int64_t timeout = 5 * EDDY_MS;
    int early = 0;

    for (int i = 0; i < waits; i++) {
        int64_t start = now_ns();
        (void)report_of(ops, -1, timeout);
        early += now_ns() - start < timeout;
    }
    return early;
}

int waits_until_silent(const struct eddy_poller_ops *ops)
{
    int waits = 0, silent = 0;

    while (waits < 500 && silent < 3) { /* one early wait may have been slow */
        if (returns_early(ops, 1) == 0) {
            silent++;
        } else {
            waits += silent + 1;
            silent = 0;
        }
    }
    return waits;
}

/* ---- Suites -------------------------------------------------------------- */

static int fds_before;
static long allocations_before;

static void start_balance(void)
{
    fds_before = count_open_fds();
    allocations_before = live_allocations();
}

static void check_balance(void)
{
    fail_allocation(0);
    if (used != NULL)
        used->close(under_test);
    used = NULL;
    under_test = NULL;
    ck_assert_int_eq(count_open_fds(), fds_before);
    ck_assert_int_eq(live_allocations(), allocations_before);
}

static TCase *new_case(Suite *suite, const char *name, SFun setup,
                       SFun teardown)
{
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, TIMEOUT_S);
    tcase_add_checked_fixture(tc, start_balance, check_balance);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return tc;
}

void add_per_poller(Suite *suite, const TTest *const *tests, size_t count,
                    SFun setup, SFun teardown)
{
    for (int i = 0; tested_poller(i) != NULL; i++) {
        TCase *tc = new_case(suite, tested_poller(i)->name, setup, teardown);
        for (size_t t = 0; t < count; t++)
            tcase_add_loop_test(tc, tests[t], i, i + 1);
    }
}

void add_tests(Suite *suite, const char *name, const TTest *const *tests,
               size_t count, SFun setup, SFun teardown)
{
    TCase *tc = new_case(suite, name, setup, teardown);

    for (size_t t = 0; t < count; t++)
        tcase_add_test(tc, tests[t]);
}

int run_suite(Suite *suite)
{
    enum { SKIPPED = 77 }; /* as automake knows it: CK_RUN_CASE left nothing */
    SRunner *runner = srunner_create(suite);
    int run, failed;

    srunner_run_all(runner, CK_ENV);
    run = srunner_ntests_run(runner);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (failed > 0)
        return EXIT_FAILURE;
    return run == 0 ? SKIPPED : EXIT_SUCCESS;
}

/* ---- Memory -------------------------------------------------------------- */

static atomic_long live, until_failure;
static atomic_bool failed_once;

static void *counting_resize(void *arg, void *ptr, size_t size)
{
    void *moved;

    (void)arg;
    if (size == 0) {
        live -= ptr != NULL;
        free(ptr);
        return NULL;
    }
    if (until_failure > 0 && --until_failure == 0) {
        failed_once = true;
        return NULL;
    }
    moved = realloc(ptr, size);
    live += moved != NULL && ptr == NULL;
    return moved;
}

const struct eddy_mem *counting_mem(void)
{
    static const struct eddy_mem mem = { counting_resize, NULL };

    return &mem;
}

long live_allocations(void)
{
    return live;
}

void fail_allocation(long nth)
{
    until_failure = nth;
    failed_once = false;
}

bool allocation_failed(void)
{
    return failed_once;
}

/* ---- Descriptors --------------------------------------------------------- */

static int count_by_asking(void)
{
    long limit = sysconf(_SC_OPEN_MAX);
    int count = 0;

    if (limit < 0 || limit > MOST_FDS)
        limit = MOST_FDS;
    for (int fd = 0; fd < limit; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

int count_open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    if (dir == NULL)
        return count_by_asking();
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count - 1; /* without the one that looks */
}

void make_pipe(int ends[2])
{
    ck_assert_int_eq(pipe(ends), 0);
}

void make_pair(int ends[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

void close_both(const int ends[2])
{
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_int_eq(close(ends[1]), 0);
}

void set_nonblocking(int fd)
{
    ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

void write_byte(int fd)
{
    ck_assert_int_eq(write(fd, "x", 1), 1);
}

void read_byte(int fd)
{
    char byte;

    ck_assert_int_eq(read(fd, &byte, 1), 1);
}

/* ---- Time, chance -------------------------------------------------------- */

int64_t now_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * EDDY_SECOND + ts.tv_nsec;
}

uint64_t random_seed(void)
{
    static uint64_t seed;
    const char *given = getenv("EDDY_TEST_SEED");

    if (seed == 0 && given != NULL)
        seed = strtoull(given, NULL, 0);
    if (seed == 0)
        seed = (uint64_t)now_ns() | 1;
    return seed;
}

unsigned random_below(unsigned limit)
{
    static uint64_t state;

    if (state == 0)
        state = random_seed();
    state ^= state << 13; /* xorshift64 */
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 32) % limit);
}
