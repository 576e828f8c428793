/* SPDX-License-Identifier: MIT */
/*
 * arguments.h - what all programs here are told, and in which words:
 *
 *     PROGRAM [--poller P] [--style S] NUMBER...
 *
 * Who has but one poller and one style takes no notice of them.
 */
#ifndef EDDY_BENCH_ARGUMENTS_H
#define EDDY_BENCH_ARGUMENTS_H

#include <stdbool.h>

enum {
    NUMBERS = 5,    /* at most */
    NOT_HERE = 77,  /* exit status: this machine has it not */
    WRONG_USAGE = 2 /* exit status */
};

struct arguments {
    const char *poller; /* NULL: the best */
    const char *style;  /* NULL: callback */
    long number[NUMBERS];
};

/* `names` are those of the numbers, "N A W ROUNDS": there must be as many,
 * each at least 0. Else says so and exits. */
void read_arguments(struct arguments *ret_arguments, int argc, char **argv,
                    const char *names);

/* Exits with NOT_HERE unless the style is this one. */
void only_style(const struct arguments *arguments, const char *style);

/* Exits, with what errno says. */
void give_up(const char *what);

/* For what fails on no machine that is fit to be measured. */
static inline void must(bool ok, const char *what)
{
    if (!ok)
        give_up(what);
}

#endif
