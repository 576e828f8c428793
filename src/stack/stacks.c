/* SPDX-License-Identifier: MIT */
/*
 * stacks.c - pools of stacks.
 *
 * A stack that is given back is kept with its memory, for the next one finds it
 * in the cache; beyond a water mark its memory goes back to the system, its
 * place stays; and when a whole slab has no memory the slab goes, but for one.
 */
#include "stack.h"

#include <errno.h>

#include "annotate.h"

/* ---- Pools -------------------------------------------------------------- */

enum { DEFAULT_STRIDE = 65536, DEFAULT_KEEP = 256, LARGEST = 1 << 30 };

int eddy_stacks_new(struct eddy_stacks **ret_stacks,
                    const struct eddy_stacks_options *options)
{
    struct eddy_stacks_options chosen = { .size = 0 };
    struct eddy_stacks *stacks;

    if (options != NULL)
        chosen = *options;
    if (ret_stacks == NULL || chosen.size > LARGEST)
        return -EINVAL;
    if (chosen.mem.resize == NULL)
        chosen.mem = *eddy_mem_default();
    stacks = chosen.mem.resize(chosen.mem.arg, NULL, sizeof *stacks);
    if (stacks == NULL)
        return -ENOMEM;
    *stacks = (struct eddy_stacks){
        .mem = chosen.mem,
        .log = chosen.log,
        .size = chosen.size != 0
                    ? chosen.size
                    : DEFAULT_STRIDE - GUARD - sizeof(struct label),
        .annotated = annotate_wanted(),
        .keep = chosen.keep != 0 ? chosen.keep : DEFAULT_KEEP,
        .guard = eddy__guard_size(),
    };
    if ((chosen.flags & EDDY_STACKS_NO_HANDLER) == 0)
        eddy__overflow_catch();
    *ret_stacks = stacks;
    return 0;
}

static void free_slabs(struct eddy_stacks *stacks, struct slab *slab)
{
    while (slab != NULL) {
        struct slab *next = slab->next;

        eddy__slab_free(stacks, slab);
        slab = next;
    }
}

static void end(struct eddy_stacks *stacks)
{
    for (size_t i = 0; i < SIZES; i++) {
        free_slabs(stacks, stacks->sizes[i].open);
        free_slabs(stacks, stacks->sizes[i].full);
    }
    (void)stacks->mem.resize(stacks->mem.arg, stacks, 0);
}

void eddy_stacks_free(struct eddy_stacks *stacks)
{
    if (stacks == NULL)
        return;
    stacks->freed = true;
    stacks->log.write = NULL;
    if (stacks->used == 0)
        end(stacks);
}

/* ---- The one of a loop -------------------------------------------------- */

static void loop_ends(void *value)
{
    eddy_stacks_free(value);
}

static void loop_forked(void *value, struct eddy_loop *loop)
{
    (void)value;
    (void)loop;
}

struct eddy_stacks *eddy_loop_stacks(struct eddy_loop *loop)
{
    static const struct eddy_slot_type type = { "stacks", loop_ends,
                                                loop_forked, NULL };
    const struct eddy_loop_options *settings = eddy_loop_settings(loop);
    struct eddy_stacks_options options = { .size = 0 };
    struct eddy_stacks *stacks = eddy_loop_slot(loop, &type);

    if (settings == NULL || stacks != NULL)
        return stacks;
    options.mem = settings->mem;
    options.log = settings->log;
    if (eddy_stacks_new(&stacks, &options) < 0)
        return NULL;
    if (eddy_loop_set_slot(loop, &type, stacks) < 0) {
        eddy_stacks_free(stacks);
        return NULL;
    }
    return stacks;
}

/* ---- Slabs -------------------------------------------------------------- */

static void link_in(struct slab **list, struct slab *slab)
{
    slab->prev = NULL;
    slab->next = *list;
    if (slab->next != NULL)
        slab->next->prev = slab;
    *list = slab;
}

static void link_out(struct slab **list, struct slab *slab)
{
    *(slab->prev != NULL ? &slab->prev->next : list) = slab->next;
    if (slab->next != NULL)
        slab->next->prev = slab->prev;
}

