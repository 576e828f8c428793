/* SPDX-License-Identifier: MIT */
/*
 * switch_portable.c - switching stacks where there is no assembler for it:
 * _setjmp() and _longjmp() go back and forth, which make no system call.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

/* The checked longjmp() takes another stack for an error. */
#undef _FORTIFY_SOURCE

#include <fenv.h>
#include <stdlib.h>

#include "birth.h"

void *eddy__switch(void **save_sp, void *load_sp, void *pass)
{
    struct saved mine;
    struct saved *theirs = load_sp;

    *save_sp = &mine;
    theirs->passed = pass;
    if (_setjmp(mine.here) == 0)
        _longjmp(theirs->here, 1);
    return mine.passed;
}

void *eddy__jump(void **save_sp, void *load_sp, void *pass)
{
    return eddy__switch(save_sp, load_sp, pass);
}

void *eddy__jump_back(void **save_sp, void *load_sp, void *pass)
{
    return eddy__switch(save_sp, load_sp, pass);
}

/* ---- A new stack -------------------------------------------------------- */

void eddy__be_born(struct birth *birth, void (*leave)(void *arg), void *arg)
{
    if (_setjmp(birth->saved.here) == 0) {
        if (leave != NULL)
            leave(arg);
        return;
    }
    birth->entry(birth->arg, birth->saved.passed);
    abort(); /* it does not return */
}

void *eddy__prepare(char *low, char *high, eddy__entry_fn *entry, void *arg)
{
    uintptr_t top = ((uintptr_t)high - sizeof(struct birth)) & ~(uintptr_t)63;
    struct birth *birth = (struct birth *)top;

    birth->entry = entry;
    birth->arg = arg;
    eddy__give_birth(low, (size_t)((char *)birth - low), birth);
    return &birth->saved;
}

/* ---- The rest ----------------------------------------------------------- */

uint64_t eddy__fp_control(void)
{
    return (uint64_t)(unsigned)fegetround();
}

void eddy__set_fp_control(uint64_t word)
{
    (void)fesetround((int)(unsigned)word);
}

const void *eddy__saved_pc(const void *sp)
{
    (void)sp;
    return NULL;
}
