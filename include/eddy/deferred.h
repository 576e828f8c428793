/* SPDX-License-Identifier: MIT */
/*
 * eddy/deferred.h - deferreds: an answer to come, with a chain to run on it.
 *
 * The semantics are those of Twisted's Deferred; what differs is marked (C).
 * A deferred is pending until it is fired with a value or an error. Then its
 * chain runs: links, each a pair of functions for a value and for an error. A
 * link gets what the one before it returned, and its own answer decides which
 * side of the next link runs. A link may answer with another deferred: the
 * chain waits for it and goes on with its result.
 *
 * - Chains run inline, in whoever fires or adds. No loop is needed. But what is
 *   set going from inside a link runs when that link has returned, before the
 *   link that follows it; so any depth takes the same stack (C).
 * - A link may do anything with any deferred: fire, add, cancel, let go.
 * - No function here loses a value: what is given is taken in every case, and
 *   freed if nobody can have it any more (C).
 * - References are counted. Who makes a deferred has one; each function that
 *   takes one over says so. Who is to fire it keeps one. Dropping the last
 *   reference to a pending one is allowed and silent; links that never ran only
 *   have their arguments freed. If the result is an error that nobody handled,
 *   it is reported to the log, once.
 * - Firing, cancelling, pausing and letting go need no memory. Adding may; a
 *   link for which there is none acts like one that fails with -ENOMEM.
 * - Deferreds of one domain belong to one thread at a time.
 * - What a function returned is fired by that function. You may fire it first:
 *   then its own result is dropped when it comes, and cancelling no longer
 *   reaches what is behind it, an operation, say, whose buffers are still in
 *   use. What waited in line for a turn leaves the line.
 * - What returns a deferred never returns NULL, unless it says so. Where an
 *   object is needed and NULL is given there is no domain to fail in, and the
 *   answer is eddy_no_memory().
 */
#ifndef EDDY_DEFERRED_H
#define EDDY_DEFERRED_H

#include <eddy/op.h>
#include <eddy/value.h>

EDDY_BEGIN_DECLS

struct eddy_deferred;

/* ---- Domains: where deferreds live -------------------------------------- */

struct eddy_domain;

/* Zero is the default of every field. What is pointed to must outlive the
 * domain and all that was made in it. */
struct eddy_domain_options {
    struct eddy_mem mem; /* resize NULL: eddy_mem_default() */
    struct eddy_log log; /* write NULL: errors nobody handled go unsaid */
    bool debug;          /* as eddy_domain_set_debug() */
};

/* A domain for deferreds without a loop. options NULL: all defaults. -ENOMEM.
 */
EDDY_API int eddy_domain_new(struct eddy_domain **ret_domain,
                             const struct eddy_domain_options *options);
/* Lets go of it: its memory stays until the last of its deferreds is gone. */
EDDY_API void eddy_domain_free(struct eddy_domain *domain);

/* The domain of a loop, with its memory, log and debug mode. The loop lets go
 * of it when it ends: its memory stays until the last of its deferreds is gone.
 * NULL: out of memory, or no loop. */
EDDY_API struct eddy_domain *eddy_loop_domain(struct eddy_loop *loop);

/* Debug mode: reports tell where a deferred was made and where it was fired
 * first, and firing one twice is logged. May be changed at any time. */
EDDY_API int eddy_domain_set_debug(struct eddy_domain *domain, bool debug);

/* ---- Making and firing -------------------------------------------------- */

/*
 * Asked when a pending deferred is cancelled, once. It may fire the deferred
 * with what it likes. Else, if it answers true, it has taken charge: the
 * deferred will be fired later, when what it stands for has ended (C). If it
 * answers false, -ECANCELED follows at once.
 */
typedef bool eddy_canceller_fn(struct eddy_deferred *deferred, void *arg);

/* A pending one. Never NULL: see eddy_no_memory(). A NULL domain counts as out
 * of memory. canceller NULL: cancelling fires it at once, and then one late
 * result is swallowed. */
EDDY_API struct eddy_deferred *
eddy_deferred_new_at(struct eddy_domain *domain, eddy_canceller_fn *canceller,
                     void *arg, const char *at);
#define eddy_deferred_new(domain, canceller, arg)                              \
    eddy_deferred_new_at(domain, canceller, arg, EDDY_HERE)

/* One that has fired already. */
EDDY_API struct eddy_deferred *eddy_fired_at(struct eddy_domain *domain,
                                             struct eddy_value value,
                                             const char *at);
#define eddy_fired(domain, value) eddy_fired_at(domain, value, EDDY_HERE)

