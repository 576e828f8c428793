/* SPDX-License-Identifier: MIT */
/* loop.h - a loop on the poller that the command line asks for. */
#ifndef EDDY_BENCH_LOOP_H
#define EDDY_BENCH_LOOP_H

#include <eddy.h>

#include "arguments.h"

/* Exits with NOT_HERE if there is no such poller. */
struct eddy_loop *new_loop(const struct arguments *arguments);

/* Exits, with eddy's words. */
void failed(int64_t result, const char *what);

/* For a result of eddy's; it is measured, too, so it is but a look. */
static inline void must_eddy(int64_t result, const char *what)
{
    if (result < 0)
        failed(result, what);
}

#endif
