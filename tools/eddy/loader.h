/* SPDX-License-Identifier: MIT */
/* loader.h - keeps a service busy, checks what it says, and takes the time. */
#ifndef LOADER_H
#define LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <eddy/loop.h>

#include "histogram.h"
#include "traffic.h"

struct load_plan {
    const char *host;
    uint16_t port;
    const struct eddy_poller_ops *poller; /* NULL: the usual one */
    const struct traffic *traffic;
    size_t connections;
    size_t size;         /* bytes of a request */
    int parts;           /* of an answer, where the traffic has parts */
    int64_t duration_ns; /* counted from when all are connected */
    bool progress;       /* shown on stderr */
};

struct load_report {
    uint64_t requests; /* that were answered, rightly or not */
    uint64_t wrong;
    size_t failed;         /* connections that broke, or were never made */
    int first_err;         /* of the first one that did */
    const char *failed_at; /* what it was doing: "connecting" */
    int64_t elapsed_ns;
    struct histogram latency; /* in ns */
};

/* Each connection asks, waits for the reply, and asks again: `connections`
 * requests are on their way at any time. Returns when all are closed. false: it
 * could not begin, and has complained. */
bool load_run(const struct load_plan *plan, struct load_report *ret_report);

/* The same in steps, for who has something to do in between: connects; talks
 * until the time is over and the last replies are there; closes. NULL, or
 * false: it has complained. What was opened is to be closed in each case, and
 * plan and report are in use until then. */
struct load;
struct load *load_open(const struct load_plan *plan,
                       struct load_report *ret_report);
bool load_talk(struct load *load);
bool load_close(struct load *load);

double load_per_second(const struct load_report *report);
/* See histogram_quantile(): "12.3 us", in buf, or "-" if there were no
 * requests. QUANTILE bytes are enough. */
enum { QUANTILE = 32 };
const char *load_quantile(const struct load_report *report, int per_mille,
                          char *buf, size_t size);

/* Why the first connection that failed did so. */
const char *load_first_failure(const struct load_report *report);

/* Every reply right, every connection good, and there were some. */
bool load_passed(const struct load_report *report);

#endif
