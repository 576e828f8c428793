/* SPDX-License-Identifier: MIT */
/*
 * scope.c - scopes: opened, waited for, closed.
 *
 * They form a tree: within a scope are those that its owner has opened since,
 * and those of the tasks spawned in it. A task is in the one it opened last, or
 * else at home, where it was spawned.
 */
#include "task.h"

#define ALL_FLAGS (EDDY_SCOPE_SHIELD | EDDY_SCOPE_SUPERVISE)

/* ---- Opening ------------------------------------------------------------ */

void eddy__scope_init(struct scope *scope, struct sched *sched,
                      struct scope *parent, struct task *owner)
{
    memset(scope, 0, sizeof *scope);
    scope->sched = sched;
    scope->parent = parent;
    scope->owner = owner;
    scope->deadline_ns = EDDY_FOREVER;
}

static void link_in(struct scope *scope)
{
    struct scope *parent = scope->parent;

    scope->next = parent->first;
    if (scope->next != NULL)
        scope->next->prev = scope;
    parent->first = scope;
}

static void link_out(struct scope *scope)
{
    *(scope->prev != NULL ? &scope->prev->next : &scope->parent->first) =
        scope->next;
    if (scope->next != NULL)
        scope->next->prev = scope->prev;
}

static void deadline_passed(struct eddy_timer *timer, void *arg)
{
    struct scope *scope = arg;

    (void)timer;
    scope->flags |= SCOPE_EXPIRED;
    eddy__scope_cancel(scope, BY_DEADLINE, "its time is up");
}

/* The timer is made when there is first something to wait for. */
static int set_deadline(struct scope *scope, int64_t deadline_ns)
{
    int err = 0;

    if (scope->deadline_ns == EDDY_FOREVER && deadline_ns != EDDY_FOREVER)
        err = eddy_timer_init(&scope->timer, scope->sched->loop,
                              deadline_passed, scope);
    if (err < 0)
        return err;
    if (deadline_ns == EDDY_FOREVER && scope->deadline_ns != EDDY_FOREVER)
        (void)eddy_timer_stop(&scope->timer);
    if (deadline_ns != EDDY_FOREVER) {
        err = eddy_timer_start_at(&scope->timer, deadline_ns);
        (void)eddy_timer_background(&scope->timer, true);
    }
    if (err == 0)
        scope->deadline_ns = deadline_ns;
    return err;
}

static int64_t deadline_after(struct eddy_loop *loop, int64_t timeout_ns)
{
    int64_t now;

    if (timeout_ns == 0)
        return EDDY_FOREVER;
    now = eddy_loop_read_clock(loop);
    return timeout_ns > INT64_MAX - now ? EDDY_FOREVER : now + timeout_ns;
}

static int try_open(struct task *task, struct scope *scope,
                    const struct eddy_scope_options *options)
{
    if (!eddy__is_running(task))
        return -EPERM;
    if ((options->flags & ~ALL_FLAGS) != 0 || options->timeout_ns < 0)
        return -EINVAL;
    eddy__scope_init(scope, task->sched, task->scope, task);
    scope->name = options->name;
    scope->flags = options->flags | SCOPE_OPEN;
    scope->asked = task->cancelling;
    scope->ret_error = options->ret_error;
    if (scope->ret_error != NULL || (scope->parent->flags & SCOPE_WANTED) != 0)
        scope->flags |= SCOPE_WANTED;
    if (eddy__scope_is_reached(scope))
        scope->flags |= SCOPE_STOPPING;
    return set_deadline(scope,
                        deadline_after(task->sched->loop, options->timeout_ns));
}

int eddy_scope_open(struct eddy_task *self, struct eddy_scope *public_scope,
                    const struct eddy_scope_options *options)
{
    static const struct eddy_scope_options defaults = { .flags = 0 };
    struct scope *scope = scope_of(public_scope);
    struct task *task = task_of(self);
    int err;

    if (scope == NULL)
        return -EINVAL;
    err = try_open(task, scope, options != NULL ? options : &defaults);
    if (err < 0) {
        memset(scope, 0, sizeof *scope);
        return err;
    }
    link_in(scope);
    task->scope = scope;
    if ((scope->flags & SCOPE_SHIELD) != 0)
        task->shields++;
    return 0;
}

/* ---- Closing ------------------------------------------------------------ */

void eddy__leave_home(struct task *task)
{
    struct scope *home = task->home;

    *(task->prev != NULL ? &task->prev->next : &home->tasks) = task->next;
    if (task->next != NULL)
        task->next->prev = task->prev;
    home->sched->count--;
    if (--home->count > 0 || (home->flags & SCOPE_JOINING) == 0)
        return;
    home->flags &= ~(unsigned)SCOPE_JOINING;
    eddy__wake(home->owner);
}

static void join_all(struct scope *scope)
{
    struct task *owner = scope->owner;

    while (scope->count > 0) { /* others may spawn meanwhile */
        if (eddy__is_asked(owner))
            eddy__scope_cancel(scope, BY_OWNER, owner->reason);
        scope->flags |= SCOPE_JOINING;
        eddy__waits_for(owner, "the tasks of a scope");
        eddy__suspend(owner);
    }
}

/* Does the owner end because it was asked to, since it opened the scope? */
static bool was_asked(const struct scope *scope, int err)
{
    const struct task *owner = scope->owner;

    return scope->cause == BY_OWNER ||
           (err == -ECANCELED && owner->shields == 0 &&
            owner->cancelling > scope->asked);
}

