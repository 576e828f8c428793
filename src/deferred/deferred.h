/* SPDX-License-Identifier: MIT */
/*
 * deferred.h - what the files of this room share.
 *
 *     value.c     values                      domain.c    memory for all
 *     error.c     errors with details         deferred.c  one of them: its life
 *     chain.c     links, and running them     operation.c both ways
 *     group.c     deferreds together          waiters.c   deferreds in line
 *
 * A user of the public headers like any other.
 */
#ifndef EDDY_DEFERRED_PRIVATE_H
#define EDDY_DEFERRED_PRIVATE_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <assert.h>
#include <string.h>

#include <eddy/collect.h>
#include <eddy/deferred.h>
#include <eddy/deferredlock.h>
#include <eddy/front.h>
#include <eddy/future.h>
#include <eddy/loop.h>
#include <eddy/timing.h>
#include <eddy/value.h>

/* Not to be inlined: what calls it has a short way that needs less. */
#ifdef __GNUC__
#define LONG_WAY __attribute__((noinline))
#else
#define LONG_WAY
#endif

/* ---- Values ------------------------------------------------------------- */

/* What frees them tells what they are. */
void eddy__free_code(void *nothing);
void eddy__free_awaited(void *deferred);
void eddy__error_unref(void *error);

extern const struct eddy_value eddy__out_of_memory;
/* An error with its details; it takes over a reference. */
struct error;
struct eddy_value eddy__detailed(struct error *error);
struct error *eddy__details(const struct eddy_value *value);
void eddy__error_ref(struct error *error);

static inline bool eddy__is_error(const struct eddy_value *value)
{
    return value->free != NULL &&
           (value->free == eddy__free_code || value->free == eddy__error_unref);
}

/* The deferred that eddy_wait_for() made a value of, or NULL. */
static inline struct eddy_deferred *
eddy__awaited(const struct eddy_value *value)
{
    return value->free == eddy__free_awaited ? value->ptr : NULL;
}

static inline void eddy__value_free(struct eddy_value *value)
{
    if (value->free != NULL)
        eddy_value_free(value);
}

/* ---- Domains ------------------------------------------------------------ */

/* Memory of one size that is kept for the next one who asks. */
struct pool {
    void *free;
    size_t kept, size;
};

/* So many are kept of a size; with more, memory goes back. */
enum { KEPT = 1024 };

struct eddy_domain {
    /* Chains to run, each with a reference; the first is run next. What becomes
     * ready goes to where `insert` points: before what was ready earlier, after
     * what became ready in the same link. */
    struct eddy_deferred *ready, **insert;
    struct eddy_deferred *calling; /* a link of this one is being called */
    struct eddy_deferred *dead;    /* to be destroyed */
    struct ticket *cancelled;      /* waits to be judged */
    bool running, burying, debug;
    struct pool deferreds, links, runs;
    struct eddy_mem mem;
    struct eddy_log log;
    struct eddy_loop *loop; /* NULL: none, or no longer */
    size_t refs;            /* its owner's, and one of each deferred */
    /* Collections whose children are to be cancelled; are any, right now? */
    struct collection *to_cancel;
    bool cancelling;
    unsigned asking;   /* so many call cancellers: nobody is judged yet */
    uint64_t searches; /* of collections, for those who are ending */
};

static inline bool eddy__is_debug(const struct eddy_domain *domain)
{
    return domain->debug || eddy_loop_debug(domain->loop);
}

void *eddy__allocate(struct eddy_domain *domain, size_t size);
void eddy__release(struct eddy_domain *domain, void *ptr);

static inline void *eddy__pool_get(struct eddy_domain *domain,
                                   struct pool *pool)
{
    void *ptr = pool->free;

    if (ptr == NULL)
        return eddy__allocate(domain, pool->size);
    pool->free = *(void **)ptr;
    pool->kept--;
    return ptr;
}

static inline void eddy__pool_put(struct eddy_domain *domain, struct pool *pool,
                                  void *ptr)
{
    if (pool->kept == KEPT) {
        eddy__release(domain, ptr);
        return;
    }
    *(void **)ptr = pool->free;
    pool->free = ptr;
    pool->kept++;
}

void eddy__domain_ends(struct eddy_domain *domain);

static inline void eddy__domain_unref(struct eddy_domain *domain)
{
    if (--domain->refs == 0)
        eddy__domain_ends(domain);
}

/* ---- Deferreds ---------------------------------------------------------- */

