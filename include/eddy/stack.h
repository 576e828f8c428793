/* SPDX-License-Identifier: MIT */
/*
 * eddy/stack.h - stacks, and going from one to another.
 *
 * The ground under tasks and generators, for those who write coroutines of
 * their own; programs that use eddy's need little from here.
 *
 * Every stack has a guard below it: to use more than there is ends the process
 * with SIGSEGV, as on any stack, but not without a line on stderr that names
 * the stack, where it was made and how large it is. So that this works the
 * first pool of a process takes SIGSEGV and SIGBUS (EDDY_STACKS_NO_HANDLER: it
 * does not); what was set for them before is done afterwards.
 *
 * A pool, and all that is made of it, is used by one thread at a time.
 */
#ifndef EDDY_STACK_H
#define EDDY_STACK_H

#include <eddy/loop.h>

EDDY_BEGIN_DECLS

/* ---- Pools of stacks ---------------------------------------------------- */

struct eddy_stacks;

#define EDDY_STACKS_NO_HANDLER (1u << 0) /* leave SIGSEGV and SIGBUS alone */

/* Zero is the default of every field. */
struct eddy_stacks_options {
    struct eddy_mem mem; /* for its books, not for the stacks themselves, which
                            are mapped; resize NULL: eddy_mem_default() */
    struct eddy_log log;
    size_t size;    /* of a stack that asks for no size; 0: 48 KiB */
    size_t keep;    /* free stacks of a size whose memory is kept for the next
                       one; that of others goes back to the system; 0: 256 */
    unsigned flags; /* EDDY_STACKS_x */
};

/* options NULL: all defaults. -ENOMEM; -EINVAL: a size of more than 1 GiB. */
EDDY_API int eddy_stacks_new(struct eddy_stacks **ret_stacks,
                             const struct eddy_stacks_options *options);
/* Lets go of it: it ends when its last stack has been given back. */
EDDY_API void eddy_stacks_free(struct eddy_stacks *stacks);

/* The pool of a loop, made now if it was not yet, with the loop's memory and
 * log; it ends with the loop. NULL: out of memory, or no loop. */
EDDY_API struct eddy_stacks *eddy_loop_stacks(struct eddy_loop *loop);

struct eddy_stacks_stats {
    size_t used;       /* stacks that somebody has */
    size_t kept;       /* free ones, with their memory */
    size_t free;       /* free ones, without */
    size_t mapped;     /* bytes of address space, guards included */
    size_t resident;   /* bytes of memory in use; 0: the system does not say */
    size_t deepest;    /* the most that any stack has used, in bytes, since its
                          memory last went back; in whole pages, 0 likewise */
    bool light_guards; /* guards that cost no mapping each (Linux 6.13); without
                          them the system allows some 32,000 stacks, and then
                          -ENOMEM */
};
/* Looks at the pages of every stack: not for the hot path. */
EDDY_API int eddy_stacks_stats(const struct eddy_stacks *stacks,
                               struct eddy_stacks_stats *ret_stats);

/* ---- A stack ------------------------------------------------------------ */

struct eddy_stack {
    char *low, *high; /* what may be used; a guard is below */
};

/*
 * Takes one of at least `size` bytes, 0: as the pool has it. `name` and `at`
 * are for the line about an overflow, and must live as long. Its bytes are what
 * they were. -ENOMEM; -EINVAL: more than 1 GiB.
 */
EDDY_API int eddy_stack_take(struct eddy_stacks *stacks, size_t size,
                             const char *name, const char *at,
                             struct eddy_stack *ret_stack);
/* From now on it is for something else. */
EDDY_API void eddy_stack_name(struct eddy_stack stack, const char *name,
                              const char *at);
/* Gives it back; not the one that this runs on. */
EDDY_API void eddy_stack_give(struct eddy_stacks *stacks,
                              struct eddy_stack stack);

/* ---- Contexts: where to go on ------------------------------------------- */

/* The caller's storage, perhaps at the high end of the stack it is about. */
struct eddy_context {
    uint64_t opaque[14];
};

#define EDDY_KEEP_FP (1u << 0) /* a rounding mode set in it stays in it */

/* What a context begins with, when it is first gone to; it does not return.
 * passed: see eddy_switch(). */
typedef void eddy_context_fn(struct eddy_context *context, void *passed);

/* A context that will begin with fn on the stack from low to high. */
EDDY_API void eddy_context_init(struct eddy_context *context,
                                struct eddy_stack stack, eddy_context_fn *fn,
                                unsigned flags);
/* The one that is running now, which has a stack already: to come back to. */
EDDY_API void eddy_context_here(struct eddy_context *context);
/* It is never gone to again. Needed before its storage is used for anything
 * else, for the tools that look for errors. */
EDDY_API void eddy_context_done(struct eddy_context *context);

/*
 * Leaves `from`, which is the one that runs, and goes on in `to`, where it
 * began or where it was left: there this call returns `pass`, or fn begins with
 * it. Returns what is passed to whoever comes back. In a C++ program each
 * context has exceptions of its own.
 *
 * They differ in speed alone. A switch returns to where the other one called
 * it, which processors foresee if it was called at the same place of the same
 * program: best among many of one kind. Jumps are best between two that take
 * turns, one there and the other one back, for where each leads to is foreseen
 * by itself.
 */
EDDY_API void *eddy_switch(struct eddy_context *from, struct eddy_context *to,
                           void *pass);
EDDY_API void *eddy_jump(struct eddy_context *from, struct eddy_context *to,
                         void *pass);
EDDY_API void *eddy_jump_back(struct eddy_context *from,
                              struct eddy_context *to, void *pass);
/* Leaves `from` for good. */
EDDY_API void eddy_switch_away(struct eddy_context *from,
                               struct eddy_context *to, void *pass);

/* The address where a context that was left will go on; NULL: it has not
 * begun, or nobody can tell. For tools. */
EDDY_API const void *eddy_context_pc(const struct eddy_context *context);

/* ---- Frozen stacks ------------------------------------------------------ */

/*
 * The memory of a stack whose context was left goes back to the system, but for
 * a copy of what is in use, in the pool's memory. Until it is thawed nobody may
 * go there, or follow a pointer to it. -E2BIG: more than 2 KiB are in use;
 * -ENOTSUP: the context is not on this stack, or nobody can tell what is in use
 * (the switch in C, tools that look on); -ENOMEM.
 */
struct eddy_frozen;
EDDY_API int eddy_stack_freeze(struct eddy_stacks *stacks,
                               struct eddy_stack stack,
                               const struct eddy_context *context,
                               struct eddy_frozen **ret_frozen);
/* Brings it all back to where it was. */
EDDY_API void eddy_stack_thaw(struct eddy_stacks *stacks,
                              struct eddy_frozen *frozen);

EDDY_END_DECLS

#endif
