/* SPDX-License-Identifier: MIT */
/* clock.c - the real clock and the virtual one. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <time.h>

#include <eddy/loop.h>

static int64_t monotonic_now_ns(void *arg)
{
    struct timespec now;

    (void)arg;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * EDDY_SECOND + now.tv_nsec;
}

const struct eddy_clock *eddy_clock_default(void)
{
    static const struct eddy_clock clock = { monotonic_now_ns, NULL, NULL };

    return &clock;
}

static int64_t virtual_now_ns(void *arg)
{
    const struct eddy_virtual_time *time = arg;

    return time->now_ns;
}

static void virtual_jump(void *arg, int64_t deadline_ns)
{
    struct eddy_virtual_time *time = arg;

    if (deadline_ns > time->now_ns)
        time->now_ns = deadline_ns;
}

struct eddy_clock eddy_virtual_clock(struct eddy_virtual_time *time)
{
    struct eddy_clock clock = { virtual_now_ns, virtual_jump, time };

    return clock;
}
