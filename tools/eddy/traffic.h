/* SPDX-License-Identifier: MIT */
/*
 * traffic.h - what is said to a service, and what it has to say to that.
 *
 * The check does not use the code of the service: it would agree with itself.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <eddy/stream.h>

struct traffic {
    const char *service;
    size_t least, most; /* bytes of a request */
    size_t growth;      /* what a reply needs beyond that */

    /* Makes up the next request. *seed goes on from request to request, so what
     * is said differs, but not from one run to the next. */
    void (*ask)(char *buf, size_t size, uint64_t *seed);

    /* Reads the reply to a request of `size` bytes; buf has size + growth. */
    struct eddy_op (*hear)(struct eddy_stream *stream, char *buf, size_t size);

    /* Is that the reply to this? */
    bool (*right)(const char *asked, size_t size, const char *heard,
                  size_t heard_size);
};

/* Or NULL. */
const struct traffic *traffic_find(const char *service);

#endif
