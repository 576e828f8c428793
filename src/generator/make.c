/* SPDX-License-Identifier: MIT */
/* make.c - making generators, and starting them. */
#include "generator.h"

/* ---- Making one --------------------------------------------------------- */

/* The first frame of its stack. */
static void begin(struct eddy_context *context, void *passed)
{
    struct eddy_generator *g =
        EDDY_CONTAINER_OF(context, struct eddy_generator, context);
    struct eddy_context *to = &g->back;
    struct eddy_value value = g->fn(g, g->arg);

    (void)passed;
    if (g->outer != NULL) {
        to = eddy__generator_hand_back(g, g->root, value);
    } else {
        g->value = value;
        g->state = ENDED;
    }
    eddy_switch_away(&g->context, to, NULL);
}

/* Field by field, for most of it are contexts, which have an init of their own.
 */
static void init(struct eddy_generator *g, struct eddy_stack stack,
                 struct eddy_stacks *stacks,
                 const struct eddy_generator_options *options)
{
    g->root = g->innermost = g;
    g->outer = g->inner = NULL;
    g->state = FRESH;
    g->closing = false;
    g->size = (size_t)((char *)g - stack.low);
    g->cleanups = NULL;
    g->driver = NULL;
    g->free_arg = options->free_arg;
    g->name = options->name != NULL ? options->name : "generator";
    g->stacks = stacks;
    g->stack = stack;
    stack.high = (char *)g;
    eddy_context_init(&g->context, stack, begin, options->flags);
}

static int make(struct eddy_generator **ret_generator,
                struct eddy_stacks *stacks,
                const struct eddy_generator_options *options, const char *at)
{
    enum { LINE = 64 }; /* of a cache */
    struct eddy_generator *g;
    struct eddy_stack stack;
    int err =
        eddy_stack_take(stacks, options->stack_size, options->name, at, &stack);

    if (err < 0)
        return err;
    g = (struct eddy_generator *)(((uintptr_t)stack.high - sizeof *g) &
                                  ~(uintptr_t)(LINE - 1));
    init(g, stack, stacks, options);
    *ret_generator = g;
    return 0;
}

int eddy_generator_new_at(struct eddy_generator **ret_generator,
                          struct eddy_stacks *stacks, eddy_generator_fn *fn,
                          void *arg,
                          const struct eddy_generator_options *options,
                          const char *at)
{
    static const struct eddy_generator_options defaults = { .name = NULL };
    struct eddy_generator *g;
    int err = -EINVAL;

    if (options == NULL)
        options = &defaults;
    if (ret_generator != NULL && stacks != NULL && fn != NULL &&
        (options->flags & ~EDDY_KEEP_FP) == 0)
        err = make(&g, stacks, options, at);
    if (err < 0) {
        if (options->free_arg != NULL)
            options->free_arg(arg);
        return err;
    }
    g->fn = fn;
    g->arg = arg;
    *ret_generator = g;
    return 0;
}

/* ---- Starting it -------------------------------------------------------- */

struct eddy_value *eddy__generator_refuse(struct eddy_value value)
{
    eddy_value_free(&value);
    return NULL;
}

/* One that does not stand in a yield: only a fresh one that is sent nothing can
 * be resumed. */
struct eddy_value *eddy__generator_start(struct eddy_generator *g,
                                         struct eddy_value value)
{
    bool fresh = g != NULL && g->state == FRESH;
    bool over = fresh || (g != NULL && g->state == DONE);

    if (fresh && value.free == NULL && value.n == 0) {
        eddy_context_here(&g->back);
        return eddy__generator_resume(g, value);
    }
    if (over && eddy_value_is_error(&value)) {
        g->value = value;
        g->state = ENDED;
        return NULL;
    }
    return eddy__generator_refuse(value);
}

/* ---- Looking at it ------------------------------------------------------ */

enum eddy_generator_state
eddy_generator_state(const struct eddy_generator *generator)
{
    if (generator == NULL || generator->state == ENDED)
        return EDDY_GENERATOR_DONE;
    return (enum eddy_generator_state)generator->state;
}

const char *eddy_generator_name(const struct eddy_generator *generator)
{
    return generator != NULL ? generator->name : "none";
}
