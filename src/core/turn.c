/* SPDX-License-Identifier: MIT */
/* turn.c - one turn of a loop, and turns until there is no more to do. */
#include "core.h"

#include <time.h>

static void run_ready(struct eddy_loop *loop)
{
    struct eddy_call *call;

    while (loop->ready.first != NULL && (call = eddy__ready_pop(loop)) != NULL)
        call->run(call);
}

static void run_completions(struct eddy_loop *loop)
{
    struct eddy_call *last = loop->done.last;
    bool more = last != NULL;

    while (more) {
        struct eddy_call *call = calls_pop(&loop->done);

        more = call != last;
        call->run(call); /* frees it, perhaps */
    }
}

static inline bool has_completed(const struct eddy_loop *loop)
{
    return loop->ready.first != NULL || loop->done.first != NULL;
}

/* In rounds: a completion makes tasks ready, and what those start, or what it
 * starts itself, may be complete at once. But only so many, for two that feed
 * each other must not keep the loop from waiting. */
static void run_rounds(struct eddy_loop *loop)
{
    for (int round = 0; round < ROUNDS && has_completed(loop); round++) {
        run_ready(loop);
        run_completions(loop);
    }
}

/* What other threads and signal handlers do. */
static inline bool is_called(const struct eddy_loop *loop)
{
    return atomic_load(&loop->posted) != NULL || atomic_load(&loop->stopping);
}

/* What its own thread has left to do. */
static inline bool has_work(const struct eddy_loop *loop)
{
    return has_completed(loop) || loop->incoming.first != NULL ||
           loop->soon_count > 0 || loop->slots.special != 0 ||
           loop->slots.dirty != 0;
}

bool eddy__pending(const struct eddy_loop *loop)
{
    return has_work(loop) || is_called(loop);
}

static inline bool has_posts(const struct eddy_loop *loop)
{
    return loop->incoming.first != NULL || loop->soon_count > 0 ||
           atomic_load(&loop->posted) != NULL;
}

static inline bool is_alive(const struct eddy_loop *loop)
{
    return loop->alive > 0 || has_completed(loop) || has_posts(loop);
}

/* The poller is broken, and the loop fit only to be freed: but it may still
 * have to wait for a job. */
static int rest(int64_t timeout_ns)
{
    static const struct timespec pause = { 0, 1000000 };

    if (timeout_ns != 0)
        (void)nanosleep(&pause, NULL);
    return 0;
}

/* Who passes a timeout_ns has seen that there is no work. */
static inline int poll_once(struct eddy_loop *loop, int64_t timeout_ns)
{
    int n;

    if (timeout_ns != 0) {
        atomic_store(&loop->asleep, true); /* before the last look: wake.c */
        if (is_called(loop))
            timeout_ns = 0;
    }
    n = loop->poller != NULL ? loop->ops->wait(loop->poller, loop->events,
                                               EVENT_BATCH, timeout_ns)
                             : rest(timeout_ns);
    /* who finds it asleep still, wakes it once too often */
    atomic_store_explicit(&loop->asleep, false, memory_order_relaxed);
    if (loop->io != NULL) {
        eddy__submissions_reap(loop);
        eddy__sendings_tell(loop);
    }
    loop->batch++;
    loop->now_is_old = true;
    if (loop->timers.count > 0)
        (void)eddy__now(loop);
    return n;
}

/* What is left until the next deadline, at most timeout_ns; EDDY_FOREVER if
 * there is none. */
static inline int64_t time_to_wait(struct eddy_loop *loop, int64_t timeout_ns)
{
    int64_t next_ns, left_ns;

    if (timeout_ns == 0 || has_work(loop))
        return 0;
    next_ns = loop->timers.count > 0 ? eddy__timer_next(loop) : EDDY_FOREVER;
    if (next_ns == EDDY_FOREVER)
        return timeout_ns < 0 ? EDDY_FOREVER : timeout_ns;
    left_ns = next_ns - eddy__read_clock(loop);
    if (left_ns < 0)
        return 0;
    return timeout_ns < 0 || left_ns < timeout_ns ? left_ns : timeout_ns;
}

/* A virtual clock never sleeps: if nothing is ready, the time of the next
 * deadline is now. With nothing to jump to, only the world can go on. */
__attribute__((noinline)) static int wait_virtually(struct eddy_loop *loop,
                                                    int64_t timeout_ns)
{
    const struct eddy_clock *clock = &loop->settings.clock;
    int64_t left_ns = time_to_wait(loop, timeout_ns);
    int n;

    if (left_ns == EDDY_FOREVER || loop->expected > 0)
        return poll_once(loop, left_ns == 0 ? 0 : timeout_ns);
    n = poll_once(loop, 0);
    if (n == 0 && loop->done_count == 0 && left_ns > 0 &&
        !eddy__pending(loop)) {
        clock->jump(clock->arg, eddy__time_add(eddy__now(loop), left_ns));
        (void)eddy_loop_update_now(loop);
    }
    return n;
}