/*
 * What goes on outside: the first error; else that something was cut short, by
 * whom it may have been first, lest it be lost:
 *
 *     the owner was asked to end        -ECANCELED, even if nothing was
 *     it was cancelled around it        -ECANCELED
 *     its deadline passed               -ETIME
 *     it was cancelled itself           0
 */
static int verdict(const struct scope *scope, int err)
{
    bool caught = err == -ECANCELED || (scope->flags & SCOPE_CAUGHT) != 0;

    if (scope->error != 0)
        return scope->error;
    if (was_asked(scope, err))
        return -ECANCELED;
    if (!caught)
        return 0;
    if (eddy__scope_is_reached(scope) || scope->cause == NOT_CANCELLED)
        return -ECANCELED;
    return scope->cause == BY_DEADLINE ? -ETIME : 0;
}

static int close_scope(struct scope *scope, int err)
{
    struct task *owner = scope->owner;
    int result;

    if (err < 0 && err != -ECANCELED)
        eddy__hear_body(scope, err);
    if (err < 0 && scope->count > 0)
        eddy__scope_cancel(scope, scope->body < 0 ? BY_ERROR : BY_OWNER,
                           "its owner has ended");
    if (scope->count > 0)
        join_all(scope);
    if (scope->deadline_ns != EDDY_FOREVER)
        (void)eddy_timer_stop(&scope->timer);
    result = verdict(scope, err);
    if (result == -ECANCELED && was_asked(scope, err) && owner->shields == 0)
        owner->flags &= ~(unsigned)TASK_CANCEL; /* it is told by this */
    eddy__account(scope, result);
    scope->flags &= ~(unsigned)SCOPE_OPEN;
    link_out(scope);
    owner->scope = scope->parent;
    if ((scope->flags & SCOPE_SHIELD) != 0)
        owner->shields--;
    return result;
}

static bool is_innermost(const struct scope *scope)
{
    return eddy__is_running(scope->owner) && scope->owner->scope == scope;
}

int eddy_scope_close(struct eddy_scope *public_scope, int err)
{
    struct scope *scope = scope_of(public_scope);

    if (scope == NULL)
        return -EINVAL;
    if ((scope->flags & SCOPE_OPEN) == 0)
        return err < 0 ? err : -EALREADY;
    if (!is_innermost(scope))
        return -EPERM;
    return close_scope(scope, err > 0 ? 0 : err);
}

/* Nobody is there to be told: the log is. */
static void complain(const struct scope *scope, const char *of, int err)
{
    eddy_log_write(scope->sched->loop, EDDY_LOG_ERROR,
                   "%s %s, which was left: %s (%d)", of,
                   scope->name != NULL ? scope->name : "a scope",
                   eddy_strerror(err), err);
}

void eddy_scope_leave(struct eddy_scope *public_scope)
{
    struct scope *scope = scope_of(public_scope);

    if (scope == NULL || (scope->flags & SCOPE_OPEN) == 0)
        return;
    if (!is_innermost(scope)) {
        complain(scope, "still open is", -EPERM);
        return;
    }
    eddy__scope_cancel(scope, BY_CALL, "its block was left");
    (void)close_scope(scope, 0);
    if (scope->error < 0 && scope->ret_error == NULL)
        complain(scope, "unhandled error in", scope->error);
}

/* ---- Deadlines ---------------------------------------------------------- */

int eddy_scope_set_deadline(struct eddy_scope *public_scope,
                            int64_t deadline_ns)
{
    struct scope *scope = scope_of(public_scope);
    int err;

    if (scope == NULL)
        return -EINVAL;
    if ((scope->flags & SCOPE_OPEN) == 0)
        return -EALREADY;
    if (scope->owner == NULL)
        return -EINVAL; /* the loop's has none */
    if (scope->cause != NOT_CANCELLED)
        return -EALREADY;
    err = eddy_loop_check(scope->sched->loop);
    return err < 0 ? err : set_deadline(scope, deadline_ns);
}

int64_t eddy_scope_deadline_ns(const struct eddy_scope *public_scope)
{
    const struct scope *scope = scope_of(public_scope);
    int64_t nearest = EDDY_FOREVER;

    if (scope != NULL && (scope->flags & SCOPE_OPEN) == 0)
        return EDDY_FOREVER; /* what was around it may be gone */
    for (; scope != NULL; scope = scope->parent) {
        if (scope->deadline_ns < nearest)
            nearest = scope->deadline_ns;
        if ((scope->flags & SCOPE_SHIELD) != 0)
            break;
    }
    return nearest;
}

/* ---- Looking ------------------------------------------------------------ */

bool eddy_scope_cancelled(const struct eddy_scope *scope)
{
    return scope != NULL && scope_of(scope)->cause != NOT_CANCELLED;
}

bool eddy_scope_expired(const struct eddy_scope *scope)
{
    return scope != NULL && (scope_of(scope)->flags & SCOPE_EXPIRED) != 0;
}

bool eddy_scope_stopping(const struct eddy_scope *scope)
{
    return scope != NULL && (scope_of(scope)->flags & SCOPE_STOPPING) != 0;
}

size_t eddy_scope_tasks(const struct eddy_scope *scope)
{
    return scope != NULL ? scope_of(scope)->count : 0;
}
