/* SPDX-License-Identifier: MIT */
/* test_file_ends.c - how what is asked of files comes to an end: cancelled,
 * closed, late, in pieces, in a child, without memory. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "file_support.h"

/* ---- A system to order --------------------------------------------------- */

static struct gate gate;
static atomic_int closes, syncs;
static int close_error, sync_error;
static size_t room; /* on the disk */

static int slow_sync(void *arg, int fd, bool data_only)
{
    (void)arg;
    (void)fd;
    (void)data_only;
    syncs++;
    (void)pass(&gate);
    return sync_error;
}

static int noted_close(void *arg, int fd)
{
    int err = eddy_sys_default()->close(arg, fd);

    closes++;
    return err < 0 ? err : close_error;
}

/* As much as there is room for, in small pieces, and with interruptions. */
static int64_t narrow_write(void *arg, int fd, const void *buf, size_t size,
                            int64_t offset)
{
    size_t part = size < 7 ? size : 7;

    if (random_below(3) == 0)
        return -EINTR;
    part = part < room ? part : room;
    room -= part;
    if (part == 0)
        return -ENOSPC;
    return eddy_sys_default()->file_write(arg, fd, buf, part, offset);
}

static int64_t narrow_append(void *arg, int fd, const void *buf, size_t size)
{
    return eddy_sys_default()->file_append(arg, fd, buf, size < 3 ? size : 3);
}

static int64_t narrow_read(void *arg, int fd, void *buf, size_t size,
                           int64_t offset)
{
    if (random_below(3) == 0)
        return -EINTR;
    return eddy_sys_default()->file_read(arg, fd, buf, size < 5 ? size : 5,
                                         offset);
}

static int64_t writes_nothing(void *arg, int fd, const void *buf, size_t size,
                              int64_t offset)
{
    (void)arg;
    (void)fd;
    (void)buf;
    (void)size;
    (void)offset;
    return 0;
}

/* A loop with one thread, for a file whose sync waits at the gate. */
static struct eddy_file *slow_file(int index, size_t queue)
{
    init_gate(&gate);
    closes = 0;
    syncs = 0;
    close_error = 0;
    sync_error = 0;
    sys.file_sync = slow_sync;
    sys.close = noted_close;
    (void)make_file("a", 100);
    open_narrow_loop(index, 1, queue);
    return open_file("a", O_RDWR);
}

static void begin_slow_sync(struct outcome *ret_outcome, struct eddy_file *file)
{
    begin(ret_outcome, eddy_file_sync(file, false));
    await_inside(&gate, 1);
}

/* ---- In pieces ----------------------------------------------------------- */

START_TEST(what_the_system_does_in_pieces_is_whole)
{
    char bytes[1000], got[1000];
    struct eddy_file *file;

    sys.file_write = narrow_write;
    sys.file_read = narrow_read;
    room = SIZE_MAX;
    open_ordered_loop(_i);
    file = open_file("a", O_RDWR | O_CREAT);
    fill_pattern(bytes, 1000, 0);
    ck_assert_int_eq(perform(eddy_file_write(file, bytes, 1000, 0)), 1000);
    ck_assert_int_eq(perform(eddy_file_read(file, got, 1000, 0)), 1000);
    check_pattern(got, 1000, 0);
    ck_assert_int_eq(perform(eddy_file_read(file, got, 1000, 300)), 700);
    close_file(file);
}
END_TEST

START_TEST(pieces_to_append_are_not_mixed)
{
    struct outcome first, second;
    struct eddy_file *file;

    sys.file_append = narrow_append;
    open_ordered_loop(_i);
    file = open_file("a", O_WRONLY | O_APPEND | O_CREAT);
    begin(&first, eddy_file_append(file, "one, and ", 9));
    begin(&second, eddy_file_append(file, "another", 7));
    ck_assert_int_eq(finish(&second), 7);
    ck_assert_int_eq(first.result.n, 9);
    close_file(file);
    expect_file("a", "one, and another", 16);
}
END_TEST

START_TEST(disk_that_runs_full_tells_how_much_went_in)
{
    char bytes[100];
    struct eddy_file *file;
    struct eddy_result result;

    sys.file_write = narrow_write;
    room = 60;
    open_ordered_loop(_i);
    file = open_file("a", O_RDWR | O_CREAT);
    fill_pattern(bytes, 100, 0);
    result = perform_fully(eddy_file_write(file, bytes, 100, 0));
    ck_assert_int_eq(result.n, -ENOSPC);
    ck_assert_uint_eq(result.done, 60);
    close_file(file);
    expect_file("a", bytes, 60);
}
END_TEST

