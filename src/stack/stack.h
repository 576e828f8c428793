/* SPDX-License-Identifier: MIT */
/*
 * stack.h - what the files of this room share.
 *
 *     stacks.c    pools: taking and giving        slab.c      where stacks lie
 *     guard.c     what is below each              overflow.c  who ran into it
 *     census.c    how much is used                context.c   where to go on
 *     frozen.c    memory that is not needed now
 *     switch.h    and how                         annotate.h  telling tools
 *
 *     slab:  | guard | stack 0 | guard | stack 1 | ...     each a stride
 *                            ^ its label is at the high end
 */
#ifndef EDDY_STACK_PRIVATE_H
#define EDDY_STACK_PRIVATE_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include <eddy/front.h>
#include <eddy/stack.h>

/* At the high end of every stack: who has it. */
struct label {
    struct slab *slab;
    struct label *next; /* of those that are kept */
    const char *name, *at;
};

/* Stacks of one size that lie side by side. */
struct slab {
    struct slab *prev, *next; /* in one of the lists of its size */
    struct stacks_size *size;
    char *base;
    size_t stride, guard, count;
    size_t cold_count;
    uint32_t cold[]; /* which ones have no memory */
};

enum {
    GUARD = 16384, /* or a page, if that is more. More than a frame takes,
                      as a rule; only memory that is mapped and never
                      had */
    SMALLEST_STRIDE = 15, /* its logarithm: 32 KiB, half of it guard */
    SIZES = 31 - 15 + 1,  /* strides of 32 KiB to 2 GiB */
    FIRST_SLAB = 16,      /* stacks; each slab has twice as many */
    LAST_SLAB = 1024,
};

/* All stacks of one stride. */
struct stacks_size {
    struct label *kept; /* last in, first out: the warmest first */
    size_t kept_count;
    struct slab *open; /* slabs with cold stacks */
    struct slab *full; /* those without */
    size_t next_count; /* of stacks in the next slab */
};

struct eddy_stacks {
    struct eddy_mem mem;
    struct eddy_log log;
    size_t size, keep, guard;
    size_t used;
    bool freed, heavy_guards;
    bool annotated; /* a tool looks on that wants to hear of stacks */
    struct stacks_size sizes[SIZES];
};

static inline struct eddy_stack eddy__stack_at(const struct slab *slab,
                                               size_t index)
{
    char *start = slab->base + index * slab->stride;

    return (struct eddy_stack){ start + slab->guard,
                                start + slab->stride - sizeof(struct label) };
}

static inline struct label *eddy__label_of(struct eddy_stack stack)
{
    return (struct label *)(void *)stack.high;
}

/* slab.c */
int eddy__slab_new(struct eddy_stacks *stacks, size_t stride, size_t count,
                   struct slab **ret_slab);
void eddy__slab_free(struct eddy_stacks *stacks, struct slab *slab);
/* Gives the memory of a stack back to the system; the guards stay. */
void eddy__slab_cool(struct eddy_stack stack);

/* context.c: where what is in use begins of a stack that was left; NULL: nobody
 * can tell. */
void *eddy__context_sp(const struct eddy_context *context);

/* guard.c: how large a guard is on this system. */
size_t eddy__guard_size(void);
/* Makes each stack of a slab begin with one. heavy: in: use no light ones; out:
 * could use none. -ENOMEM: the system allows no more. */
int eddy__guard_all(const struct slab *slab, bool *heavy);

/* overflow.c: where stacks lie, for the one who handles the signal. */
void eddy__overflow_catch(void);
void eddy__overflow_catch_here(void);
void eddy__overflow_add(const struct slab *slab);
void eddy__overflow_remove(const struct slab *slab);

#endif
