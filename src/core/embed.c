/* SPDX-License-Identifier: MIT */
/* embed.c - a loop inside a foreign loop, and a loop after fork(). */
#include <string.h>
#include <unistd.h>

#include "core.h"

int eddy_loop_prepare(struct eddy_loop *loop,
                      struct eddy_embedding *ret_embedding)
{
    int err = eddy_loop_check(loop);
    int64_t next_ns, left_ns;

    if (err < 0)
        return err;
    if (ret_embedding == NULL)
        return -EINVAL;
    if (loop->running)
        return -EBUSY;
    if ((loop->features & EDDY_CAN_NEST) == 0)
        return -ENOTSUP;
    eddy__slots_flush(loop);
    ret_embedding->fd = loop->ops->fd(loop->poller);
    ret_embedding->deadline_ns = EDDY_FOREVER;
    ret_embedding->timeout_ns = EDDY_FOREVER;
    next_ns = eddy__timer_next(loop);
    if (next_ns != INT64_MAX) {
        left_ns = next_ns - eddy__read_clock(loop);
        ret_embedding->deadline_ns = next_ns;
        ret_embedding->timeout_ns = left_ns < 0 ? 0 : left_ns;
    }
    atomic_store(&loop->asleep, true); /* posts are to wake the other loop */
    if (eddy__pending(loop))
        ret_embedding->timeout_ns = 0;
    return 0;
}

static int renew_poller(struct eddy_loop *loop)
{
    struct eddy_poller *poller;
    int err = loop->ops->open(&poller, &loop->settings.mem);

    if (err < 0)
        return err;
    loop->ops->close(loop->poller);
    loop->poller = poller;
    eddy__slots_forget(loop);
    return 0;
}

/* The old wake-up descriptor is the parent's too: closing our copy of it is
 * harmless, writing to it is not. */
int eddy_loop_after_fork(struct eddy_loop *loop)
{
    int err;

    if (loop == NULL)
        return -EINVAL;
    if (loop->running)
        return -EBUSY;
    loop->pid = getpid();
    loop->thread = pthread_self();
    atomic_store(&loop->asleep, false);
    err = renew_poller(loop);
    if (err == 0) {
        eddy__wake_close(loop);
        err = eddy__wake_open(loop);
    }
    if (err < 0) {
        loop->broken = true;
        return err;
    }
    for (size_t i = 0; i < loop->front_count; i++)
        loop->front_slots[i].type->forked(loop->front_slots[i].value, loop);
    return 0;
}
