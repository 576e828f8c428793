/* SPDX-License-Identifier: MIT */
/*
 * usage.h - what a process has used of the machine so far.
 *
 * The processor and the memory are asked of the system. Calls of the system and
 * allocations are counted at the seams where a loop lets itself be watched: its
 * table of system calls, its allocator, and what it tells of its poller. To
 * count costs a little, so what is counted is not timed.
 */
#ifndef USAGE_H
#define USAGE_H

#include <stddef.h>
#include <stdint.h>

#include <eddy/loop.h>
#include <eddy/sys.h>

/* Differences between two of them tell something. */
struct usage {
    int64_t cpu_ns;      /* in the program, and in the system for it */
    int64_t calls;       /* of the system: 0 unless counted */
    int64_t allocations; /* 0 unless counted */
    int64_t resident;    /* bytes of memory of its own; -1: the system does not
                            tell */
    int64_t clients;     /* of the server, now */
};

/* To be set up by counter_init(), and given to a loop as its `sys` and `mem`:
 * it must outlive the loop. */
struct counter {
    struct eddy_sys sys;
    struct eddy_mem mem;
    int64_t calls, allocations;
};

void counter_init(struct counter *counter);

/* Of this process, in which that loop runs; but for the clients. counter NULL:
 * nothing is counted. */
void usage_take(struct usage *usage, const struct counter *counter,
                const struct eddy_loop *loop);

/* As a line with its '\n', and back again: false if it is none. */
enum { USAGE_LINE = 120 };
void usage_format(const struct usage *usage, char *buf, size_t size);
bool usage_parse(struct usage *usage, const char *line);

#endif
