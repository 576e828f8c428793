/* SPDX-License-Identifier: MIT */
/* timer.c - timers of the user's own: a node of the wheel, and whom to call. */
#include "core.h"

enum { BACKGROUND = 1u };

struct timer {
    struct timer_node node;
    struct eddy_loop *loop;
    eddy_timer_fn *fn;
    void *arg;
};

static_assert(sizeof(struct timer) <= sizeof(struct eddy_timer),
              "the public struct has room for the private one");

static inline void count_armed(struct eddy_loop *loop,
                               const struct timer *timer, bool armed)
{
    loop->stats.timers += armed ? 1 : (size_t)-1;
    if ((timer->node.flags & BACKGROUND) == 0)
        loop->alive += armed ? 1 : (size_t)-1;
    if (!armed)
        eddy__origin_forget(loop, timer);
}

void eddy__timer_fire(struct eddy_loop *loop, struct timer_node *node)
{
    struct timer *timer = EDDY_CONTAINER_OF(node, struct timer, node);
    eddy_timer_fn *fn = timer->fn;
    int64_t since = eddy__enter(loop);

    count_armed(loop, timer, false);
    fn((struct eddy_timer *)timer, timer->arg);
    eddy__leave(loop, since, "timer", (const void *)(uintptr_t)fn);
}

int eddy_timer_init(struct eddy_timer *opaque, struct eddy_loop *loop,
                    eddy_timer_fn *fn, void *arg)
{
    struct timer *timer = (struct timer *)opaque;

    if (timer == NULL || loop == NULL || fn == NULL)
        return -EINVAL;
    *timer = (struct timer){ .loop = loop, .fn = fn, .arg = arg };
    timer->node.flags = TIMER_OF_USER;
    return 0;
}

/* A deadline in the past counts as now, so that it cannot jump the queue of
 * those that are due already. */
static inline void arm(struct eddy_loop *loop, struct timer *timer,
                       int64_t now_ns, int64_t deadline_ns)
{
    bool was_armed = eddy__timer_is_armed(&timer->node);

    eddy__timer_arm(&loop->timers, &timer->node,
                    deadline_ns < now_ns ? now_ns : deadline_ns);
    if (!was_armed)
        count_armed(loop, timer, true);
}

int eddy_timer_start(struct eddy_timer *opaque, int64_t timeout_ns)
{
    struct timer *timer = (struct timer *)opaque;
    int64_t now_ns;
    int err;

    if (timer == NULL)
        return -EINVAL;
    err = eddy__check(timer->loop);
    if (err < 0)
        return err;
    now_ns = eddy__read_clock(timer->loop);
    if (timeout_ns < 0)
        timeout_ns = 0;
    eddy__note_origin(timer->loop, timer, __builtin_return_address(0));
    arm(timer->loop, timer, now_ns, eddy__time_add(now_ns, timeout_ns));
    return 0;
}

__attribute__((noinline)) static int
start_slowly(struct timer *timer, int64_t deadline_ns, const void *by)
{
    int err = eddy__check(timer->loop);

    if (err < 0)
        return err;
    eddy__note_origin(timer->loop, timer, by);
    arm(timer->loop, timer, eddy__now(timer->loop), deadline_ns);
    return 0;
}

int eddy_timer_start_at(struct eddy_timer *opaque, int64_t deadline_ns)
{
    struct timer *timer = (struct timer *)opaque;
    struct eddy_loop *loop;

    if (timer == NULL)
        return -EINVAL;
    loop = timer->loop;
    if (loop == NULL || (loop->now_is_old | !eddy__is_sound(loop)))
        return start_slowly(timer, deadline_ns, __builtin_return_address(0));
    arm(loop, timer, loop->now_ns, deadline_ns);
    return 0;
}

bool eddy_timer_stop(struct eddy_timer *opaque)
{
    struct timer *timer = (struct timer *)opaque;
    struct eddy_loop *loop;

    if (timer == NULL || !eddy__timer_is_armed(&timer->node) ||
        eddy__check(timer->loop) < 0)
        return false;
    loop = timer->loop;
    eddy__timer_disarm(&loop->timers, &timer->node);
    count_armed(loop, timer, false);
    return true;
}

void eddy__timers_log_left(const struct eddy_loop *loop)
{
    for (unsigned i = 0; i < TIMER_HEADS; i++) {
        const struct timer_link *head = &loop->timers.heads[i];

        for (struct timer_link *link = head->next; link != head;
             link = link->next)
            if (eddy__timer_of(link)->flags == TIMER_OF_USER)
                eddy__log_left(loop, "armed", "timer", eddy__timer_of(link));
    }
}

int64_t eddy_timer_deadline_ns(const struct eddy_timer *opaque)
{
    const struct timer *timer = (const struct timer *)opaque;

    if (timer == NULL || !eddy__timer_is_armed(&timer->node))
        return EDDY_FOREVER;
    return timer->node.deadline_ns;
}

int eddy_timer_background(struct eddy_timer *opaque, bool background)
{
    struct timer *timer = (struct timer *)opaque;
    int err = timer == NULL ? -EINVAL : eddy__check(timer->loop);
    bool was;

    if (err < 0)
        return err;
    was = (timer->node.flags & BACKGROUND) != 0;
    timer->node.flags = TIMER_OF_USER | (background ? BACKGROUND : 0);
    if (eddy__timer_is_armed(&timer->node) && was != background)
        timer->loop->alive += background ? (size_t)-1 : 1;
    return 0;
}
