/* SPDX-License-Identifier: MIT */
/*
 * trial.h - one workload, in one style, on one poller, once.
 *
 *     trial --fork--> load --fork--> the server under test
 *                       \---fork--> the server that it asks, if it asks one
 *
 * So the load and the servers have processes of their own, which end with the
 * trial, and what one trial leaves in memory is not found by the next. Where
 * there are two processors the server under test has one of them to itself.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "loader.h"
#include "server.h"
#include "workload.h"

struct trial {
    const struct workload *workload;
    const struct service *service;
    const struct eddy_poller_ops *poller;
    size_t connections, size;
    int parts;
    int64_t duration_ns;
    int server_cpu, load_cpu; /* or ANY_CPU */
    /* Counts calls and allocations, and first opens so many connections that
     * say nothing, to see what they take. 0: times, and does not count. */
    size_t idle;
};

struct outcome {
    struct load_report load;
    /* By the server, from the first request to the last reply. */
    int64_t cpu_ns;
    int64_t calls, allocations; /* 0 unless counted */
    double idle_bytes;          /* of one connection; below 0: not known */
};

/* false: it has complained. */
bool trial_run(const struct trial *trial, struct outcome *ret_outcome);

/* How many descriptors one of its processes needs, at most. */
size_t trial_descriptors(const struct trial *trial);

#endif
