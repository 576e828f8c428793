/* SPDX-License-Identifier: MIT */
/* service.c - what a service needs beside its service: to end well, and to be
 * looked at while it runs. */
#include <signal.h>

#include <eddy/process.h>

#include "stage.h"

/* ---- EG43: until a signal comes ------------------------------------------ */

static struct eddy_result bootstrap(struct eddy_task *self, void *arg)
{
    (void)arg;
    must(eddy_await(self, eddy_sleep(EDDY_SECOND))); /* connect, and so on */
    say("services are up");
    return eddy_n(0);
}

static struct eddy_result shut_down(struct eddy_task *self, void *arg)
{
    (void)arg;
    must(eddy_await(self, eddy_sleep(EDDY_SECOND))); /* disconnect ... */
    say("services are down");
    return eddy_n(0);
}

/* Somebody, some time. */
static struct eddy_result send_signal(struct eddy_task *self, void *signum)
{
    must(eddy_await(self, eddy_sleep(5 * EDDY_SECOND)));
    raise(*(int *)signum);
    return eddy_n(0);
}

static void eg43(struct eddy_loop *loop)
{
    int signums[] = { SIGINT, SIGTERM };
    struct eddy_scope *scope = eddy_loop_scope(loop);

    for (int i = 0; i < 2; i++) {
        struct eddy_child signals[] = { { .op = eddy_signal_wait(SIGINT) },
                                        { .op = eddy_signal_wait(SIGTERM) } };
        must(eddy_spawn(scope, bootstrap, NULL, NULL));
        must(eddy_spawn(scope, send_signal, &signums[i], NULL));
        must(eddy_loop_run_until(loop, eddy_any(signals, 2)).n);
        say("a signal has come");
        must(eddy_loop_run_task(loop, shut_down, NULL).n);
    }
}

/* ---- EG45: debug mode, and a logger -------------------------------------- */

static void be_slow(void *arg)
{
    (void)arg;
    block(200 * EDDY_MS);
}

static struct eddy_value fail(void *arg)
{
    (void)arg;
    return eddy_fail(-EIO);
}

static void eg45(struct eddy_loop *loop)
{
    static char name[] = "my service";
    struct eddy_loop_options options = *eddy_loop_settings(loop);
    struct eddy_listener *listener;
    struct eddy_endpoint at = stage_door(0);
    struct eddy_loop *watched;

    options.poller = eddy_loop_poller(loop);
    options.flags = EDDY_LOOP_DEBUG; /* or EDDY_DEBUG=1 in the environment */
    options.log = (struct eddy_log){ stage_log, name };
    must(eddy_loop_new(&watched, &options));
    must(eddy_loop_soon(watched, be_slow, NULL));
    must(eddy_loop_run(watched));
    say("an error that nobody handles:");
    eddy_unref(eddy_later(watched, EDDY_SECOND, fail, NULL));
    must(eddy_loop_run(watched));
    say("a listener that nobody closes:");
    must(eddy_listen(&listener, watched, &at, NULL));
    must(eddy_loop_free(watched));
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG43", "until a signal comes", eg43 },
        { "EG45", "debug mode, and a logger", eg45 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