START_TEST(system_that_takes_nothing_is_not_asked_for_ever)
{
    struct eddy_file *file;

    sys.file_write = writes_nothing;
    open_ordered_loop(_i);
    file = open_file("a", O_RDWR | O_CREAT);
    ck_assert_int_eq(perform(eddy_file_write(file, "x", 1, 0)), -EIO);
    close_file(file);
}
END_TEST

static int64_t half_in_memory(void *arg, int fd, void *buf, size_t size,
                              int64_t offset)
{
    if (offset >= 500 && offset < 1000)
        return -EAGAIN;
    return eddy_sys_default()->file_read(arg, fd, buf, size < 50 ? size : 50,
                                         offset);
}

static uint64_t jobs_done(void)
{
    struct eddy_pool_stats stats;
    struct eddy_pool *pool;

    ck_assert_int_eq(eddy_loop_pool(loop, &pool), 0);
    ck_assert_int_eq(eddy_pool_stats(pool, &stats), 0);
    return stats.finished;
}

START_TEST(what_is_in_memory_needs_no_thread)
{
    struct eddy_file *file;
    char got[1500];
    uint64_t before;

    sys.file_read_now = half_in_memory;
    open_ordered_loop(_i);
    (void)make_file("a", 1200);
    file = open_file("a", O_RDONLY);
    before = jobs_done();
    ck_assert_int_eq(perform(eddy_file_read(file, got, 500, 0)), 500);
    check_pattern(got, 500, 0);
    ck_assert_int_eq(perform(eddy_file_read(file, got, 1500, 1000)), 200);
    check_pattern(got, 200, 1000);
    ck_assert_uint_eq(jobs_done(), before);
    ck_assert_int_eq(perform(eddy_file_read(file, got, 1500, 0)), 1200);
    check_pattern(got, 1200, 0);
    ck_assert_uint_eq(jobs_done(), before + 1);
    close_file(file);
}
END_TEST

#ifdef O_DIRECT
/* For those the system would wait all the same. */
START_TEST(what_goes_past_the_memory_is_not_asked_for_there)
{
    struct eddy_file *file;
    int64_t n;
    char byte;

    sys.file_read_now = half_in_memory;
    open_ordered_loop(_i);
    (void)make_file("a", 10);
    n = perform(eddy_file_open(path_of("a"), O_RDONLY | O_DIRECT, 0, &file));
    if (n == -EINVAL)
        return; /* not on this file system */
    ck_assert_int_eq(n, 0);
    n = (int64_t)jobs_done();
    (void)perform(eddy_file_read(file, &byte, 1, 0)); /* not aligned */
    ck_assert_int_eq((int64_t)jobs_done(), n + 1);
    close_file(file);
}
END_TEST
#endif

/* ---- Cancelling ---------------------------------------------------------- */

START_TEST(what_waits_is_cancelled_and_what_runs_is_waited_for) /* idea 88 */
{
    struct outcome running, waiting;
    struct eddy_file *file = slow_file(_i, 0);
    char byte = 'x';

    begin_slow_sync(&running, file);
    begin(&waiting, eddy_file_read(file, &byte, 1, 0));
    eddy_request_cancel(waiting.request);
    eddy_request_cancel(running.request);
    ck_assert_int_eq(finish(&waiting), -ECANCELED);
    some_turns(3);
    ck_assert_int_eq(running.calls, 0);
    open_gate(&gate);
    ck_assert_int_eq(finish(&running), 0);
    ck_assert_int_eq(byte, 'x');
    close_file(file);
}
END_TEST

START_TEST(limit_is_told_when_the_buffer_is_free)
{
    struct outcome running;
    struct eddy_file *file = slow_file(_i, 0);

    sync_error = -EIO;
    begin(&running, eddy_within(EDDY_MS, eddy_file_sync(file, false)));
    await_inside(&gate, 1);
    for (int64_t start = now_ns(); now_ns() - start < 3 * EDDY_MS;)
        turn();
    ck_assert_int_eq(running.calls, 0);
    open_gate(&gate);
    ck_assert_int_eq(finish(&running), -EIO);
    close_file(file);
}
END_TEST

/* Whichever way it goes, nothing writes to a buffer that was given back. */
START_TEST(cancelled_in_any_moment_they_are_told_once) /* test idea 113 */
{
    enum { MANY = 60, SIZE = 300000 };
    static struct outcome reading[MANY];
    struct eddy_file *file;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", SIZE);
    file = open_file("a", O_RDONLY);
    for (int i = 0; i < MANY; i++) {
        char *buf = malloc(SIZE);

        begin(&reading[i], eddy_file_read(file, buf, SIZE, 0));
        some_turns((int)random_below(3));
        eddy_request_cancel(reading[i].request);
        if (finish(&reading[i]) >= 0)
            check_pattern(buf, SIZE, 0);
        else
            ck_assert_int_eq(reading[i].result.n, -ECANCELED);
        ck_assert_int_eq(reading[i].calls, 1);
        free(buf);
    }
    close_file(file);
}
END_TEST

