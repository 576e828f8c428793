/* SPDX-License-Identifier: MIT */
/* spawn.c - making tasks. */
#include "task.h"

enum { COLOURS = 16, LINES = 128 };

#define ALL_FLAGS   (EDDY_KEEP_FP | EDDY_MAY_HIBERNATE)
#define MOST        ((size_t)1 << 30)
#define FOR_ITS_OWN (sizeof(struct task) + COLOURS * LINES) /* see place() */

static int check_spawn(const struct scope *scope, eddy_task_fn *fn,
                       const struct eddy_task_options *options)
{
    int err;

    if (scope == NULL || fn == NULL || (options->flags & ~ALL_FLAGS) != 0 ||
        options->stack_size > MOST)
        return -EINVAL;
    if (scope->sched == NULL || (scope->flags & SCOPE_OPEN) == 0 ||
        eddy_loop_ending(scope->sched->loop))
        return -ESHUTDOWN;
    err = eddy_loop_check(scope->sched->loop);
    if (err == 0 && (scope->flags & SCOPE_STOPPING) != 0)
        err = -ECANCELED;
    return err;
}

static void link_in(struct scope *scope, struct task *task)
{
    task->home = task->scope = scope;
    task->prev = NULL;
    task->next = scope->tasks;
    if (task->next != NULL)
        task->next->prev = task;
    scope->tasks = task;
    scope->count++;
    scope->sched->count++;
}

/* At the high end of the stack it will run on. */
static struct task *place(struct eddy_stack stack)
{
    uintptr_t colour = ((uintptr_t)stack.high >> 16) % COLOURS * LINES;
    uintptr_t at =
        ((uintptr_t)stack.high - sizeof(struct task) - colour) & ~(uintptr_t)63;

    return (struct task *)at;
}

/* It asks for nothing special: its place is like that of any other. */
static bool is_plain(const struct eddy_task_options *options)
{
    return options->stack_size == 0 && options->flags == 0;
}

/* Apart from its stack, or on it. */
static struct task *find_place(struct sched *sched, struct eddy_stack stack,
                               unsigned flags)
{
    const struct eddy_mem *mem = &eddy_loop_settings(sched->loop)->mem;
    struct apart *apart;

    if ((flags & EDDY_MAY_HIBERNATE) == 0)
        return place(stack);
    apart = mem->resize(mem->arg, NULL, sizeof *apart);
    if (apart == NULL)
        return NULL;
    apart->mem = *mem;
    return &apart->task;
}

/* Apart, for most find one that rests. */
__attribute__((noinline)) static int
make(struct sched *sched, const struct eddy_task_options *options,
     const char *name, const char *at, struct task **ret_task)
{
    size_t size = options->stack_size;
    struct eddy_stack stack;
    struct task *task;
    int err = eddy_stack_take(sched->stacks, size != 0 ? size + FOR_ITS_OWN : 0,
                              name, at, &stack);

    if (err < 0)
        return err;
    *ret_task = task = find_place(sched, stack, options->flags);
    if (task == NULL) {
        eddy_stack_give(sched->stacks, stack);
        return -ENOMEM;
    }
    task->sched = sched;
    task->awaited = NULL;
    task->waits_for = NULL;
    task->since_ns = 0;
    task->joiners = NULL;
    task->cleanups = NULL;
    task->why = eddy_none();
    task->stack = stack;
    task->stacks = sched->stacks;
    task->flags = is_plain(options) ? TASK_PLAIN : 0;
    if ((options->flags & EDDY_MAY_HIBERNATE) != 0)
        task->flags |= TASK_APART;
    else
        stack.high = (char *)task;
    eddy_context_init(&task->context, stack, eddy__task_main, options->flags);
    return 0;
}

/* One that is over and rests, or a new one. */
static int take(struct sched *sched, const struct eddy_task_options *options,
                const char *name, const char *at, struct task **ret_task)
{
    struct task *task = sched->resting;

    *ret_task = task;
    if (task == NULL || !is_plain(options))
        return make(sched, options, name, at, ret_task);
    sched->resting = task->after;
    sched->resting_count--;
    eddy_stack_name(task->stack, name, at);
    return 0;
}

/* Field by field: faster than to clear all of it, and then to fill it in. What
 * a life leaves as it was is set once, see make(). */
static void init(struct task *task, const struct eddy_task_options *options,
                 const char *name, const char *at)
{
    task->flags &= TASK_PLAIN | TASK_APART;
    task->kept_errno = task->no_await = 0;
    task->shields = 0;
    task->site = NULL;
    task->result = eddy_n(0);
    task->reason = NULL;
    task->name = name;
    task->at = at;
    task->cancelling = 0;
    task->refs = 1; /* its own, until it is over */
    task->free_arg = options->free_arg;
    task->drop = options->drop;
}

int eddy_spawn_at(struct eddy_scope *public_scope, eddy_task_fn *fn, void *arg,
                  const struct eddy_task_options *options, const char *at)
{
    static const struct eddy_task_options defaults = { .flags = 0 };
    struct scope *scope = scope_of(public_scope);
    struct task *task = NULL;
    const char *name;
    int err;

    if (options == NULL)
        options = &defaults;
    name = options->name != NULL ? options->name : "a task";
    err = check_spawn(scope, fn, options);
    if (err == 0)
        err = take(scope->sched, options, name, at, &task);
    if (err < 0)
        return err;
    init(task, options, name, at);
    task->fn = fn;
    task->arg = arg;
    link_in(scope, task);
    if (options->ret_task != NULL)
        *options->ret_task = eddy_task_ref(handle_of(task));
    eddy__make_ready(task);
    return 0;
}

struct eddy_scope *eddy_loop_scope(struct eddy_loop *loop)
{
    struct sched *sched = eddy__sched(loop);

    return sched != NULL ? (struct eddy_scope *)&sched->root : NULL;
}

struct eddy_result eddy_loop_run_task(struct eddy_loop *loop, eddy_task_fn *fn,
                                      void *arg)
{
    struct eddy_task *task;
    struct eddy_task_options options = { .name = "the main task",
                                         .ret_task = &task };
    struct eddy_scope *scope = eddy_loop_scope(loop);
    struct eddy_result result;
    int err;

    if (loop != NULL && scope == NULL)
        return eddy_n(-ENOMEM);
    if (eddy_loop_running(loop))
        return eddy_n(-EBUSY);
    err = eddy_spawn(scope, fn, arg, &options);
    if (err < 0)
        return eddy_n(err);
    result = eddy_loop_run_until(loop, eddy_join(task));
    while ((task_of(task)->flags & TASK_HEARD) == 0) { /* it was stopped */
        (void)eddy_task_cancel(task, "the loop was stopped");
        result = eddy_loop_run_until(loop, eddy_join(task));
    }
    eddy_task_unref(task);
    return result;
}
