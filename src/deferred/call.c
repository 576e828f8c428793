/* SPDX-License-Identifier: MIT */
/*
 * call.c - calls by the loop, once a chain has come to where it was.
 *
 * A call is a link that lets everything pass. When it is reached it begins an
 * operation in its own memory: that needs no more, and always ends, even in a
 * loop that is being freed.
 */
#include "deferred.h"

struct call {
    struct eddy_request turn;
    struct eddy_domain *domain;
    struct eddy_deferred *deferred; /* with a reference once it is reached */
    eddy_watch_done_fn *fn;         /* NULL: it was taken back */
    void *arg;
    bool reached;
};

static void free_call(struct call *call)
{
    call->domain->mem.resize(call->domain->mem.arg, call, 0);
}

static void turned(struct eddy_result result, void *arg)
{
    struct call *call = arg;
    struct eddy_deferred *deferred = call->deferred;
    eddy_watch_done_fn *fn = call->fn;
    void *fn_arg = call->arg;

    (void)result; /* what is due is called, whatever becomes of the loop */
    free_call(call);
    fn(deferred, fn_arg);
    eddy_unref(deferred);
}

static struct eddy_value reached(struct eddy_value *result, void *arg)
{
    struct call *call = arg;
    struct eddy_op op = eddy_next_turn();

    if (call->fn != NULL && call->domain->loop != NULL) {
        call->reached = true;
        (void)eddy_ref(call->deferred);
        eddy_begin(call->domain->loop, &call->turn, &op, turned, call);
    }
    return eddy_take(result);
}

static void link_over(void *arg)
{
    struct call *call = arg;

    if (!call->reached)
        free_call(call);
}

int eddy_call_when_done(struct eddy_deferred *deferred, struct eddy_loop *loop,
                        eddy_watch_done_fn *fn, void *arg)
{
    int err = eddy_loop_check(loop);
    struct eddy_domain *domain;
    struct call *call;

    if (err < 0)
        return err;
    if (deferred == NULL || fn == NULL)
        return -EINVAL;
    domain = eddy_loop_domain(loop);
    if (eddy__is_real(deferred) && deferred->domain != domain)
        return -EXDEV;
    call = domain != NULL
               ? domain->mem.resize(domain->mem.arg, NULL, sizeof *call)
               : NULL;
    if (call == NULL)
        return -ENOMEM;
    call->domain = domain;
    call->deferred = deferred;
    call->fn = fn;
    call->arg = arg;
    call->reached = false;
    err = eddy__add(deferred, &(struct eddy_link){ .then = reached,
                                                   .then_arg = call,
                                                   .rescue = reached,
                                                   .rescue_arg = call,
                                                   .free_then = link_over });
    if (err < 0)
        free_call(call);
    return err;
}

int eddy_uncall_when_done(struct eddy_deferred *deferred,
                          eddy_watch_done_fn *fn, void *arg)
{
    int count = 0;

    if (deferred == NULL || fn == NULL)
        return -EINVAL;
    for (struct link *link = deferred->first; link != NULL; link = link->next) {
        struct call *call = link->both.then_arg;

        if (link->both.then != reached || call->fn != fn || call->arg != arg)
            continue;
        call->fn = NULL; /* the link stays, and does nothing */
        count++;
    }
    return count;
}
