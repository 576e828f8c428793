/* SPDX-License-Identifier: MIT */
/*
 * dump.c - looking at tasks.
 *
 * Where a task waits can be seen best from its own stack: it is gone to for a
 * moment, looks back at who called it, and returns.
 */
#include "task.h"

#include <inttypes.h>
#include <stdio.h>

#ifdef HAVE_EXECINFO_H
#include <execinfo.h>
#endif

enum {
    FRAMES = 32,
    ROOM = 8192,   /* what looking may take: less, and it ends the process */
    OWN_FRAMES = 2 /* look() and eddy__look_around() */
};

/* ---- Frames ------------------------------------------------------------- */

struct look {
    struct eddy_context *back;
    const char *low, *high; /* of the task's stack */
    void *frame[FRAMES];
    int frames;
};

static void look(struct look *at)
{
#ifdef HAVE_BACKTRACE
    at->frames = (int)backtrace(at->frame, FRAMES);
#else
    at->frames = 0;
#endif
}

struct eddy_context *eddy__look_around(void *passed)
{
    struct look *at = passed;
    const char *here = __builtin_frame_address(0);

    /* it may wait in a generator: how much room that has, nobody knows */
    if (here < at->high && here - at->low > ROOM)
        look(at);
    return at->back;
}

/* Where it will go on, for one that has no room for more. */
static void look_from_outside(struct look *at, const struct task *task)
{
    const void *pc = eddy_context_pc(&task->context);

    if (pc == NULL)
        return;
    at->frame[OWN_FRAMES] = (void *)(uintptr_t)pc;
    at->frames = OWN_FRAMES + 1;
}

static void look_from(struct look *at, struct task *task)
{
    struct sched *sched = task->sched;

    at->frames = 0;
    if (sched->running == task)
        look(at);
    if (sched->running == task || !sched->has_thread ||
        (task->flags & (TASK_BEGUN | TASK_FROZEN)) != TASK_BEGUN)
        return;
    at->low = task->stack.low;
    at->high = task->stack.high;
    at->back = sched->running != NULL ? &sched->running->context : &sched->hub;
    (void)eddy_switch(at->back, &task->context, at);
    if (at->frames == 0)
        look_from_outside(at, task);
}

/* ---- All tasks ---------------------------------------------------------- */

static void show(struct task *task, int depth, eddy_task_info_fn *fn, void *arg)
{
    struct look at;
    struct eddy_task_info info = { .task = handle_of(task),
                                   .name = task->name,
                                   .at = task->at,
                                   .state = eddy_task_state(handle_of(task)),
                                   .waits_for = task->waits_for,
                                   .since_ns = task->since_ns,
                                   .depth = depth };

    look_from(&at, task);
    if (at.frames > OWN_FRAMES) {
        info.frames = (size_t)(at.frames - OWN_FRAMES);
        info.frame = (const void *const *)at.frame + OWN_FRAMES;
    }
    fn(&info, arg);
}

static void show_tasks(const struct scope *scope, int depth,
                       eddy_task_info_fn *fn, void *arg)
{
    struct task *task = scope->tasks;

    while (task != NULL && task->next != NULL)
        task = task->next; /* the first that was spawned */
    for (; task != NULL; task = task->prev)
        show(task, depth, fn, arg);
}

/* Without recursion, for scopes may be as deep as programs are. */
int eddy_task_each(struct eddy_loop *loop, eddy_task_info_fn *fn, void *arg)
{
    const struct sched *sched = eddy__sched_if_any(loop);
    const struct scope *scope;
    int depth = 0, err = eddy_loop_check(loop);

    if (err < 0 || fn == NULL)
        return err < 0 ? err : -EINVAL;
    scope = sched != NULL ? &sched->root : NULL;
    while (scope != NULL) {
        show_tasks(scope, depth, fn, arg);
        if (scope->first != NULL) {
            scope = scope->first;
            depth++;
            continue;
        }
        while (scope != NULL && scope->next == NULL) {
            scope = scope->parent;
            depth--;
        }
        if (scope != NULL)
            scope = scope->next;
    }
    return 0;
}

/* ---- In words ----------------------------------------------------------- */

struct dump {
    void (*write)(void *arg, const char *line);
    void *arg;
    int64_t now_ns;
};

static void describe(char *text, size_t size, const struct eddy_task_info *info,
                     int64_t now_ns)
{
    static const char *const states[] = { "new", "ready", "running", "waiting",
                                          "over" };
    const char *at = info->at != NULL ? info->at : "an unknown place";

    if (info->state == EDDY_TASK_WAITING && info->waits_for != NULL)
        (void)snprintf(text, size,
                       "%*s%s: waiting for %s, %" PRId64 " ms; spawned at %s",
                       2 * info->depth, "", info->name, info->waits_for,
                       (now_ns - info->since_ns) / EDDY_MS, at);
    else
        (void)snprintf(text, size, "%*s%s: %s; spawned at %s", 2 * info->depth,
                       "", info->name, states[info->state], at);
}

static void describe_frame(char *text, size_t size, int depth, const void *pc)
{
    char symbol[192];

    (void)snprintf(text, size, "%*s    %p %s", 2 * depth, "", pc,
                   eddy_symbol(symbol, sizeof symbol, pc));
}

static void write_info(const struct eddy_task_info *info, void *arg)
{
    const struct dump *dump = arg;
    char text[256];

    describe(text, sizeof text, info, dump->now_ns);
    dump->write(dump->arg, text);
    for (size_t i = 0; i < info->frames; i++) {
        describe_frame(text, sizeof text, info->depth, info->frame[i]);
        dump->write(dump->arg, text);
    }
}

int eddy_task_dump(struct eddy_loop *loop,
                   void (*write)(void *arg, const char *line), void *arg)
{
    struct dump dump = { write, arg, eddy_loop_read_clock(loop) };

    return write == NULL ? -EINVAL : eddy_task_each(loop, write_info, &dump);
}

/* ---- In debug mode ------------------------------------------------------ */

static void log_left(const struct eddy_task_info *info, void *arg)
{
    eddy_log_write(arg, EDDY_LOG_WARNING,
                   "left running: task %s, spawned at %s", info->name,
                   info->at != NULL ? info->at : "an unknown place");
}

void eddy__log_left_tasks(struct sched *sched)
{
    (void)eddy_task_each(sched->loop, log_left, sched->loop);
}

void eddy__step_over(struct sched *sched)
{
    const struct task *task = sched->running;

    if (task != NULL)
        eddy_loop_step_over(sched->loop, sched->step_ns, task->name, task->at);
    sched->step_ns = eddy_loop_read_clock(sched->loop);
}
