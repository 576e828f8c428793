/* SPDX-License-Identifier: MIT */
/* audience.c - listens, at a pace of its own. */
#include <stdlib.h>

#include "audience.h"

enum {
    PIECE = 4096,
    SLOW = 10 /* one of so many is */
};
#define REST_NS EDDY_MS

struct member {
    struct audience *audience;
    struct eddy_stream *stream;
    struct eddy_request request;
    bool slow;
    bool busy; /* listening or resting */
    uint64_t heard;
    char piece[PIECE];
};

int audience_init(struct audience *audience, struct eddy_loop *loop,
                  size_t room)
{
    *audience = (struct audience){ .loop = loop, .room = room };
    audience->members = calloc(room, sizeof *audience->members);
    return audience->members != NULL || room == 0 ? 0 : -ENOMEM;
}

void audience_done(struct audience *audience)
{
    free(audience->members);
}

static void listen_on(struct member *member);

static void on_rested(struct eddy_result result, void *arg)
{
    struct member *member = arg;

    member->busy = false;
    if (result.n == 0)
        listen_on(member);
}

static void on_piece(struct eddy_result result, void *arg)
{
    struct member *member = arg;
    struct eddy_op rest = eddy_sleep(REST_NS);

    member->busy = false;
    if (result.n <= 0)
        return; /* the count will show it */
    member->heard += (uint64_t)result.n;
    if (!member->slow) {
        listen_on(member);
        return;
    }
    member->busy = true;
    eddy_begin(member->audience->loop, &member->request, &rest, on_rested,
               member);
}

static void listen_on(struct member *member)
{
    const struct audience *audience = member->audience;
    struct eddy_op op = eddy_read(member->stream, member->piece, PIECE);

    if (audience->ending && member->heard >= audience->expected)
        return;
    member->busy = true;
    eddy_begin(audience->loop, &member->request, &op, on_piece, member);
}

void audience_join(struct audience *audience, struct eddy_stream *stream)
{
    struct member *member = &audience->members[audience->count];
    member->audience = audience;
    member->stream = stream;
    member->slow = audience->count++ % SLOW == 0;
    listen_on(member);
}

void audience_expect(struct audience *audience, uint64_t bytes)
{
    audience->ending = true;
    audience->expected = bytes;
    for (size_t i = 0; i < audience->count; i++) {
        struct member *member = &audience->members[i];

        if (member->busy && member->heard >= bytes)
            eddy_request_cancel(&member->request);
    }
}

void audience_leave(struct audience *audience)
{
    for (size_t i = 0; i < audience->count; i++) {
        if (audience->members[i].busy)
            eddy_request_cancel(&audience->members[i].request);
    }
}

size_t audience_missed(const struct audience *audience)
{
    size_t missed = 0;

    for (size_t i = 0; i < audience->count; i++)
        missed += audience->members[i].heard != audience->expected;
    return missed;
}
