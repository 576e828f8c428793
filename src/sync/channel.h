/* SPDX-License-Identifier: MIT */
/* channel.h - the inside of a channel, seen by channel.c and end.c alone. */
#ifndef EDDY_CHANNEL_PRIVATE_H
#define EDDY_CHANNEL_PRIVATE_H

#include "exchange.h"

#include <pthread.h>

#include <eddy/channel.h>

struct channel {
    struct exchange exchange;
    size_t open[2]; /* ends: those that receive, those that send */
    size_t ends;    /* objects */
    bool shared;    /* then the mutex guards all of it */
    bool flows;     /* it is not shared, and both sides are open */
    pthread_mutex_t mutex;
};

/* Only the thread of its loop touches what an end has of its own, but others
 * read what never changes. */
struct eddy_channel_end {
    struct eddy_loop *loop; /* first, as in struct object */
    struct channel *channel;
    size_t pending; /* operations that may still come back to it */
    enum { RECEIVES, SENDS, CLOSED } state;
    bool freed;
};

static inline void channel_lock(struct channel *channel)
{
    if (channel->shared)
        (void)pthread_mutex_lock(&channel->mutex);
}

static inline void channel_unlock(struct channel *channel)
{
    if (channel->shared)
        (void)pthread_mutex_unlock(&channel->mutex);
}

/* Ends a transfer that has left its line, in its own loop; `loop` is that of
 * the caller, who has let go of the channel. */
void eddy__channel_tell(struct transfer *transfer, struct eddy_loop *loop);

/* Nobody takes it: back to the front, or to nobody if all are gone. */
void eddy__channel_put_back(struct eddy_channel_end *end, struct item item);

/* One operation less that may come back: an end that was freed may go. */
void eddy__channel_bury(struct eddy_channel_end *end);
static inline void channel_unpend(struct eddy_channel_end *end)
{
    if (--end->pending == 0 && end->freed)
        eddy__channel_bury(end);
}

#endif
