/* SPDX-License-Identifier: MIT */
/* machine.h - what was measured on, in words; what is not known is "". */
#ifndef MACHINE_H
#define MACHINE_H

struct machine {
    char system[160];    /* "Linux 6.1.0 x86_64" */
    char processor[100]; /* as its maker calls it */
    long processors;
    char compiler[80];
    char date[32]; /* "2026-11-30 12:00 UTC" */
};

void machine_find(struct machine *ret_machine);

#endif
