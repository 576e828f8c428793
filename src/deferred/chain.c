/* SPDX-License-Identifier: MIT */
/*
 * chain.c - chains of links, and running them.
 *
 * Nothing here calls itself: what becomes ready inside a link goes into a list,
 * and one loop, in whoever came first, runs it. The order is that of nested
 * calls all the same, but for the rest of the link that is running: first what
 * became ready in it, in that order, then the links that follow it.
 */
#include "deferred.h"

/* ---- Running ------------------------------------------------------------ */

/* The list takes over a reference. */
static void enqueue(struct eddy_domain *domain, struct eddy_deferred *deferred)
{
    if ((deferred->flags & DEFERRED_QUEUED) != 0) {
        eddy_unref(deferred);
        return;
    }
    deferred->flags |= DEFERRED_QUEUED;
    deferred->next = *domain->insert;
    *domain->insert = deferred;
    domain->insert = &deferred->next;
}

/* Would it be a circle? Who waits is looked at from both ends at once, so that
 * a long queue costs nothing when it grows at either end. */
static bool would_wait_for_itself(const struct eddy_deferred *waiter,
                                  const struct eddy_deferred *inner)
{
    const struct eddy_deferred *back = waiter, *ahead = inner;

    while (back != NULL && ahead != NULL) {
        if (back == inner || ahead == waiter)
            return true;
        back = back->waiter;
        ahead = ahead->waits_for;
    }
    return false;
}

static int may_wait(const struct eddy_deferred *waiter,
                    const struct eddy_deferred *inner)
{
    if (!eddy__is_real(inner))
        return -ENOMEM;
    if (inner->domain != waiter->domain)
        return -EXDEV;
    if (would_wait_for_itself(waiter, inner))
        return -EDEADLK;
    return inner->waiter != NULL ? -EBUSY : 0;
}

static void set_result(struct eddy_deferred *deferred, struct eddy_value value)
{
    deferred->flags &= ~DEFERRED_HANDLED;
    eddy_value_free(&deferred->result);
    deferred->result = value;
}

/* To the end of the chain. */
static void append(struct eddy_deferred *deferred, struct link *added,
                   const struct eddy_link *link)
{
    *added = (struct link){ .both = *link };
    if (deferred->first == NULL)
        deferred->first = added;
    else
        deferred->last->next = added;
    deferred->last = added;
}

static void let_go(void *deferred)
{
    eddy_unref(deferred);
}

static struct eddy_value hand_over(struct eddy_value *result, void *arg)
{
    struct eddy_deferred *waiter = arg;

    waiter->waits_for->waiter = NULL;
    waiter->waits_for = NULL;
    set_result(waiter, eddy_take(result));
    eddy__run_chain(waiter);
    return eddy_none();
}

/* Its next result is that of another one. Needs no memory: to wait is a link
 * there, in the memory of the link that has just been called here. */
static void wait_for(struct eddy_deferred *waiter, struct eddy_deferred *inner,
                     struct link *memory)
{
    struct eddy_link link = { .then = hand_over,
                              .then_arg = waiter,
                              .rescue = hand_over,
                              .rescue_arg = waiter,
                              .free_then = let_go };

    append(inner, memory, &link);
    inner->waiter = eddy_ref(waiter);
    waiter->waits_for = inner;
}

/* What a link has answered; its memory is no longer needed. */
static void go_on_with(struct eddy_deferred *deferred, struct eddy_value answer,
                       struct link *memory)
{
    struct eddy_deferred *inner = eddy__awaited(&answer);
    int err = inner != NULL ? may_wait(deferred, inner) : 0;

    if (inner != NULL && err == 0 && !eddy__is_done(inner)) {
        wait_for(deferred, inner, memory);
    } else {
        eddy__pool_put(deferred->domain, &deferred->domain->links, memory);
        if (inner != NULL)
            answer = err < 0 ? eddy_fail(err) : eddy_take(&inner->result);
        set_result(deferred, answer);
    }
    eddy_unref(inner);
}

/* An error with details may be there twice: see eddy_value_share(). */
static bool are_same(const struct eddy_value *a, const struct eddy_value *b)
{
    return a->free == b->free && a->n == b->n && eddy__details(a) == NULL;
}

void eddy__link_over(const struct eddy_link *link)
{
    struct eddy_link over = *link; /* which may be part of an argument */

    if (over.free_then != NULL)
        over.free_then(over.then_arg);
    if (over.free_rescue != NULL)
        over.free_rescue(over.rescue_arg);
}

static struct eddy_value call(struct eddy_deferred *deferred, eddy_link_fn *fn,
                              void *arg)
{
    struct eddy_value result = eddy_take(&deferred->result), answer;

    deferred->flags |= DEFERRED_IN_LINK;
    answer = fn(&result, arg);
    if (!are_same(&result, &answer)) /* not `return *result` */
        eddy_value_free(&result);
    deferred->flags &= ~DEFERRED_IN_LINK;
    return answer;
}

