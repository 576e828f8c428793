/* SPDX-License-Identifier: MIT */
/*
 * options.h - the command line, described by a table.
 *
 * A command lists its options and arguments, each with a function that takes
 * the text; parsing, --help and the complaints follow from the list.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

#include "tool.h"

/* The most that some are asked for. */
#define HOUR_NS (3600 * EDDY_SECOND)

struct option {
    /* "--port" is an option: "--port N" or "--port=N". "PORT", without dashes,
     * is an argument: all of them are required, in the order of the table. */
    const char *name;
    const char *value; /* what the help calls the value; NULL: a switch */
    const char *help;

    /* Stores the text in *into. false: it has complained. */
    bool (*take)(const struct option *option, const char *text);
    void *into;

    int64_t least, most;      /* take_number(), take_seconds() */
    const char *const *among; /* take_choice(): the words, then NULL */
};

/* What they store; take_text() nothing that is empty. */
bool take_switch(const struct option *option, const char *text); /* bool */
bool take_text(const struct option *option, const char *text);   /* char * */
bool take_choice(const struct option *option, const char *text); /* char * */
/* Words of `among` with commas between them: a bit for each in a uint64_t. */
bool take_choices(const struct option *option, const char *text);
bool take_number(const struct option *option, const char *text);  /* int64_t */
bool take_seconds(const struct option *option, const char *text); /* in ns */
bool take_poller(const struct option *option, const char *text);  /* ops */

/* true: go on. false: the command is over, and *ret_status says how. */
bool options_parse(const struct command *command, const struct option *options,
                   size_t count, int argc, char **argv, int *ret_status);

#endif