/* The deferred that stands for one there was no memory for: it has failed with
 * -ENOMEM and always will have. Every function takes it; links added to it see
 * that error at once, what they answer is dropped, and counting references does
 * nothing. So a chain needs no checks: its error comes down the error side.
 * Firing, pausing and resuming it are 0, and change nothing. */
EDDY_API struct eddy_deferred *eddy_no_memory(void);

/*
 * Fires it with a value or an error, and runs the chain.
 * -EALREADY: it has been fired or cancelled; -EINVAL: the value is a deferred;
 * -EPERM: see eddy_loop_check(). The value is taken in any case.
 */
EDDY_API int eddy_fire_at(struct eddy_deferred *deferred,
                          struct eddy_value value, const char *at);
#define eddy_fire(deferred, value) eddy_fire_at(deferred, value, EDDY_HERE)

/* One more reference; returns its argument. */
EDDY_API struct eddy_deferred *eddy_ref(struct eddy_deferred *deferred);
/* One less. NULL: nothing happens. */
EDDY_API void eddy_unref(struct eddy_deferred *deferred);

/* ---- Chains ------------------------------------------------------------- */

/*
 * A link. *result is what came: what the function does not eddy_take() is freed
 * when it returns. It returns what goes on: `return eddy_take(result)` passes
 * it on (`return *result` would leave two owners), eddy_none() is nothing,
 * eddy_fail() an error, eddy_wait_for() a deferred.
 */
typedef struct eddy_value eddy_link_fn(struct eddy_value *result, void *arg);

/* Both sides of a link; a NULL function passes its result on. free_x(x_arg) is
 * called once when the link is over, whether or not it ran. */
struct eddy_link {
    eddy_link_fn *then; /* for a value */
    void *then_arg;
    eddy_link_fn *rescue; /* for an error */
    void *rescue_arg;
    eddy_free_fn *free_then, *free_rescue;
};

/* Adds it to the end of the chain; runs at once what can run. All three return
 * `deferred` (NULL for NULL, and the link is over), so that calls can be strung
 * together. */
EDDY_API struct eddy_deferred *eddy_add(struct eddy_deferred *deferred,
                                        const struct eddy_link *link);
/* A link for a value, or for an error, or the same function for both. */
EDDY_API struct eddy_deferred *eddy_then(struct eddy_deferred *deferred,
                                         eddy_link_fn *fn, void *arg);
EDDY_API struct eddy_deferred *eddy_rescue(struct eddy_deferred *deferred,
                                           eddy_link_fn *fn, void *arg);
EDDY_API struct eddy_deferred *eddy_both(struct eddy_deferred *deferred,
                                         eddy_link_fn *fn, void *arg);

/*
 * What a link returns to wait for another deferred, until its chain has come to
 * where it is now. Takes over a reference. The result of that one moves here,
 * and links added to it later go on with eddy_none(). It may have one waiter:
 * for a second the result is the error -EBUSY (C). Waiting for itself, directly
 * or in a circle: -EDEADLK (C); but a circle through an operation, a
 * collection, a looping or eddy_chain() is not seen: those in it stay as they
 * are, until one of them is fired. In another domain: -EXDEV. If its last
 * reference is dropped meanwhile, who waits is pending again: it may be
 * cancelled, or fired (C). Needs no memory.
 */
EDDY_API struct eddy_value eddy_wait_for(struct eddy_deferred *deferred);

/* Fires `next` with the result of `deferred`, whose chain goes on with
 * eddy_none(). One way: firing or cancelling `next` does not reach back. Takes
 * no reference. Returns `deferred`. */
EDDY_API struct eddy_deferred *eddy_chain(struct eddy_deferred *deferred,
                                          struct eddy_deferred *next);

/* Holds the chain; it goes on after as many eddy_resume(). Firing and
 * cancelling a paused one keeps the result. -EINVAL: was not paused. */
EDDY_API int eddy_pause(struct eddy_deferred *deferred);
EDDY_API int eddy_resume(struct eddy_deferred *deferred);

/* Asks it to end. If it waits for another, that one is asked instead; if it has
 * fired, nothing happens. Twice: nothing happens. */
EDDY_API void eddy_cancel(struct eddy_deferred *deferred);

/* ---- Looking ------------------------------------------------------------ */

enum eddy_state {
    EDDY_PENDING, /* not fired */
    EDDY_WAITING, /* fired, but its chain has not come to its end: it waits for
                     another, is paused, or is about to run */
    EDDY_DONE     /* there is a result, and nothing left to run */
};
EDDY_API enum eddy_state eddy_state(const struct eddy_deferred *deferred);
/* What it waits for, or NULL; no reference is added. */
EDDY_API struct eddy_deferred *
eddy_waits_for(const struct eddy_deferred *deferred);

