/* SPDX-License-Identifier: MIT */
/*
 * sched.c - who runs next.
 *
 *     loop (the hub) --> task --> task --> task --> ... --> hub
 *
 * Tasks go from one to the next by themselves, and back to the hub only if none
 * is ready, or the loop's budget is used up. The switch returns, and processors
 * foresee where to if the other one suspended at the same place: so they run in
 * rounds, and in a round those of one place run one after the other. That is
 * fair, for in a round each has one turn.
 *
 * For the same reason one that is over rests where it ended, on its stack, and
 * the next that is spawned goes on from there: the way is known, and warm.
 */
#include "task.h"

enum {
    SITES = 8,    /* places told apart in a round; others form one more */
    RESTING = 128 /* at most */
};

/* ---- One for each loop -------------------------------------------------- */

static void run_hub(struct eddy_call *call);

static void enter(struct sched *sched);

/* Each leaves its stack for good, and so tells the tools that look on. */
static void end_resting(struct sched *sched)
{
    if (sched->resting != NULL)
        enter(sched);
    while (sched->resting != NULL) {
        struct task *task = sched->resting;

        sched->resting = task->after;
        (void)eddy_switch(&sched->hub, &task->context, sched);
        eddy__give_stack(task);
    }
}

static void sched_free(void *value)
{
    struct sched *sched = value;
    const struct eddy_mem *mem = &eddy_loop_settings(sched->loop)->mem;

    end_resting(sched);
    for (struct task *task = sched->held; task != NULL; task = task->next)
        eddy__outlive_loop(task);
    (void)mem->resize(mem->arg, sched, 0);
}

static void sched_forked(void *value, struct eddy_loop *loop)
{
    (void)value;
    (void)loop;
}

static void sched_wind_up(void *value)
{
    eddy__cancel_waits(&((struct sched *)value)->root);
}

static const struct eddy_slot_type slot_type = { "tasks", sched_free,
                                                 sched_forked, sched_wind_up };

struct sched *eddy__sched_if_any(const struct eddy_loop *loop)
{
    return eddy_loop_slot(loop, &slot_type);
}

struct sched *eddy__sched(struct eddy_loop *loop)
{
    const struct eddy_loop_options *settings = eddy_loop_settings(loop);
    struct sched *sched = eddy__sched_if_any(loop);
    struct eddy_stacks *stacks = sched == NULL ? eddy_loop_stacks(loop) : NULL;

    if (stacks == NULL)
        return sched;
    sched = settings->mem.resize(settings->mem.arg, NULL, sizeof *sched);
    if (sched == NULL)
        return NULL;
    *sched = (struct sched){ .loop = loop, .stacks = stacks, .step_ns = -1 };
    sched->call.run = run_hub;
    eddy__scope_init(&sched->root, sched, NULL, NULL);
    sched->root.flags = SCOPE_OPEN | SCOPE_SUPERVISE;
    sched->root.name = "the loop";
    if (eddy_loop_set_slot(loop, &slot_type, sched) < 0) {
        (void)settings->mem.resize(settings->mem.arg, sched, 0);
        return NULL;
    }
    return sched;
}

/* ---- Rounds ------------------------------------------------------------- */

/* Tasks in the order they came, per place. */
struct site {
    const void *at;
    struct task *first, *last;
};

static struct site *find_site(struct site sites[SITES + 1], size_t *count,
                              const void *at)
{
    for (size_t i = 0; i < *count; i++)
        if (sites[i].at == at)
            return &sites[i];
    if (*count <= SITES)
        sites[(*count)++] = (struct site){ at, NULL, NULL };
    return &sites[*count - 1];
}

/* Sorts tasks by place; the places are in the order they came. */
static struct task *group(struct task *task)
{
    struct site sites[SITES + 1], *site = sites;
    size_t count = 1;

    sites[0] = (struct site){ task->site, NULL, NULL };
    while (task != NULL) {
        struct task *after = task->after;

        if (site->at != task->site)
            site = find_site(sites, &count, task->site);
        *(site->first == NULL ? &site->first : &site->last->after) = task;
        site->last = task;
        task = after;
    }
    for (size_t i = 0; i < count; i++)
        sites[i].last->after = i + 1 < count ? sites[i + 1].first : NULL;
    return sites[0].first;
}

/* More are ready than may run in this turn: the rest stays. */
static void split(struct tasks *ready, size_t granted)
{
    struct task *last = ready->first;

    for (size_t i = 1; i < granted; i++)
        last = last->after;
    ready->first = last->after;
    ready->count -= granted;
    last->after = NULL;
}

/* All that are ready now make a round. What they make ready is for the next. */
static struct task *next_round(struct sched *sched)
{
    struct task *first = sched->ready.first;
    size_t wanted = sched->ready.count, granted;
    size_t changes = sched->changes; /* of one place, or two: grouped already */

    if (sched->watched) {
        eddy__step_over(sched);
        wanted = first != NULL; /* so that it comes here after each step */
        changes = 0;
    }
    granted = eddy_ready_grant(sched->loop, wanted);
    if (granted == 0)
        return NULL;
    if (granted < sched->ready.count) {
        split(&sched->ready, granted);
    } else {
        sched->ready = (struct tasks){ NULL, NULL, 0 };
        sched->changes = 0;
    }
    if (changes > 1)
        first = group(first);
    return first;
}

void eddy__call_hub(struct sched *sched)
{
    sched->called = true;
    eddy_ready_push(sched->loop, &sched->call);
}

/* ---- Going -------------------------------------------------------------- */

