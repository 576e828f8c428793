/* SPDX-License-Identifier: MIT */
/* cpu.c - keeps processes apart. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#ifdef HAVE_CPU_SET_T
#include <sched.h>
#include <stddef.h>
#endif

#include "cpu.h"

#ifdef HAVE_CPU_SET_T

int cpu_at(int index)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return ANY_CPU;
    for (size_t cpu = CPU_SETSIZE; cpu-- > 0;) {
        if (CPU_ISSET(cpu, &set) && index-- == 0)
            return (int)cpu;
    }
    return ANY_CPU;
}

void cpu_pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (cpu == ANY_CPU)
        return;
    CPU_SET((size_t)cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set); /* then it runs anywhere */
}

#else

int cpu_at(int index)
{
    (void)index;
    return ANY_CPU;
}

void cpu_pin(int cpu)
{
    (void)cpu;
}

#endif
