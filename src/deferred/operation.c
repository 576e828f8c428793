/* SPDX-License-Identifier: MIT */
/* operation.c - an operation as a deferred, and a deferred as an operation. */
#include "deferred.h"

/* ---- An operation as a deferred ----------------------------------------- */

static bool cancel_run(struct eddy_deferred *deferred, void *arg)
{
    struct running *run = arg;

    (void)deferred;
    eddy_request_cancel(&run->request);
    return true;
}

static struct eddy_value value_of(const struct eddy_op_type *type,
                                  struct eddy_result result,
                                  const struct eddy_mem *mem)
{
    if (result.n >= 0 && type != NULL && (type->flags & EDDY_OP_MAKES) != 0)
        return eddy_own(result.made, type->drop);
    if (result.n >= 0)
        return eddy_int(result.n);
    if (result.done == 0)
        return eddy_fail((int)result.n);
    return eddy_error_new(mem, &(struct eddy_error){ .code = (int)result.n,
                                                     .done = result.done });
}

static void run_done(struct eddy_result result, void *arg)
{
    struct running *run = arg;
    struct eddy_deferred *deferred = run->deferred;
    struct eddy_domain *domain = deferred->domain;
    struct eddy_value value = value_of(run->type, result, &domain->mem);

    eddy__pool_put(domain, &domain->runs, run);
    (void)eddy_fire_at(deferred, value, "the end of the operation");
    eddy_unref(deferred);
}

static bool is_multishot(const struct eddy_op *op)
{
    return op->type != NULL && (op->type->flags & EDDY_OP_MULTISHOT) != 0;
}

/* The answer is there, and the operation is never begun. */
static struct eddy_deferred *refused(const struct eddy_op *op,
                                     struct eddy_deferred *answer)
{
    eddy_op_refuse(op);
    return answer;
}

struct eddy_deferred *eddy_defer_op(struct eddy_loop *loop,
                                    const struct eddy_op *op)
{
    struct eddy_domain *domain = eddy_loop_domain(loop);
    struct eddy_deferred *deferred;
    struct running *run;

    if (domain == NULL)
        return refused(op, eddy_no_memory());
    if (op == NULL || is_multishot(op))
        return refused(op, eddy_fired(domain, eddy_fail(-EINVAL)));
    run = eddy__pool_get(domain, &domain->runs);
    if (run == NULL)
        return refused(op, eddy_no_memory());
    deferred = eddy_deferred_new_at(domain, cancel_run, run, "eddy_defer()");
    if (!eddy__is_real(deferred)) {
        eddy__pool_put(domain, &domain->runs, run);
        return refused(op, deferred);
    }
    run->deferred = eddy_ref(deferred);
    run->type = op->type;
    eddy_begin(loop, &run->request, op, run_done, run);
    return deferred;
}

/* ---- A deferred as an operation ----------------------------------------- */

/* What the link and the request know of each other. It ends with the link. */
struct ticket {
    struct eddy_request *request; /* NULL: it has ended */
    struct eddy_domain *domain;
    struct ticket *next, **back; /* in a list; back NULL: in none */
};

struct when {
    struct eddy_value *ret_value;
    struct ticket *ticket;
};

EDDY_FITS_REQUEST(struct when);

static int64_t number_of(const struct eddy_value *value)
{
    const struct eddy_error *details = eddy_error_details(value);

    if (details != NULL && details->domain != NULL)
        return -EIO;
    if (eddy_value_is_error(value))
        return eddy_error_code(value);
    if (value->free != NULL)
        return 0;
    return value->n >= 0 ? value->n : -ERANGE;
}

static struct eddy_result hand_out(struct eddy_value value,
                                   struct eddy_value *ret_value)
{
    const struct eddy_error *details = eddy_error_details(&value);
    struct eddy_result result = eddy_n(number_of(&value));

    if (result.n >= 0)
        result.made = ret_value;
    else if (details != NULL)
        result.done = details->done;
    if (ret_value != NULL)
        *ret_value = value;
    else
        eddy_value_free(&value);
    return result;
}

static void drop_value(void *made)
{
    eddy_value_free(made);
}