START_TEST(file_that_nobody_takes_is_closed)
{
    struct eddy_child race[2];
    int fds;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", 1);
    close_file(open_file("a", O_RDONLY));
    fds = count_open_fds();
    for (int i = 0; i < 10; i++) {
        memset(race, 0, sizeof race);
        race[0].op = eddy_file_open(path_of("a"), O_RDONLY, 0, NULL);
        race[1].op = eddy_sleep(0);
        ck_assert_int_ge(perform(eddy_any(race, 2)), 0);
        if (race[0].result.n == 0)
            eddy_file_free(race[0].result.file);
        ck_assert_int_ge(eddy_loop_run(loop), 0);
        ck_assert_int_eq(count_open_fds(), fds);
    }
}
END_TEST

/* ---- Closing ------------------------------------------------------------- */

START_TEST(close_waits_for_what_is_under_way)
{
    struct outcome running, waiting, closing;
    struct eddy_file *file = slow_file(_i, 0);
    char byte;

    begin_slow_sync(&running, file);
    begin(&waiting, eddy_file_read(file, &byte, 1, 0));
    begin(&closing, eddy_file_close(file));
    eddy_request_cancel(closing.request); /* changes nothing */
    ck_assert_int_eq(eddy_file_fd(file), -EBADF);
    ck_assert_int_eq(perform(eddy_file_read(file, &byte, 1, 0)), -EBADF);
    ck_assert_int_eq(perform(eddy_file_close(file)), -EALREADY);
    ck_assert_int_eq(closes, 0);
    open_gate(&gate);
    ck_assert_int_eq(finish(&closing), 0);
    ck_assert_int_eq(closes, 1);
    ck_assert_int_eq(running.result.n, 0);
    ck_assert_int_eq(waiting.result.n, 1);
    ck_assert_int_lt(waiting.place, closing.place); /* the last thing heard */
}
END_TEST

START_TEST(close_tells_what_was_lost)
{
    struct eddy_file *file = slow_file(_i, 0);

    close_error = -EDQUOT;
    ck_assert_int_eq(perform(eddy_file_close(file)), -EDQUOT);
    ck_assert_int_eq(closes, 1);
}
END_TEST

START_TEST(interrupted_close_is_no_error_and_not_repeated)
{
    struct eddy_file *file = slow_file(_i, 0);

    close_error = -EINTR;
    ck_assert_int_eq(perform(eddy_file_close(file)), 0);
    ck_assert_int_eq(closes, 1);
}
END_TEST

START_TEST(file_is_closed_though_no_thread_is_to_be_had)
{
    struct outcome running, waiting, refused;
    struct eddy_file *file = slow_file(_i, 1);
    struct eddy_file *other = open_file("a", O_RDONLY);
    char byte;

    begin_slow_sync(&running, file);
    begin(&waiting, eddy_file_truncate(file, 50));
    begin(&refused, eddy_file_status(other, &(struct eddy_file_status){ 0 }));
    ck_assert_int_eq(finish(&refused), -EAGAIN);
    ck_assert_int_eq(perform(eddy_file_read(other, &byte, 1, 0)), -EAGAIN);
    close_file(other); /* by the loop's own thread, then */
    ck_assert_int_eq(closes, 1);
    open_gate(&gate);
    ck_assert_int_eq(finish(&waiting), 0);
    close_file(file);
}
END_TEST

START_TEST(freed_file_lets_its_operations_tell_their_end)
{
    struct outcome reading, writing;
    struct eddy_file *file;
    char byte;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", 10);
    file = open_file("a", O_RDWR);
    begin(&reading, eddy_file_read(file, &byte, 1, 0));
    begin(&writing, eddy_file_write(file, "x", 1, 1));
    eddy_file_free(file);
    ck_assert_int_ge(eddy_loop_run(loop), 0);
    ck_assert_int_eq(reading.result.n, 1);
    ck_assert_int_eq(writing.result.n, 1);
}
END_TEST

