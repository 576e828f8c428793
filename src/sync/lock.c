/* SPDX-License-Identifier: MIT */
/* lock.c - one at a time. */
#include "sync.h"

static_assert(sizeof(struct lock) <= sizeof(struct eddy_lock),
              "the public struct has room for the private one");

int eddy_lock_init(struct eddy_lock *lock, struct eddy_loop *loop)
{
    return eddy__object_init(lock, sizeof(struct lock), loop);
}

void eddy_lock_done(struct eddy_lock *lock)
{
    (void)eddy__object_done(lock);
}

bool eddy_lock_is_held(const struct eddy_lock *lock)
{
    return lock != NULL && ((const struct lock *)lock)->held;
}

void eddy__lock_pass_on(struct lock *lock)
{
    struct lock_wait *first = (struct lock_wait *)lock->object.waiting.next;

    /* released before it was told: nothing is left to put back */
    if (!line_is_empty(&lock->object.chosen))
        line_leave(lock->object.chosen.next);
    lock->held = !line_is_empty(&lock->object.waiting);
    lock->owner = lock->held ? first->owner : NULL;
    if (!lock->held)
        return;
    if (first->n == 0) {
        eddy__object_choose(&lock->object);
    } else {
        line_leave(&first->link);
        eddy_complete(eddy__request_of(first), eddy_n(first->n));
    }
}

int eddy_lock_release(struct eddy_lock *opaque, void *owner)
{
    struct lock *lock = (struct lock *)opaque;
    int err = eddy__object_check(lock);

    if (err == 0 && !eddy__lock_is_of(lock, owner))
        err = -EPERM;
    if (err == 0)
        eddy__lock_pass_on(lock);
    return err;
}

/* ---- Acquiring ---------------------------------------------------------- */

static int take(struct lock *lock, void *owner)
{
    if (lock->held)
        return owner != NULL && lock->owner == owner ? -EDEADLK : -EAGAIN;
    lock->held = true;
    lock->owner = owner;
    return 0;
}

static bool acquire_now(struct eddy_loop *loop, const struct eddy_op *op,
                        struct eddy_result *ret_result)
{
    int err = eddy__object_is_here(op->on, loop)
                  ? take(op->on, eddy_pointer(op->word[2]))
                  : -EAGAIN;

    *ret_result = eddy_n(err);
    return err != -EAGAIN;
}

static bool start_acquire(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    struct lock *lock = eddy_request_on(request);
    uint64_t *words = eddy_request_words(request);
    struct lock_wait *wait = (struct lock_wait *)words;
    void *owner = eddy_pointer(words[2]);
    int err;

    if (!eddy__object_admits(request, ret_result))
        return true;
    *wait = (struct lock_wait){ .owner = owner, .in_line = true };
    err = take(lock, owner);
    if (err != -EDEADLK)
        line_join(err == 0 ? &lock->object.chosen : &lock->object.waiting,
                  &wait->link);
    *ret_result = eddy_n(err);
    return err != -EAGAIN;
}

static void settle_acquire(struct eddy_request *request, bool taken)
{
    struct lock *lock = eddy_request_on(request);

    if (eddy__object_settle((struct link *)eddy_request_words(request)) &&
        !taken)
        eddy__lock_pass_on(lock);
}

struct eddy_op eddy_lock_acquire(struct eddy_lock *lock, void *owner)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "lock",
        .start = start_acquire,
        .cancel = eddy__object_cancel,
        .now = acquire_now,
        .settle = settle_acquire,
    };

    return (struct eddy_op){ .type = &type,
                             .on = lock,
                             .word = { 0, 0, eddy_word(owner) } };
}

void eddy_held_release(struct eddy_held *held)
{
    if (held == NULL || held->n < 0)
        return;
    held->n = -EPERM;
    (void)eddy_lock_release(held->lock,
                            held->owner); /* unless it was already */
}
