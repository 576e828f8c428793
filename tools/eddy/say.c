/* SPDX-License-Identifier: MIT */
/* say.c - words for the person at the terminal. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "tool.h"

int output_flush(void)
{
    static int first_err; /* the stream knows only that there was one */

    if (fflush(stdout) != 0 && first_err == 0)
        first_err = -errno;
    if (first_err == 0 && ferror(stdout))
        first_err = -EIO; /* on its own; which one is not known any more */
    return first_err;
}

void complain(const char *format, ...)
{
    va_list args;

    /* In order, when both go to one place. */
    (void)output_flush();
    va_start(args, format);
    fputs("eddy: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

void print_string(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        if ((unsigned char)*text >= ' ')
            putchar(*text);
    }
    putchar('"');
}

void words_add(struct words *words, const char *word)
{
    size_t room = sizeof words->text - words->used;
    int n = snprintf(words->text + words->used, room, "%s%s",
                     words->used > 0 ? ", " : "", word);

    if (n > 0 && (size_t)n < room)
        words->used += (size_t)n;
}

struct eddy_loop *loop_open(const struct eddy_poller_ops *poller)
{
    const struct eddy_loop_options options = { .poller = poller };

    return loop_open_with(&options);
}

struct eddy_loop *loop_open_with(const struct eddy_loop_options *options)
{
    struct eddy_loop *loop = NULL;
    int err = eddy_loop_new(&loop, options);

    if (err == -ENOENT && options->poller == NULL)
        complain("EDDY_POLLER in the environment names no poller of this build:"
                 " 'eddy pollers' lists them");
    else if (err < 0)
        complain("cannot make a loop: %s", eddy_strerror(err));
    return err < 0 ? NULL : loop;
}

bool loop_opens(void)
{
    struct eddy_loop *loop = loop_open(NULL);

    eddy_loop_free(loop);
    return loop != NULL;
}
