/* SPDX-License-Identifier: MIT */
/* cpu.h - on which processor a process runs. */
#ifndef CPU_H
#define CPU_H

enum { ANY_CPU = -1 };

/* The last but `index` of those that this process may use; ANY_CPU if they are
 * not that many, or the system does not tell. (The first ones are where
 * interrupts tend to be handled.) */
int cpu_at(int index);

/* Keeps this process and its children there, if that can be done. */
void cpu_pin(int cpu);

#endif
