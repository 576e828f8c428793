/* SPDX-License-Identifier: MIT */
/*
 * frozen.c - stacks without memory: what is in use is copied away, the memory
 * goes back to the system, and later it all comes back to the same place, for
 * there are pointers into it.
 */
#include "stack.h"

#include <errno.h>

enum { MOST = 2048 }; /* half a page; of more there is too little to gain */

struct eddy_frozen {
    char *from;
    size_t size;
    char bytes[];
};

int eddy_stack_freeze(struct eddy_stacks *stacks, struct eddy_stack stack,
                      const struct eddy_context *context,
                      struct eddy_frozen **ret_frozen)
{
    char *from = (char *)eddy__context_sp(context);
    char *end = stack.high + sizeof(struct label);
    struct eddy_frozen *frozen;
    size_t size;

    if (stacks == NULL || from == NULL || ret_frozen == NULL)
        return -EINVAL;
    if (stacks->annotated || from < stack.low || from >= stack.high)
        return -ENOTSUP;
    size = (size_t)(end - from);
    if (size > MOST)
        return -E2BIG;
    frozen = stacks->mem.resize(stacks->mem.arg, NULL, sizeof *frozen + size);
    if (frozen == NULL)
        return -ENOMEM;
    frozen->from = from;
    frozen->size = size;
    memcpy(frozen->bytes, from, size);
    eddy__slab_cool(stack);
    *ret_frozen = frozen;
    return 0;
}

void eddy_stack_thaw(struct eddy_stacks *stacks, struct eddy_frozen *frozen)
{
    if (stacks == NULL || frozen == NULL)
        return;
    memcpy(frozen->from, frozen->bytes, frozen->size);
    (void)stacks->mem.resize(stacks->mem.arg, frozen, 0);
}
