/* SPDX-License-Identifier: MIT */
/* source.h - the examples, as they were when this program was built. */
#ifndef SOURCE_H
#define SOURCE_H

#include <stddef.h>

struct source {
    const char *file;     /* "echo_deferred.c" */
    const char *workload; /* "echo" */
    const char *style;
    const char *const *lines;
    size_t count;
};

/* Made by tools/eddy/embed; the last one has no file. */
extern const struct source sources[];

/* NULL: there is none. */
const struct source *source_find(const char *workload, const char *style);

/* Of code, without comments and blank lines; 0 for NULL. */
size_t source_lines(const struct source *source);

#endif