/* The result of one that is EDDY_DONE, to be looked at; it stays, and an error
 * counts as handled. NULL if it is not. Valid until the next call on it. */
EDDY_API const struct eddy_value *eddy_peek(struct eddy_deferred *deferred);
/* The same, moved out: eddy_none() is left. If it is not done, the error
 * -EAGAIN. */
EDDY_API struct eddy_value eddy_take_result(struct eddy_deferred *deferred);

/* ---- Made of others ----------------------------------------------------- */

typedef struct eddy_value eddy_make_fn(void *arg);

/* Calls fn(arg) now and makes a deferred of what it returns: the one that it
 * waits for itself, or one that has fired with its value or error. Never NULL;
 * fn NULL: -EINVAL. */
EDDY_API struct eddy_deferred *eddy_maybe_deferred(struct eddy_domain *domain,
                                                   eddy_make_fn *fn, void *arg);

/* One that has the result of `deferred`, which goes on with eddy_none(), but
 * whose cancelling does not reach it: a result that comes after that stays
 * where it is, an error unhandled. Takes no reference. Never NULL; without
 * memory, or without a deferred, eddy_no_memory(), and `deferred` is as it was.
 */
EDDY_API struct eddy_deferred *eddy_shield(struct eddy_deferred *deferred);

/* ---- As futures --------------------------------------------------------- */

/*
 * For who thinks in futures (asyncio's): a deferred with no links is one.
 * Pending, done and failed are eddy_state() and eddy_peek(); setting its result
 * is eddy_fire(), whose -EALREADY is InvalidState; cancelled is
 * eddy_error_is(eddy_peek(d), -ECANCELED).
 */
typedef void eddy_watch_done_fn(struct eddy_deferred *deferred, void *arg);

/*
 * Has fn(deferred, arg) called by the loop, in its next turn and never inside
 * this call, when the chain has come to where it was when this was called. It
 * looks at the result, but does not take it. In the order they were added;
 * added twice, it is called twice. A deferred that is let go before its chain
 * has come there calls nobody; from then on a reference is held for the call,
 * which is made even if the loop is being freed. -ENOMEM; -EXDEV: the deferred
 * is not of this loop.
 */
EDDY_API int eddy_call_when_done(struct eddy_deferred *deferred,
                                 struct eddy_loop *loop, eddy_watch_done_fn *fn,
                                 void *arg);

/* Takes all such calls of this fn and arg back, and returns how many there were
 * that were not yet due; those that are due are made all the same. */
EDDY_API int eddy_uncall_when_done(struct eddy_deferred *deferred,
                                   eddy_watch_done_fn *fn, void *arg);

/* ---- Operations --------------------------------------------------------- */

/*
 * Runs an operation; its result fires the deferred: what was made, as a value
 * with its destructor (ask for it to be stored nowhere else); else n as an
 * integer; or the error, with `done` in its details if anything was. Never
 * NULL, see eddy_no_memory(); the reference is yours, and may be dropped: the
 * operation goes on. It is not fired inside the call. Cancelling
 * cancels the operation, and the deferred fires when that has ended: until then
 * its buffers are in use. A multishot operation: -EINVAL.
 */
EDDY_API struct eddy_deferred *eddy_defer_op(struct eddy_loop *loop,
                                             const struct eddy_op *op);

static inline struct eddy_deferred *eddy_defer(struct eddy_loop *loop,
                                               struct eddy_op op)
{
    return eddy_defer_op(loop, &op);
}

/*
 * The other way: waits until the chain of a deferred has come to its end, as it
 * stands when the operation is begun, and takes the result; the chain goes on
 * with eddy_none(). n: the integer, or 0 for a pointer, or the error's code:
 * -EIO for one of a domain, -ERANGE for a negative integer. The value itself
 * goes to *ret_value (NULL: it is freed), errors with their details, too; what
 * was there is not freed. Takes no reference: if the last one is dropped
 * meanwhile, the result is -ECANCELED. Cancelling cancels the deferred; if its
 * canceller has taken charge, the end of that is waited for. If it then does
 * not come to its end at once the result is -ECANCELED all the same, and the
 * deferred keeps its own. -EXDEV: the deferred is of another loop.
 */
EDDY_OP struct eddy_op eddy_when(struct eddy_deferred *deferred,
                                 struct eddy_value *ret_value);

EDDY_END_DECLS

#endif
