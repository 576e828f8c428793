/* SPDX-License-Identifier: MIT */
/* deferred.c - a deferred: made, fired, paused, cancelled, let go. */
#include "deferred.h"

#include <stdio.h>

/* ---- Out of memory ------------------------------------------------------ */

/* It has no domain, which is how it is known; nobody writes to it. */
static struct eddy_deferred no_memory;

struct eddy_deferred *eddy_no_memory(void)
{
    return &no_memory;
}

/* ---- Making ------------------------------------------------------------- */

struct eddy_deferred *eddy_deferred_new_at(struct eddy_domain *domain,
                                           eddy_canceller_fn *canceller,
                                           void *arg, const char *at)
{
    struct eddy_deferred *deferred;

    if (domain == NULL)
        return &no_memory;
    deferred = eddy__pool_get(domain, &domain->deferreds);
    if (deferred == NULL)
        return &no_memory;
    *deferred = no_memory; /* zeroes; gcc's own way to zero so much is slow */
    deferred->domain = domain;
    deferred->canceller = canceller;
    deferred->canceller_arg = arg;
    deferred->made_at = at;
    deferred->refs = 1;
    deferred->held = 1;
    domain->refs++;
    return deferred;
}

/* ---- Letting go --------------------------------------------------------- */

struct eddy_deferred *eddy_ref(struct eddy_deferred *deferred)
{
    if (eddy__is_real(deferred))
        deferred->refs++;
    return deferred;
}

static const char *or_unknown(const char *at)
{
    return at != NULL ? at : "an unknown place";
}

static void report(const struct eddy_domain *domain,
                   const struct eddy_deferred *deferred)
{
    const struct eddy_value *error = &deferred->result;
    char text[512]; /* a line; what is longer is cut */
    int length;

    if (domain->log.write == NULL)
        return;
    length =
        snprintf(text, sizeof text, "unhandled error in a deferred: %s (%d)",
                 eddy_error_text(error), eddy_error_code(error));
    if (eddy__is_debug(domain) && length > 0 && (size_t)length < sizeof text)
        (void)snprintf(text + length, sizeof text - (size_t)length,
                       ", made at %s, fired at %s",
                       or_unknown(deferred->made_at),
                       or_unknown(deferred->fired_at));
    domain->log.write(domain->log.arg, EDDY_LOG_ERROR, text);
}

/* May put others among the dead, but does not destroy them: a chain of any
 * length goes in constant stack. */
static void destroy(struct eddy_domain *domain, struct eddy_deferred *deferred)
{
    if (eddy__is_error(&deferred->result) &&
        (deferred->flags & DEFERRED_HANDLED) == 0)
        report(domain, deferred);
    eddy__value_free(&deferred->result);
    while (deferred->first != NULL) {
        struct link *link = deferred->first;

        deferred->first = link->next;
        eddy__link_over(&link->both);
        eddy__pool_put(domain, &domain->links, link);
    }
    eddy__pool_put(domain, &domain->deferreds, deferred);
}

static void bury(struct eddy_domain *domain)
{
    size_t buried = 0;

    domain->burying = true;
    while (domain->dead != NULL) {
        struct eddy_deferred *deferred = domain->dead;

        domain->dead = deferred->next;
        destroy(domain, deferred);
        buried++;
    }
    domain->burying = false;
    while (buried-- > 0)
        eddy__domain_unref(domain);
}

/* Nobody will fire it any more: who waits for it may be fired, or cancelled,
 * and is held until then. */
static void disappoint(struct eddy_deferred *waiter)
{
    waiter->waits_for = NULL;
    waiter->flags &=
        ~(DEFERRED_FIRED | DEFERRED_ASKED | DEFERRED_ENDING | DEFERRED_HANDLED);
}

