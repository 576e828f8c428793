/* SPDX-License-Identifier: MIT */
/* file_support.c - files for a test, in a folder of its own. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "file_support.h"

struct eddy_sys sys;

static bool by_threads;
static char folder[64];
static struct eddy_pool *pool; /* that was lent to the loop */

/* ---- Around each test ---------------------------------------------------- */

/* So that threads are needed. */
static int64_t nothing_in_memory(void *arg, int fd, void *buf, size_t size,
                                 int64_t offset)
{
    (void)arg;
    (void)fd;
    (void)buf;
    (void)size;
    (void)offset;
    return -EAGAIN;
}

static void setup(void)
{
    sys = *eddy_sys_default();
    sys.file_read_now = nothing_in_memory;
    (void)snprintf(folder, sizeof folder, "eddy-files-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void setup_by_poller(void)
{
    by_threads = false;
    setup();
}

static void setup_by_threads(void)
{
    by_threads = true;
    setup();
}

static void remove_folder(void)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            ck_assert_int_eq(unlink(path_of(entry->d_name)), 0);
    if (dir != NULL)
        (void)closedir(dir);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void teardown(void)
{
    close_loop();
    eddy_pool_free(pool);
    pool = NULL;
    remove_folder();
}

void add_file_tests(Suite *suite, const TTest *const *tests, size_t count)
{
    add_per_poller(suite, tests, count, setup_by_poller, teardown);
    add_per_poller(suite, tests, count, setup_by_threads, teardown);
}

/* ---- Loops --------------------------------------------------------------- */

void open_file_loop(int index, enum clock_kind kind)
{
    struct eddy_loop_options options = { 0 };

    loop_time.now_ns = 0;
    if (kind == VIRTUAL_TIME)
        options.clock = eddy_virtual_clock(&loop_time);
    if (by_threads)
        options.sys = &sys;
    open_loop_with(index, &options);
}

void open_ordered_loop(int index)
{
    struct eddy_loop_options options = { .sys = &sys };

    open_loop_with(index, &options);
}

void open_narrow_loop(int index, unsigned threads, size_t queue)
{
    struct eddy_pool_options narrow = { .threads = threads, .queue = queue };
    struct eddy_loop_options options = { .sys = &sys };

    narrow.mem = *counting_mem();
    ck_assert_int_eq(eddy_pool_new(&pool, &narrow), 0);
    options.pool = pool;
    open_loop_with(index, &options);
}

bool reads_by_itself(void)
{
    return eddy_loop_completes(loop, EDDY_IO_FILE_READ);
}

/* ---- Files --------------------------------------------------------------- */

const char *path_of(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % COUNT(paths)];

    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

const char *make_file(const char *name, size_t size)
{
    const char *path = path_of(name);
    char *bytes = malloc(size + 1);
    FILE *out = fopen(path, "w");

    ck_assert(bytes != NULL && out != NULL);
    fill_pattern(bytes, size, 0);
    ck_assert_uint_eq(fwrite(bytes, 1, size, out), size);
    ck_assert_int_eq(fclose(out), 0);
    free(bytes);
    return path;
}

void expect_file(const char *name, const void *bytes, size_t size)
{
    char *got = malloc(size + 1);
    FILE *in = fopen(path_of(name), "r");

    ck_assert(got != NULL && in != NULL);
    ck_assert_uint_eq(fread(got, 1, size + 1, in), size);
    ck_assert_mem_eq(got, bytes, size);
    ck_assert_int_eq(fclose(in), 0);
    free(got);
}

struct eddy_file *open_file(const char *name, int flags)
{
    struct eddy_file *file = NULL;

    ck_assert_int_eq(perform(eddy_file_open(path_of(name), flags, 0600, &file)),
                     0);
    ck_assert_ptr_nonnull(file);
    return file;
}

void close_file(struct eddy_file *file)
{
    ck_assert_int_eq(perform(eddy_file_close(file)), 0);
}
