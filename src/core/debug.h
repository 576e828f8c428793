/* SPDX-License-Identifier: MIT */
/* debug.h - what debug mode asks of the others; the end of core.h. */
#ifndef EDDY_CORE_DEBUG_H
#define EDDY_CORE_DEBUG_H

#include "core.h"

/* origin.c, with eddy_loop_note_origin() */
void eddy__origin_drop(struct eddy_loop *loop, const void *thing);
void eddy__origins_close(struct eddy_loop *loop);
/* Says in the log that a thing is left, and where it is from. */
void eddy__log_left(const struct eddy_loop *loop, const char *how,
                    const char *what, const void *thing);

static inline void eddy__note_origin(struct eddy_loop *loop, const void *thing,
                                     const void *by)
{
    if (loop->debug)
        eddy_loop_note_origin(loop, thing, by);
}

static inline void eddy__origin_forget(struct eddy_loop *loop,
                                       const void *thing)
{
    if (loop->origins != NULL)
        eddy__origin_drop(loop, thing);
}

/* What is left in a loop that is being freed, and keeps one alive. */
void eddy__requests_log_left(const struct eddy_loop *loop);
void eddy__watches_log_left(const struct eddy_loop *loop);
void eddy__timers_log_left(const struct eddy_loop *loop);

/* debug.c: around each callback; `what` and `fn` name it in the log. */
int64_t eddy__enter_slowly(struct eddy_loop *loop);
void eddy__leave_slowly(struct eddy_loop *loop, int64_t since_ns,
                        const char *what, const void *fn);

/* on_done(result, arg), of an operation of this type, or NULL. */
void eddy__tell_slowly(struct eddy_loop *loop, const struct eddy_op_type *type,
                       eddy_done_fn *on_done, void *arg,
                       struct eddy_result result);

static inline int64_t eddy__enter(struct eddy_loop *loop)
{
    loop->stats.calls++;
    return loop->debug ? eddy__enter_slowly(loop) : -1;
}

static inline void eddy__leave(struct eddy_loop *loop, int64_t since_ns,
                               const char *what, const void *fn)
{
    if (loop->debug)
        eddy__leave_slowly(loop, since_ns, what, fn);
}

/* Is there nothing for eddy_loop_check() to find? */
static inline bool eddy__is_sound(const struct eddy_loop *loop)
{
    return !(loop->broken | loop->debug); /* a branch for both */
}

/* eddy_loop_check(), for what is called all the time. */
static inline int eddy__check(const struct eddy_loop *loop)
{
    return loop != NULL && eddy__is_sound(loop) ? 0 : eddy_loop_check(loop);
}

#endif
