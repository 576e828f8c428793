/* SPDX-License-Identifier: MIT */
/* memory.c - the default allocator, and the one way arrays grow. */
#include <stdlib.h>
#include <string.h>

#include <eddy/base.h>

static void *default_resize(void *arg, void *ptr, size_t size)
{
    (void)arg;
    if (size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, size);
}

const struct eddy_mem *eddy_mem_default(void)
{
    static const struct eddy_mem mem = { default_resize, NULL };

    return &mem;
}

void *eddy_mem_reserve(const struct eddy_mem *mem, void *array,
                       size_t *capacity, size_t need, size_t element_size)
{
    enum { FIRST = 16 }; /* small arrays should not grow one by one */
    size_t had, want;

    if (mem == NULL || capacity == NULL || element_size == 0)
        return NULL;
    had = *capacity;
    want = had < FIRST ? FIRST : had;
    if (need <= had && array != NULL)
        return array;
    while (want < need)
        want = want > SIZE_MAX / 2 ? need : want * 2;
    if (want > SIZE_MAX / element_size)
        return NULL;

    char *grown = mem->resize(mem->arg, array, want * element_size);

    if (grown == NULL)
        return NULL;
    memset(grown + had * element_size, 0, (want - had) * element_size);
    *capacity = want;
    return grown;
}
