/* SPDX-License-Identifier: MIT */
/*
 * events.h - bytes that race through pipes: what descriptors cost that are
 * watched.
 *
 * N pipes are watched for reading. A round takes all watches away and puts them
 * back, pauses them all and resumes them, writes a byte into A of the pipes,
 * and runs until A + W were read: whoever reads one writes one into the next
 * pipe, as long as there are of the W left. events_main.c does that, and a
 * competitor provides the functions below; indices are those of the pipes.
 */
#ifndef EDDY_BENCH_EVENTS_H
#define EDDY_BENCH_EVENTS_H

#include "arguments.h"

/* Watches fds[0..count) for reading; both stay where they are. */
void events_open(const struct arguments *arguments, const int *fds, int count);

/* Frees all watches, and makes all anew: the descriptors may have been others
 * in between. */
void events_unwatch(void);
void events_watch(void);

/* The same for who knows that they have not. */
void events_pause(void);
void events_resume(void);

/* A turn that does not wait. */
void events_look(void);
/* Turns, as long as events_left() > 0. */
void events_run(void);

/* To be called for each pipe that is ready. */
void events_read(int index);
extern long events_left;

#endif
