/* SPDX-License-Identifier: MIT */
/* timing.c - limits of time, and calls later. */
#include "deferred.h"

/* ---- Limits ------------------------------------------------------------- */

/* Two hold it: the link at the end of what is limited, and the sleep. The last
 * of them to end frees it. */
struct limit {
    struct eddy_request sleep;
    struct eddy_domain *domain;     /* with a reference, for its memory */
    struct eddy_deferred *deferred; /* without one; NULL: the link is over */
    eddy_link_fn *on_timeout;
    void *arg;
    int why; /* it was cancelled: -ETIME, or why there is no sleep; else 0 */
    bool sleeping;
};

static void free_limit(struct limit *limit)
{
    struct eddy_domain *domain = limit->domain;

    domain->mem.resize(domain->mem.arg, limit, 0);
    eddy__domain_unref(domain);
}

static void sleep_over(struct eddy_result result, void *arg)
{
    struct limit *limit = arg;

    limit->sleeping = false;
    if (limit->deferred == NULL) {
        free_limit(limit);
    } else {
        limit->why = result.n < 0 ? (int)result.n : -ETIME;
        eddy_cancel(limit->deferred); /* and the link may be over */
    }
}

/* Also when the link never ran. */
static void limit_over(void *arg)
{
    struct limit *limit = arg;

    limit->deferred = NULL;
    if (limit->sleeping)
        eddy_request_cancel(&limit->sleep);
    else
        free_limit(limit);
}

/* What is known of how far it came stays, as the cause. */
static struct eddy_value translate(struct eddy_value *result,
                                   const struct limit *limit)
{
    const struct eddy_error *details = eddy_error_details(result);

    if (eddy_error_code(result) != -ECANCELED ||
        (details != NULL && details->domain != NULL))
        return eddy_take(result);
    if (details == NULL)
        return eddy_fail(limit->why);
    return eddy_error_new(&limit->domain->mem,
                          &(struct eddy_error){ .code = limit->why,
                                                .done = details->done,
                                                .count = 1,
                                                .child = result });
}

static struct eddy_value reached(struct eddy_value *result, void *arg)
{
    struct limit *limit = arg;

    if (limit->why == -ETIME && limit->on_timeout != NULL)
        return limit->on_timeout(result, limit->arg);
    return limit->why < 0 ? translate(result, limit) : eddy_take(result);
}

static int set_limit(struct eddy_deferred *deferred, struct eddy_loop *loop,
                     int64_t timeout_ns, eddy_link_fn *on_timeout, void *arg)
{
    struct eddy_domain *domain = deferred->domain;
    struct eddy_op op = eddy_sleep(timeout_ns);
    struct limit *limit;

    if (loop == NULL)
        return -EINVAL;
    if (domain->loop != NULL && domain->loop != loop)
        return -EXDEV;
    if (eddy__is_done(deferred))
        return 0;
    limit = domain->mem.resize(domain->mem.arg, NULL, sizeof *limit);
    if (limit == NULL)
        return -ENOMEM;
    *limit = (struct limit){ .domain = domain,
                             .deferred = deferred,
                             .on_timeout = on_timeout,
                             .arg = arg,
                             .sleeping = true };
    domain->refs++;
    eddy_begin(loop, &limit->sleep, &op, sleep_over, limit);
    (void)eddy_add(deferred, &(struct eddy_link){ .then = reached,
                                                  .then_arg = limit,
                                                  .rescue = reached,
                                                  .rescue_arg = limit,
                                                  .free_then = limit_over });
    return 0;
}

static struct eddy_value fail_with(struct eddy_value *result, void *err)
{
    (void)result;
    return eddy_fail((int)(intptr_t)err);
}

struct eddy_deferred *eddy_limit_with(struct eddy_deferred *deferred,
                                      struct eddy_loop *loop,
                                      int64_t timeout_ns,
                                      eddy_link_fn *on_timeout, void *arg)
{
    int err = 0;

    if (eddy__is_real(deferred))
        err = set_limit(deferred, loop, timeout_ns, on_timeout, arg);
    if (err < 0)
        return eddy_both(deferred, fail_with, (void *)(intptr_t)err);
    return deferred;
}

struct eddy_deferred *eddy_limit(struct eddy_deferred *deferred,
                                 struct eddy_loop *loop, int64_t timeout_ns)
{
    return eddy_limit_with(deferred, loop, timeout_ns, NULL, NULL);
}

/* ---- Later -------------------------------------------------------------- */

struct later {
    struct eddy_deferred *deferred; /* whose link it belongs to */
    struct eddy_domain *domain;
    eddy_make_fn *fn;
    void *arg;
};

static_assert(sizeof(struct later) <= sizeof(struct link),
              "it fits where links are kept");

/* It may have been cancelled when the sleep had ended, but not told so yet. */
static struct eddy_value call_now(struct eddy_value *result, void *arg)
{
    struct later *later = arg;

    (void)result;
    if ((later->deferred->flags & DEFERRED_ASKED) != 0)
        return eddy_fail(-ECANCELED);
    return later->fn(later->arg);
}

static void later_over(void *arg)
{
    struct later *later = arg;

    eddy__pool_put(later->domain, &later->domain->links, later);
}

struct eddy_deferred *eddy_later(struct eddy_loop *loop, int64_t timeout_ns,
                                 eddy_make_fn *fn, void *arg)
{
    struct eddy_domain *domain = eddy_loop_domain(loop);
    struct eddy_deferred *deferred;
    struct later *later;

    if (domain == NULL)
        return eddy_no_memory();
    if (fn == NULL)
        return eddy_fired(domain, eddy_fail(-EINVAL));
    later = eddy__pool_get(domain, &domain->links);
    if (later == NULL)
        return eddy_no_memory();
    deferred = eddy_defer(loop, eddy_sleep(timeout_ns));
    *later = (struct later){ deferred, domain, fn, arg };
    return eddy_add(deferred, &(struct eddy_link){ .then = call_now,
                                                   .then_arg = later,
                                                   .free_then = later_over });
}
