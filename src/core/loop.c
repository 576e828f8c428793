/* SPDX-License-Identifier: MIT */
/* loop.c - the birth and death of a loop. */
#include "core.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <eddy/sys.h>

static void log_to_stderr(void *arg, enum eddy_level level, const char *text)
{
    static const char *const names[] = { "debug", "info", "warning", "error" };

    (void)arg;
    (void)fprintf(stderr, "eddy: %s: %s\n", names[level], text);
}

/* What has no meaning yet is refused, so that it can have one later. */
static int check_settings(const struct eddy_loop_options *settings)
{
    if ((settings->flags & ~(EDDY_LOOP_NO_ENV | EDDY_LOOP_DEBUG)) != 0 ||
        (settings->sys != NULL && settings->sys->abi != EDDY_SYS_ABI))
        return -EINVAL;
    for (size_t i = 0; i < sizeof settings->reserved / sizeof(void *); i++)
        if (settings->reserved[i] != NULL)
            return -EINVAL;
    return 0;
}

static void set_defaults(struct eddy_loop_options *settings)
{
    if (settings->mem.resize == NULL)
        settings->mem = *eddy_mem_default();
    if (settings->clock.now_ns == NULL)
        settings->clock = *eddy_clock_default();
    if (settings->sys == NULL)
        settings->sys = eddy_sys_default();
    if (settings->slow_ns <= 0)
        settings->slow_ns = 100 * EDDY_MS;
}

/* EDDY_DEBUG=1 is the one who runs the program asking, so it may print. */
static void set_debug(struct eddy_loop *loop)
{
    struct eddy_loop_options *settings = &loop->settings;
    const char *asked = NULL;

    if ((settings->flags & EDDY_LOOP_NO_ENV) == 0)
        asked = eddy__environment("EDDY_DEBUG");
    loop->debug = (settings->flags & EDDY_LOOP_DEBUG) != 0;
    if (asked == NULL || *asked == '\0' || strcmp(asked, "0") == 0)
        return;
    loop->debug = true;
    if (settings->log.write == NULL)
        settings->log.write = log_to_stderr;
}

/* Those that have threads or handlers go first: they may be about to wake us.
 */
static void close_parts(struct eddy_loop *loop)
{
    atomic_store(&loop->closed, true);
    for (size_t i = loop->front_count; i-- > 0;)
        loop->front_slots[i].type->free(loop->front_slots[i].value);
    (void)eddy__resize(loop, loop->front_slots, 0);
    eddy__posts_close(loop);
    eddy__wake_close(loop);
    if (loop->poller != NULL)
        loop->ops->close(loop->poller);
    eddy__hooks_close(loop);
    eddy__timers_close(loop);
    eddy__slots_close(loop);
    eddy__request_pool_close(loop);
    eddy__origins_close(loop);
    (void)eddy__resize(loop, loop, 0);
}

int eddy_loop_new(struct eddy_loop **ret_loop,
                  const struct eddy_loop_options *options)
{
    struct eddy_loop_options settings = { 0 };
    struct eddy_loop *loop;
    int err;

    if (ret_loop == NULL)
        return -EINVAL;
    if (options != NULL)
        settings = *options;
    err = check_settings(&settings);
    if (err < 0)
        return err;
    set_defaults(&settings);
    loop = settings.mem.resize(settings.mem.arg, NULL, sizeof *loop);
    if (loop == NULL)
        return -ENOMEM;
    memset(loop, 0, sizeof *loop);
    loop->settings = settings;
    loop->thread = pthread_self();
    loop->pid = getpid();
    loop->owned.prev = loop->owned.next = &loop->owned;
    loop->wake_read = loop->wake_write = -1;
    loop->now_ns = eddy__read_clock(loop);
    eddy__timers_open(loop);
    set_debug(loop);
    err = eddy__choose(loop);
    if (err == 0) {
        eddy__submissions_open(loop);
        eddy__sendings_open(loop);
        err = eddy__wake_open(loop);
    }
    if (err < 0) {
        close_parts(loop);
        return err;
    }
    *ret_loop = loop;
    return 0;
}

/* Each is asked once; it may take turns until it is gone. */
static void close_owned(struct eddy_loop *loop, struct eddy_owned *asked)
{
    while (loop->owned.next != &loop->owned) {
        struct eddy_owned *owned = loop->owned.next;

        if (loop->debug)
            eddy__log_left(loop, "open", owned->type->name, owned);
        eddy_loop_disown(loop, owned);
        owned->next = asked;
        owned->prev = asked->prev;
        owned->prev->next = owned->next->prev = owned;
        owned->type->close(owned);
    }
}

/* Has every operation told its end? */
static bool is_quiet(const struct eddy_loop *loop)
{
    return loop->stats.running == 0 && loop->done.first == NULL &&
           loop->ready.first == NULL;
}

/* A poller that fails is done without. */
static void wind_up_turn(struct eddy_loop *loop)
{
    if (eddy__turn(loop, EDDY_FOREVER, true) < 0 && loop->poller != NULL) {
        loop->ops->close(loop->poller);
        loop->poller = NULL;
        eddy__submissions_end(loop);
    }
    eddy__requests_cancel(loop);
}

int eddy_loop_free(struct eddy_loop *loop)
{
    struct eddy_owned asked = { &asked, &asked, NULL };

    if (loop == NULL)
        return 0;
    if (loop->running)
        return -EBUSY;
    if (loop->pid != getpid())
        (void)eddy_loop_after_fork(loop); /* the parent's must stay unharmed */
    loop->broken = false;
    loop->dying = true;
    loop->thread = pthread_self();
    loop->running = true;
    atomic_store(&loop->leaving, true);
    eddy__posts_refuse(loop);
    if (loop->debug)
        eddy__requests_log_left(loop);
    eddy__requests_cancel(loop);
    while (!is_quiet(loop)) /* they may need what lives in the loop */
        wind_up_turn(loop);
    close_owned(loop, &asked);
    while (!is_quiet(loop) || asked.next != &asked || loop->expected > 0 ||
           eddy__submissions_running(loop)) {
        wind_up_turn(loop);
        close_owned(loop, &asked);
    }
    if (loop->debug) {
        eddy__watches_log_left(loop);
        eddy__timers_log_left(loop);
    }
    close_parts(loop);
    return 0;
}
