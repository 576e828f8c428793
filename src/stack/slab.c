/* SPDX-License-Identifier: MIT */
/* slab.c - stacks side by side in one mapping, each above its guard. */
#include "stack.h"

#include <errno.h>
#include <sys/mman.h>

#include "annotate.h"

/* Where the system has a mark for stacks it may insist on it; but to FreeBSD it
 * means a stack that grows, which these do not. */
#if defined(MAP_STACK) && !defined(__FreeBSD__)
#define STACK_MARK MAP_STACK
#else
#define STACK_MARK 0
#endif

/* The memory is not there before it is used; most never is. */
#ifdef MAP_NORESERVE
#define LAZY MAP_NORESERVE
#else
#define LAZY 0
#endif

/* What gives memory back: elsewhere than on Linux the other one is a hint about
 * when it will be used again. */
#if defined(MADV_FREE) && !defined(__linux__)
#define NOT_NEEDED MADV_FREE
#else
#define NOT_NEEDED MADV_DONTNEED
#endif

static void *map(size_t size)
{
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANON | STACK_MARK | LAZY, -1, 0);

    if (base == MAP_FAILED)
        return NULL;
#ifdef MADV_NOHUGEPAGE
    (void)madvise(base, size,
                  MADV_NOHUGEPAGE); /* one page a stack, not 2 MiB */
#endif
    return base;
}

static struct slab *new_books(struct eddy_stacks *stacks, size_t count)
{
    struct slab *slab;

    slab = stacks->mem.resize(stacks->mem.arg, NULL,
                              sizeof *slab + count * sizeof slab->cold[0]);
    if (slab == NULL)
        return NULL;
    *slab = (struct slab){ .count = count, .cold_count = count };
    for (size_t i = 0; i < count; i++) /* the lowest is taken first */
        slab->cold[i] = (uint32_t)(count - 1 - i);
    return slab;
}

int eddy__slab_new(struct eddy_stacks *stacks, size_t stride, size_t count,
                   struct slab **ret_slab)
{
    struct slab *slab;
    int err = -ENOMEM;

    if (count > SIZE_MAX / stride)
        return -ENOMEM;
    slab = new_books(stacks, count);
    if (slab == NULL)
        return -ENOMEM;
    slab->stride = stride;
    slab->guard = stacks->guard;
    slab->base = map(stride * count);
    if (slab->base != NULL)
        err = eddy__guard_all(slab, &stacks->heavy_guards);
    if (err < 0) {
        if (slab->base != NULL)
            (void)munmap(slab->base, stride * count);
        (void)stacks->mem.resize(stacks->mem.arg, slab, 0);
        return err;
    }
    eddy__overflow_add(slab);
    *ret_slab = slab;
    return 0;
}

void eddy__slab_free(struct eddy_stacks *stacks, struct slab *slab)
{
    eddy__overflow_remove(slab);
    annotate_clean(slab->base, slab->stride * slab->count);
    (void)munmap(slab->base, slab->stride * slab->count);
    (void)stacks->mem.resize(stacks->mem.arg, slab, 0);
}

void eddy__slab_cool(struct eddy_stack stack)
{
    char *end = stack.high + sizeof(struct label);

    (void)madvise(stack.low, (size_t)(end - stack.low), NOT_NEEDED);
}
