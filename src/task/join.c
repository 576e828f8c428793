/* SPDX-License-Identifier: MIT */
/* join.c - waiting for a task: until it is over, or until it has started. */
#include "task.h"

/* In the words of the request, and in a ring of all that wait for a task. */
struct joiner {
    struct joiner *prev, *next;
    bool for_start;
    void *made; /* what it has been given, and how to free it */
    void (*drop)(void *made);
};

EDDY_FITS_REQUEST(struct joiner);

static struct eddy_request *request_of(struct joiner *joiner)
{
    return eddy_request_of((uint64_t *)(void *)joiner);
}

static void link_in(struct task *task, struct joiner *joiner)
{
    struct joiner *first = task->joiners;

    if (first == NULL) {
        joiner->prev = joiner->next = joiner;
        task->joiners = joiner;
    } else {
        joiner->next = first;
        joiner->prev = first->prev;
        joiner->prev->next = joiner->next->prev = joiner;
    }
}

static void link_out(struct task *task, struct joiner *joiner)
{
    if (task->joiners == joiner)
        task->joiners = joiner->next != joiner ? joiner->next : NULL;
    joiner->prev->next = joiner->next;
    joiner->next->prev = joiner->prev;
}

/* ---- Answers ------------------------------------------------------------ */

/* What it made is for the first who asks. */
static struct eddy_result take_result(struct task *task, struct joiner *joiner)
{
    struct eddy_result result = task->result;

    task->flags |= TASK_HEARD;
    if (result.n >= 0 && (task->flags & TASK_MADE_TAKEN) != 0)
        result.made = NULL;
    if (result.n >= 0)
        task->flags |= TASK_MADE_TAKEN;
    joiner->made = result.made;
    joiner->drop = task->drop;
    return result;
}

/* The task may be gone by now. */
static void settle_join(struct eddy_request *request, bool taken)
{
    struct joiner *joiner = (struct joiner *)eddy_request_words(request);

    if (!taken && joiner->drop != NULL && joiner->made != NULL)
        joiner->drop(joiner->made);
}

static struct eddy_result take_start(struct task *task)
{
    if ((task->flags & TASK_STARTED) != 0)
        return eddy_n(task->started_n);
    if (task->result.n >= 0)
        return eddy_n(-ENODATA);
    task->flags |= TASK_HEARD | TASK_START_FAILED;
    return eddy_n(task->result.n);
}

/* Each is told in the order they came; in the ring they cannot be any more. */
void eddy__tell_joiners(struct task *task)
{
    bool over = (task->flags & TASK_OVER) != 0;
    struct joiner *joiner = task->joiners, *last;

    if (joiner == NULL)
        return;
    last = joiner->prev;
    for (;;) {
        struct joiner *next = joiner->next;
        bool for_start = joiner->for_start, was_last = joiner == last;

        if (over || for_start) {
            link_out(task, joiner);
            eddy_complete(request_of(joiner), for_start
                                                  ? take_start(task)
                                                  : take_result(task, joiner));
        }
        if (was_last)
            return;
        joiner = next;
    }
}

/* ---- The operations ----------------------------------------------------- */

static int check(struct eddy_loop *loop, const struct task *task)
{
    if (task == NULL)
        return -EINVAL;
    if (task->sched == NULL || task->sched->loop != loop)
        return -EXDEV;
    return eddy__is_running(task) ? -EDEADLK : 0;
}

static bool begin(struct eddy_request *request, bool for_start,
                  struct eddy_result *ret_result)
{
    struct joiner *joiner = (struct joiner *)eddy_request_words(request);
    struct task *task = eddy_request_on(request);
    int err = check(eddy_request_loop(request), task);
    bool over = err == 0 && (task->flags & TASK_OVER) != 0;

    *ret_result = eddy_n(err);
    if (err < 0)
        return true;
    if (for_start && (over || (task->flags & TASK_STARTED) != 0)) {
        *ret_result = take_start(task);
        return true;
    }
    if (over) {
        *ret_result = take_result(task, joiner);
        return true;
    }
    joiner->for_start = for_start;
    link_in(task, joiner);
    return false;
}

static bool begin_join(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    return begin(request, false, ret_result);
}

static bool begin_started(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    return begin(request, true, ret_result);
}

static void cancel_join(struct eddy_request *request)
{
    link_out(eddy_request_on(request),
             (struct joiner *)eddy_request_words(request));
    eddy_complete(request, eddy_n(-ECANCELED));
}

/* Its end is not waited for: two that wait for each other to start would wait
 * for ever. */
static void cancel_started(struct eddy_request *request)
{
    struct eddy_task *task = eddy_request_on(request);

    cancel_join(request);
    (void)eddy_task_cancel(task, "nobody waits for it to start");
}

struct eddy_op eddy_join(struct eddy_task *task)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "task",
        .start = begin_join,
        .cancel = cancel_join,
        .settle = settle_join,
    };

    return (struct eddy_op){ .type = &type, .on = task };
}

struct eddy_op eddy_started(struct eddy_task *task)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "start of a task",
        .start = begin_started,
        .cancel = cancel_started,
    };

    return (struct eddy_op){ .type = &type, .on = task };
}

int eddy_task_started(struct eddy_task *self, int64_t n)
{
    struct task *task = task_of(self);

    if (!eddy__is_running(task))
        return -EPERM;
    if (n < 0)
        return -EINVAL;
    if ((task->flags & TASK_STARTED) != 0)
        return -EALREADY;
    task->flags |= TASK_STARTED;
    task->started_n = n;
    eddy__tell_joiners(task);
    return 0;
}