/* Whatever is done with it from now on, it is not there. */
void eddy__bury(struct eddy_deferred *deferred)
{
    struct eddy_domain *domain = deferred->domain;

    if (deferred->waiter != NULL)
        disappoint(deferred->waiter);
    if (deferred->cancelled != NULL)
        eddy__has_ended(deferred);
    deferred->domain = NULL;
    deferred->next = domain->dead;
    domain->dead = deferred;
    if (domain->cancelled != NULL)
        eddy__judge_waits(domain);
    if (!domain->burying)
        bury(domain);
}

void eddy_unref(struct eddy_deferred *deferred)
{
    eddy__unref(deferred);
}

/* ---- Firing ------------------------------------------------------------- */

static int refuse(const struct eddy_deferred *deferred)
{
    const struct eddy_domain *domain = deferred->domain;
    char text[512];

    if (eddy__is_debug(domain) && domain->log.write != NULL) {
        (void)snprintf(text, sizeof text,
                       "deferred fired twice: made at %s, first fired at %s",
                       or_unknown(deferred->made_at),
                       or_unknown(deferred->fired_at));
        domain->log.write(domain->log.arg, EDDY_LOG_WARNING, text);
    }
    return -EALREADY;
}

/* What stands in the way of firing it; the swallowing is done with here. */
static int may_fire(struct eddy_deferred *deferred,
                    const struct eddy_value *value, bool *ret_swallow)
{
    int err = deferred->domain->loop != NULL
                  ? eddy_loop_check(deferred->domain->loop)
                  : 0;

    *ret_swallow = false;
    if (err < 0)
        return err;
    if (eddy__awaited(value) != NULL)
        return -EINVAL;
    if ((deferred->flags & DEFERRED_FIRED) == 0)
        return 0;
    *ret_swallow = (deferred->flags & DEFERRED_SWALLOWS) != 0;
    deferred->flags &= ~DEFERRED_SWALLOWS;
    return *ret_swallow ? 0 : refuse(deferred);
}

/* By value: what nobody points to need not be in memory at all. */
static int drop(struct eddy_value value, int err)
{
    eddy_value_free(&value);
    return err;
}

static inline int fire(struct eddy_deferred *deferred, struct eddy_value value,
                       const char *at)
{
    deferred->flags |= DEFERRED_FIRED;
    deferred->held--;
    deferred->result = value;
    deferred->fired_at = at;
    deferred->canceller = NULL;
    if (deferred->cancelled != NULL)
        eddy__has_ended(deferred);
    eddy__run_chain(deferred);
    return 0;
}

static LONG_WAY int try_to_fire(struct eddy_deferred *deferred,
                                struct eddy_value value, const char *at)
{
    bool swallow = true;
    int err = deferred == NULL ? -EINVAL : 0;

    if (eddy__is_real(deferred))
        err = may_fire(deferred, &value, &swallow);
    if (err < 0 || swallow)
        return drop(value, err);
    if ((deferred->flags & DEFERRED_IN_LINE) == 0)
        return fire(deferred, value, at);
    eddy__leave_line(deferred);
    err = fire(deferred, value, at);
    eddy_unref(deferred);
    return err;
}

/* The short way for an integer, outside of loops and lines. */
int eddy_fire_at(struct eddy_deferred *deferred, struct eddy_value value,
                 const char *at)
{
    if (eddy__is_real(deferred) && deferred->domain->loop == NULL &&
        value.free == NULL &&
        (deferred->flags & (DEFERRED_FIRED | DEFERRED_IN_LINE)) == 0)
        return fire(deferred, value, at);
    return try_to_fire(deferred, value, at);
}

struct eddy_deferred *eddy_fired_at(struct eddy_domain *domain,
                                    struct eddy_value value, const char *at)
{
    struct eddy_deferred *deferred =
        eddy_deferred_new_at(domain, NULL, NULL, at);

    if (try_to_fire(deferred, value, at) < 0)
        (void)try_to_fire(deferred, eddy_fail(-EINVAL), at);
    return deferred;
}

