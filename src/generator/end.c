/* SPDX-License-Identifier: MIT */
/*
 * end.c - how generators end.
 *
 *     by itself    begin() -> ENDED -> eddy_generator_end() -> DONE
 *     closed       -ECANCELED is thrown in; if it yields all the same, the
 *                  innermost is given up, the next one is told so, and so on
 *                  outwards
 */
#include "generator.h"

/* ---- Cleanups ----------------------------------------------------------- */

int eddy_generator_cleanup(struct eddy_generator *self,
                           struct eddy_cleanup *cleanup, eddy_call_fn *fn,
                           void *arg)
{
    if (self == NULL || cleanup == NULL || fn == NULL || !is_inside(self)) {
        if (fn != NULL)
            fn(arg);
        return self == NULL || cleanup == NULL || fn == NULL ? -EINVAL : -EPERM;
    }
    *cleanup = (struct eddy_cleanup){
        .next = self->cleanups, .stack = &self->cleanups, .fn = fn, .arg = arg
    };
    self->cleanups = cleanup;
    return 0;
}

void eddy_cleanup_run(struct eddy_cleanup *cleanup)
{
    struct eddy_cleanup **stack = cleanup != NULL ? cleanup->stack : NULL;
    struct eddy_cleanup *last;

    if (stack == NULL)
        return;
    do {
        last = *stack;
        *stack = last->next;
        last->stack = NULL;
        last->fn(last->arg); /* `last` may be gone, if it is not `cleanup` */
    } while (last != cleanup);
}

/* ---- The end ------------------------------------------------------------ */

void eddy__generator_finish(struct eddy_generator *g)
{
    struct eddy_generator *inner = g->inner;
    eddy_free_fn *free_arg = g->free_arg;

    g->state = RUNNING;  /* for those who ask it meanwhile */
    if (inner != NULL) { /* given up in the midst of its own end */
        g->inner = NULL;
        eddy__generator_finish(inner);
        eddy__generator_bury(inner);
    }
    while (g->cleanups != NULL)
        eddy_cleanup_run(g->cleanups);
    g->free_arg = NULL;
    if (free_arg != NULL)
        free_arg(g->arg);
    g->state = DONE;
}

void eddy__generator_bury(struct eddy_generator *g)
{
    eddy_context_done(&g->context);
    eddy_stack_give(g->stacks, g->stack); /* with g on it */
}

static int code_of(const struct eddy_value *value)
{
    const struct eddy_error *details;

    if (value->free == NULL)
        return 0; /* an integer, as a rule */
    details = eddy_error_details(value);
    if (details != NULL && details->domain != NULL)
        return -EIO;
    return eddy_error_code(value);
}

static struct eddy_value outcome(struct eddy_generator *g)
{
    struct eddy_value value;

    if (g == NULL || g->state == FRESH || g->state == SUSPENDED)
        return eddy_fail(-EINVAL);
    if (g->state == RUNNING)
        return eddy_fail(-EBUSY);
    if (g->state == DONE)
        return eddy_none();
    value = g->value;
    eddy__generator_finish(g);
    return value;
}

int eddy_generator_end(struct eddy_generator *generator,
                       struct eddy_value *ret_value)
{
    struct eddy_value value = outcome(generator);
    int code = code_of(&value);

    if (ret_value != NULL)
        *ret_value = value;
    else
        eddy_value_free(&value);
    return code;
}

/* ---- From outside ------------------------------------------------------- */

int eddy_generator_throw(struct eddy_generator *generator,
                         struct eddy_value error, struct eddy_value *ret_value)
{
    if (eddy_value_is_error(&error))
        return eddy_generator_send(generator, error, ret_value);
    eddy_value_free(&error);
    if (ret_value != NULL)
        *ret_value = eddy_fail(-EINVAL);
    return -EINVAL;
}

/* It yielded while it was closed. If it was another one that it delegates to,
 * its delegator goes on. */
static struct eddy_value *give_up(struct eddy_generator *g)
{
    struct eddy_generator *inner = g->innermost;

    if (inner == g) {
        g->value = eddy_fail(-EBUSY);
        g->state = ENDED;
        return NULL;
    }
    (void)eddy__generator_hand_back(inner, g, eddy_none());
    return eddy__generator_resume(g, eddy_fail(-EBUSY));
}

static void unwind(struct eddy_generator *g)
{
    struct eddy_value *yielded;

    g->closing = true;
    yielded = eddy__generator_resume(g, eddy_fail(-ECANCELED));
    while (yielded != NULL) {
        g->state = RUNNING; /* a destructor may ask it */
        eddy_value_free(yielded);
        yielded = give_up(g);
    }
}

int eddy_generator_close(struct eddy_generator *generator)
{
    int code;

    if (generator == NULL)
        return -EINVAL;
    if (generator->state == RUNNING)
        return -EBUSY;
    if (generator->state == SUSPENDED)
        unwind(generator);
    if (generator->state == FRESH)
        eddy__generator_finish(generator);
    if (generator->state == DONE)
        return 0;
    code = eddy_generator_end(generator, NULL);
    return code == -ECANCELED ? 0 : code;
}

void eddy_generator_free(struct eddy_generator *generator)
{
    if (generator == NULL || generator->state == RUNNING)
        return;
    (void)eddy_generator_close(generator); /* whatever it says, it has ended */
    eddy__generator_bury(generator);
}
