/* SPDX-License-Identifier: MIT */
/* progress.h - a bar on stderr, if that is a terminal, for those who wait. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool shown;
    size_t all;
    int64_t began_ns;
};

void progress_begin(struct progress *progress, size_t all);
/* So much is done, and now comes this. */
void progress_show(const struct progress *progress, size_t done,
                   const char *workload, const char *poller, const char *style);
/* Leaves nothing behind. */
void progress_end(const struct progress *progress);

#endif
