/* SPDX-License-Identifier: MIT */
/* arguments.c - reading them. */
#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(const char *program, const char *names)
{
    fprintf(stderr, "usage: %s [--poller P] [--style S] %s\n", program, names);
    exit(WRONG_USAGE);
}

static int count_words(const char *text)
{
    int count = *text != '\0';

    for (; *text != '\0'; text++)
        count += *text == ' ';
    return count;
}

/* Takes the options; returns the index of what follows them. */
static int read_options(struct arguments *arguments, int argc, char **argv)
{
    int i = 1;

    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2)
        if (strcmp(argv[i], "--poller") == 0)
            arguments->poller = argv[i + 1];
        else if (strcmp(argv[i], "--style") == 0)
            arguments->style = argv[i + 1];
        else
            break;
    return i;
}

void read_arguments(struct arguments *ret_arguments, int argc, char **argv,
                    const char *names)
{
    struct arguments arguments = { .poller = NULL };
    int first = read_options(&arguments, argc, argv);
    int count = count_words(names);

    if (argc - first != count)
        usage(argv[0], names);
    for (int i = 0; i < count; i++) {
        char *end;

        arguments.number[i] = strtol(argv[first + i], &end, 10);
        if (*end != '\0' || arguments.number[i] < 0)
            usage(argv[0], names);
    }
    *ret_arguments = arguments;
}

void only_style(const struct arguments *arguments, const char *style)
{
    if (arguments->style == NULL || strcmp(arguments->style, style) == 0)
        return;
    fprintf(stderr, "there is no style but %s\n", style);
    exit(NOT_HERE);
}

void give_up(const char *what)
{
    perror(what);
    exit(1);
}
