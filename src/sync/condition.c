/* SPDX-License-Identifier: MIT */
/*
 * condition.c - news about what a lock guards.
 *
 *     waits for news --- notified, or cancelled ---> waits for the lock -> told
 *
 * Both are lines; on the way from one to the other it is settled what it will
 * be told.
 */
#include "sync.h"

struct condition {
    struct object object;
    struct lock *lock;
};

static_assert(sizeof(struct condition) <= sizeof(struct eddy_condition),
              "the public struct has room for the private one");

int eddy_condition_init(struct eddy_condition *opaque, struct eddy_lock *lock)
{
    struct condition *condition = (struct condition *)opaque;
    int err = lock == NULL
                  ? -EINVAL
                  : eddy__object_init(condition, sizeof *condition,
                                      ((struct lock *)lock)->object.loop);

    if (err == 0)
        condition->lock = (struct lock *)lock;
    return err;
}

/* On to the line for the lock. */
static void get_in_line(struct condition *condition, struct link *link,
                        int64_t n)
{
    struct lock_wait *wait = (struct lock_wait *)link;
    struct lock *lock = condition->lock;

    line_leave(link);
    wait->n = n;
    wait->in_line = true;
    line_join(&lock->object.waiting, link);
    if (!lock->held)
        eddy__lock_pass_on(lock);
}

static void forget(struct condition *condition, struct link *line)
{
    for (struct link *l = line->next; l != line; l = l->next)
        if (((struct lock_wait *)l)->condition == condition)
            ((struct lock_wait *)l)->condition = NULL;
}

void eddy_condition_done(struct eddy_condition *opaque)
{
    struct condition *condition = (struct condition *)opaque;

    if (condition == NULL || condition->object.loop == NULL)
        return;
    while (!line_is_empty(&condition->object.waiting))
        get_in_line(condition, condition->object.waiting.next, -ECANCELED);
    if (condition->lock->object.loop != NULL) {
        forget(condition, &condition->lock->object.waiting);
        forget(condition, &condition->lock->object.chosen);
    }
    (void)eddy__object_done(condition);
}

/* ---- Notifying ---------------------------------------------------------- */

int eddy_condition_notify(struct eddy_condition *opaque, void *owner,
                          size_t count)
{
    struct condition *condition = (struct condition *)opaque;
    int err = eddy__object_check(condition);

    if (err == 0 && !eddy__lock_is_of(condition->lock, owner))
        err = -EPERM;
    if (err < 0)
        return err;
    while (count-- > 0 && !line_is_empty(&condition->object.waiting))
        get_in_line(condition, condition->object.waiting.next, 0);
    return 0;
}

int eddy_condition_notify_all(struct eddy_condition *condition, void *owner)
{
    return eddy_condition_notify(condition, owner, SIZE_MAX);
}

/* ---- Waiting ------------------------------------------------------------ */

static bool start_wait(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct condition *condition = eddy_request_on(request);
    uint64_t *words = eddy_request_words(request);
    struct lock_wait *wait = (struct lock_wait *)words;
    void *owner = eddy_pointer(words[2]);

    if (!eddy__object_admits(request, ret_result))
        return true;
    if (!eddy__lock_is_of(condition->lock, owner)) {
        *ret_result = eddy_n(-EPERM);
        return true;
    }
    *wait = (struct lock_wait){ .owner = owner, .condition = condition };
    line_join(&condition->object.waiting, &wait->link);
    eddy__lock_pass_on(condition->lock);
    return false;
}

/* One that has been notified is as good as done, and goes on waiting for the
 * lock; but a loop that is being freed must not wait for those who never let
 * go of it. */
static void cancel_wait(struct eddy_request *request)
{
    struct lock_wait *wait = (struct lock_wait *)eddy_request_words(request);

    if (eddy_loop_ending(eddy_request_loop(request)) &&
        (wait->in_line || wait->condition->lock->held)) {
        line_leave(&wait->link);
        eddy_complete(request, eddy_n(-ESHUTDOWN));
    } else if (!wait->in_line) {
        get_in_line(wait->condition, &wait->link, -ECANCELED);
    }
}

/* It has the lock, whoever takes the result; but the news are for somebody. */
static void settle_wait(struct eddy_request *request, bool taken)
{
    struct lock_wait *wait = (struct lock_wait *)eddy_request_words(request);
    struct condition *condition = wait->condition;

    if (eddy__object_settle(&wait->link) && !taken && condition != NULL &&
        !line_is_empty(&condition->object.waiting))
        get_in_line(condition, condition->object.waiting.next, 0);
}

struct eddy_op eddy_condition_wait(struct eddy_condition *condition,
                                   void *owner)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "condition",
        .start = start_wait,
        .cancel = cancel_wait,
        .settle = settle_wait,
    };

    return (struct eddy_op){ .type = &type,
                             .on = condition,
                             .word = { 0, 0, eddy_word(owner) } };
}
