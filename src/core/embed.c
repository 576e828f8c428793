/* SPDX-License-Identifier: MIT */
/* embed.c - a loop inside a foreign loop, and a loop after fork(). */
#include "core.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

static int ms_ceil(int64_t timeout_ns)
{
    int64_t ms = timeout_ns / EDDY_MS + (timeout_ns % EDDY_MS != 0);

    if (timeout_ns == EDDY_FOREVER)
        return -1;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

int eddy_loop_prepare(struct eddy_loop *loop,
                      struct eddy_embedding *ret_embedding)
{
    int err = eddy_loop_check(loop);
    int64_t next_ns, left_ns;
    int fd;

    if (err < 0)
        return err;
    if (ret_embedding == NULL)
        return -EINVAL;
    if (loop->running)
        return -EBUSY;
    if ((loop->features & EDDY_CAN_NEST) == 0)
        return -ENOTSUP;
    fd = loop->ops->fd(loop->poller);
    if (fd < 0)
        return fd;
    loop->thread = pthread_self();
    loop->running = true;
    eddy__hooks_run(loop, EDDY_BEFORE_WAIT);
    loop->running = false;
    eddy__slots_flush(loop);
    ret_embedding->fd = fd;
    ret_embedding->deadline_ns = EDDY_FOREVER;
    ret_embedding->timeout_ns = EDDY_FOREVER;
    next_ns = eddy__timer_next(loop);
    if (next_ns != EDDY_FOREVER) {
        left_ns = next_ns - eddy__read_clock(loop);
        ret_embedding->deadline_ns = next_ns;
        ret_embedding->timeout_ns = left_ns < 0 ? 0 : left_ns;
    }
    atomic_store(&loop->asleep, true); /* posts are to wake the other loop */
    if (eddy__pending(loop))
        ret_embedding->timeout_ns = 0;
    ret_embedding->timeout_ms = ms_ceil(ret_embedding->timeout_ns);
    return 0;
}

/* The old one goes first, whatever comes of it: a set may be shared with the
 * parent, who would be harmed by any use of it (T52). */
static int renew_poller(struct eddy_loop *loop)
{
    struct eddy_poller *poller = NULL;
    int err;

    loop->ops->close(loop->poller);
    err = loop->ops->open(&poller, &loop->settings.mem);
    loop->poller = poller;
    eddy__submissions_end(loop);
    eddy__slots_forget(loop);
    return err;
}

/* The old wake-up descriptor is the parent's too: closing our copy of it is
 * harmless, writing to it is not. */
int eddy_loop_after_fork(struct eddy_loop *loop)
{
    int err, wake_err;

    if (loop == NULL)
        return -EINVAL;
    if (loop->pid == getpid())
        return eddy_loop_check(loop);
    if (loop->running)
        return -EBUSY;
    loop->pid = getpid();
    loop->thread = pthread_self();
    atomic_store(&loop->asleep, false);
    atomic_store(&loop->posters, 0); /* in threads that are not here */
    err = renew_poller(loop);
    eddy__wake_close(loop);
    wake_err = eddy__wake_open(loop);
    for (size_t i = 0; i < loop->front_count; i++)
        loop->front_slots[i].type->forked(loop->front_slots[i].value, loop);
    err = err < 0 ? err : wake_err;
    loop->broken = err < 0;
    return err;
}
