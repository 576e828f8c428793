/* SPDX-License-Identifier: MIT */
/* debug.c - the log, the checks of debug mode, and statistics. */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void eddy_log_write(const struct eddy_loop *loop, enum eddy_level level,
                    const char *format, ...)
{
    char text[512]; /* a line; what is longer is cut */
    va_list args;

    if (loop == NULL || format == NULL || loop->settings.log.write == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    loop->settings.log.write(loop->settings.log.arg, level, text);
}

/* Apart, lest what is called all the time need a frame. */
__attribute__((noinline)) static int look_closely(const struct eddy_loop *loop)
{
    if (loop->broken)
        return -EPERM;
    if (loop->running && !pthread_equal(loop->thread, pthread_self()))
        return -EPERM;
    return loop->pid == getpid() ? 0 : -EPERM;
}

int eddy_loop_check(const struct eddy_loop *loop)
{
    if (loop == NULL)
        return -EINVAL;
    return eddy__is_sound(loop) ? 0 : look_closely(loop);
}

int64_t eddy__enter_slowly(struct eddy_loop *loop)
{
    return eddy__read_clock(loop);
}

/* Negative: debug mode was switched on meanwhile. */
static bool is_slow(struct eddy_loop *loop, int64_t since_ns,
                    long long *ret_took_ms)
{
    int64_t took_ns = eddy__read_clock(loop) - since_ns;

    if (since_ns < 0 || took_ns < loop->settings.slow_ns)
        return false;
    *ret_took_ms = took_ns / EDDY_MS;
    loop->stats.slow_calls++;
    return true;
}

void eddy__leave_slowly(struct eddy_loop *loop, int64_t since_ns,
                        const char *what, const void *fn)
{
    char text[256];
    long long ms;

    if (is_slow(loop, since_ns, &ms))
        eddy_log_write(loop, EDDY_LOG_WARNING,
                       "slow callback: %s %s took %lld ms", what,
                       eddy_symbol(text, sizeof text, fn), ms);
}

void eddy__tell_slowly(struct eddy_loop *loop, const struct eddy_op_type *type,
                       eddy_done_fn *on_done, void *arg,
                       struct eddy_result result)
{
    int64_t since = eddy__enter_slowly(loop);

    on_done(result, arg);
    eddy__leave_slowly(loop, since, type != NULL ? type->name : "operation",
                       (const void *)(uintptr_t)on_done);
}

void eddy_loop_step_over(struct eddy_loop *loop, int64_t since_ns,
                         const char *what, const char *at)
{
    long long ms;

    if (loop != NULL && loop->debug && is_slow(loop, since_ns, &ms))
        eddy_log_write(loop, EDDY_LOG_WARNING,
                       "slow step: %s, from %s, took %lld ms", what,
                       at != NULL ? at : "an unknown place", ms);
}

int eddy_loop_set_debug(struct eddy_loop *loop, bool debug)
{
    if (loop == NULL)
        return -EINVAL;
    loop->debug = debug;
    return 0;
}

bool eddy_loop_debug(const struct eddy_loop *loop)
{
    return loop != NULL && loop->debug;
}

int eddy_loop_stats(const struct eddy_loop *loop,
                    struct eddy_loop_stats *ret_stats)
{
    if (loop == NULL || ret_stats == NULL)
        return -EINVAL;
    *ret_stats = loop->stats;
    ret_stats->wakeups = atomic_load(&loop->wakeups);
    ret_stats->watches = loop->slots.watches;
    ret_stats->descriptors = loop->slots.descriptors;
    return 0;
}
