/* SPDX-License-Identifier: MIT */
/*
 * generator.c - asking a generator, and yielding.
 *
 * Both go over with a jump as their very last act, so that whoever comes back
 * returns straight to the caller: processors foresee a return only if it
 * matches the last call, and here it would not. Hence a value travels as the
 * place where it lies, and the header's inline halves pick it up there; and
 * what is rare stands in other files, where no compiler makes it a part of
 * these.
 */
#include "generator.h"

/* ---- Asking it ---------------------------------------------------------- */

/* Where to go on is read from g itself if nothing is delegated: a branch that
 * is foreseen, while to look up the innermost one first would be waited for. */
struct eddy_value *eddy__generator_resume(struct eddy_generator *g,
                                          struct eddy_value value)
{
    g->state = RUNNING;
    g->value = value;
    if (g->inner != NULL)
        return eddy_jump(&g->back, &g->innermost->context, &g->value);
    return eddy_jump(&g->back, &g->context, &g->value);
}

struct eddy_value *eddy_generator_resume(struct eddy_generator *generator,
                                         struct eddy_value value)
{
    if (generator == NULL || generator->state != SUSPENDED)
        return eddy__generator_start(generator, value);
    return eddy__generator_resume(generator, value);
}

/* ---- Yielding ----------------------------------------------------------- */

static inline struct eddy_value *yield(struct eddy_generator *self,
                                       struct eddy_generator *root,
                                       struct eddy_value value)
{
    root->value = value;
    root->state = SUSPENDED;
    return eddy_jump_back(&self->context, &root->back, &root->value);
}

struct eddy_value *eddy_yield_value(struct eddy_generator *self,
                                    struct eddy_value value)
{
    if (!is_inside(self))
        return eddy__generator_refuse(value);
    if (self->outer != NULL) /* as above */
        return yield(self, self->root, value);
    return yield(self, self, value);
}

/* ---- Being driven ------------------------------------------------------- */

int eddy_generator_drive(struct eddy_generator *generator, void *driver)
{
    if (generator == NULL)
        return -EINVAL;
    if (generator->state == RUNNING)
        return -EBUSY;
    generator->driver = driver;
    return 0;
}

void *eddy_generator_driver(const struct eddy_generator *self)
{
    return is_inside(self) ? self->root->driver : NULL;
}
