/* SPDX-License-Identifier: MIT */
/* stage.c - see stage.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

static struct eddy_loop *loop; /* that is on stage */
static int64_t start_ns;

void say(const char *format, ...)
{
    int64_t since_ms = (eddy_loop_read_clock(loop) - start_ns) / EDDY_MS;
    va_list args;

    va_start(args, format);
    printf("%4d.%03d  ", (int)(since_ms / 1000), (int)(since_ms % 1000));
    vprintf(format, args);
    putchar('\n');
    fflush(stdout);
    va_end(args);
}

int64_t must(int64_t n)
{
    if (n >= 0)
        return n;
    printf("this should not have failed: %s\n", eddy_strerror((int)n));
    exit(1);
}

static void write_log(void *arg, enum eddy_level level, const char *text)
{
    (void)arg;
    if (level >= EDDY_LOG_WARNING)
        say("log: %s", text);
}

static void play_one(const struct play *play, bool real)
{
    struct eddy_virtual_time time = { 0 };
    struct eddy_loop_options options = { .log = { write_log, NULL } };

    if (!real)
        options.clock = eddy_virtual_clock(&time);
    must(eddy_loop_new(&loop, &options));
    start_ns = eddy_loop_now_ns(loop);
    printf("%s: %s\n", play->row, play->title);
    play->run(loop);
    say("the end");
    must(eddy_loop_free(loop));
}

static bool is_wanted(const char *row, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], row) == 0)
            return true;
    return argc == 0;
}

int stage(const struct play *plays, size_t count, int argc, char **argv)
{
    bool real = argc > 1 && strcmp(argv[1], "--real") == 0;
    int skip = real ? 2 : 1;

    for (size_t i = 0; i < count; i++)
        if (is_wanted(plays[i].row, argc - skip, argv + skip))
            play_one(&plays[i], real);
    return 0;
}
