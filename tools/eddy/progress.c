/* SPDX-License-Identifier: MIT */
/* progress.c - draws the bar. */
#include <stdio.h>
#include <unistd.h>

#include <eddy/loop.h>

#include "progress.h"

enum { WIDTH = 30 };

static int64_t now_ns(void)
{
    const struct eddy_clock *clock = eddy_clock_default();

    return clock->now_ns(clock->arg);
}

void progress_begin(struct progress *progress, size_t all)
{
    *progress = (struct progress){
        .shown = isatty(STDERR_FILENO) == 1,
        .all = all,
        .began_ns = now_ns(),
    };
}

void progress_show(const struct progress *progress, size_t done,
                   const char *workload, const char *poller, const char *style)
{
    static const char full[] = "##############################";
    int filled = (int)(done * WIDTH / progress->all);
    int64_t took_ns = now_ns() - progress->began_ns;
    int64_t left_s = 0;

    if (!progress->shown)
        return;
    if (done > 0)
        left_s = took_ns / (int64_t)done * (int64_t)(progress->all - done) /
                 EDDY_SECOND;
    /* "\033[K" clears what a longer line has left */
    fprintf(stderr, "\r[%.*s%*s] %zu/%zu, %lld s left: %s %s %s\033[K", filled,
            full, WIDTH - filled, "", done, progress->all, (long long)left_s,
            workload, poller, style);
}

void progress_end(const struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}