#define DEFERRED_FIRED     (1u << 0)
#define DEFERRED_ASKED     (1u << 1) /* its canceller has been called */
#define DEFERRED_SWALLOWS  (1u << 2) /* one late result */
#define DEFERRED_QUEUED    (1u << 3) /* in the domain's `ready` */
#define DEFERRED_IN_LINE   (1u << 4) /* it leaves that when it is fired */
#define DEFERRED_LOST_LINK (1u << 5) /* the next one: there was no memory */
#define DEFERRED_HANDLED   (1u << 6) /* the error was looked at */
#define DEFERRED_ENDING    (1u << 7) /* the canceller will fire it later */
#define DEFERRED_GIVEN     (1u << 8) /* seen among those to be collected */
#define DEFERRED_SERVED    (1u << 9) /* fired by the line, or by its owner */

/* An operation that runs for a deferred. */
struct running {
    struct eddy_request request;
    struct eddy_deferred *deferred;
    const struct eddy_op_type *type;
};

#define LINK_LOST_NEXT                                                         \
    (1u << 0)                /* there was no memory for the one after it       \
                              */
#define LINK_FREES (1u << 1) /* its arguments */

struct link {
    struct link *next;
    struct eddy_link both;
    unsigned flags;
};

/* In the order of use: what firing and running touch comes first. */
struct eddy_deferred {
    struct eddy_domain *domain; /* NULL: it stands for no memory, or is dead */
    struct eddy_value result;
    struct link *first, *last;
    unsigned refs, flags;
    unsigned held; /* by how many: until fired, each pause, what it waits for */
    struct eddy_deferred *waits_for; /* both without a reference: the link */
    struct eddy_deferred *waiter;    /* of the one that waits has one */
    struct ticket *cancelled;        /* waits that end with it */
    struct eddy_deferred *next;      /* in `ready` or `dead` */
    eddy_canceller_fn *canceller;
    void *canceller_arg;
    const char *made_at, *fired_at;
};

static inline bool eddy__is_real(const struct eddy_deferred *deferred)
{
    return deferred != NULL && deferred->domain != NULL;
}

/* The last reference is gone. */
void eddy__bury(struct eddy_deferred *deferred);

/* eddy_unref() */
static inline void eddy__unref(struct eddy_deferred *deferred)
{
    if (eddy__is_real(deferred) && --deferred->refs == 0)
        eddy__bury(deferred);
}

/* Could a link run now? */
static inline bool eddy__is_runnable(const struct eddy_deferred *deferred)
{
    return deferred->held == 0;
}

/* Could one, and is there one? */
static inline bool eddy__has_more(const struct eddy_deferred *deferred)
{
    return eddy__is_runnable(deferred) &&
           (deferred->first != NULL ||
            (deferred->flags & DEFERRED_LOST_LINK) != 0);
}

/* Nothing left to run? */
static inline bool eddy__is_done(const struct eddy_deferred *deferred)
{
    return eddy__is_runnable(deferred) && !eddy__has_more(deferred) &&
           deferred->domain->calling != deferred;
}

/* What it waits for, or itself, if a canceller that was asked will fire that;
 * else NULL. */
struct eddy_deferred *eddy__ending(const struct eddy_deferred *deferred);
/* The same; but a collection is ending only if one in it is, and that it is. */
struct eddy_deferred *eddy__ending_within(const struct eddy_deferred *deferred);

/* ---- operation.c -------------------------------------------------------- */

/* Cancelled waits that lead nowhere are over. Does nothing before chains have
 * come to rest, and cancellers have said whether they take charge; whatever
 * ends that calls it again. */
void eddy__judge_waits(struct eddy_domain *domain);
static inline void eddy__asking_over(struct eddy_domain *domain)
{
    domain->asking--;
    if (domain->cancelled != NULL)
        eddy__judge_waits(domain);
}
/* It has fired, or never will: those that wait for that are to be judged. */
void eddy__has_ended(struct eddy_deferred *deferred);

/* ---- waiters.c ---------------------------------------------------------- */

/* Out of the line it is in; hands over the reference of that. */
void eddy__leave_line(struct eddy_deferred *deferred);

/* ---- chain.c ------------------------------------------------------------ */

/* eddy_add(), but -ENOMEM leaves all as it was. */
int eddy__add(struct eddy_deferred *deferred, const struct eddy_link *link);
/* Runs what there is to run of it, now or when the link that runs is over. */
void eddy__run_now(struct eddy_deferred *deferred);
static inline void eddy__run_chain(struct eddy_deferred *deferred)
{
    struct eddy_domain *domain = deferred->domain;

    if (eddy__has_more(deferred) && domain->calling != deferred)
        eddy__run_now(deferred);
    else if (domain->cancelled != NULL)
        eddy__judge_waits(domain);
}
/* The arguments of a link that is over. */
void eddy__link_over(const struct eddy_link *link);

#endif
