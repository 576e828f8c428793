/* SPDX-License-Identifier: MIT */
/*
 * switch_portable.c - switching stacks where there is no assembler for it.
 *
 * makecontext() is called once for each new stack, to get onto it; from then on
 * _setjmp() and _longjmp() go back and forth, which make no system call.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

/* The checked longjmp() takes another stack for an error. */
#undef _FORTIFY_SOURCE

#include <fenv.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "switch.h"

/* What is saved lies on the stack it is about. */
struct saved {
    jmp_buf here;
    void *passed;
};

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

struct birth {
    struct saved saved;
    eddy__entry_fn *entry;
    void *arg;
    ucontext_t parent;
};

/* makecontext() hands over integers only. */
static void be_born(unsigned high, unsigned low)
{
    uintptr_t word = (uintptr_t)((uint64_t)high << 32 | low);
    struct birth *birth = (struct birth *)word;

    if (_setjmp(birth->saved.here) == 0)
        (void)setcontext(&birth->parent);
    birth->entry(birth->arg, birth->saved.passed);
    abort(); /* it does not return */
}

void *eddy__prepare(char *low, char *high, eddy__entry_fn *entry, void *arg)
{
    uintptr_t top = ((uintptr_t)high - sizeof(struct birth)) & ~(uintptr_t)63;
    struct birth *birth = (struct birth *)top;
    uint64_t word = top;
    ucontext_t child;

    birth->entry = entry;
    birth->arg = arg;
    (void)getcontext(&child);
    child.uc_stack.ss_sp = low;
    child.uc_stack.ss_size = (size_t)((char *)birth - low);
    child.uc_link = NULL;
    makecontext(&child, (void (*)(void))be_born, 2, (unsigned)(word >> 32),
                (unsigned)word);
    (void)swapcontext(&birth->parent, &child);
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
