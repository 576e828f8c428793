/* SPDX-License-Identifier: MIT */
/* task.c - a task: from its first step to the end of its stack. */
#include "task.h"

/* ---- The end ------------------------------------------------------------ */

static void *allocate(const struct task *task, void *ptr, size_t size)
{
    const struct eddy_mem *mem = &eddy_loop_settings(task->sched->loop)->mem;

    return mem->resize(mem->arg, ptr, size);
}

int eddy_task_cleanup(struct eddy_task *self, void (*fn)(void *arg), void *arg)
{
    struct task *task = task_of(self);
    struct cleanup *cleanup;

    if (fn == NULL)
        return -EINVAL;
    cleanup =
        eddy__is_running(task) ? allocate(task, NULL, sizeof *cleanup) : NULL;
    if (cleanup == NULL) {
        fn(arg);
        return eddy__is_running(task) ? -ENOMEM : -EPERM;
    }
    *cleanup = (struct cleanup){ task->cleanups, fn, arg };
    task->cleanups = cleanup;
    return 0;
}

/* Apart, as few need it. */
__attribute__((noinline)) static void clean_up(struct task *task)
{
    while (task->cleanups != NULL) {
        struct cleanup last = *task->cleanups;

        (void)allocate(task, task->cleanups, 0);
        task->cleanups = last.next;
        last.fn(last.arg);
    }
    if (task->free_arg != NULL)
        task->free_arg(task->arg);
}

static void drop(const struct task *task, struct eddy_result result)
{
    if (result.n >= 0 && result.made != NULL && task->drop != NULL)
        task->drop(result.made);
}

/* What nobody has taken, when nobody can any more. */
static void forget(struct task *task)
{
    const unsigned flags = task->flags;

    if ((flags & TASK_MADE_TAKEN) == 0)
        drop(task, task->result);
    if (task->result.n < 0 && (flags & TASK_HEARD) == 0 && task->sched != NULL)
        eddy__log_error(task);
    eddy_value_free(&task->why);
}

/* Over, but somebody has a handle: the loop may end first. */
static void hold(struct task *task)
{
    struct sched *sched = task->sched;

    task->prev = NULL;
    task->next = sched->held;
    if (task->next != NULL)
        task->next->prev = task;
    sched->held = task;
}

/* Its log is the last to hear of an error. */
void eddy__outlive_loop(struct task *task)
{
    if (task->result.n < 0 && (task->flags & TASK_HEARD) == 0)
        eddy__log_error(task);
    task->sched = NULL;
}

/* The last handle is gone. */
static void end_held(struct task *task)
{
    if (task->sched != NULL) {
        *(task->prev != NULL ? &task->prev->next : &task->sched->held) =
            task->next;
        if (task->next != NULL)
            task->next->prev = task->prev;
    }
    forget(task);
    eddy__give_stack(task);
}

static void end_running(struct task *task)
{
    if (--task->refs > 0)
        hold(task);
    else if (task->result.made != NULL || task->result.n < 0 ||
             task->why.free != NULL)
        forget(task);
}

/* ---- The whole ---------------------------------------------------------- */

/* What it has left behind is where its frames were: nothing can be done. */
static void complain(const struct task *task)
{
    eddy_log_write(task->sched->loop, EDDY_LOG_ERROR,
                   "%s returned with a scope open, spawned at %s", task->name,
                   task->at != NULL ? task->at : "an unknown place");
}

/* One that is asked to end before it has begun does not begin (T8). One that
 * was asked, and returns before it could be told, ends so all the same (T9). */
static struct eddy_result run(struct task *task)
{
    struct eddy_result result = eddy_n(-ECANCELED);

    if (eddy__is_cancelled(task))
        return result;
    task->flags |= TASK_BEGUN;
    result = task->fn(handle_of(task), task->arg);
    if (task->scope != task->home)
        complain(task);
    if ((task->flags & TASK_CANCEL) != 0 && result.n >= 0) {
        drop(task, result);
        result = eddy_n(-ECANCELED);
    }
    return result;
}

void eddy__live(struct task *task)
{
    task->result = run(task);
    if (task->cleanups != NULL || task->free_arg != NULL)
        clean_up(task);
    task->flags |= TASK_OVER;
    if (task->refs > 1) /* a handle may outlive the scope */
        task->reason = eddy_task_reason(handle_of(task));
    task->scope = NULL;
    if (task->joiners != NULL)
        eddy__tell_joiners(task);
    if (task->result.n < 0)
        eddy__hear_error(task);
    eddy__leave_home(task);
    end_running(task);
}

/* ---- Handles ------------------------------------------------------------ */

struct eddy_task *eddy_task_ref(struct eddy_task *task)
{
    if (task != NULL)
        task_of(task)->refs++;
    return task;
}

void eddy_task_unref(struct eddy_task *task)
{
    if (task != NULL && --task_of(task)->refs == 0)
        end_held(task_of(task));
}

/* ---- Looking ------------------------------------------------------------ */

enum eddy_task_state eddy_task_state(const struct eddy_task *public_task)
{
    const struct task *task = task_of(public_task);

    if (task == NULL || (task->flags & TASK_OVER) != 0)
        return EDDY_TASK_OVER;
    if (eddy__is_running(task))
        return EDDY_TASK_RUNNING;
    if ((task->flags & TASK_BEGUN) == 0)
        return EDDY_TASK_NEW;
    return task->waits_for == NULL ? EDDY_TASK_READY : EDDY_TASK_WAITING;
}

const char *eddy_task_name(const struct eddy_task *task)
{
    return task != NULL ? task_of(task)->name : "no task";
}

struct eddy_loop *eddy_task_loop(const struct eddy_task *task)
{
    const struct sched *sched = task != NULL ? task_of(task)->sched : NULL;

    return sched != NULL ? sched->loop : NULL;
}

struct eddy_scope *eddy_task_scope(struct eddy_task *task)
{
    return task != NULL ? (struct eddy_scope *)task_of(task)->scope : NULL;
}
