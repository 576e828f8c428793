/* SPDX-License-Identifier: MIT */
/* events_main.c - see events.h. */
#include "events.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "measure.h"

enum { WARM_UP = 2 };

static int *readers, *writers;
static int count;
static long writes_left;

long events_left; /* to be read in this round */

static void open_pipes(void)
{
    const struct rlimit most = { 2 * (rlim_t)count + 64,
                                 2 * (rlim_t)count + 64 };
    struct rlimit now;

    if (getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur < most.rlim_cur)
        must(setrlimit(RLIMIT_NOFILE, &most) == 0, "descriptors");
    readers = calloc((size_t)count, sizeof *readers);
    writers = calloc((size_t)count, sizeof *writers);
    must(readers != NULL && writers != NULL, "memory");
    for (int i = 0; i < count; i++) {
        int ends[2];

        must(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0,
             "pipe");
        readers[i] = ends[0];
        writers[i] = ends[1];
    }
}

static void write_one(int index)
{
    must(write(writers[index], "e", 1) == 1, "write");
}

void events_read(int index)
{
    char byte;

    if (read(readers[index], &byte, 1) != 1)
        return;
    events_left--;
    if (writes_left > 0) {
        writes_left--;
        write_one((index + 1) % count);
    }
}

struct round {
    int64_t readd_ns, pause_ns, run_ns;
};

static struct round run_round(long active, long writes)
{
    int64_t start = now_ns(), readded, paused;
    long space = active > 0 ? count / active : 0;

    events_unwatch();
    events_watch();
    events_look();
    readded = now_ns();
    events_pause();
    events_resume();
    events_look();
    paused = now_ns();
    events_left = active + writes;
    writes_left = writes;
    for (long i = 0; i < active; i++)
        write_one((int)(i * space));
    events_run();
    return (struct round){ readded - start, paused - readded,
                           now_ns() - paused };
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    double *readd, *pause, *run;
    long active, writes;
    size_t rounds;

    read_arguments(&arguments, argc, argv, "N A W ROUNDS");
    count = (int)arguments.number[0];
    active = arguments.number[1];
    writes = arguments.number[2];
    rounds = (size_t)arguments.number[3];
    must(count > 0 && active > 0 && active <= count && rounds > 0, "numbers");
    open_pipes();
    events_open(&arguments, readers, count);
    readd = calloc(3 * rounds, sizeof *readd);
    must(readd != NULL, "memory");
    pause = readd + rounds;
    run = pause + rounds;
    for (int i = 0; i < WARM_UP; i++)
        (void)run_round(active, writes);
    for (size_t i = 0; i < rounds; i++) {
        struct round round = run_round(active, writes);

        readd[i] = (double)round.readd_ns / count;
        pause[i] = (double)round.pause_ns / count;
        run[i] = (double)round.run_ns;
    }
    printf("readd_ns_per_fd %.2f\n", median(readd, rounds));
    printf("pause_ns_per_fd %.2f\n", median(pause, rounds));
    printf("ns_per_event %.2f\n",
           median(run, rounds) / (double)(active + writes));
    printf("round_us %.2f\n", median(run, rounds) / 1e3);
    return 0;
}
