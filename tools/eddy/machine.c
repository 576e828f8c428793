/* SPDX-License-Identifier: MIT */
/* machine.c - asks around what this machine is. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

#if defined(__clang__)
#define COMPILER __VERSION__ /* "Clang 14.0.6" */
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER ""
#endif

/* Linux lists its processors in a file, with the name in one of the lines. */
static void find_processor(struct machine *machine)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');

        if (colon == NULL || strncmp(line, "model name", 10) != 0)
            continue;
        snprintf(machine->processor, sizeof machine->processor, "%.*s",
                 (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file != NULL)
        fclose(file);
}

void machine_find(struct machine *ret_machine)
{
    struct utsname names;
    time_t now = time(NULL);
    struct tm utc;

    *ret_machine = (struct machine){ .compiler = COMPILER };
    if (uname(&names) >= 0)
        snprintf(ret_machine->system, sizeof ret_machine->system,
                 "%.50s %.50s %.50s", names.sysname, names.release,
                 names.machine);
    find_processor(ret_machine);
    ret_machine->processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (gmtime_r(&now, &utc) != NULL)
        strftime(ret_machine->date, sizeof ret_machine->date,
                 "%Y-%m-%d %H:%M UTC", &utc);
}