START_TEST(loop_is_freed_with_hundreds_under_way) /* test idea 115 */
{
    enum { MANY = 1000, SIZE = 10000 };
    static struct outcome outcomes[MANY];
    static char bytes[MANY][SIZE];
    struct eddy_file *file;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", SIZE);
    file = open_file("a", O_RDWR);
    for (int i = 0; i < MANY; i++)
        begin(&outcomes[i], i % 3 == 0
                                ? eddy_file_sync(file, false)
                                : eddy_file_read(file, bytes[i], SIZE, 0));
    some_turns((int)random_below(3));
    close_loop(); /* and the file with it */
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(outcomes[i].calls, 1);
}
END_TEST

START_TEST(another_loop_is_refused)
{
    struct eddy_loop *home;
    struct eddy_file *file;
    char byte;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", 1);
    file = open_file("a", O_RDONLY);
    home = loop;
    open_file_loop(_i, REAL_TIME);
    ck_assert_int_eq(perform(eddy_file_read(file, &byte, 1, 0)), -EXDEV);
    ck_assert_int_eq(perform(eddy_file_close(file)), -EXDEV);
    close_loop();
    loop = home;
    ck_assert_int_eq(perform(eddy_file_read(file, &byte, 1, 0)), 1);
    close_file(file);
}
END_TEST

/* ---- Time, threads, children --------------------------------------------- */

START_TEST(virtual_clock_waits_for_files)
{
    struct outcome reading, sleeping;
    struct eddy_file *file;
    static char bytes[1 << 20];

    open_file_loop(_i, VIRTUAL_TIME);
    (void)make_file("a", sizeof bytes);
    file = open_file("a", O_RDONLY);
    begin(&sleeping, eddy_sleep(3600 * EDDY_SECOND));
    begin(&reading, eddy_file_read(file, bytes, sizeof bytes, 0));
    ck_assert_int_eq(finish(&reading), sizeof bytes);
    ck_assert_int_eq(sleeping.calls, 0);
    ck_assert_int_eq(finish(&sleeping), 0);
    close_file(file);
}
END_TEST

START_TEST(poller_that_reads_needs_no_thread)
{
    struct eddy_file *file;
    char bytes[10];
    uint64_t before;

    open_file_loop(_i, REAL_TIME);
    file = open_file("a", O_RDWR | O_CREAT);
    before = jobs_done();
    ck_assert_int_eq(perform(eddy_file_write(file, "0123456789", 10, 0)), 10);
    ck_assert_int_eq(perform(eddy_file_read(file, bytes, 10, 0)), 10);
    ck_assert_int_eq(perform(eddy_file_sync(file, true)), 0);
    ck_assert_uint_eq(jobs_done() > before, !reads_by_itself());
    close_file(file);
}
END_TEST

static void *run_turns(void *unused)
{
    (void)unused;
    some_turns(2);
    return NULL;
}

static void move_with_reads(struct eddy_file *file, char *bytes, size_t size)
{
    enum { AT_ONCE = 8 };
    struct outcome reading[AT_ONCE];
    pthread_t thread;

    for (int i = 0; i < AT_ONCE; i++)
        begin(&reading[i], eddy_file_read(file, bytes + (size_t)i * size, size,
                                          (int64_t)(i * 3)));
    some_turns(1);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_turns, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    for (int i = 0; i < AT_ONCE; i++) {
        ck_assert_int_eq(finish(&reading[i]), (int64_t)size);
        check_pattern(bytes + (size_t)i * size, size, (uint64_t)i * 3);
    }
}

START_TEST(loop_moves_between_threads_with_reads_under_way) /* T66 */
{
    enum { SIZE = 1 << 20, ROUNDS = 10 };
    char *bytes = malloc(8 * SIZE);
    struct eddy_file *file;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", SIZE + 100);
    file = open_file("a", O_RDONLY);
    for (int i = 0; i < ROUNDS; i++)
        move_with_reads(file, bytes, SIZE);
    close_file(file);
    free(bytes);
}
END_TEST

START_TEST(loop_can_be_watched_with_reads_under_way)
{
    enum { SIZE = 1 << 20, MANY = 8 };
    char *bytes = malloc(MANY * SIZE);
    struct outcome reading[MANY];
    struct eddy_embedding in;
    struct eddy_file *file;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", SIZE);
    file = open_file("a", O_RDONLY);
    for (int i = 0; i < MANY; i++)
        begin(&reading[i], eddy_file_read(file, bytes + i * SIZE, SIZE, 0));
    some_turns(1);
    (void)eddy_loop_prepare(loop, &in); /* not every poller can */
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(finish(&reading[i]), SIZE);
        check_pattern(bytes + i * SIZE, SIZE, 0);
    }
    close_file(file);
    free(bytes);
}
END_TEST

static struct outcome in_parent[2];

