/* SPDX-License-Identifier: MIT */
/*
 * audience.h - connections that only listen.
 *
 * Of ten of them one is slow: it rests for a millisecond after each 4 KiB. Each
 * counts what it hears; in the end all must have heard as much as was said.
 */
#ifndef AUDIENCE_H
#define AUDIENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <eddy/stream.h>

struct member;

struct audience {
    struct eddy_loop *loop;
    struct member *members;
    size_t count, room;
    bool ending;       /* it is known how much was said */
    uint64_t expected; /* that is, in bytes */
};

/* Room for so many. -ENOMEM. */
int audience_init(struct audience *audience, struct eddy_loop *loop,
                  size_t room);
/* When the loop is over. */
void audience_done(struct audience *audience);

/* The stream stays whose it is. */
void audience_join(struct audience *audience, struct eddy_stream *stream);

/* So many bytes were said to each, and no more will be: who has heard them
 * listens no longer. */
void audience_expect(struct audience *audience, uint64_t bytes);

/* Nobody listens any longer. */
void audience_leave(struct audience *audience);

/* How many have not heard just what was expected. */
size_t audience_missed(const struct audience *audience);

#endif