/* ---- Pausing ------------------------------------------------------------ */

int eddy_pause(struct eddy_deferred *deferred)
{
    if (deferred == NULL)
        return -EINVAL;
    if (eddy__is_real(deferred))
        deferred->held++;
    return 0;
}

static bool is_paused(const struct eddy_deferred *deferred)
{
    unsigned others =
        (deferred->flags & DEFERRED_FIRED) == 0 || deferred->waits_for != NULL;

    return deferred->held > others;
}

int eddy_resume(struct eddy_deferred *deferred)
{
    if (!eddy__is_real(deferred))
        return deferred == NULL ? -EINVAL : 0;
    if (!is_paused(deferred))
        return -EINVAL;
    deferred->held--;
    eddy__run_chain(deferred);
    return 0;
}

/* ---- Cancelling --------------------------------------------------------- */

static void ask_to_end(struct eddy_deferred *deferred)
{
    struct eddy_domain *domain = deferred->domain;

    if ((deferred->flags & DEFERRED_ASKED) != 0)
        return;
    deferred->flags |= DEFERRED_ASKED;
    (void)eddy_ref(deferred);
    domain->asking++;
    if (deferred->canceller == NULL)
        deferred->flags |= DEFERRED_SWALLOWS;
    else if (deferred->canceller(deferred, deferred->canceller_arg) &&
             (deferred->flags & DEFERRED_ASKED) != 0) /* see disappoint() */
        deferred->flags |= DEFERRED_ENDING;
    if ((deferred->flags & (DEFERRED_FIRED | DEFERRED_ENDING)) == 0)
        (void)eddy_fire_at(deferred, eddy_fail(-ECANCELED), "eddy_cancel()");
    eddy__asking_over(domain);
    eddy_unref(deferred);
}

static struct eddy_deferred *innermost(const struct eddy_deferred *deferred)
{
    while (deferred->waits_for != NULL)
        deferred = deferred->waits_for;
    return (struct eddy_deferred *)(uintptr_t)deferred;
}

void eddy_cancel(struct eddy_deferred *deferred)
{
    if (!eddy__is_real(deferred))
        return;
    deferred = innermost(deferred);
    if ((deferred->flags & DEFERRED_FIRED) == 0)
        ask_to_end(deferred);
}

struct eddy_deferred *eddy__ending(const struct eddy_deferred *deferred)
{
    struct eddy_deferred *inner;

    if (!eddy__is_real(deferred))
        return NULL;
    inner = innermost(deferred);
    return (inner->flags & (DEFERRED_ENDING | DEFERRED_FIRED)) ==
                   DEFERRED_ENDING
               ? inner
               : NULL;
}

/* ---- Looking ------------------------------------------------------------ */

enum eddy_state eddy_state(const struct eddy_deferred *deferred)
{
    if (!eddy__is_real(deferred))
        return EDDY_DONE;
    if ((deferred->flags & DEFERRED_FIRED) == 0)
        return EDDY_PENDING;
    return eddy__is_done(deferred) ? EDDY_DONE : EDDY_WAITING;
}

struct eddy_deferred *eddy_waits_for(const struct eddy_deferred *deferred)
{
    return deferred != NULL ? deferred->waits_for : NULL;
}

const struct eddy_value *eddy_peek(struct eddy_deferred *deferred)
{
    if (deferred == NULL)
        return NULL;
    if (!eddy__is_real(deferred))
        return &eddy__out_of_memory;
    if (!eddy__is_done(deferred))
        return NULL;
    deferred->flags |= DEFERRED_HANDLED;
    return &deferred->result;
}

struct eddy_value eddy_take_result(struct eddy_deferred *deferred)
{
    if (!eddy__is_real(deferred))
        return eddy_fail(deferred == NULL ? -EINVAL : -ENOMEM);
    if (!eddy__is_done(deferred))
        return eddy_fail(-EAGAIN);
    return eddy_take(&deferred->result);
}
