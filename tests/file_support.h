/* SPDX-License-Identifier: MIT */
/*
 * file_support.h - files for a test, in a folder of its own.
 *
 * Each test runs twice on every poller: with the real system calls, so that a
 * poller that can does the reading and writing itself; and with a table that
 * stands in for them, `sys`, so that threads do it.
 */
#ifndef EDDY_TESTS_FILE_SUPPORT_H
#define EDDY_TESTS_FILE_SUPPORT_H

#include <sys/stat.h>

#include "gate.h"
#include "stream_support.h"

void add_file_tests(Suite *suite, const TTest *const *tests, size_t count);

/* Copied from the real one before each test; it counts, too. */
extern struct eddy_sys sys;

/* A loop on the poller, in the way of this run. */
void open_file_loop(int index, enum clock_kind kind);
/* A loop that calls what the test has put into `sys`, whatever the run. */
void open_ordered_loop(int index);
/* The same with a pool of so many threads, and so long a queue. */
void open_narrow_loop(int index, unsigned threads, size_t queue);
/* Is it the poller that reads? */
bool reads_by_itself(void);

/* The path of a name in the folder of this test; one of the last four. */
const char *path_of(const char *name);
/* Writes a file there by plain calls: the pattern from 0 on. */
const char *make_file(const char *name, size_t size);
/* Fails the test unless the file is so. */
void expect_file(const char *name, const void *bytes, size_t size);

/* Opens it there; it must succeed. */
struct eddy_file *open_file(const char *name, int flags);
void close_file(struct eddy_file *file);

#endif
