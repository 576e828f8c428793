/* SPDX-License-Identifier: MIT */
/* promises.h - plain asserts, and a line for what was kept. */
#ifndef EDDY_TESTS_PROMISES_H
#define EDDY_TESTS_PROMISES_H

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(what)                                                          \
    ((what) ? (void)0 : break_promise(#what, __FILE__, __LINE__))

static inline void break_promise(const char *what, const char *file, int line)
{
    (void)printf("%s:%d: not so: %s\n", file, line, what);
    (void)fflush(stdout);
    _Exit(1);
}

/* Calls a function that has a sentence for a name. */
#define KEPT(promise)                                                          \
    do {                                                                       \
        promise();                                                             \
        (void)puts("  " #promise);                                             \
        (void)fflush(stdout);                                                  \
    } while (0)

#endif
