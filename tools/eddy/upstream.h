/* SPDX-License-Identifier: MIT */
/*
 * upstream.h - connections to another server, which answers slowly.
 *
 * A question is a line with a delay and a number, "1500 41"; the answer comes
 * after so many microseconds and is the next number, "42". One question at a
 * time to a connection; the connections are made before anything is served, and
 * kept.
 */
#ifndef UPSTREAM_H
#define UPSTREAM_H

#include <stdint.h>

#include <eddy/stream.h>

enum { UPSTREAM_LINE = 48 };

struct upstream {
    struct upstream *next; /* while nobody has it */
    struct upstreams *all;
    struct eddy_stream *stream;
    struct eddy_request request; /* for who has it, and so is: */
    void *arg;
    int64_t delay_us, number;
    char line[UPSTREAM_LINE];
};

struct upstreams {
    struct eddy_loop *loop;
    struct upstream *first; /* that nobody has */
    struct upstream *memory;
};

/* Makes so many connections to that port, with a loop that does not run yet.
 * Zero of them: nothing happens. */
int upstreams_open(struct upstreams *all, struct eddy_loop *loop, uint16_t port,
                   size_t count);
void upstreams_close(struct upstreams *all);

/* One of them, for a question, or NULL: all are taken. */
struct upstream *upstream_take(struct upstreams *all, int64_t delay_us,
                               int64_t number);
void upstream_give(struct upstream *upstream);

/* Sends its question; the operation that waits for the answer. If the question
 * could not be sent, waiting fails. */
struct eddy_op upstream_ask(struct upstream *upstream);
/* The answer, from the n of that operation, or an error. */
int64_t upstream_answer(const struct upstream *upstream, int64_t n);

#endif
