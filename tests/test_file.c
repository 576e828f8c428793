/* SPDX-License-Identifier: MIT */
/* test_file.c - reading, writing and looking at files. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "file_support.h"

/* ---- Bytes --------------------------------------------------------------- */

START_TEST(what_was_written_is_read_back)
{
    char got[100];
    struct eddy_file *file;

    open_file_loop(_i, REAL_TIME);
    file = open_file("a", O_RDWR | O_CREAT | O_EXCL);
    ck_assert_int_eq(perform(eddy_file_write(file, "world", 5, 6)), 5);
    ck_assert_int_eq(perform(eddy_file_write(file, "hello", 5, 0)), 5);
    ck_assert_int_eq(perform(eddy_file_sync(file, true)), 0);
    ck_assert_int_eq(perform(eddy_file_sync(file, false)), 0);
    ck_assert_int_eq(perform(eddy_file_read(file, got, 5, 6)), 5);
    ck_assert_mem_eq(got, "world", 5);
    close_file(file);
    expect_file("a", "hello\0world", 11);
}
END_TEST

START_TEST(reading_ends_where_the_file_does)
{
    static const struct {
        size_t size;
        int64_t offset, n;
    } rows[] = {
        { 1000, 0, 1000 },
        { 1001, 0, 1000 },
        { 50, 990, 10 },
        { 50, 1000, 0 },
        { 50, INT64_C(1) << 40, 0 },
        { 0, 0, 0 },
        { 0, INT64_MAX, 0 },
        { 999, 1, 999 },
    };
    char got[2000];
    struct eddy_file *file;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", 1000);
    file = open_file("a", O_RDONLY);
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_int_eq(
            perform(eddy_file_read(file, got, rows[i].size, rows[i].offset)),
            rows[i].n);
        check_pattern(got, (size_t)rows[i].n, (uint64_t)rows[i].offset);
    }
    close_file(file);
}
END_TEST

START_TEST(offsets_may_be_beyond_4_gib)
{
    const int64_t far = (INT64_C(5) << 30) + 7;
    struct eddy_file_status status;
    struct eddy_file *file;
    char got[4];

    open_file_loop(_i, REAL_TIME);
    file = open_file("a", O_RDWR | O_CREAT);
    ck_assert_int_eq(perform(eddy_file_write(file, "far", 3, far)), 3);
    ck_assert_int_eq(perform(eddy_file_read(file, got, 4, far - 1)), 4);
    ck_assert_mem_eq(got, "\0far", 4);
    ck_assert_int_eq(perform(eddy_file_status(file, &status)), 0);
    ck_assert_int_eq(status.size, far + 3);
    ck_assert_int_lt(status.allocated,
                     far); /* all of it but the end is a hole */
    close_file(file);
}
END_TEST

START_TEST(large_ones_are_whole)
{
    enum { LARGE = (40 << 20) + 3 };
    struct eddy_file *file;
    char *bytes = malloc(LARGE);

    ck_assert_ptr_nonnull(bytes);
    open_file_loop(_i, REAL_TIME);
    file = open_file("a", O_RDWR | O_CREAT);
    fill_pattern(bytes, LARGE, 0);
    ck_assert_int_eq(perform(eddy_file_write(file, bytes, LARGE, 0)), LARGE);
    memset(bytes, 0, LARGE);
    ck_assert_int_eq(perform(eddy_file_read(file, bytes, LARGE, 0)), LARGE);
    check_pattern(bytes, LARGE, 0);
    close_file(file);
    free(bytes);
}
END_TEST

START_TEST(many_at_once_are_each_told)
{
    enum { MANY = 400, SIZE = 1000 };
    static char got[MANY][SIZE];
    static struct outcome reading[MANY];
    struct eddy_file *file;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", MANY * SIZE);
    file = open_file("a", O_RDONLY);
    for (int i = 0; i < MANY; i++)
        begin(&reading[i], eddy_file_read(file, got[i], SIZE, i * SIZE));
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(finish(&reading[i]), SIZE);
        check_pattern(got[i], SIZE, (uint64_t)i * SIZE);
    }
    close_file(file);
}
END_TEST

START_TEST(those_that_append_do_so_in_their_order)
{
    enum { LINES = 200, LENGTH = 8 };
    static char lines[LINES][LENGTH];
    static struct outcome appending[LINES];
    struct eddy_file *file;

    open_file_loop(_i, REAL_TIME);
    file = open_file("a", O_WRONLY | O_CREAT | O_APPEND);
    for (int i = 0; i < LINES; i++) {
        fill_pattern(lines[i], LENGTH, (uint64_t)i * LENGTH);
        begin(&appending[i], eddy_file_append(file, lines[i], LENGTH));
    }
    for (int i = 0; i < LINES; i++)
        ck_assert_int_eq(finish(&appending[i]), LENGTH);
    close_file(file);
    expect_file("a", lines, sizeof lines);
}
END_TEST

