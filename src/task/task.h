/* SPDX-License-Identifier: MIT */
/*
 * task.h - what the files of this room share.
 *
 *     sched.c    who runs next                 task.c    a task: its life
 *     await.c    waiting for an operation      join.c    waiting for a task
 *     scope.c    opening and closing scopes    cancel.c  ending what is in them
 *     errors.c   what went wrong               dump.c    looking inside
 *     spawn.c    making tasks                  items.c   iterating
 *     hibernate.c  waiting without a stack
 *
 * A user of the public headers like any other.
 */
#ifndef EDDY_TASK_PRIVATE_H
#define EDDY_TASK_PRIVATE_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <eddy/front.h>
#include <eddy/loop.h>
#include <eddy/scope.h>
#include <eddy/stack.h>
#include <eddy/task.h>
#include <eddy/timer.h>

/* ---- Scopes: see scope.c and cancel.c ----------------------------------- */

enum { /* struct scope, flags; EDDY_SCOPE_x are two */
       SCOPE_SHIELD = EDDY_SCOPE_SHIELD,
       SCOPE_SUPERVISE = EDDY_SCOPE_SUPERVISE,
       SCOPE_OPEN = 1u << 2,
       SCOPE_EXPIRED = 1u << 3,  /* its deadline has passed */
       SCOPE_STOPPING = 1u << 4, /* cancelled, or something around it is */
       SCOPE_CAUGHT = 1u << 5,   /* a task ended early for that */
       SCOPE_JOINING = 1u << 6,  /* the owner waits for its tasks */
       SCOPE_WANTED = 1u << 7    /* its errors are, by it or what is around */
};

/* Why a scope itself was cancelled. */
enum cause { NOT_CANCELLED, BY_CALL, BY_DEADLINE, BY_ERROR, BY_OWNER };

struct scope {
    struct scope *parent;              /* NULL: the loop's */
    struct scope *first, *prev, *next; /* those within; beside it */
    struct sched *sched;
    struct task *owner;  /* NULL: the loop's has none */
    struct task *tasks;  /* spawned in it and not over */
    struct task *failed; /* over, kept for their errors; the last one first */
    const struct task *before; /* the last one when the owner failed */
    struct eddy_value *ret_error;
    const char *name, *reason;
    struct eddy_timer timer; /* its deadline */
    int64_t deadline_ns;
    size_t count; /* of tasks */
    int error;    /* the first one */
    int body;     /* that of the owner, or 0 */
    int asked;    /* how often its owner was to end, before it was opened */
    enum cause cause;
    unsigned flags;
};

static_assert(sizeof(struct scope) <= sizeof(struct eddy_scope),
              "the public struct has room for the private one");

static inline struct scope *scope_of(const struct eddy_scope *scope)
{
    return (struct scope *)(uintptr_t)scope;
}

/* ---- Tasks: see task.c -------------------------------------------------- */

enum {                          /* struct task, flags */
       TASK_CANCEL = 1u << 0,   /* asked to end, and not told so yet */
       TASK_NO_AWAIT = 1u << 1, /* see eddy_task_forbid_await() */
       TASK_BEGUN = 1u << 2,
       TASK_OVER = 1u << 3,
       TASK_STARTED = 1u << 4,      /* has called eddy_task_started() */
       TASK_HEARD = 1u << 5,        /* somebody has its result, or error */
       TASK_MADE_TAKEN = 1u << 6,   /* and what it made */
       TASK_START_FAILED = 1u << 7, /* and who waited for it has been told */
       /* Asked for nothing special: the next one may have its place. */
       TASK_PLAIN = 1u << 8,
       TASK_APART = 1u << 9, /* it is not on its stack: see struct apart */
       TASK_FROZEN = 1u << 10
};

/* It is looked at whether the next await may begin. */
#define TASK_WARY (TASK_CANCEL | TASK_NO_AWAIT)

