/* SPDX-License-Identifier: MIT */
/*
 * stage.h - what the programs of the tutorials share: a stage to run them on.
 *
 * The tutorials about asynchronous Python, from which eddy's semantics were
 * gathered, show small programs; each has a counterpart here, a function, with
 * the number that tests/seeds.txt knows it by. They run on a virtual clock, so
 * ten seconds of sleeping take no time, and print what they do and when.
 *
 *     sleeping               runs all that are in sleeping.c
 *     sleeping EG30 EG44     runs these
 *     sleeping --real EG30   on the clock on the wall
 */
#ifndef STAGE_H
#define STAGE_H

#include <eddy.h>

/* One program. The loop is new, and is freed afterwards. */
struct play {
    const char *row, *title;
    void (*run)(struct eddy_loop *loop);
};

/* Runs those that argv asks for; returns what main() returns. */
int stage(const struct play *plays, size_t count, int argc, char **argv);

/* Prints a line, behind the time of the loop that is on stage. */
void say(const char *format, ...) EDDY_PRINTF(1, 2);

/* The logger of the loop on stage: says what is logged, but for addresses,
 * which are different each time. */
void stage_log(void *name, enum eddy_level level, const char *text);

/* What a call that blocks does to a loop: time passes, and nothing else can
 * happen. */
void block(int64_t ns);

/* What was expected to be 0 or more and is not ends the program: these are
 * demonstrations, and nothing in them is meant to fail but what they show. */
int64_t must(int64_t n);

/* A UNIX socket that is nobody else's, for those that talk to themselves: it
 * delivers at once, and a virtual clock does not wait for what is on its way.
 * Its file goes with the listener. number: 0 or 1, for there are two. */
struct eddy_endpoint stage_door(int number);

#endif
