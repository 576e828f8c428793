/* SPDX-License-Identifier: MIT */
/*
 * origin.c - where things were made: in debug mode, so that what is left when
 * the loop is freed can be traced to who made it.
 *
 * Beside the things, not in them: who does not use debug mode pays nothing but
 * a look at a pointer. Where there is no memory for it, nothing is known.
 */
#include "core.h"

enum { BUCKETS = 256 };

struct origin {
    struct origin *next; /* in the bucket */
    const void *thing, *by;
};

struct origins {
    struct origin *bucket[BUCKETS];
};

/* The link to it, or the one at the end. */
static struct origin **find(struct origins *origins, const void *thing)
{
    uintptr_t hash = (uintptr_t)thing >> 4;
    struct origin **link =
        &origins->bucket[(hash ^ hash >> 8 ^ hash >> 16) % BUCKETS];

    while (*link != NULL && (*link)->thing != thing)
        link = &(*link)->next;
    return link;
}

void eddy_loop_note_origin(struct eddy_loop *loop, const void *thing,
                           const void *by)
{
    struct origin **link, *origin;

    if (loop == NULL || !loop->debug || by == NULL)
        return;
    if (loop->origins == NULL) {
        loop->origins = eddy__resize(loop, NULL, sizeof *loop->origins);
        if (loop->origins == NULL)
            return;
        *loop->origins = (struct origins){ { NULL } };
    }
    link = find(loop->origins, thing);
    if (*link == NULL) {
        origin = eddy__resize(loop, NULL, sizeof *origin);
        if (origin == NULL)
            return;
        *origin = (struct origin){ NULL, thing, NULL };
        *link = origin;
    }
    (*link)->by = by;
}

const void *eddy_loop_origin(const struct eddy_loop *loop, const void *thing)
{
    struct origin *origin = NULL;

    if (loop != NULL && loop->origins != NULL)
        origin = *find(loop->origins, thing);
    return origin != NULL ? origin->by : NULL;
}

void eddy__origin_drop(struct eddy_loop *loop, const void *thing)
{
    struct origin **link = find(loop->origins, thing), *origin = *link;

    if (origin == NULL)
        return;
    *link = origin->next;
    (void)eddy__resize(loop, origin, 0);
}

void eddy__origins_close(struct eddy_loop *loop)
{
    for (size_t i = 0; loop->origins != NULL && i < BUCKETS; i++)
        while (loop->origins->bucket[i] != NULL)
            eddy__origin_drop(loop, loop->origins->bucket[i]->thing);
    (void)eddy__resize(loop, loop->origins, 0);
}

void eddy__log_left(const struct eddy_loop *loop, const char *how,
                    const char *what, const void *thing)
{
    const void *by = eddy_loop_origin(loop, thing);
    char text[256];

    if (by == NULL)
        eddy_log_write(loop, EDDY_LOG_WARNING, "left %s: %s %p", how, what,
                       thing);
    else
        eddy_log_write(loop, EDDY_LOG_WARNING, "left %s: %s %p, from %s", how,
                       what, thing, eddy_symbol(text, sizeof text, by));
}

/* Those of whom it is known where they were begun: tasks speak for what they
 * wait for. */
void eddy__requests_log_left(const struct eddy_loop *loop)
{
    const struct request *r = loop->requests;

    while (r != NULL) {
        if ((r->limit.flags & (REQUEST_BACKGROUND | REQUEST_OVER)) == 0 &&
            eddy_loop_origin(loop, r) != NULL)
            eddy__log_left(loop, "running", r->type->name, r);
        r = r->next != loop->requests ? r->next : NULL;
    }
}
