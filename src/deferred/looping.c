/* SPDX-License-Identifier: MIT */
/*
 * looping.c - calls on a grid of time that does not drift.
 *
 *     start   |-----+-----+-----+-----+-----+
 *     calls   0     1  (nobody ran the loop)3.5 4     those missed are skipped
 *
 * One request does all the waiting: for the time of the next call, or for the
 * deferred that the last one returned. It cannot be begun again before it has
 * told its end; so what is no longer wanted is marked as stale and cancelled,
 * and its end begins what is wanted by then.
 */
#include "deferred.h"

struct eddy_looping {
    struct eddy_request request;
    struct eddy_domain *domain; /* with a reference */
    eddy_looping_fn *fn;
    void *arg;
    struct eddy_deferred *deferred; /* of start(); NULL: the calls have ended */
    struct eddy_deferred *called;   /* what fn returned, to be waited for */
    struct eddy_value result;       /* of `called` */
    int64_t start_ns, interval_ns;  /* the grid */
    int64_t last;                   /* where on it the last call was */
    int64_t due_ns;                 /* the next one */
    int err;                        /* what it was stopped with */
    unsigned holds;                 /* its owner's, that of the request, ... */
    bool running;                   /* not stopped */
    bool calling; /* fn is being called, or `called` waited for */
    bool begun;   /* the request is the loop's */
    bool stale;   /* and not for what is wanted now */
};

static void let_go(struct eddy_looping *looping)
{
    struct eddy_domain *domain = looping->domain;

    if (--looping->holds > 0)
        return;
    domain->mem.resize(domain->mem.arg, looping, 0);
    eddy__domain_unref(domain);
}

/* Whoever sees the deferred fire may start it anew, or free it. */
static void end(struct eddy_looping *looping, struct eddy_value value)
{
    struct eddy_deferred *deferred = looping->deferred;

    looping->running = false;
    looping->deferred = NULL;
    (void)eddy_fire_at(deferred, value, "the end of the calls");
    eddy_unref(deferred);
}

static struct eddy_value outcome(const struct eddy_looping *looping)
{
    return looping->err < 0 ? eddy_fail(looping->err) : eddy_none();
}

/* ---- Waiting ------------------------------------------------------------ */

static void waited(struct eddy_result result, void *arg);

static struct eddy_op next_wait(struct eddy_looping *looping)
{
    if (looping->called != NULL)
        return eddy_when(looping->called, &looping->result);
    if (looping->interval_ns == 0)
        return eddy_next_turn();
    return eddy_sleep_until(looping->due_ns);
}

/* For what is wanted; if the request is out already, its end will do it. */
static void wait_on(struct eddy_looping *looping)
{
    struct eddy_op op;

    if (looping->begun || (looping->called == NULL && !looping->running))
        return;
    op = next_wait(looping);
    looping->begun = true;
    looping->holds++;
    eddy_begin(looping->domain->loop, &looping->request, &op, waited, looping);
}

static void stop_waiting(struct eddy_looping *looping)
{
    looping->stale = true;
    eddy_request_cancel(&looping->request);
}

/* Until the next multiple of the interval. */
static void wait_for_call(struct eddy_looping *looping)
{
    int64_t now_ns = eddy_loop_read_clock(looping->domain->loop), left_ns = 0;

    if (looping->interval_ns > 0)
        left_ns = looping->interval_ns -
                  (now_ns - looping->start_ns) % looping->interval_ns;
    looping->due_ns =
        now_ns > INT64_MAX - left_ns ? INT64_MAX : now_ns + left_ns;
    wait_on(looping);
}

/* ---- Calling ------------------------------------------------------------ */

static void call_over(struct eddy_looping *looping, struct eddy_value value)
{
    bool failed = eddy_value_is_error(&value);

    if (!failed)
        eddy_value_free(&value); /* may stop it */
    looping->calling = false;
    if (!failed && looping->running)
        wait_for_call(looping);
    else
        end(looping, failed ? value : outcome(looping));
}

/* How many intervals it is since the last call. By the clock that the grid
 * starts on: the time of the loop may be from before that. */
static uint64_t advance(struct eddy_looping *looping)
{
    int64_t now_ns = eddy_loop_read_clock(looping->domain->loop);
    int64_t last = looping->last;

    looping->last = looping->interval_ns > 0
                        ? (now_ns - looping->start_ns) / looping->interval_ns
                        : last + 1;
    return (uint64_t)(looping->last - last);
}

