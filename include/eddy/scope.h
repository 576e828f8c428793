/* SPDX-License-Identifier: MIT */
/*
 * eddy/scope.h - scopes: tasks that belong together, and time for all of it.
 *
 * A task opens a scope, spawns tasks in it, and closes it, which waits for all
 * of them: no task outlives what it works on. The semantics are those of Trio's
 * nurseries and cancel scopes:
 *
 *     struct eddy_scope both;
 *     int err = eddy_scope_open(self, &both, NULL);
 *
 *     if (err == 0)
 *         err = eddy_spawn(&both, upload, file, NULL);
 *     if (err == 0)
 *         err = eddy_spawn(&both, report, file, NULL);
 *     return eddy_n(eddy_scope_close(&both, err));
 *
 * - A task that fails cancels its siblings, and what its scope's owner does in
 *   the scope. Closing tells the first error, or all.
 * - A scope may have a deadline. The nearest of those around counts.
 * - A scope that is being cancelled refuses every await in it, not one (K6),
 *   until it is left. That holds for scopes and tasks within it, but for those
 *   that are shielded.
 * - Scopes are closed in the reverse order of opening, by the task that opened
 *   them, in each case. EDDY_AUTO_SCOPE() does so on every way out of a block.
 */
#ifndef EDDY_SCOPE_H
#define EDDY_SCOPE_H

#include <eddy/task.h>

EDDY_BEGIN_DECLS

/* The caller's storage, in the frame of a function. */
struct eddy_scope {
    uint64_t opaque[32];
};

/* Cancelling from outside is not felt inside: that of scopes around it, and
 * that its owner is asked to end (eddy_task_cancel()), until it is left. Give
 * it a timeout: nothing else ends what waits in it for ever. */
#define EDDY_SCOPE_SHIELD (1u << 0)
/* A task that fails is told of by the log, and its siblings go on. */
#define EDDY_SCOPE_SUPERVISE (1u << 1)

/* Zero is the default of every field. */
struct eddy_scope_options {
    const char *name;             /* for dumps; not copied */
    unsigned flags;               /* EDDY_SCOPE_x */
    int64_t timeout_ns;           /* until it is cancelled; 0: never */
    struct eddy_value *ret_error; /* gets what went wrong whenever closing it
                                     gives an error: one error or, in the order
                                     in which they came, a group, with names
                                     and places; yours to free */
};

/*
 * Opens one in the running task. options NULL: all defaults. -EPERM: self does
 * not run; -EINVAL: an unknown flag, a negative timeout. One that could not be
 * opened counts as closed.
 *
 * Groups nest: what a scope within gathers, and has no ret_error for, becomes
 * part of what this one tells, if its owner ends with the same code: as the
 * cause of its error if it is a task of this scope, or as it is.
 */
EDDY_API int eddy_scope_open(struct eddy_task *self, struct eddy_scope *scope,
                             const struct eddy_scope_options *options);

/*
 * Waits for its tasks and closes it. err: 0, or why its owner ends; then its
 * tasks are cancelled first. Returns the first of these that is true:
 *     the first error of a task, or err, whichever came first, but -ECANCELED;
 *     -ECANCELED if its owner was asked to end (eddy_task_cancel()) while it
 *         waited here, or since it opened the scope if err is -ECANCELED;
 *     0 if nothing was cut short: err is not -ECANCELED, and no task ended with
 *         that in the scope that was being cancelled;
 *     -ECANCELED if a scope around it is being cancelled, or nobody cancelled
 *         this one;
 *     -ETIME if it was its deadline that cancelled it;
 *     0: it was eddy_scope_cancel(), which ends here.
 * An error does not make the asking undone: the next await is refused.
 * -EPERM: it is not the innermost one of the running task. If it is closed
 * already: err, or else -EALREADY.
 */
EDDY_API int eddy_scope_close(struct eddy_scope *scope, int err);

/* Cancels all in it, until it is closed. Twice: nothing happens. reason: see
 * eddy_task_cancel(). Also before anything is spawned, and from outside.
 * -EALREADY: it is closed; -EPERM: it is the loop's. */
EDDY_API int eddy_scope_cancel(struct eddy_scope *scope, const char *reason);

/* Moves the deadline, from anywhere; EDDY_FOREVER: none. One that has passed
 * cancels in the next turn. -EALREADY: it is being cancelled already, or
 * closed; -EINVAL: the loop's scope has none. */
EDDY_API int eddy_scope_set_deadline(struct eddy_scope *scope,
                                     int64_t deadline_ns);
/* The nearest deadline of this one and those around it that can reach it;
 * EDDY_FOREVER if it is closed. */
EDDY_API int64_t eddy_scope_deadline_ns(const struct eddy_scope *scope);

/* Was eddy_scope_cancel() called, or did a task fail, or the deadline pass? The
 * last alone. Is everything in it refused, for whatever reason? All three can
 * be asked when it is closed, too. */
EDDY_API bool eddy_scope_cancelled(const struct eddy_scope *scope);
EDDY_API bool eddy_scope_expired(const struct eddy_scope *scope);
EDDY_API bool eddy_scope_stopping(const struct eddy_scope *scope);
/* How many of its tasks are not over. */
EDDY_API size_t eddy_scope_tasks(const struct eddy_scope *scope);

/* ---- On every way out --------------------------------------------------- */

/* Closes a scope that is still open, as a failure of its owner: its tasks are
 * cancelled and waited for. What has failed in it is told by the log, unless it
 * has a ret_error. One that is closed, or never was opened: nothing. One that
 * is not the innermost of the running task: nothing but a line in the log. */
EDDY_API void eddy_scope_leave(struct eddy_scope *scope);

#ifdef __GNUC__
/* Declares `scope` and opens it. It is left with its block: by the end, return,
 * break or goto. Who wants its tasks to come to their end closes it before. If
 * it could not be opened, what is spawned in it is refused with -ESHUTDOWN. */
#define EDDY_AUTO_SCOPE(self, scope, options)                                  \
    __attribute__((cleanup(eddy_scope_leave))) struct eddy_scope scope;        \
    (void)eddy_scope_open(self, &scope, options)

/* The same for a block in which nothing from outside is felt, for so long at
 * most (0: without limit): to clean up by operations that wait. */
#define EDDY_AUTO_SHIELD(self, scope, grace_ns)                                \
    struct eddy_scope_options scope##_options = { "shield", EDDY_SCOPE_SHIELD, \
                                                  grace_ns, NULL };            \
    EDDY_AUTO_SCOPE(self, scope, &scope##_options)
#endif

EDDY_END_DECLS

#endif
