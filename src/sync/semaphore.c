/* SPDX-License-Identifier: MIT */
/* semaphore.c - so many at a time. */
#include "sync.h"

struct semaphore {
    struct object object; /* nobody waits while there are tokens */
    size_t tokens, limit;
};

static_assert(sizeof(struct semaphore) <= sizeof(struct eddy_semaphore),
              "the public struct has room for the private one");

int eddy_semaphore_init(struct eddy_semaphore *opaque, struct eddy_loop *loop,
                        size_t tokens, size_t limit)
{
    struct semaphore *semaphore = (struct semaphore *)opaque;
    int err = -EINVAL;

    if (limit == 0)
        limit = SIZE_MAX;
    if (tokens <= limit)
        err = eddy__object_init(semaphore, sizeof *semaphore, loop);
    if (err < 0)
        return err;
    semaphore->tokens = tokens;
    semaphore->limit = limit;
    return 0;
}

void eddy_semaphore_done(struct eddy_semaphore *semaphore)
{
    (void)eddy__object_done(semaphore);
}

size_t eddy_semaphore_tokens(const struct eddy_semaphore *semaphore)
{
    return semaphore != NULL ? ((const struct semaphore *)semaphore)->tokens
                             : 0;
}

static void give_back(struct semaphore *semaphore)
{
    if (line_is_empty(&semaphore->object.waiting))
        semaphore->tokens++;
    else
        eddy__object_choose(&semaphore->object);
}

int eddy_semaphore_release(struct eddy_semaphore *opaque)
{
    struct semaphore *semaphore = (struct semaphore *)opaque;
    int err = eddy__object_check(semaphore);

    if (err == 0 && semaphore->tokens == semaphore->limit)
        err = -EOVERFLOW;
    if (err == 0)
        give_back(semaphore);
    return err;
}

/* ---- Acquiring ---------------------------------------------------------- */

static bool take(struct semaphore *semaphore, struct eddy_result *ret_result)
{
    bool taken = semaphore->tokens > 0;

    semaphore->tokens -= taken;
    *ret_result = eddy_n(0);
    return taken;
}

static bool acquire_now(struct eddy_loop *loop, const struct eddy_op *op,
                        struct eddy_result *ret_result)
{
    return eddy__object_is_here(op->on, loop) && take(op->on, ret_result);
}

static bool start_acquire(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    struct semaphore *semaphore = eddy_request_on(request);
    struct link *link = (struct link *)eddy_request_words(request);
    bool taken;

    if (!eddy__object_admits(request, ret_result))
        return true;
    taken = take(semaphore, ret_result);
    line_join(taken ? &semaphore->object.chosen : &semaphore->object.waiting,
              link);
    return taken;
}

static void settle_acquire(struct eddy_request *request, bool taken)
{
    struct semaphore *semaphore = eddy_request_on(request);

    if (eddy__object_settle((struct link *)eddy_request_words(request)) &&
        !taken)
        give_back(semaphore);
}

struct eddy_op eddy_semaphore_acquire(struct eddy_semaphore *semaphore)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "semaphore",
        .start = start_acquire,
        .cancel = eddy__object_cancel,
        .now = acquire_now,
        .settle = settle_acquire,
    };

    return (struct eddy_op){ .type = &type, .on = semaphore };
}
