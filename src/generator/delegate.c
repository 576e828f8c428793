/* SPDX-License-Identifier: MIT */
/* delegate.c - generators that hand everything on to another one, and get its
 * result. */
#include "generator.h"

struct eddy_context *eddy__generator_hand_back(struct eddy_generator *inner,
                                               struct eddy_generator *root,
                                               struct eddy_value value)
{
    struct eddy_generator *outer = inner->outer;

    root->innermost = outer;
    root->value = value;
    outer->root = root;
    return &outer->context;
}

/* The outer one is being closed, too: whatever the inner one returned, it must
 * learn of that. */
static struct eddy_value as_closed(struct eddy_value result)
{
    if (eddy_value_is_error(&result))
        return result;
    eddy_value_free(&result);
    return eddy_fail(-ECANCELED);
}

/* Goes over to the innermost one; back here there is a result. */
static struct eddy_value delegate(struct eddy_generator *self,
                                  struct eddy_generator *inner)
{
    struct eddy_generator *root = self->root;
    struct eddy_generator *to = inner->innermost; /* perhaps far inside */

    inner->state = RUNNING;
    inner->outer = self;
    self->inner = inner;
    to->root = root;
    root->innermost = to;
    root->value = eddy_none();
    (void)eddy_jump(&self->context, &to->context, &root->value);
    root = self->root; /* self may have been delegated to meanwhile */
    return root->closing ? as_closed(root->value) : root->value;
}

struct eddy_value eddy_yield_from(struct eddy_generator *self,
                                  struct eddy_generator *inner)
{
    struct eddy_value result = eddy_none();

    if (self == NULL || inner == NULL || !is_inside(self)) {
        eddy_generator_free(inner);
        return eddy_fail(self == NULL || inner == NULL ? -EINVAL : -EPERM);
    }
    if (inner->state == RUNNING)
        return eddy_fail(-EBUSY);
    if (self->root->closing) { /* it goes on all the same: see close */
        eddy_generator_free(inner);
        return eddy_yield(self, eddy_none());
    }
    if (inner->state != DONE)
        result = delegate(self, inner);
    eddy__generator_finish(inner);
    self->inner = NULL;
    eddy__generator_bury(inner);
    return result;
}
