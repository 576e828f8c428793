/* SPDX-License-Identifier: MIT */
/* birth_ucontext.c - onto a new stack by makecontext(). */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <ucontext.h>

#include "birth.h"

struct way {
    struct birth *birth;
    ucontext_t parent, child;
};

static void go_back(void *arg)
{
    struct way *way = arg;

    (void)setcontext(&way->parent);
}

/* makecontext() hands over integers only. */
static void arrive(unsigned high, unsigned low)
{
    uintptr_t word = (uintptr_t)((uint64_t)high << 32 | low);
    struct way *way = (struct way *)word;

    eddy__be_born(way->birth, go_back, way);
}

void eddy__give_birth(char *low, size_t size, struct birth *birth)
{
    struct way way = { .birth = birth };
    uint64_t word = (uintptr_t)&way;

    (void)getcontext(&way.child);
    way.child.uc_stack.ss_sp = low;
    way.child.uc_stack.ss_size = size;
    way.child.uc_link = NULL;
    makecontext(&way.child, (void (*)(void))arrive, 2, (unsigned)(word >> 32),
                (unsigned)word);
    (void)swapcontext(&way.parent, &way.child);
}
