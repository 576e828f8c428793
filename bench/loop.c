/* SPDX-License-Identifier: MIT */
/* loop.c - see loop.h. */
#include "loop.h"

#include <stdio.h>
#include <stdlib.h>

void failed(int64_t result, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, eddy_strerror((int)result));
    exit(1);
}

struct eddy_loop *new_loop(const struct arguments *arguments)
{
    struct eddy_loop_options options = { .poller = NULL };
    struct eddy_loop *loop;
    int err;

    if (arguments->poller != NULL) {
        options.poller = eddy_poller_find(arguments->poller);
        if (options.poller == NULL) {
            fprintf(stderr, "no poller %s in this build\n", arguments->poller);
            exit(NOT_HERE);
        }
    }
    err = eddy_loop_new(&loop, &options);
    if (err == -ENOSYS || err == -EPERM) {
        fprintf(stderr, "%s does not open: %s\n", arguments->poller,
                eddy_strerror(err));
        exit(NOT_HERE);
    }
    must_eddy(err, "a loop");
    return loop;
}