struct cleanup {
    struct cleanup *next;
    void (*fn)(void *arg);
    void *arg;
};

/* At the high end of its stack; in the order of use, line by line of the cache:
 * one to be ready and to wait, one to be gone to, and two more for one that
 * begins and ends. Of the context only the beginning is used always. */
struct task {
    struct task *after;  /* in the ready queue */
    struct sched *sched; /* NULL: it is over, and so is the loop */
    struct scope *scope; /* the innermost one it is in; NULL: it is over */
    unsigned flags;
    int kept_errno;
    const void *site; /* where it waits: tasks of one site run together */
    struct eddy_request *awaited;
    const char *waits_for; /* NULL: nothing, it runs or is ready */
    int64_t since_ns;

    eddy_task_fn *fn;
    void *arg;
    struct scope *home;       /* it was spawned in */
    struct task *prev, *next; /* there; when it is over, in sched->held */
    unsigned refs;
    int cancelling;
    struct eddy_context context;

    int no_await;
    unsigned shields; /* how many it has open */
    const char *name, *at, *reason;
    eddy_free_fn *free_arg;
    void (*drop)(void *made);
    struct joiner *joiners;
    struct cleanup *cleanups;
    struct eddy_result result;
    struct eddy_value why; /* what the scope it closed last failed with */

    struct eddy_stack stack;
    struct eddy_stacks *stacks;
    int64_t started_n;
};

/* An operation that is awaited. */
struct waiting {
    struct eddy_request request;
    struct eddy_result result;
    struct task *task;
    bool over;
};

/* A task that may hibernate, and what it waits for, are not on its stack. */
struct apart {
    struct task task;
    struct waiting waiting;
    struct eddy_frozen *frozen;
    struct eddy_mem mem;
};

static inline struct apart *apart_of(struct task *task)
{
    return EDDY_CONTAINER_OF(task, struct apart, task);
}

static inline struct task *task_of(const struct eddy_task *task)
{
    return (struct task *)(uintptr_t)task;
}

static inline struct eddy_task *handle_of(const struct task *task)
{
    return (struct eddy_task *)(uintptr_t)task;
}

/* ---- The scheduler of a loop: see sched.c ------------------------------- */

struct tasks {
    struct task *first, *last;
    size_t count;
};

struct sched {
    struct task *running; /* NULL: the loop itself, the hub */
    struct task *next;    /* of this round, in a list */
    struct task *left;    /* dead or drowsy: who runs next sees to its stack */
    int *errno_at;        /* of the thread */
    struct tasks ready;   /* for the next round */
    size_t changes; /* how often two neighbours wait at different places */
    bool called;    /* the hub is in the loop's ready queue */
    struct eddy_call call;
    struct task *resting; /* over, ready to be others; the last one first */
    size_t resting_count;
    struct eddy_loop *loop;
    struct eddy_context hub;
    void (*errand)(void *arg); /* for the hub, then back */
    void *errand_arg;
    struct eddy_stacks *stacks;
    struct task *held; /* over, but somebody has a handle */
    size_t count;      /* of tasks that are not over */
    pthread_t thread;  /* that hub and errno_at are about */
    bool has_thread;
    bool watched;    /* debug mode: slow steps are logged */
    int64_t step_ns; /* when one began */
    struct scope root;
};

/* NULL: out of memory. */
struct sched *eddy__sched(struct eddy_loop *loop);
/* NULL: there has been no task in this loop. */
struct sched *eddy__sched_if_any(const struct eddy_loop *loop);

/* It may wait, and so on: not one that is over and only tells its end. */
static inline bool eddy__is_running(const struct task *task)
{
    return task != NULL && task->sched != NULL &&
           task->sched->running == task && (task->flags & TASK_OVER) == 0;
}

void eddy__call_hub(struct sched *sched);

