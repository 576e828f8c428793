/* SPDX-License-Identifier: MIT */
/*
 * sync.h - what the kinds of this room share: lines of requests that wait; they
 * are users of the public headers like any other.
 *
 *     line.c      lines, and objects in the caller's storage
 *     lock.c, flag.c, condition.c, semaphore.c, barrier.c, limiter.c
 *     store.c     values in order           see exchange.h
 *     exchange.c  those who give and take   them
 *     queue.c     in one loop, see queue.h  put.c  putting and getting
 *     channel.c   in many, see channel.h    end.c  their ends
 *
 * A link is the first thing in the words of a request, so that any of those who
 * wait leaves in O(1), and no memory is needed.
 */
#ifndef EDDY_SYNC_PRIVATE_H
#define EDDY_SYNC_PRIVATE_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <assert.h>
#include <string.h>

#include <eddy/front.h>
#include <eddy/sync.h>

/* ---- Lines -------------------------------------------------------------- */

struct link {
    struct link *next, *prev;
};

static inline void line_init(struct link *line)
{
    line->next = line->prev = line;
}

static inline bool line_is_empty(const struct link *line)
{
    return line->next == line;
}

static inline void line_join(struct link *line, struct link *link)
{
    link->next = line;
    link->prev = line->prev;
    link->prev->next = line->prev = link;
}

/* Leaving twice does no harm. */
static inline void line_leave(struct link *link)
{
    link->next->prev = link->prev;
    link->prev->next = link->next;
    line_init(link);
}

static inline size_t line_count(const struct link *line)
{
    size_t count = 0;

    for (const struct link *l = line->next; l != line; l = l->next)
        count++;
    return count;
}

static inline struct eddy_request *eddy__request_of(void *words)
{
    return eddy_request_of((uint64_t *)words);
}

/* Ends with n, in order, all who wait in the line. */
void eddy__line_end(struct link *line, int64_t n);

/* ---- Objects ------------------------------------------------------------ */

/* The first part of all that live in the caller's storage. */
struct object {
    struct eddy_loop *loop; /* NULL: there is no object */
    struct link waiting;
    struct link chosen; /* got what they wanted, and have not been told yet */
};

/* The loop may have gone: then nothing but this is to be done with them. */
int eddy__object_init(void *object, size_t size, struct eddy_loop *loop);
/* False: it was no object any more. */
bool eddy__object_done(void *object);

/* May it be used, by this thread? */
int eddy__object_check(const void *object);

/* For start(): may the request wait for it? Else *ret_result says why not. */
bool eddy__object_admits(struct eddy_request *request,
                         struct eddy_result *ret_result);

/* For now(): it is there, and in this loop. */
static inline bool eddy__object_is_here(const void *object,
                                        const struct eddy_loop *loop)
{
    return object != NULL && ((const struct object *)object)->loop == loop;
}

/* Ends the first of those who wait: it has been chosen. */
void eddy__object_choose(struct object *object);

/* For settle(): it is about to be told. Is the object there still? */
static inline bool eddy__object_settle(struct link *link)
{
    bool there = !line_is_empty(link);

    line_leave(link);
    return there;
}

/* The cancel() of those who just wait. */
void eddy__object_cancel(struct eddy_request *request);

/* ---- Locks: see lock.c and condition.c ---------------------------------- */

struct condition;

struct lock {
    struct object object; /* nobody waits while it is free */
    void *owner;
    bool held;
};

/* Who waits for a lock; it may have come by way of a condition. */
struct lock_wait {
    struct link link;
    void *owner;
    int64_t n;                   /* what it is told when it has the lock */
    struct condition *condition; /* NULL: none, or it is gone */
    bool in_line;                /* for the lock, not for news */
};

EDDY_FITS_REQUEST(struct lock_wait);

/* The lock has no owner any more: the next one has it, or it is free. */
void eddy__lock_pass_on(struct lock *lock);

static inline bool eddy__lock_is_of(const struct lock *lock, const void *owner)
{
    return lock->held && lock->owner == owner;
}

#endif