START_TEST(one_that_waits_to_append_can_be_cancelled)
{
    struct outcome first, second, third;
    struct eddy_file *file;

    open_file_loop(_i, REAL_TIME);
    file = open_file("a", O_WRONLY | O_CREAT | O_APPEND);
    begin(&first, eddy_file_append(file, "1", 1));
    begin(&second, eddy_file_append(file, "2", 1));
    begin(&third, eddy_file_append(file, "3", 1));
    eddy_request_cancel(second.request);
    ck_assert_int_eq(finish(&third), 1);
    ck_assert_int_eq(second.result.n, -ECANCELED);
    ck_assert_int_eq(first.result.n, 1);
    close_file(file);
    expect_file("a", "13", 2);
}
END_TEST

START_TEST(file_is_cut_off_and_made_longer)
{
    struct eddy_file_status status;
    struct eddy_file *file;
    char got[20];

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", 1000);
    file = open_file("a", O_RDWR);
    ck_assert_int_eq(perform(eddy_file_truncate(file, 10)), 0);
    ck_assert_int_eq(perform(eddy_file_read(file, got, 20, 0)), 10);
    ck_assert_int_eq(perform(eddy_file_truncate(file, 15)), 0);
    ck_assert_int_eq(perform(eddy_file_read(file, got, 20, 10)), 5);
    ck_assert_mem_eq(got, "\0\0\0\0\0", 5);
    ck_assert_int_eq(perform(eddy_file_status(file, &status)), 0);
    ck_assert_int_eq(status.size, 15);
    close_file(file);
}
END_TEST

/* ---- What there is ------------------------------------------------------- */

static void compare(const struct eddy_file_status *status,
                    const struct stat *plain)
{
    ck_assert_int_eq(status->size, plain->st_size);
    ck_assert_int_eq(status->modified_ns / EDDY_SECOND, plain->st_mtime);
    ck_assert_int_eq(status->changed_ns / EDDY_SECOND, plain->st_ctime);
    ck_assert_int_eq(status->accessed_ns / EDDY_SECOND, plain->st_atime);
    ck_assert_uint_eq(status->inode, plain->st_ino);
    ck_assert_uint_eq(status->device, plain->st_dev);
    ck_assert_uint_eq(status->links, plain->st_nlink);
    ck_assert_uint_eq(status->mode, plain->st_mode);
    ck_assert_uint_eq(status->uid, plain->st_uid);
    ck_assert_uint_eq(status->gid, plain->st_gid);
}

START_TEST(status_is_that_of_the_system) /* test idea 86 */
{
    struct eddy_file_status status;
    struct eddy_file *file;
    struct stat plain;

    open_file_loop(_i, REAL_TIME);
    ck_assert_int_eq(stat(make_file("a", 1234), &plain), 0);
    ck_assert_int_eq(symlink("a", path_of("link")), 0);
    ck_assert_int_eq(perform(eddy_path_status(path_of("a"), &status)), 0);
    compare(&status, &plain);
    ck_assert_int_eq(perform(eddy_path_status(path_of("link"), &status)), 0);
    compare(&status, &plain);
    file = open_file("a", O_RDONLY);
    ck_assert_int_eq(perform(eddy_file_status(file, &status)), 0);
    compare(&status, &plain);
    close_file(file);
    ck_assert_int_eq(perform(eddy_path_status(path_of("."), &status)), 0);
    ck_assert(S_ISDIR(status.mode));
}
END_TEST

START_TEST(errors_are_those_of_the_system) /* test idea 87 */
{
    struct eddy_file_status status;
    struct eddy_file *file;
    char byte;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", 1);
    ck_assert_int_eq(perform(eddy_file_open(path_of("b"), O_RDONLY, 0, NULL)),
                     -ENOENT);
    ck_assert_int_eq(perform(eddy_file_open(path_of("a/b"), O_RDONLY, 0, NULL)),
                     -ENOTDIR);
    ck_assert_int_eq(perform(eddy_file_open(path_of("."), O_WRONLY, 0, NULL)),
                     -EISDIR);
    ck_assert_int_eq(
        perform(eddy_file_open(path_of("a"), O_CREAT | O_EXCL, 0600, NULL)),
        -EEXIST);
    ck_assert_int_eq(perform(eddy_path_status(path_of("b"), &status)), -ENOENT);
    ck_assert_int_eq(perform(eddy_path_status("", &status)), -ENOENT);
    file = open_file("a", O_RDONLY);
    ck_assert_int_eq(perform(eddy_file_write(file, "x", 1, 0)), -EBADF);
    ck_assert_int_eq(perform(eddy_file_truncate(file, 0)), -EINVAL);
    close_file(file);
    file = open_file("a", O_WRONLY);
    ck_assert_int_eq(perform(eddy_file_read(file, &byte, 1, 0)), -EBADF);
    close_file(file);
}
END_TEST

