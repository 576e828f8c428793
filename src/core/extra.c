/* SPDX-License-Identifier: MIT */
/* extra.c - memory that a running operation asks for beyond its words. */
#include "core.h"

#include <string.h>

struct extra {
    struct extra *next;
    uint64_t memory[];
};

void *eddy_request_alloc(struct eddy_request *request, size_t size)
{
    struct request *r = (struct request *)request;
    struct extra *extra;

    if (r == NULL || r->loop == NULL || size > SIZE_MAX - sizeof *extra)
        return NULL;
    extra = eddy__resize(r->loop, NULL, sizeof *extra + size);
    if (extra == NULL)
        return NULL;
    memset(extra->memory, 0, size);
    extra->next = r->extra;
    r->extra = extra;
    return extra->memory;
}

void eddy__extra_free(struct request *r)
{
    while (r->extra != NULL) {
        struct extra *next = r->extra->next;

        (void)eddy__resize(r->loop, r->extra, 0);
        r->extra = next;
    }
}