static struct eddy_value has_come(struct eddy_value *result, void *arg)
{
    struct ticket *ticket = arg;
    struct eddy_request *request = ticket->request;
    struct when *when;

    if (request == NULL)
        return eddy_take(result);
    ticket->request = NULL;
    when = (struct when *)eddy_request_words(request);
    eddy_complete(request, hand_out(eddy_take(result), when->ret_value));
    return eddy_none();
}

/* Out of the list it is in, and into another (NULL: none). */
static void move(struct ticket *ticket, struct ticket **list)
{
    if (ticket->back != NULL) {
        *ticket->back = ticket->next;
        if (ticket->next != NULL)
            ticket->next->back = ticket->back;
    }
    ticket->back = list;
    if (list != NULL) {
        ticket->next = *list;
        if (*list != NULL)
            (*list)->back = &ticket->next;
        *list = ticket;
    }
}

static void give_up(struct ticket *ticket)
{
    struct eddy_request *request = ticket->request;

    move(ticket, NULL);
    ticket->request = NULL;
    if (request != NULL)
        eddy_complete(request, eddy_n(-ECANCELED));
}

/* Those whose deferred is about to end wait in a list of the one that is. */
void eddy__judge_waits(struct eddy_domain *domain)
{
    struct ticket *ticket;

    if (domain->running || domain->asking > 0)
        return;
    while ((ticket = domain->cancelled) != NULL) {
        struct eddy_deferred *ending =
            ticket->request != NULL
                ? eddy__ending_within(eddy_request_on(ticket->request))
                : NULL;

        if (ending != NULL)
            move(ticket, &ending->cancelled);
        else
            give_up(ticket);
    }
}

void eddy__has_ended(struct eddy_deferred *deferred)
{
    while (deferred->cancelled != NULL)
        move(deferred->cancelled, &deferred->domain->cancelled);
}

static void link_over(void *arg)
{
    struct ticket *ticket = arg;

    give_up(ticket);
    eddy__pool_put(ticket->domain, &ticket->domain->links, ticket);
}

static void cancel_when(struct eddy_request *request)
{
    struct when *when = (struct when *)eddy_request_words(request);
    struct ticket *ticket = when->ticket;
    struct eddy_domain *domain = ticket->domain;

    domain->refs++;
    move(ticket, &domain->cancelled);
    eddy_cancel(eddy_request_on(request));
    eddy__judge_waits(domain);
    eddy__domain_unref(domain);
}

static int wait_for_it(struct eddy_request *request, struct when *when,
                       struct eddy_deferred *deferred)
{
    struct eddy_domain *domain = deferred->domain;
    struct ticket *ticket = eddy__pool_get(domain, &domain->links);
    struct eddy_link link = { .then = has_come,
                              .then_arg = ticket,
                              .rescue = has_come,
                              .rescue_arg = ticket,
                              .free_then = link_over };

    if (ticket == NULL)
        return -ENOMEM;
    *ticket = (struct ticket){ .request = request, .domain = domain };
    when->ticket = ticket;
    if (eddy__add(deferred, &link) < 0) {
        eddy__pool_put(domain, &domain->links, ticket);
        return -ENOMEM;
    }
    return 0;
}

static bool start_when(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct when *when = (struct when *)eddy_request_words(request);
    struct eddy_deferred *deferred = eddy_request_on(request);
    struct eddy_loop *loop = eddy_request_loop(request);
    int err = 0;

    if (deferred == NULL)
        err = -EINVAL;
    else if (eddy__is_real(deferred) && deferred->domain->loop != NULL &&
             deferred->domain->loop != loop)
        err = -EXDEV;
    if (err == 0 && eddy_state(deferred) == EDDY_DONE) {
        *ret_result = hand_out(eddy_take_result(deferred), when->ret_value);
        return true;
    }
    if (err == 0)
        err = wait_for_it(request, when, deferred);
    *ret_result = eddy_n(err);
    return err < 0;
}

struct eddy_op eddy_when(struct eddy_deferred *deferred,
                         struct eddy_value *ret_value)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "deferred",
        .start = start_when,
        .cancel = cancel_when,
        .drop = drop_value,
    };

    return (struct eddy_op){ .type = &type,
                             .on = deferred,
                             .word = { eddy_word(ret_value) } };
}