START_TEST(directory_can_be_synced_but_not_read)
{
    struct eddy_file *file;
    char bytes[10];

    open_file_loop(_i, REAL_TIME);
    file = open_file(".", O_RDONLY);
    ck_assert_int_eq(perform(eddy_file_read(file, bytes, 10, 0)), -EISDIR);
    ck_assert_int_eq(perform(eddy_file_sync(file, false)), 0);
    close_file(file);
}
END_TEST

START_TEST(full_disk_is_told)
{
    struct eddy_file *file;
    struct eddy_result result;

    open_file_loop(_i, REAL_TIME);
    if (perform(eddy_file_open("/dev/full", O_WRONLY, 0, &file)) < 0)
        return; /* not every system has one */
    result = perform_fully(eddy_file_write(file, "x", 1, 0));
    ck_assert_int_eq(result.n, -ENOSPC);
    ck_assert_uint_eq(result.done, 0);
    close_file(file);
}
END_TEST

/* ---- What is a file ------------------------------------------------------ */

START_TEST(what_has_no_offsets_is_refused_at_once)
{
    struct eddy_file *file;
    int ends[2];

    open_file_loop(_i, REAL_TIME);
    ck_assert_int_eq(mkfifo(path_of("fifo"), 0600), 0);
    ck_assert_int_eq(
        perform(eddy_file_open(path_of("fifo"), O_RDONLY, 0, NULL)), -ESPIPE);
    ck_assert_int_eq(
        perform(eddy_file_open(path_of("fifo"), O_WRONLY, 0, NULL)), -ENXIO);
    make_pipe(ends);
    ck_assert_int_eq(eddy_file_new(&file, loop, ends[0]), -ESPIPE);
    close_both(ends);
    make_pair(ends);
    ck_assert_int_eq(eddy_file_new(&file, loop, ends[0]), -ESPIPE);
    close_both(ends);
    ck_assert_int_eq(eddy_file_new(&file, loop, -1), -EBADF);
    ck_assert_int_eq(eddy_file_new(&file, loop, ends[0]), -EBADF);
}
END_TEST

