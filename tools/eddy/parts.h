/* SPDX-License-Identifier: MIT */
/*
 * parts.h - services whose answer is made of parts, for `eddy compare`.
 *
 * A request says of how many, and a number: "0010 0000012345\n", always
 * PARTS_SIZE bytes. The reply is a number:
 *
 *     fanout   the sum of what another server answers to number + 1, number + 2
 *              ..., asked all at once, and each as slow as it is late
 *     chain    what it answers when asked for what it answered before, and so
 *              on: number + parts
 *     timers   the number, when so many timers, started all at once, have fired
 *
 * Hearing and replying is the same for all of them, in each style.
 */
#ifndef PARTS_H
#define PARTS_H

#include "exchange.h"
#include "session.h"
#include "visit.h"

enum {
    PARTS_MOST = 100,
    PARTS_SIZE = 16,
    PARTS_ROOM = PARTS_SIZE + 1, /* as eddy_read_line() needs it */
    PARTS_REPLY = 24
};

struct parts {
    int count; /* at most PARTS_MOST; 0: the request is none */
    int64_t number;
};

/* `line` ends with a NUL. */
struct parts parts_read(const char *line);

/* How long the last part takes; the others are spread evenly before it. */
enum { FANOUT_US = 2000, TIMERS_US = 1000 };
static inline int64_t parts_delay_us(int part, const struct parts *parts,
                                     int64_t last_us)
{
    return last_us * part / parts->count;
}

/* ---- In callbacks ------------------------------------------------------- */

struct parts_exchange {
    struct exchange exchange; /* first, see there */
    struct parts parts;       /* that are asked for */
    char line[PARTS_ROOM];
    /* Ends, then or later, in parts_reply() or exchange_end(). */
    void (*answer)(struct parts_exchange *exchange);
};

/* In `size` bytes, of a struct that begins with a parts_exchange. */
int parts_exchange_begin(struct server *server, struct eddy_stream *stream,
                         size_t size,
                         void (*answer)(struct parts_exchange *exchange));
void parts_reply(struct parts_exchange *exchange, int64_t number);

/* ---- In deferreds ------------------------------------------------------- */

struct parts_session {
    struct session session; /* first, see there */
    struct parts parts;     /* that are asked for */
    eddy_link_fn *answer;
    char line[PARTS_ROOM];
};

/* What `answer`, a link, leads to is the number of the reply. */
int parts_session_begin(struct server *server, struct eddy_stream *stream,
                        eddy_link_fn *answer);

/* ---- In coroutines ------------------------------------------------------ */

int64_t parts_hear(struct eddy_task *self, struct visit *visit,
                   struct parts *parts);
/* A number below 0 is an error, and returned. */
int64_t parts_say(struct eddy_task *self, struct visit *visit, int64_t number);

#endif
