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
        eddy__unref(deferred);
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
    eddy__value_free(&deferred->result);
    deferred->result = value;
}

/* To the end of the chain. */
static inline void append(struct eddy_deferred *deferred, struct link *added,
                          const struct eddy_link *link)
{
    *added = (struct link){ .both = *link };
    if (link->free_then != NULL || link->free_rescue != NULL)
        added->flags = LINK_FREES;
    if (deferred->first == NULL)
        deferred->first = added;
    else
        deferred->last->next = added;
    deferred->last = added;
}

static void let_go(void *deferred)
{
    eddy__unref(deferred);
}

static struct eddy_value hand_over(struct eddy_value *result, void *arg)
{
    struct eddy_deferred *waiter = arg;

    waiter->waits_for->waiter = NULL;
    waiter->waits_for = NULL;
    waiter->held--;
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
    waiter->held++;
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
    eddy__unref(inner);
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

/* What a link has answered, if it is not as simple as integers. */
static LONG_WAY void settle(struct eddy_deferred *deferred, struct link *link,
                            struct eddy_value answer)
{
    struct eddy_value *result = &deferred->result;
    struct eddy_link over = link->both; /* its memory may be used again */

    if (are_same(result, &answer)) /* `return *result` */
        *result = eddy_none();
    else
        eddy__value_free(result);
    deferred->domain->calling = NULL;
    go_on_with(deferred, answer, link);
    eddy__link_over(&over);
}

/* The result stays where it is meanwhile: nobody else sees it in there. */
static inline void call_first(struct eddy_domain *domain,
                              struct eddy_deferred *deferred)
{
    struct eddy_value *result = &deferred->result, answer;
    struct link *first = deferred->first;
    eddy_link_fn *fn;
    bool failed;

    deferred->first = first->next;
    if ((first->flags & LINK_LOST_NEXT) != 0)
        deferred->flags |= DEFERRED_LOST_LINK;
    failed = eddy__is_error(result);
    fn = failed ? first->both.rescue : first->both.then;
    if (fn != NULL) {
        domain->calling = deferred;
        answer =
            fn(result, failed ? first->both.rescue_arg : first->both.then_arg);
        if (result->free != NULL || answer.free != NULL) {
            settle(deferred, first, answer);
            return;
        }
        domain->calling = NULL;
        *result = answer;
    }
    if ((first->flags & LINK_FREES) != 0)
        eddy__link_over(&first->both);
    eddy__pool_put(domain, &domain->links, first);
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
            call_first(domain, deferred);
        }
    }
    eddy__unref(deferred);
}

/* This one, and then all that has become ready. */
static void run_all(struct eddy_domain *domain, struct eddy_deferred *deferred)
{
    domain->running = true;
    domain->refs++;
    for (;;) {
        run(domain, deferred);
        domain->insert = &domain->ready;
        deferred = domain->ready;
        if (deferred == NULL)
            break;
        domain->ready = deferred->next;
        deferred->flags &= ~DEFERRED_QUEUED;
    }
    domain->running = false;
    if (domain->cancelled != NULL)
        eddy__judge_waits(domain);
    eddy__domain_unref(domain);
}

void eddy__run_now(struct eddy_deferred *deferred)
{
    struct eddy_domain *domain = deferred->domain;

    deferred->refs++;
    if (domain->running)
        enqueue(domain, deferred);
    else
        run_all(domain, deferred);
}

/* ---- Adding ------------------------------------------------------------- */

/*
 * Links come by pointer, but go by value to where things are not as usual: so
 * the compiler sees that nobody else looks at one, and builds it where it will
 * stay.
 */

static void drop(struct eddy_link link)
{
    eddy__link_over(&link);
}

/* To one that stands for no memory: it has failed, and stays so. */
static void call_failed(struct eddy_link link)
{
    struct eddy_value result = eddy_fail(-ENOMEM), answer;

    if (link.rescue != NULL) {
        answer = link.rescue(&result, link.rescue_arg);
        if (!are_same(&result, &answer))
            eddy_value_free(&result);
        eddy_value_free(&answer);
    }
    eddy__link_over(&link);
}

static inline int add(struct eddy_deferred *deferred,
                      const struct eddy_link *link)
{
    struct eddy_domain *domain = deferred->domain;
    struct link *added;

    if (domain == NULL) {
        call_failed(*link);
        return 0;
    }
    added = eddy__pool_get(domain, &domain->links);
    if (added == NULL)
        return -ENOMEM;
    append(deferred, added, link);
    eddy__run_chain(deferred);
    return 0;
}

int eddy__add(struct eddy_deferred *deferred, const struct eddy_link *link)
{
    return add(deferred, link);
}

static void lose_link(struct eddy_deferred *deferred)
{
    if (deferred->first != NULL)
        deferred->last->flags |= LINK_LOST_NEXT;
    else
        deferred->flags |= DEFERRED_LOST_LINK;
    eddy__run_chain(deferred);
}

static inline struct eddy_deferred *add_or_lose(struct eddy_deferred *deferred,
                                                const struct eddy_link *link)
{
    int err = deferred != NULL ? add(deferred, link) : -EINVAL;

    if (err == -ENOMEM)
        lose_link(deferred);
    if (err < 0)
        drop(*link);
    return deferred;
}

struct eddy_deferred *eddy_add(struct eddy_deferred *deferred,
                               const struct eddy_link *link)
{
    return link != NULL ? add_or_lose(deferred, link) : deferred;
}

struct eddy_deferred *eddy_then(struct eddy_deferred *deferred,
                                eddy_link_fn *fn, void *arg)
{
    return add_or_lose(deferred,
                       &(struct eddy_link){ .then = fn, .then_arg = arg });
}

struct eddy_deferred *eddy_rescue(struct eddy_deferred *deferred,
                                  eddy_link_fn *fn, void *arg)
{
    return add_or_lose(deferred,
                       &(struct eddy_link){ .rescue = fn, .rescue_arg = arg });
}

struct eddy_deferred *eddy_both(struct eddy_deferred *deferred,
                                eddy_link_fn *fn, void *arg)
{
    return add_or_lose(deferred, &(struct eddy_link){ .then = fn,
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
        eddy__unref(next);
    }
    return deferred;
}