START_TEST(descriptor_that_is_open_is_taken_over)
{
    struct eddy_file *file;
    char got[10];
    int fd;

    open_file_loop(_i, REAL_TIME);
    fd = open(make_file("a", 10), O_RDONLY | O_NONBLOCK);
    ck_assert_int_eq(eddy_file_new(&file, loop, fd), 0);
    ck_assert_int_eq(eddy_file_fd(file), fd);
    ck_assert_ptr_eq(eddy_file_loop(file), loop);
    ck_assert_int_eq(perform(eddy_file_read(file, got, 10, 0)), 10);
    check_pattern(got, 10, 0);
    close_file(file);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

START_TEST(descriptor_is_close_on_exec_and_above_stdio)
{
    struct eddy_file *file;
    int kept = dup(0);

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", 10);
    (void)close(0);
    file = open_file("a", O_RDONLY);
    ck_assert_int_gt(eddy_file_fd(file), 2);
    ck_assert_int_eq(fcntl(eddy_file_fd(file), F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(eddy_file_fd(file), F_GETFL) & O_NONBLOCK, 0);
    if (kept >= 0)
        ck_assert_int_eq(dup2(kept, 0), 0);
    (void)close(kept);
    close_file(file);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    struct eddy_file *file, *log;
    char byte = 0;

    open_file_loop(_i, REAL_TIME);
    file = open_file("a", O_RDWR | O_CREAT);
    log = open_file("a", O_RDWR | O_APPEND);
    {
        const struct {
            struct eddy_op op;
            int n;
        } rows[] = {
            { eddy_file_open(NULL, O_RDONLY, 0, NULL), -EINVAL },
            { eddy_file_read(NULL, &byte, 1, 0), -EINVAL },
            { eddy_file_read(file, NULL, 1, 0), -EINVAL },
            { eddy_file_read(file, &byte, 1, -1), -EINVAL },
            { eddy_file_read(file, &byte, 1, INT64_MAX), -EOVERFLOW },
            { eddy_file_read(file, &byte, 2, INT64_MAX - 1), -EOVERFLOW },
            { eddy_file_write(NULL, &byte, 1, 0), -EINVAL },
            { eddy_file_write(file, NULL, 1, 0), -EINVAL },
            { eddy_file_write(file, &byte, 1, INT64_MIN), -EINVAL },
            { eddy_file_write(log, &byte, 1, 0), -EINVAL },
            { eddy_file_append(file, &byte, 1), -EINVAL },
            { eddy_file_append(log, NULL, 1), -EINVAL },
            { eddy_file_append(NULL, &byte, 1), -EINVAL },
            { eddy_file_sync(NULL, false), -EINVAL },
            { eddy_file_truncate(file, -1), -EINVAL },
            { eddy_file_truncate(NULL, 0), -EINVAL },
            { eddy_file_status(file, NULL), -EINVAL },
            { eddy_path_status(NULL, NULL), -EINVAL },
            { eddy_path_status("/", NULL), -EINVAL },
            { eddy_file_close(NULL), -EINVAL },
        };

        for (size_t i = 0; i < COUNT(rows); i++)
            ck_assert_msg(perform(rows[i].op) == rows[i].n, "row %zu", i);
    }
    ck_assert_int_eq(eddy_file_new(NULL, loop, 0), -EINVAL);
    ck_assert_int_eq(eddy_file_fd(NULL), -EINVAL);
    ck_assert_ptr_null(eddy_file_loop(NULL));
    eddy_file_free(NULL);
    close_file(file);
    close_file(log);
}
END_TEST

/* ---- All styles ---------------------------------------------------------- */

static struct eddy_result copy_in_task(struct eddy_task *self, void *unused)
{
    struct eddy_file *from, *to;
    char bytes[64];
    int64_t n, at = 0;

    (void)unused;
    if (eddy_await(self, eddy_file_open(path_of("a"), O_RDONLY, 0, &from)) <
            0 ||
        eddy_await(self, eddy_file_open(path_of("b"), O_WRONLY | O_CREAT, 0600,
                                        &to)) < 0)
        return eddy_n(-1);
    while ((n = eddy_await(self, eddy_file_read(from, bytes, 64, at))) > 0)
        at += eddy_await(self, eddy_file_write(to, bytes, (size_t)n, at));
    n = eddy_await(self, eddy_file_close(from));
    return eddy_n(n + eddy_await(self, eddy_file_close(to)) + at);
}

START_TEST(task_copies_a_file)
{
    char bytes[1000];

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", 1000);
    fill_pattern(bytes, 1000, 0);
    ck_assert_int_eq(eddy_loop_run_task(loop, copy_in_task, NULL).n, 1000);
    expect_file("b", bytes, 1000);
}
END_TEST

static char deferred_bytes[10];

static struct eddy_value read_it(struct eddy_value *file, void *arg)
{
    struct eddy_file *opened = eddy_take(file).ptr;

    *(struct eddy_file **)arg = opened;
    return eddy_wait_for(
        eddy_defer(loop, eddy_file_read(opened, deferred_bytes, 10, 0)));
}

START_TEST(deferred_reads_a_file)
{
    struct eddy_deferred *reading;
    struct eddy_file *file = NULL;
    struct eddy_value got;

    open_file_loop(_i, REAL_TIME);
    (void)make_file("a", 10);
    reading =
        eddy_defer(loop, eddy_file_open(path_of("a"), O_RDONLY, 0, &file));
    eddy_then(reading, read_it, &file);
    while (eddy_state(reading) != EDDY_DONE)
        turn();
    got = eddy_take_result(reading);
    ck_assert_int_eq(got.n, 10);
    check_pattern(deferred_bytes, 10, 0);
    eddy_unref(reading);
    close_file(file);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_was_written_is_read_back,
        reading_ends_where_the_file_does,
        offsets_may_be_beyond_4_gib,
        large_ones_are_whole,
        many_at_once_are_each_told,
        those_that_append_do_so_in_their_order,
        one_that_waits_to_append_can_be_cancelled,
        file_is_cut_off_and_made_longer,
        status_is_that_of_the_system,
        errors_are_those_of_the_system,
        directory_can_be_synced_but_not_read,
        full_disk_is_told,
        what_has_no_offsets_is_refused_at_once,
        descriptor_that_is_open_is_taken_over,
        descriptor_is_close_on_exec_and_above_stdio,
        bad_arguments_are_refused,
        task_copies_a_file,
        deferred_reads_a_file,
    };
    Suite *suite = suite_create("file");

    add_file_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