static void call_first(struct eddy_deferred *deferred)
{
    struct link *first = deferred->first;
    struct eddy_link link = first->both;
    bool failed = eddy_value_is_error(&deferred->result);
    eddy_link_fn *fn = failed ? link.rescue : link.then;
    void *arg = failed ? link.rescue_arg : link.then_arg;

    deferred->first = first->next;
    if (first->lost_next)
        deferred->flags |= DEFERRED_LOST_LINK;
    if (fn != NULL)
        go_on_with(deferred, call(deferred, fn, arg), first);
    else
        eddy__pool_put(deferred->domain, &deferred->domain->links, first);
    eddy__link_over(&link);
}

/* Until its end, or until there is something to be run before it. Takes over a
 * reference. */
static void run(struct eddy_domain *domain, struct eddy_deferred *deferred)
{
    while (eddy__has_more(deferred)) {
        if (domain->insert != &domain->ready) {
            enqueue(domain, deferred);
            return;
        }
        if ((deferred->flags & DEFERRED_LOST_LINK) != 0) {
            deferred->flags &= ~DEFERRED_LOST_LINK;
            set_result(deferred, eddy_fail(-ENOMEM));
        } else {
            call_first(deferred);
        }
    }
    eddy_unref(deferred);
}

static void run_ready(struct eddy_domain *domain)
{
    domain->running = true;
    domain->refs++;
    while (domain->ready != NULL) {
        struct eddy_deferred *deferred = domain->ready;

        domain->ready = deferred->next;
        domain->insert = &domain->ready;
        deferred->flags &= ~DEFERRED_QUEUED;
        run(domain, deferred);
    }
    domain->insert = &domain->ready;
    domain->running = false;
    eddy__judge_waits(domain);
    eddy__domain_unref(domain);
}

void eddy__run_chain(struct eddy_deferred *deferred)
{
    struct eddy_domain *domain = deferred->domain;

    if (eddy__has_more(deferred) && (deferred->flags & DEFERRED_IN_LINK) == 0)
        enqueue(domain, eddy_ref(deferred));
    if (!domain->running &&
        (domain->ready != NULL || domain->cancelled != NULL))
        run_ready(domain);
}

/* ---- Adding ------------------------------------------------------------- */

/* To one that stands for no memory: it has failed, and stays so. */
static void call_failed(const struct eddy_link *link)
{
    struct eddy_value result = eddy_fail(-ENOMEM), answer;

    if (link->rescue != NULL) {
        answer = link->rescue(&result, link->rescue_arg);
        if (!are_same(&result, &answer))
            eddy_value_free(&result);
        eddy_value_free(&answer);
    }
    eddy__link_over(link);
}

int eddy__add(struct eddy_deferred *deferred, const struct eddy_link *link)
{
    struct eddy_domain *domain = deferred->domain;
    struct link *added;

    if (domain == NULL) {
        call_failed(link);
        return 0;
    }
    added = eddy__pool_get(domain, &domain->links);
    if (added == NULL)
        return -ENOMEM;
    append(deferred, added, link);
    eddy__run_chain(deferred);
    return 0;
}

static void lose_link(struct eddy_deferred *deferred)
{
    if (deferred->first != NULL)
        deferred->last->lost_next = true;
    else
        deferred->flags |= DEFERRED_LOST_LINK;
    eddy__run_chain(deferred);
}

struct eddy_deferred *eddy_add(struct eddy_deferred *deferred,
                               const struct eddy_link *link)
{
    int err;

    if (link == NULL)
        return deferred;
    err = deferred != NULL ? eddy__add(deferred, link) : -EINVAL;
    if (err == -ENOMEM)
        lose_link(deferred);
    if (err < 0)
        eddy__link_over(link);
    return deferred;
}

struct eddy_deferred *eddy_then(struct eddy_deferred *deferred,
                                eddy_link_fn *fn, void *arg)
{
    return eddy_add(deferred,
                    &(struct eddy_link){ .then = fn, .then_arg = arg });
}

struct eddy_deferred *eddy_rescue(struct eddy_deferred *deferred,
                                  eddy_link_fn *fn, void *arg)
{
    return eddy_add(deferred,
                    &(struct eddy_link){ .rescue = fn, .rescue_arg = arg });
}

struct eddy_deferred *eddy_both(struct eddy_deferred *deferred,
                                eddy_link_fn *fn, void *arg)
{
    return eddy_add(deferred, &(struct eddy_link){ .then = fn,
                                                   .then_arg = arg,
                                                   .rescue = fn,
                                                   .rescue_arg = arg });
}

/* ---- From one to another ------------------------------------------------ */

static struct eddy_value fire_next(struct eddy_value *result, void *next)
{
    (void)eddy_fire_at(next, eddy_take(result), "eddy_chain()");
    return eddy_none();
}

struct eddy_deferred *eddy_chain(struct eddy_deferred *deferred,
                                 struct eddy_deferred *next)
{
    struct eddy_link link = { .then = fire_next,
                              .then_arg = next,
                              .rescue = fire_next,
                              .rescue_arg = next,
                              .free_then = let_go };

    if (deferred == NULL || next == NULL)
        return deferred;
    (void)eddy_ref(next);
    if (eddy__add(deferred, &link) < 0) {
        lose_link(deferred);
        (void)eddy_fire_at(next, eddy_fail(-ENOMEM), "eddy_chain()");
        eddy_unref(next);
    }
    return deferred;
}
