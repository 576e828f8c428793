/* SPDX-License-Identifier: MIT */
/* workload.h - what `eddy compare` has servers do. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

struct workload {
    const char *name;    /* of the service, and of its traffic */
    const char *example; /* "echo": examples/echo_callback.c and so on */
    const char *summary;
    size_t connections; /* if nobody wants another number */
    size_t size;        /* bytes of a request, likewise */
    bool parts;         /* its answers are made of parts: see parts.h */
    bool asks;          /* another server, the slow one */
};

/* All of them; NULL past the end. */
const struct workload *workload_at(size_t index);

/* The styles, in the order of telling; NULL past the end. */
const char *style_at(size_t index);

#endif
