/* SPDX-License-Identifier: MIT */
/*
 * eddy/collect.h - many deferreds as one.
 *
 * The semantics are those of Twisted's DeferredList, gatherResults and race,
 * and of asyncio's as_completed; what differs is marked (C).
 *
 * All functions copy the array, and take over a reference of each deferred in
 * it: which they let go of at once, for who is to fire one has a reference of
 * his own. One that nobody is left to fire counts as -ECANCELED, but does not
 * set anything going: if it was the last, the collection stays pending until it
 * is cancelled, and then it is -ECANCELED as a whole. A NULL in the array, or a
 * deferred that is there twice (C): -EINVAL, and one of another domain: -EXDEV
 * (C); then all are let go.
 *
 * Results come as struct eddy_values (eddy/value.h) in the order of the input.
 * An integer or an error stays with its deferred, too; a pointer moves here,
 * and its deferred goes on with it lent: valid as long as the collected values
 * are, or until the collection fires without them.
 */
#ifndef EDDY_COLLECT_H
#define EDDY_COLLECT_H

#include <eddy/deferred.h>

EDDY_BEGIN_DECLS

#define EDDY_FIRST_VALUE (1u << 0) /* fire with the first success */
#define EDDY_FIRST_ERROR (1u << 1) /* fire with the first failure */
#define EDDY_CONSUME     (1u << 2) /* errors go on as eddy_none() */
#define EDDY_CANCEL_REST (1u << 3) /* when it fires, cancel all others */

/*
 * Fires when all have fired, with all values, errors among them. No deferreds:
 * at once. With
 * EDDY_FIRST_VALUE  fires with the first success: one value, and its index. If
 *     all fail: an error with all errors as children, and the code of the first
 *     (C). No deferreds: -EINVAL (C).
 * EDDY_FIRST_ERROR  fires with the first failure: an error with its code, its
 *     index, and the failure itself as the cause.
 * Such an error without memory is its code alone: see eddy_error_new().
 * What comes after it has fired stays where it is; but with EDDY_CONSUME errors
 * go on as eddy_none() then, too, and nobody hears of them. Cancelling it
 * cancels those that have not come, and it fires by its own rules, when all
 * have (C). Other flags: -EINVAL. Never NULL; the reference is yours.
 */
EDDY_API struct eddy_deferred *
eddy_collect(struct eddy_domain *domain, struct eddy_deferred *const *deferreds,
             size_t count, unsigned flags);

/* All outcomes, errors among them: DeferredList(consumeErrors). */
static inline struct eddy_deferred *
eddy_settled(struct eddy_domain *domain, struct eddy_deferred *const *deferreds,
             size_t count)
{
    return eddy_collect(domain, deferreds, count, EDDY_CONSUME);
}

/* All values, or the first error; the others go on: gatherResults. */
static inline struct eddy_deferred *
eddy_gather(struct eddy_domain *domain, struct eddy_deferred *const *deferreds,
            size_t count)
{
    return eddy_collect(domain, deferreds, count,
                        EDDY_FIRST_ERROR | EDDY_CONSUME);
}

/* The first value, and the others are cancelled: race. */
static inline struct eddy_deferred *
eddy_race(struct eddy_domain *domain, struct eddy_deferred *const *deferreds,
          size_t count)
{
    return eddy_collect(domain, deferreds, count,
                        EDDY_FIRST_VALUE | EDDY_CONSUME | EDDY_CANCEL_REST);
}

/* ---- One by one --------------------------------------------------------- */

struct eddy_completions;

/* The outcomes of deferreds in the order in which they come. Errors go on as
 * eddy_none(). -ENOMEM, -EINVAL, -EXDEV: all deferreds are let go. */
EDDY_API int eddy_as_completed(struct eddy_completions **ret_completions,
                               struct eddy_domain *domain,
                               struct eddy_deferred *const *deferreds,
                               size_t count);

/* The next one: an eddy_values of one value or error, with its index. After the
 * last: -ENODATA. May be called again before the former one has fired; one that
 * was cancelled, or let go of with no link on it, leaves its outcome to the
 * next. What nobody is left to fire has no outcome: one that waits for it when
 * that becomes known waits until it is cancelled, or the completions are freed.
 * Never NULL; the reference is yours. */
EDDY_API struct eddy_deferred *
eddy_completions_next(struct eddy_completions *completions);

/* Lets go of it: outcomes nobody asked for are freed; the deferreds go on, and
 * what comes later stays with them. Those of next() that have not fired get
 * -ECANCELED; what that sets going must not ask again. NULL is welcome. */
EDDY_API void eddy_completions_free(struct eddy_completions *completions);

EDDY_END_DECLS

#endif
