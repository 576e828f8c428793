/* SPDX-License-Identifier: MIT */
/*
 * waiters.c - deferreds that wait in line.
 *
 *     line.first <-> waiter <-> waiter <-> line.last
 *                      |          |
 *                   deferred   deferred    each with a reference
 *
 * Linked both ways, so that any one of very many can leave. A waiter lives in
 * the memory of a link. All that are in line are pending.
 */
#include "waiters.h"

struct waiter {
    struct waiter *prev, *next;
    struct waiters *line;
    struct eddy_deferred *deferred;
};

static_assert(sizeof(struct waiter) <= sizeof(struct link),
              "a waiter lives in the memory of a link");

/* Hands over the reference. */
static struct eddy_deferred *leave(struct waiter *waiter)
{
    struct waiters *line = waiter->line;
    struct eddy_deferred *deferred = waiter->deferred;
    struct eddy_domain *domain = deferred->domain;

    *(waiter->prev != NULL ? &waiter->prev->next : &line->first) = waiter->next;
    *(waiter->next != NULL ? &waiter->next->prev : &line->last) = waiter->prev;
    line->count--;
    deferred->flags &= ~DEFERRED_IN_LINE;
    deferred->canceller = NULL; /* its argument is no more */
    eddy__pool_put(domain, &domain->links, waiter);
    return deferred;
}

static bool give_up(struct eddy_deferred *deferred, void *waiter)
{
    (void)deferred;
    eddy_unref(leave(waiter));
    return false;
}

void eddy__leave_line(struct eddy_deferred *deferred)
{
    (void)leave(deferred->canceller_arg);
}

/* Without a link, and nobody else to look at it. */
static bool is_forgotten(const struct eddy_deferred *deferred)
{
    return deferred->refs == 1 && deferred->first == NULL;
}

bool eddy__has_room(struct waiters *line, size_t limit)
{
    struct waiter *waiter = line->first;

    while (line->count >= limit && waiter != NULL) {
        struct waiter *next = waiter->next;

        if (is_forgotten(waiter->deferred))
            eddy_unref(leave(waiter));
        waiter = next;
    }
    return line->count < limit;
}

void eddy__wait_in(struct waiters *line, struct eddy_deferred *deferred)
{
    struct eddy_domain *domain = deferred->domain;
    struct waiter *waiter;

    if (domain == NULL)
        return; /* it has failed already */
    waiter = eddy__pool_get(domain, &domain->links);
    if (waiter == NULL) {
        (void)eddy_fire(deferred, eddy_fail(-ENOMEM));
        return;
    }
    *waiter = (struct waiter){ .prev = line->last,
                               .line = line,
                               .deferred = eddy_ref(deferred) };
    *(line->last != NULL ? &line->last->next : &line->first) = waiter;
    line->last = waiter;
    line->count++;
    deferred->flags |= DEFERRED_IN_LINE;
    deferred->canceller = give_up;
    deferred->canceller_arg = waiter;
}

bool eddy__serve(struct waiters *line, struct eddy_value value)
{
    bool served = false;

    while (!served && line->first != NULL) {
        struct eddy_deferred *deferred = leave(line->first);

        served = !is_forgotten(deferred);
        if (served) {
            deferred->flags |= DEFERRED_SERVED;
            (void)eddy_fire(deferred, value);
        }
        eddy_unref(deferred);
    }
    return served;
}

void eddy__send_away(struct waiters *line)
{
    while (eddy__serve(line, eddy_fail(-ECANCELED)))
        ;
}
