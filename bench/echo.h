/* SPDX-License-Identifier: MIT */
/*
 * echo.h - an echo server in each style.
 *
 * All three hand what came to eddy_send(), and receive no more until the system
 * has taken all of it: the water marks of each stream are 0.
 */
#ifndef EDDY_BENCH_ECHO_H
#define EDDY_BENCH_ECHO_H

#include "loop.h"

struct echo_style {
    const char *name;
    /* Takes the stream over. */
    void (*serve)(struct eddy_loop *loop, struct eddy_stream *take_stream);
};

enum { ROOM = 65536 }; /* to read at a time */

/* Room for a connection that asks for bytes rather than being called with them.
 * It takes memory as far as messages have come, so one that is idle takes none.
 */
char *room_of(const struct eddy_stream *stream);

extern const struct echo_style echo_callback;
extern const struct echo_style echo_deferred;
extern const struct echo_style echo_coroutine;

#endif
