/* SPDX-License-Identifier: MIT */
/* tool.h - what the commands of the tool have in common. */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include <eddy/loop.h>

/* How the tool ends. */
enum {
    TOOL_DONE = 0,
    TOOL_FAILED = 1, /* the world said no, or a reply was wrong */
    TOOL_MISUSED = 2 /* the arguments make no sense */
};

struct command {
    const char *name;
    const char *summary; /* one line, for the help */
    /* argv[0] is the command's name. Returns how the tool ends. */
    int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command pollers_command;
extern const struct command serve_command;
extern const struct command load_command;
extern const struct command demo_command;
extern const struct command compare_command;

/* Sends what was printed on its way. 0, or the first error of stdout: main()
 * tells of it in the end. */
int output_flush(void);

/* A text as JSON has it, on stdout: who knows what is in it. */
void print_string(const char *text);

/* Says what is wrong: one line on stderr, "eddy: ...". */
void complain(const char *format, ...) EDDY_PRINTF(1, 2);

/* A list of words for such a line, "epoll, poll, select"; cut when full. */
struct words {
    char text[200];
    size_t used;
};
void words_add(struct words *words, const char *word);

/* A loop on that poller, NULL: the default one; or NULL after a complaint. */
struct eddy_loop *loop_open(const struct eddy_poller_ops *poller);
struct eddy_loop *loop_open_with(const struct eddy_loop_options *options);
/* Is there a default one? Where many loads are to wait by it, one complaint is
 * enough. */
bool loop_opens(void);

/* Tries to make room for that many descriptors by raising the soft limit, and
 * returns how many there may be now. */
int64_t descriptors_raise(int64_t want);
/* The same for so many connections and `spare` more. false: it has complained
 * that they are too many. */
bool descriptors_suffice(int64_t connections, int64_t spare);

#endif
