/* SPDX-License-Identifier: MIT */
/*
 * context.c - going from one stack to another, and what goes along.
 *
 * The hot path is a test of flags. What a plain C program on its own has no use
 * for stands behind it: the state of C++ exceptions, the control words of
 * floating point, and what sanitizers want to hear.
 */
#include "stack.h"

#ifdef __APPLE__
#include <dlfcn.h>
#endif

#include "annotate.h"
#include "switch.h"

enum { /* struct context, flags; EDDY_KEEP_FP is one */
       HAS_FP = EDDY_KEEP_FP,
       HAS_EXCEPTIONS = 1u << 1
};

/* What the C++ library keeps for each thread: those that have been caught and
 * not left behind, and how many are on their way. */
struct exceptions {
    void *caught;
    unsigned flying;
#if defined(__ARM_EABI__) && !defined(__ARM_DWARF_EH__)
    void *passing;
#endif
};

struct context {
    void *sp; /* while it is left */
    unsigned flags;
    eddy_context_fn *fn;
    uint64_t fp, ambient; /* its control word; that of those without one */
    struct exceptions exceptions;
    struct annotation annotation;
};

static_assert(sizeof(struct context) <= sizeof(struct eddy_context),
              "the public struct has room for the private one");

typedef struct exceptions *globals_fn(void);

/* There if the program has C++ in it: NULL, or what tells where they are. */
#ifdef __APPLE__
/* Its linker refuses names that are in no library, weak ones too. */
static globals_fn *find_globals(void)
{
    static _Atomic(globals_fn *) found;
    globals_fn *globals = atomic_load(&found);

    if (globals == NULL) {
        *(void **)&globals = dlsym(RTLD_DEFAULT, "__cxa_get_globals");
        atomic_store(&found, globals);
    }
    return globals;
}
#else
extern globals_fn __cxa_get_globals __attribute__((weak));

static inline globals_fn *find_globals(void)
{
    return __cxa_get_globals;
}
#endif

static bool is_cxx(void)
{
    return find_globals() != NULL;
}

static struct context *private_of(struct eddy_context *context)
{
    return (struct context *)context;
}

/* ---- Beginning and ending ----------------------------------------------- */

static void begin(void *arg, void *passed)
{
    struct context *context = arg;

    annotate_arrive(&context->annotation);
    context->fn((struct eddy_context *)context, passed);
}

static void init(struct context *context, unsigned flags)
{
    context->sp = NULL;
    context->fn = NULL;
    context->flags = flags & EDDY_KEEP_FP;
    context->fp = context->flags != 0 ? eddy__fp_control() : 0;
    context->exceptions = (struct exceptions){ .caught = NULL };
    context->annotation = (struct annotation){ .low = NULL };
    if (is_cxx())
        context->flags |= HAS_EXCEPTIONS;
}

void eddy_context_init(struct eddy_context *context, struct eddy_stack stack,
                       eddy_context_fn *fn, unsigned flags)
{
    struct context *c = private_of(context);

    if (c == NULL || fn == NULL || stack.low == NULL)
        return;
    init(c, flags);
    c->fn = fn;
    annotate_begin(&c->annotation, stack.low, (size_t)(stack.high - stack.low));
    c->sp = eddy__prepare(stack.low, stack.high, begin, c);
}

void eddy_context_here(struct eddy_context *context)
{
    struct context *c = private_of(context);

    if (c == NULL)
        return;
    init(c, 0);
    annotate_here(&c->annotation);
    eddy__overflow_catch_here();
}

void eddy_context_done(struct eddy_context *context)
{
    if (context != NULL && private_of(context)->fn != NULL)
        annotate_end(&private_of(context)->annotation);
}

const void *eddy_context_pc(const struct eddy_context *context)
{
    const struct context *c = (const struct context *)context;

    return c == NULL || c->sp == NULL ? NULL : eddy__saved_pc(c->sp);
}

void *eddy__context_sp(const struct eddy_context *context)
{
    return eddy_context_pc(context) != NULL
               ? ((const struct context *)context)->sp
               : NULL;
}

/* ---- Going -------------------------------------------------------------- */

/* What is the thread's, and each context has its own: one is put away, the
 * other one put in its place. */
static void swap_exceptions(struct context *from, struct context *to)
{
    struct exceptions *of_thread = find_globals()();

    from->exceptions = *of_thread;
    *of_thread = to->exceptions;
}

/* Those that keep no control word share one, which goes along with those that
 * do. */
static void swap_fp(struct context *from, struct context *to)
{
    uint64_t ambient = eddy__fp_control();

    if ((from->flags & HAS_FP) != 0) {
        from->fp = ambient;
        ambient = from->ambient;
    }
    to->ambient = ambient;
    eddy__set_fp_control((to->flags & HAS_FP) != 0 ? to->fp : ambient);
}

static void swap_states(struct context *from, struct context *to)
{
    unsigned flags = from->flags | to->flags;

    if ((flags & HAS_EXCEPTIONS) != 0)
        swap_exceptions(from, to);
    if ((flags & HAS_FP) != 0)
        swap_fp(from, to);
}

typedef void *go_fn(void **save_sp, void *load_sp, void *pass);

/* Goes over by go(); never a function of its own, see annotate.h. */
static inline __attribute__((always_inline)) void *
leave(struct context *from, struct context *to, void *pass, go_fn *go)
{
    annotate_leave(&from->annotation, &to->annotation, false);
    pass = go(&from->sp, to->sp, pass);
    annotate_arrive(&from->annotation);
    return pass;
}

/* Apart, so that who has no states needs no frame and goes by a plain jump. */
__attribute__((noinline)) static void *leave_with_states(struct context *from,
                                                         struct context *to,
                                                         void *pass, go_fn *go)
{
    swap_states(from, to);
    return leave(from, to, pass, go);
}

void *eddy_switch(struct eddy_context *from, struct eddy_context *to,
                  void *pass)
{
    struct context *f = private_of(from), *t = private_of(to);

    if ((f->flags | t->flags) != 0)
        return leave_with_states(f, t, pass, eddy__switch);
    return leave(f, t, pass, eddy__switch);
}

void *eddy_jump(struct eddy_context *from, struct eddy_context *to, void *pass)
{
    struct context *f = private_of(from), *t = private_of(to);

    if ((f->flags | t->flags) != 0)
        return leave_with_states(f, t, pass, eddy__jump);
    return leave(f, t, pass, eddy__jump);
}

void *eddy_jump_back(struct eddy_context *from, struct eddy_context *to,
                     void *pass)
{
    struct context *f = private_of(from), *t = private_of(to);

    if ((f->flags | t->flags) != 0)
        return leave_with_states(f, t, pass, eddy__jump_back);
    return leave(f, t, pass, eddy__jump_back);
}

void eddy_switch_away(struct eddy_context *from, struct eddy_context *to,
                      void *pass)
{
    struct context *f = private_of(from), *t = private_of(to);

    if ((f->flags | t->flags) != 0)
        swap_states(f, t);
    annotate_leave(&f->annotation, &t->annotation, true);
    (void)eddy__jump_back(&f->sp, t->sp, pass);
}