void eddy__give_stack(struct task *task)
{
    struct eddy_stacks *stacks = task->stacks;
    struct eddy_stack stack = task->stack;
    bool is_apart = (task->flags & TASK_APART) != 0;

    eddy_context_done(&task->context);
    task->sched = NULL; /* who calls it by mistake may be told so */
    eddy_stack_give(stacks, stack);
    if (is_apart) {
        struct apart *apart = apart_of(task);

        (void)apart->mem.resize(apart->mem.arg, apart, 0);
    }
}

/* By who runs next. */
static __attribute__((noinline)) void see_to_left(struct sched *sched)
{
    struct task *left = sched->left;

    sched->left = NULL;
    if ((left->flags & TASK_OVER) != 0)
        eddy__give_stack(left);
    else
        eddy__freeze(left);
}

static inline struct eddy_context *choose(struct sched *sched)
{
    struct task *next = sched->next;

    if (next == NULL)
        next = next_round(sched);
    sched->running = next;
    if (next == NULL)
        return &sched->hub;
    sched->next = next->after;
    return &next->context;
}

/* Until it is gone on with; what a dump hands over is looked at meanwhile. */
static inline void leave(struct task *task, struct eddy_context *to)
{
    void *passed = eddy_switch(&task->context, to, NULL);

    while (passed != NULL)
        passed = eddy_switch(&task->context, eddy__look_around(passed), NULL);
}

void eddy__suspend(struct task *task)
{
    struct sched *sched = task->sched;
    struct eddy_context *to = choose(sched);

    if (to == &task->context)
        return;
    task->kept_errno = *sched->errno_at;
    leave(task, to);
    *sched->errno_at = task->kept_errno;
    if (sched->left != NULL)
        see_to_left(sched);
}

/* It leaves its stack for good, unless it may rest there: not if somebody has a
 * handle, for what that is about must stay. */
static inline void end_or_rest(struct sched *sched, struct task *task)
{
    bool kept = task->refs > 0;

    if (!kept && (task->flags & TASK_PLAIN) != 0 &&
        sched->resting_count < RESTING) {
        task->after = sched->resting;
        sched->resting = task;
        sched->resting_count++;
        return;
    }
    sched->left = kept ? NULL : task;
    eddy_switch_away(&task->context, choose(sched), NULL);
}

/* One life after the other. Whatever is passed says that there is no other. A
 * rest begins and ends in this very frame, lest returns be foreseen wrongly. */
void eddy__task_main(struct eddy_context *context, void *passed)
{
    struct task *task = EDDY_CONTAINER_OF(context, struct task, context);
    struct sched *sched = task->sched;

    while (passed == NULL) {
        if (sched->left != NULL)
            see_to_left(sched);
        eddy__live(task);
        end_or_rest(sched, task);
        passed = eddy_switch(&task->context, choose(sched), NULL);
    }
    eddy_switch_away(&task->context, &sched->hub, NULL);
}

/* The loop may be run by another thread than the last time. */
static void enter(struct sched *sched)
{
    pthread_t self = pthread_self();

    if (sched->has_thread && pthread_equal(sched->thread, self))
        return;
    sched->thread = self;
    sched->has_thread = true;
    sched->errno_at = &errno;
    eddy_context_here(&sched->hub);
}

/* Where to go then: back to who sent for it. */
static struct eddy_context *run_errand(struct sched *sched)
{
    void (*errand)(void *arg) = sched->errand;
    struct task *sender = sched->running;

    sched->errand = NULL;
    sched->running = NULL;
    errand(sched->errand_arg);
    sched->running = sender;
    return &sender->context;
}

static void end_tasks(struct sched *sched)
{
    if (sched->watched && sched->root.cause == NOT_CANCELLED)
        eddy__log_left_tasks(sched);
    eddy__scope_cancel(&sched->root, BY_CALL, "the loop is being freed");
}

/* Until none is ready that may run. A task that sent the hub on an errand comes
 * next. */
static void run_hub(struct eddy_call *call)
{
    struct sched *sched = EDDY_CONTAINER_OF(call, struct sched, call);
    struct eddy_context *to;

    enter(sched);
    sched->watched = eddy_loop_debug(sched->loop);
    if (eddy_loop_ending(sched->loop))
        end_tasks(sched);
    to = choose(sched);
    while (to != &sched->hub) {
        (void)eddy_switch(&sched->hub, to, NULL);
        if (sched->left != NULL)
            see_to_left(sched);
        to = sched->errand != NULL ? run_errand(sched) : choose(sched);
    }
    sched->called = false;
    if (sched->ready.first != NULL)
        eddy__call_hub(sched);
}

int eddy_on_big_stack(struct eddy_task *self, void (*fn)(void *arg), void *arg)
{
    struct task *task = task_of(self);
    struct sched *sched;

    if (!eddy__is_running(task) || fn == NULL)
        return fn == NULL ? -EINVAL : -EPERM;
    sched = task->sched;
    sched->errand = fn;
    sched->errand_arg = arg;
    leave(task, &sched->hub);
    return 0;
}

struct eddy_task *eddy_loop_task(const struct eddy_loop *loop)
{
    const struct sched *sched = eddy__sched_if_any(loop);

    return sched != NULL && eddy__is_running(sched->running)
               ? handle_of(sched->running)
               : NULL;
}

size_t eddy_loop_task_count(const struct eddy_loop *loop)
{
    const struct sched *sched = eddy__sched_if_any(loop);

    return sched != NULL ? sched->count : 0;
}