static int add_slab(struct eddy_stacks *stacks, struct stacks_size *size,
                    size_t stride)
{
    size_t count = size->next_count != 0 ? size->next_count : FIRST_SLAB;
    struct slab *slab;
    int err = -ENOMEM;

    while (err < 0 && count > 0) { /* rather few than none */
        err = eddy__slab_new(stacks, stride, count, &slab);
        count = err < 0 ? count / 2 : count;
    }
    if (err < 0) {
        if (stacks->log.write != NULL)
            stacks->log.write(stacks->log.arg, EDDY_LOG_ERROR,
                              stacks->heavy_guards
                                  ? "no room for another stack: the system "
                                    "allows no more mappings, or memory"
                                  : "no room for another stack");
        return err;
    }
    size->next_count = count < LAST_SLAB ? 2 * count : LAST_SLAB;
    slab->size = size;
    link_in(&size->open, slab);
    return 0;
}

/* ---- Taking and giving -------------------------------------------------- */

/* The smallest stride that has room for n bytes: its logarithm. */
static unsigned stride_for(size_t n)
{
    unsigned log = 64 - (unsigned)__builtin_clzll(n - 1);

    return log > SMALLEST_STRIDE ? log : SMALLEST_STRIDE;
}

static int take_cold(struct eddy_stacks *stacks, struct stacks_size *size,
                     size_t stride, struct eddy_stack *ret_stack)
{
    int err = size->open == NULL ? add_slab(stacks, size, stride) : 0;
    struct slab *slab = size->open;

    if (err < 0)
        return err;
    *ret_stack = eddy__stack_at(slab, slab->cold[--slab->cold_count]);
    eddy__label_of(*ret_stack)->slab = slab;
    if (slab->cold_count == 0) {
        link_out(&size->open, slab);
        link_in(&size->full, slab);
    }
    return 0;
}

static void clean(const struct eddy_stacks *stacks, struct eddy_stack stack)
{
    if (stacks->annotated)
        annotate_clean(stack.low, (size_t)(stack.high - stack.low));
}

int eddy_stack_take(struct eddy_stacks *stacks, size_t size, const char *name,
                    const char *at, struct eddy_stack *ret_stack)
{
    struct stacks_size *of_size;
    struct label *label;
    size_t stride;
    unsigned log;
    int err = 0;

    if (stacks == NULL || ret_stack == NULL || size > LARGEST)
        return -EINVAL;
    if (size == 0)
        size = stacks->size;
    log = stride_for(size + stacks->guard + sizeof *label);
    stride = (size_t)1 << log;
    of_size = &stacks->sizes[log - SMALLEST_STRIDE];
    label = of_size->kept;
    if (label != NULL) {
        of_size->kept = label->next;
        of_size->kept_count--;
        ret_stack->high = (char *)label;
        ret_stack->low = (char *)label + sizeof *label - stride + stacks->guard;
    } else {
        err = take_cold(stacks, of_size, stride, ret_stack);
    }
    if (err < 0)
        return err;
    label = eddy__label_of(*ret_stack);
    label->name = name;
    label->at = at;
    clean(stacks, *ret_stack);
    stacks->used++;
    return 0;
}

void eddy_stack_name(struct eddy_stack stack, const char *name, const char *at)
{
    struct label *label = eddy__label_of(stack);

    if (label == NULL)
        return;
    label->name = name;
    label->at = at;
}

static void give_memory(struct eddy_stacks *stacks, struct stacks_size *size,
                        struct eddy_stack stack, struct slab *slab)
{
    size_t index = (size_t)(stack.low - slab->base) / slab->stride;

    eddy__slab_cool(stack);
    link_out(slab->cold_count == 0 ? &size->full : &size->open, slab);
    slab->cold[slab->cold_count++] = (uint32_t)index;
    if (slab->cold_count == slab->count && size->open != NULL)
        eddy__slab_free(stacks, slab);
    else
        link_in(&size->open, slab);
}

void eddy_stack_give(struct eddy_stacks *stacks, struct eddy_stack stack)
{
    struct stacks_size *size;
    struct label *label;
    struct slab *slab;

    if (stacks == NULL || stack.high == NULL)
        return;
    clean(stacks, stack);
    label = eddy__label_of(stack);
    slab = label->slab;
    size = slab->size;
    stacks->used--;
    if (size->kept_count < stacks->keep) {
        label->name = label->at = NULL;
        label->next = size->kept;
        size->kept = label;
        size->kept_count++;
    } else {
        give_memory(stacks, size, stack, slab);
    }
    if (stacks->freed && stacks->used == 0)
        end(stacks);
}
