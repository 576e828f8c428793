/* SPDX-License-Identifier: MIT */
/* source.h - files of the source tree, as this program was built with them. */
#ifndef SOURCE_H
#define SOURCE_H

#include <stddef.h>

struct source {
    const char *file;    /* "echo_deferred.c" */
    const char *example; /* "echo" */
    const char *style;
    const char *const *lines;
    size_t count;
};

/* Made by tools/eddy/embed: the examples, the last one of which has no file,
 * and page.css, the last line of which is NULL. */
extern const struct source sources[];
extern const char *const page_style[];

/* NULL: there is none. */
const struct source *source_find(const char *example, const char *style);

/* Of code, without comments and blank lines; 0 for NULL. */
size_t source_lines(const struct source *source);

#endif