/* It will run in this turn, or in the next. */
static inline void eddy__make_ready(struct task *task)
{
    struct sched *sched = task->sched;
    struct tasks *ready = &sched->ready;

    task->after = NULL;
    if (ready->first == NULL) {
        ready->first = task;
        if (!sched->called)
            eddy__call_hub(sched);
    } else {
        ready->last->after = task;
        sched->changes += ready->last->site != task->site;
    }
    ready->last = task;
    ready->count++;
}

static inline void eddy__waits_for(struct task *task, const char *name)
{
    task->waits_for = name != NULL ? name : "an operation";
    task->since_ns = eddy_loop_now_ns(task->sched->loop);
}

/* What it waits for has come. */
static inline void eddy__wake(struct task *task)
{
    task->waits_for = NULL;
    eddy__make_ready(task);
}

/* Others run until it is made ready. What a dump hands over is looked at. */
void eddy__suspend(struct task *task);
/* What a task begins with. */
void eddy__task_main(struct eddy_context *context, void *passed);
void eddy__give_stack(struct task *task);
/* dump.c: in debug mode; a step is over, of the task that runs or of the hub.
 */
void eddy__step_over(struct sched *sched);
void eddy__log_left_tasks(struct sched *sched);
/* dump.c: called on the stack that it is about; where to go then. */
struct eddy_context *eddy__look_around(void *passed);

/* ---- task.c ------------------------------------------------------------- */

/* From its first step to its last but one: it is to leave its stack then. */
void eddy__live(struct task *task);
/* It is over, but for its handles, and so is its loop. */
void eddy__outlive_loop(struct task *task);

/* ---- await.c ------------------------------------------------------------ */

/* eddy_await_op() in storage of the caller's; what cannot be awaited now is
 * refused. */
struct eddy_result eddy__await_in(struct waiting *waiting, struct task *task,
                                  const struct eddy_op *op, const void *site);

/* ---- hibernate.c -------------------------------------------------------- */

void eddy__freeze(struct task *task);
void eddy__thaw(struct task *task);

/* ---- join.c ------------------------------------------------------------- */

/* Tells all who wait that it is over, or that it has started. */
void eddy__tell_joiners(struct task *task);

/* ---- cancel.c ----------------------------------------------------------- */

/* Cancels it and all within, unless it has been. */
void eddy__scope_cancel(struct scope *scope, enum cause cause,
                        const char *reason);
/* The loop is being freed: what all tasks in it wait for is cancelled. */
void eddy__cancel_waits(struct scope *top);
/* Is it reached by the cancelling of what is around it? */
static inline bool eddy__scope_is_reached(const struct scope *scope)
{
    return scope->parent != NULL && (scope->flags & SCOPE_SHIELD) == 0 &&
           (scope->parent->flags & SCOPE_STOPPING) != 0;
}
/* Is it asked to end, and not told so yet, and can be? */
static inline bool eddy__is_asked(const struct task *task)
{
    return (task->flags & TASK_CANCEL) != 0 && task->shields == 0;
}
/* Is it, or in a scope that is? */
static inline bool eddy__is_cancelled(const struct task *task)
{
    return eddy__is_asked(task) || (task->scope->flags & SCOPE_STOPPING) != 0;
}

/* ---- scope.c ------------------------------------------------------------ */

/* A task is over: out of its home, whose owner may wait for the last one. */
void eddy__leave_home(struct task *task);
void eddy__scope_init(struct scope *scope, struct sched *sched,
                      struct scope *parent, struct task *owner);

/* ---- errors.c ----------------------------------------------------------- */

/* A task is over, and has failed: its home hears of it, and may keep it, with a
 * reference. */
void eddy__hear_error(struct task *task);
/* The owner of a scope has failed. */
void eddy__hear_body(struct scope *scope, int err);
void eddy__log_error(const struct task *task);
/* Makes a value of all errors, for who wants it, and lets go of the tasks.
 * result: what closing tells. */
void eddy__account(struct scope *scope, int result);

#endif
