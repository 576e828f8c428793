/* SPDX-License-Identifier: MIT */
/* fitted.h - what the poller does for streams by itself. */
#ifndef EDDY_IO_FITTED_H
#define EDDY_IO_FITTED_H

#include "io.h"

/* Bytes that come by themselves: see inlet.c. */
struct inlet {
    struct eddy_submission submission;
    struct eddy_io_buffer *first, *last; /* came, and were not read yet */
    int end;                             /* what comes after them */
    bool running, cancelled;
    uint8_t little;
};

/* A stream for which the poller does things by itself: STREAM_FITTED. */
struct fitted {
    struct eddy_stream stream; /* must be first */
    struct inlet inlet;
    struct eddy_sending outlet; /* see outlet.c */
};

static inline struct fitted *eddy__fitted(struct eddy_stream *stream)
{
    return EDDY_CONTAINER_OF(stream, struct fitted, stream);
}

/* ---- inlet.c ------------------------------------------------------------ */

void eddy__inlet_init(struct inlet *inlet);
/* There is a reader: true, and it will be told of what comes; false: not by us,
 * wait for the descriptor. */
bool eddy__inlet_run(struct eddy_stream *stream);
/* As recv. */
int64_t eddy__inlet_take(struct eddy_stream *stream, void *buf, size_t size);
bool eddy__inlet_has_some(struct eddy_stream *stream);
/* Where much came: how much the system gave now. */
void eddy__inlet_notice(struct eddy_stream *stream, int64_t n);
/* The descriptor is about to be closed. */
void eddy__inlet_let_go(struct eddy_stream *stream);
/* The stream is closed: buried, now or when the receive has ended. */
void eddy__inlet_close(struct eddy_stream *stream);

/* ---- outlet.c ------------------------------------------------------------ */

enum { COPY_ROOM = 4096 }; /* at least, so that many small sends share one */

/* What eddy_send() took; the memory is used again where there is an outlet. */
struct copy {
    struct chunk chunk; /* its first byte is bytes[0] */
    size_t used, capacity;
    char bytes[];
};

void eddy__outlet_init(struct eddy_sending *outlet);
/* It has one, and nothing is queued. true: what is queued now goes with the
 * next wait. awaited: somebody waits for its end; else there is memory for a
 * copy of it. */
bool eddy__outlet_takes(struct eddy_stream *stream, size_t size, bool awaited);
/* What goes with the next wait goes now. */
void eddy__outlet_flush(struct eddy_stream *stream);
/* One of COPY_ROOM bytes; NULL: there is none. */
struct copy *eddy__spare_take(struct common *common);
/* false: it is not kept. */
bool eddy__spare_keep(struct common *common, struct copy *copy);
void eddy__spares_free(struct common *common);

#endif
