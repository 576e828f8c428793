/* SPDX-License-Identifier: MIT */
/* birth.h - how the portable switch gets onto a new stack: birth_ucontext.c, or
 * birth_signal.c where the C library has no makecontext(). */
#ifndef EDDY_BIRTH_H
#define EDDY_BIRTH_H

#include <setjmp.h>
#include <stddef.h>

#include "switch.h"

/* What is saved lies on the stack it is about. */
struct saved {
    jmp_buf here;
    void *passed;
};

struct birth {
    struct saved saved;
    eddy__entry_fn *entry;
    void *arg;
};

/* Calls eddy__be_born(birth, ...) on the stack, and returns when that has been
 * left the first time. From then on one may jump to birth->saved. */
void eddy__give_birth(char *low, size_t size, struct birth *birth);

/* Notes where to begin, and leaves: by calling leave, which does not return, or
 * if that is NULL by returning. Nothing may run on the stack after that, for
 * this function still stands on it. */
void eddy__be_born(struct birth *birth, void (*leave)(void *arg), void *arg);

#endif
