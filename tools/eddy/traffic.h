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

    /* Only the first connection asks; the others are sent what it says, see
     * audience.h. */
    bool audience;

    /* Makes up the next request; some services are told of how many parts the
     * answer is to be. *seed goes on from request to request, so what is said
     * differs, but not from one run to the next. */
    void (*ask)(char *buf, size_t size, int parts, uint64_t *seed);

    /* Reads the reply to a request of `size` bytes; buf has size + growth. */
    struct eddy_op (*hear)(struct eddy_stream *stream, char *buf, size_t size);

    /* Is that the reply to this? */
    bool (*right)(const char *asked, size_t size, const char *heard,
                  size_t heard_size);
};

extern const struct traffic broadcast_traffic, chain_traffic, fanout_traffic;
extern const struct traffic timers_traffic;

/* Or NULL. */
const struct traffic *traffic_find(const char *service);

/* A random number; *seed is never 0. */
uint64_t traffic_draw(uint64_t *seed);

#endif