static int wait_for_events(struct eddy_loop *loop, int64_t timeout_ns)
{
    if (loop->settings.clock.jump != NULL)
        return wait_virtually(loop, timeout_ns);
    return poll_once(loop, time_to_wait(loop, timeout_ns));
}

static void run_hooks(struct eddy_loop *loop, unsigned when)
{
    if (loop->hooks != NULL)
        eddy__hooks_run(loop, when);
}

/* Posted calls may have changed what the wait is for: whoever runs single turns
 * wants to look about, and a loop that runs may be alive no longer. */
int eddy__turn(struct eddy_loop *loop, int64_t timeout_ns, bool single)
{
    uint64_t calls = loop->stats.calls;
    uint64_t armed;
    bool posted;
    int n;

    loop->stats.turns++;
    loop->finishes = FINISH_BUDGET;
    loop->shortcuts = loop->dying ? 0 : SHORT_BUDGET;
    loop->resumptions = READY_BUDGET;
    posted = has_posts(loop) && eddy__posts_run(loop);
    run_hooks(loop, EDDY_BEFORE_WAIT);
    if (loop->io != NULL && eddy__sendings_go(loop))
        timeout_ns = 0; /* somebody waits for their end */
    if (loop->slots.dirty != 0)
        eddy__slots_flush(loop);
    if (single ? posted : !is_alive(loop))
        timeout_ns = 0;
    n = wait_for_events(loop, timeout_ns);
    armed = loop->timers.seq;
    run_hooks(loop, EDDY_AFTER_WAIT);
    if (loop->io != NULL)
        eddy__submissions_tell(loop);
    eddy__slots_events(loop, n);
    loop->stats.events += n > 0 ? (uint64_t)n : 0;
    if (loop->slots.special != 0)
        eddy__slots_special(loop);
    if (has_completed(loop))
        run_rounds(loop);
    if (loop->timers.count > 0) {
        eddy__timer_fire_due(loop, armed);
        run_rounds(loop);
    }
    if (n < 0)
        return n;
    calls = loop->stats.calls - calls;
    return calls < INT32_MAX ? (int)calls : INT32_MAX;
}

int eddy__turns_begin(struct eddy_loop *loop)
{
    int err = eddy_loop_check(loop);

    if (loop != NULL && loop->running)
        return -EBUSY;
    if (err < 0)
        return err;
    loop->thread = pthread_self();
    loop->running = true;
    return 0;
}

int eddy_loop_step(struct eddy_loop *loop, int64_t timeout_ns)
{
    int n = eddy__turns_begin(loop);

    if (n < 0)
        return n;
    (void)eddy_loop_update_now(loop); /* who knows when the last turn was */
    n = eddy__turn(loop, timeout_ns, true);
    atomic_store(&loop->stopping, false);
    loop->running = false;
    return n;
}

int eddy_loop_run(struct eddy_loop *loop)
{
    int n = eddy__turns_begin(loop);
    bool stop = false;

    if (n < 0)
        return n;
    eddy__gather(loop);
    while (n >= 0 && !stop) {
        stop = atomic_load(&loop->stopping);
        if (!stop && !is_alive(loop))
            break;
        n = eddy__turn(loop, stop ? 0 : EDDY_FOREVER, false);
        stop = stop || atomic_load(&loop->stopping);
    }
    if (stop)
        atomic_store(&loop->stopping, false);
    eddy__gather_no_more(loop);
    loop->running = false;
    return n < 0 ? n : stop;
}

int eddy_loop_stop(struct eddy_loop *loop)
{
    if (loop == NULL)
        return -EINVAL;
    atomic_store(&loop->stopping, true);
    eddy__wake(loop);
    return 0;
}

bool eddy_loop_alive(const struct eddy_loop *loop)
{
    return loop != NULL && is_alive(loop);
}

bool eddy_loop_running(const struct eddy_loop *loop)
{
    return loop != NULL && loop->running &&
           pthread_equal(loop->thread, pthread_self());
}

int64_t eddy_loop_now_ns(const struct eddy_loop *loop)
{
    /* noting it late changes nothing that anybody sees */
    return loop == NULL ? 0 : eddy__now((struct eddy_loop *)(uintptr_t)loop);
}

int64_t eddy_loop_read_clock(const struct eddy_loop *loop)
{
    return loop == NULL ? 0 : eddy__read_clock(loop);
}

int64_t eddy_loop_update_now(struct eddy_loop *loop)
{
    if (loop == NULL)
        return 0;
    loop->now_ns = eddy__read_clock(loop);
    loop->now_is_old = false;
    return loop->now_ns;
}