/* In the child, where Check must not speak; 0: as promised. */
static int lose_both(void)
{
    int err = eddy_loop_after_fork(loop);

    while (err == 0 && (in_parent[0].calls == 0 || in_parent[1].calls == 0))
        err = eddy_loop_step(loop, EDDY_SECOND) < 0;
    return err != 0 || in_parent[0].result.n != -ECANCELED ||
           in_parent[1].result.n != -ECANCELED;
}

static void lose_them_in_a_child(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(lose_both());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

START_TEST(what_a_thread_does_is_the_parents)
{
    struct eddy_file *file = slow_file(_i, 0);
    char bytes[100];

    begin_slow_sync(&in_parent[0], file);
    begin(&in_parent[1], eddy_file_read(file, bytes, 100, 0));
    lose_them_in_a_child();
    open_gate(&gate);
    ck_assert_int_eq(finish(&in_parent[0]), 0);
    ck_assert_int_eq(finish(&in_parent[1]), 100);
    close_file(file);
}
END_TEST

START_TEST(what_the_poller_does_is_the_parents)
{
    struct eddy_file *file;
    char bytes[2][100];

    open_file_loop(_i, REAL_TIME);
    if (!reads_by_itself())
        return;
    (void)make_file("a", 100);
    file = open_file("a", O_RDONLY);
    for (int i = 0; i < 2; i++)
        begin(&in_parent[i], eddy_file_read(file, bytes[i], 100, 0));
    lose_them_in_a_child();
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(finish(&in_parent[i]), 100);
        check_pattern(bytes[i], 100, 0);
    }
    close_file(file);
}
END_TEST

/* ---- Without memory ------------------------------------------------------ */

static int64_t use_a_file(struct eddy_loop *in)
{
    struct eddy_file *file;
    char bytes[10];
    int64_t n = eddy_loop_run_until(
                    in, eddy_file_open(path_of("a"), O_RDONLY, 0, &file))
                    .n;

    if (n < 0)
        return n;
    n = eddy_loop_run_until(in, eddy_file_read(file, bytes, 10, 0)).n;
    if (n == 10) {
        check_pattern(bytes, 10, 0);
        n = eddy_loop_run_until(in, eddy_file_sync(file, false)).n;
    }
    if (n < 0) {
        eddy_file_free(file);
        return n;
    }
    return eddy_loop_run_until(in, eddy_file_close(file)).n;
}

static int64_t use_it_once(int index)
{
    struct eddy_loop_options options = { .flags = EDDY_LOOP_NO_ENV,
                                         .poller = tested_poller(index),
                                         .mem = *counting_mem() };
    struct eddy_loop *in = NULL;
    int64_t n = eddy_loop_new(&in, &options);

    if (n == 0)
        n = use_a_file(in);
    ck_assert_int_eq(eddy_loop_free(in), 0);
    return n;
}

START_TEST(without_memory_each_step_says_so)
{
    bool failed = true;
    int64_t n;
    int fds;

    (void)make_file("a", 10);
    ck_assert_int_eq(use_it_once(_i), 0);
    fds = count_open_fds();
    for (long nth = 1; failed; nth++) {
        fail_allocation(nth);
        n = use_it_once(_i);
        failed = allocation_failed();
        ck_assert(n == 0 || (failed && n == -ENOMEM));
        ck_assert_int_eq(count_open_fds(), fds);
        ck_assert_int_eq(live_allocations(), 0);
    }
    fail_allocation(0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_the_system_does_in_pieces_is_whole,
        pieces_to_append_are_not_mixed,
        disk_that_runs_full_tells_how_much_went_in,
        system_that_takes_nothing_is_not_asked_for_ever,
        what_is_in_memory_needs_no_thread,
#ifdef O_DIRECT
        what_goes_past_the_memory_is_not_asked_for_there,
#endif
        what_waits_is_cancelled_and_what_runs_is_waited_for,
        limit_is_told_when_the_buffer_is_free,
        cancelled_in_any_moment_they_are_told_once,
        file_that_nobody_takes_is_closed,
        close_waits_for_what_is_under_way,
        close_tells_what_was_lost,
        interrupted_close_is_no_error_and_not_repeated,
        file_is_closed_though_no_thread_is_to_be_had,
        freed_file_lets_its_operations_tell_their_end,
        loop_is_freed_with_hundreds_under_way,
        another_loop_is_refused,
        virtual_clock_waits_for_files,
        poller_that_reads_needs_no_thread,
        loop_moves_between_threads_with_reads_under_way,
        loop_can_be_watched_with_reads_under_way,
        what_a_thread_does_is_the_parents,
        what_the_poller_does_is_the_parents,
        without_memory_each_step_says_so,
    };
    Suite *suite = suite_create("file ends");

    add_file_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
