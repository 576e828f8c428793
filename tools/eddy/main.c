/* SPDX-License-Identifier: MIT */
/* main.c - the program `eddy`: finds the command and runs it. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static const struct command *const commands[] = {
    &pollers_command, &serve_command,   &load_command,
    &demo_command,    &compare_command,
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *out)
{
    fputs("usage: eddy COMMAND [OPTION ...]\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'eddy COMMAND --help' tells more of each; 'eddy --version' prints"
          " the version.\n",
          out);
}

static int unknown(const char *word)
{
    struct words words = { "", 0 };

    for (size_t i = 0; i < COMMANDS; i++)
        words_add(&words, commands[i]->name);
    complain("unknown command '%s': there is %s, --help, --version", word,
             words.text);
    return TOOL_MISUSED;
}

/* A word that is no command. */
static int answer(char **argv)
{
    bool version = strcmp(argv[1], "--version") == 0;
    bool help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;

    if (!version && !help)
        return unknown(argv[1]);
    if (argv[2] != NULL) {
        complain("%s: '%s' is one word too many", argv[1], argv[2]);
        return TOOL_MISUSED;
    }
    if (version)
        printf("eddy %s\n", eddy_version());
    else
        print_usage(stdout);
    return TOOL_DONE;
}

static int run_command(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return TOOL_MISUSED;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc - 1, argv + 1);
    }
    return answer(argv);
}

/* What was printed may still be on its way, and the way may be blocked. */
static int finish_output(int status)
{
    int err = output_flush();

    if (err == 0)
        return status;
    complain("cannot write to stdout: %s", eddy_strerror(err));
    return status == TOOL_DONE ? TOOL_FAILED : status;
}

/* Lest a socket gets the number of a standard descriptor that is closed, and
 * the output with it. What holds its place is open in the wrong direction: to
 * use it is as much of an error as before. */
static void hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int main(int argc, char **argv)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    hold_standard_descriptors();
    /* A broken pipe is an error to report, not to die of. */
    sigaction(SIGPIPE, &ignore, NULL);
    return finish_output(run_command(argc, argv));
}
