/* SPDX-License-Identifier: MIT */
/*
 * generator.h - what the files of this room share.
 *
 *     generator.c  asking and yielding      make.c  making and starting
 *     delegate.c   yield_from               end.c   ending, and cleanups
 *     each.c       loops over one
 *
 *     stack:  | low ... frames of the body | struct eddy_generator | high
 *
 *     asked: root -- inner --> . -- inner --> innermost      delegates
 *                <-- outer --  . <-- outer --
 *            only the innermost knows its root, and the root it: what is sent
 *            goes from one to the other, however many are in between
 */
#ifndef EDDY_GENERATOR_PRIVATE_H
#define EDDY_GENERATOR_PRIVATE_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <eddy/generator.h>
#include <eddy/stack.h>

enum state {
    FRESH = EDDY_GENERATOR_FRESH,
    SUSPENDED = EDDY_GENERATOR_SUSPENDED,
    RUNNING = EDDY_GENERATOR_RUNNING,
    DONE = EDDY_GENERATOR_DONE,
    ENDED /* `value` is its outcome, which nobody has seen yet */
};

struct eddy_generator {
    /* what each resume touches */
    struct eddy_value value; /* of a root: on its way in, or out */
    enum state state;        /* of a root; one inside is RUNNING */
    bool closing;            /* of a root */
    size_t size;             /* of what is below on its stack */
    struct eddy_generator *root, *innermost, *outer, *inner;
    struct eddy_context context;
    struct eddy_context back; /* whoever asked */

    struct eddy_cleanup *cleanups;
    void *driver;
    eddy_generator_fn *fn;
    void *arg;
    eddy_free_fn *free_arg;
    const char *name;
    struct eddy_stacks *stacks;
    struct eddy_stack stack;
};

/* Does this run on its stack? Then the generator is the one that runs. */
static inline bool is_inside(const struct eddy_generator *self)
{
    const void *here = __builtin_frame_address(0);

    return self != NULL && (uintptr_t)self - (uintptr_t)here < self->size;
}

/* generator.c */

/* Lets the innermost of g go on; what it yields, or NULL. */
struct eddy_value *eddy__generator_resume(struct eddy_generator *g,
                                          struct eddy_value value);

/* make.c */

/* Resumes one that does not stand in a yield, if it can be. */
struct eddy_value *eddy__generator_start(struct eddy_generator *g,
                                         struct eddy_value value);
/* Frees it. Returns NULL. */
struct eddy_value *eddy__generator_refuse(struct eddy_value value);

/* delegate.c */

/* Where the outer one goes on when one that was delegated to has ended, with
 * this result. */
struct eddy_context *eddy__generator_hand_back(struct eddy_generator *inner,
                                               struct eddy_generator *root,
                                               struct eddy_value value);

/* end.c */

/* The body is over: runs what is left to be done. Not on its stack. */
void eddy__generator_finish(struct eddy_generator *g);
/* Gives its stack back. */
void eddy__generator_bury(struct eddy_generator *g);

#endif
