/* SPDX-License-Identifier: MIT */
/* stage.c - see stage.h. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* of -std=c11, too: nanosleep() */
#endif

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stage.h"

static struct eddy_loop *loop; /* that is on stage */
static int64_t start_ns;
static struct eddy_virtual_time virtual_time;
static bool is_real;

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

void block(int64_t ns)
{
    struct timespec time = { .tv_sec = (time_t)(ns / EDDY_SECOND),
                             .tv_nsec = (long)(ns % EDDY_SECOND) };

    if (is_real)
        nanosleep(&time, NULL);
    else
        virtual_time.now_ns += ns;
}

int64_t must(int64_t n)
{
    if (n >= 0)
        return n;
    printf("this should not have failed: %s\n", eddy_strerror((int)n));
    exit(1);
}

struct eddy_endpoint stage_door(int number)
{
    static char paths[2][100];
    char *path = paths[number];
    const char *folder = getenv("TMPDIR");

    snprintf(path, sizeof paths[0], "%s/eddy-stage-%ld-%d",
             folder != NULL && strlen(folder) < 60 ? folder : "/tmp",
             (long)getpid(), number);
    return eddy_unix(path);
}

/* Places in files and in memory are not the same everywhere. */
static bool is_place(const char *word, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (word[i] == '/' || strncmp(word + i, "0x", 2) == 0 ||
            strncmp(word + i, ".c:", 3) == 0)
            return true;
    return false;
}

void stage_log(void *name, enum eddy_level level, const char *text)
{
    static const char *const levels[] = { "DEBUG", "INFO", "WARNING", "ERROR" };
    char line[512] = "";
    size_t used = 0, size;

    if (level < EDDY_LOG_WARNING)
        return;
    for (; *text != '\0' && used < sizeof line; text += size) {
        text += strspn(text, " ");
        size = strcspn(text, " ");
        used += (size_t)snprintf(line + used, sizeof line - used, " %.*s",
                                 is_place(text, size) ? 3 : (int)size,
                                 is_place(text, size) ? "..." : text);
    }
    say("%s - %s -%s", (const char *)name, levels[level], line);
}

static void play_one(const struct play *play, bool real)
{
    static char name[] = "eddy";
    struct eddy_loop_options options = { .log = { stage_log, name } };

    is_real = real;
    virtual_time.now_ns = EDDY_SECOND; /* any time will do */
    if (!real)
        options.clock = eddy_virtual_clock(&virtual_time);
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
