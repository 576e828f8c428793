/* SPDX-License-Identifier: MIT */
/* options.c - takes a command line apart. */
#include <stdio.h>
#include <string.h>

#include "options.h"

static bool is_argument(const struct option *option)
{
    return option->name[0] != '-';
}

/* ---- Help --------------------------------------------------------------- */

static void print_help(const struct command *command,
                       const struct option *options, size_t count)
{
    char left[40];

    printf("usage: eddy %s", command->name);
    for (size_t i = 0; i < count; i++) {
        if (is_argument(&options[i]))
            printf(" %s", options[i].name);
    }
    printf(" [OPTION ...]\n%s\n\n", command->summary);
    for (size_t i = 0; i < count; i++) {
        const char *value = options[i].value;

        snprintf(left, sizeof left, "%s%s%s", options[i].name,
                 value != NULL ? " " : "", value != NULL ? value : "");
        printf("  %-18s %s\n", left, options[i].help);
    }
    printf("  %-18s %s\n", "--help", "print this");
}

/* ---- Parsing ------------------------------------------------------------ */

/* The option that a word is, or "--port=80" begins with; or NULL. */
static const struct option *find_option(const struct option *options,
                                        size_t count, const char *word)
{
    size_t size = strcspn(word, "=");

    for (size_t i = 0; i < count; i++) {
        if (!is_argument(&options[i]) && strlen(options[i].name) == size &&
            memcmp(options[i].name, word, size) == 0)
            return &options[i];
    }
    return NULL;
}

static void complain_of_option(const struct command *command,
                               const struct option *options, size_t count,
                               const char *word)
{
    struct words words = { "", 0 };

    for (size_t i = 0; i < count; i++) {
        if (!is_argument(&options[i]))
            words_add(&words, options[i].name);
    }
    words_add(&words, "--help");
    complain("%s: unknown option '%s': there is %s", command->name, word,
             words.text);
}

/* One option at argv[0], with its value there or at argv[1]. Returns how many
 * words it was, 0 after a complaint. */
static int take_option(const struct command *command,
                       const struct option *options, size_t count, char **argv)
{
    const char *word = argv[0];
    const char *equals = strchr(word, '=');
    const struct option *option = find_option(options, count, word);

    if (option == NULL) {
        complain_of_option(command, options, count, word);
        return 0;
    }
    if (option->value == NULL && equals != NULL) {
        complain("%s: %s takes no value", command->name, option->name);
        return 0;
    }
    if (option->value == NULL || equals != NULL)
        return option->take(option, equals != NULL ? equals + 1 : NULL) ? 1 : 0;
    if (argv[1] == NULL) {
        complain("%s: %s needs a value: %s %s", command->name, option->name,
                 option->name, option->value);
        return 0;
    }
    if (find_option(options, count, argv[1]) != NULL) {
        complain("%s: %s needs a value, and '%s' is an option", command->name,
                 option->name, argv[1]);
        return 0;
    }
    return option->take(option, argv[1]) ? 2 : 0;
}

static const struct option *next_argument(const struct option *options,
                                          size_t count, size_t *at)
{
    while (*at < count && !is_argument(&options[*at]))
        ++*at;
    return *at < count ? &options[(*at)++] : NULL;
}

static bool take_argument(const struct command *command,
                          const struct option *option, const char *word)
{
    if (option == NULL) {
        complain("%s: '%s' is one argument too many", command->name, word);
        return false;
    }
    return option->take(option, word);
}

static bool parse(const struct command *command, const struct option *options,
                  size_t count, char **argv)
{
    size_t at = 0; /* in options: where to look for the next argument */

    while (*argv != NULL) {
        int words = 1;

        if (argv[0][0] == '-')
            words = take_option(command, options, count, argv);
        else if (!take_argument(command, next_argument(options, count, &at),
                                *argv))
            words = 0;
        if (words == 0)
            return false;
        argv += words;
    }

    const struct option *missing = next_argument(options, count, &at);
    if (missing != NULL)
        complain("%s: %s is missing: %s", command->name, missing->name,
                 missing->help);
    return missing == NULL;
}

bool options_parse(const struct command *command, const struct option *options,
                   size_t count, int argc, char **argv, int *ret_status)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(command, options, count);
            *ret_status = TOOL_DONE;
            return false;
        }
    }
    if (parse(command, options, count, argv + 1))
        return true;
    complain("'eddy %s --help' tells more", command->name);
    *ret_status = TOOL_MISUSED;
    return false;
}