static void call(struct eddy_looping *looping)
{
    struct eddy_value value;

    looping->calling = true;
    value = looping->fn(advance(looping), looping->arg);
    looping->called = eddy__awaited(&value);
    if (looping->called == NULL) {
        call_over(looping, value);
        return;
    }
    wait_on(looping);
    if (looping->err < 0) /* cancelled inside fn */
        eddy_cancel(looping->called);
}

/* What eddy_when() found; it makes -ERANGE of a negative integer. */
static void called_over(struct eddy_looping *looping, int64_t n)
{
    struct eddy_deferred *called = looping->called;
    struct eddy_value value = eddy_take(&looping->result);

    if (n < 0 && n != -ERANGE && !eddy_value_is_error(&value))
        value = eddy_fail((int)n);
    looping->called = NULL;
    eddy_unref(called);
    call_over(looping, value);
}

static void waited(struct eddy_result result, void *arg)
{
    struct eddy_looping *looping = arg;
    bool stale = looping->stale;

    looping->begun = looping->stale = false;
    if (stale)
        wait_on(looping);
    else if (looping->called != NULL)
        called_over(looping, result.n);
    else if (result.n < 0)
        end(looping, eddy_fail((int)result.n));
    else
        call(looping);
    let_go(looping);
}

/* ---- From outside ------------------------------------------------------- */

static void stop_with(struct eddy_looping *looping, int err)
{
    looping->running = false;
    looping->err = err;
    if (looping->calling)
        return;
    stop_waiting(looping);
    end(looping, outcome(looping));
}

static bool cancel_calls(struct eddy_deferred *deferred, void *arg)
{
    struct eddy_looping *looping = arg;
    struct eddy_deferred *called = looping->called;

    (void)deferred;
    stop_with(looping, -ECANCELED);
    eddy_cancel(called);
    return true;
}

int eddy_looping_new(struct eddy_looping **ret_looping, struct eddy_loop *loop,
                     eddy_looping_fn *fn, void *arg)
{
    struct eddy_domain *domain = eddy_loop_domain(loop);
    struct eddy_looping *looping;

    if (ret_looping == NULL || loop == NULL || fn == NULL)
        return -EINVAL;
    if (domain == NULL)
        return -ENOMEM;
    looping = domain->mem.resize(domain->mem.arg, NULL, sizeof *looping);
    if (looping == NULL)
        return -ENOMEM;
    *looping = (struct eddy_looping){
        .domain = domain, .fn = fn, .arg = arg, .holds = 1
    };
    domain->refs++;
    *ret_looping = looping;
    return 0;
}

static int may_start(const struct eddy_looping *looping, int64_t interval_ns)
{
    if (interval_ns < 0)
        return -EINVAL;
    if (looping->deferred != NULL)
        return -EALREADY;
    return looping->domain->loop == NULL ? -ESHUTDOWN : 0;
}

struct eddy_deferred *eddy_looping_start(struct eddy_looping *looping,
                                         int64_t interval_ns, bool now)
{
    struct eddy_deferred *deferred;
    int err;

    if (looping == NULL)
        return eddy_no_memory();
    err = may_start(looping, interval_ns);
    if (err < 0)
        return eddy_fired(looping->domain, eddy_fail(err));
    deferred = eddy_deferred_new(looping->domain, cancel_calls, looping);
    if (!eddy__is_real(deferred))
        return deferred;
    looping->deferred = eddy_ref(deferred);
    looping->running = true;
    looping->err = 0;
    looping->start_ns = eddy_loop_read_clock(looping->domain->loop);
    looping->interval_ns = interval_ns;
    looping->last = now ? -1 : 0;
    looping->holds++; /* fn may free it */
    if (now)
        call(looping);
    else
        wait_for_call(looping);
    let_go(looping);
    return deferred;
}

static int check(const struct eddy_looping *looping)
{
    if (!eddy_looping_running(looping))
        return -EINVAL;
    return eddy_loop_check(looping->domain->loop);
}

int eddy_looping_stop(struct eddy_looping *looping)
{
    int err = check(looping);

    if (err == 0)
        stop_with(looping, 0);
    return err;
}

int eddy_looping_reset(struct eddy_looping *looping)
{
    int err = check(looping);

    if (err < 0)
        return err;
    looping->start_ns = eddy_loop_read_clock(looping->domain->loop);
    looping->last = 0;
    if (!looping->calling) {
        stop_waiting(looping);
        wait_for_call(looping);
    }
    return 0;
}

bool eddy_looping_running(const struct eddy_looping *looping)
{
    return looping != NULL && looping->running;
}

void eddy_looping_free(struct eddy_looping *looping)
{
    if (looping == NULL)
        return;
    if (looping->running)
        stop_with(looping, 0);
    let_go(looping);
}
