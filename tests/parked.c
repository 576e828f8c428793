/* SPDX-License-Identifier: MIT */
/* parked.c - tasks that wait, for a debugger to look at: see test_gdb.sh.
 * Without one the signal is ignored, and they end. */
#include <signal.h>

#include <eddy.h>

static int64_t wait_long(struct eddy_task *self)
{
    return eddy_await(self, eddy_sleep(1000 * EDDY_SECOND)) + 1;
}

static struct eddy_result wait_in_a_call(struct eddy_task *self, void *arg)
{
    (void)arg;
    return eddy_n(wait_long(self));
}

static void stop_here(void *arg)
{
    (void)raise(SIGTRAP);
    (void)eddy_loop_stop(arg);
}

static struct eddy_result spawn_two(struct eddy_task *self, void *arg)
{
    struct eddy_task_options options = { .name = "a sleeper" };
    struct eddy_scope scope;
    int err = eddy_scope_open(self, &scope, NULL);

    for (int i = 0; i < 2 && err == 0; i++)
        err = eddy_spawn(&scope, wait_in_a_call, NULL, &options);
    if (err == 0)
        err = eddy_loop_post(arg, stop_here, arg);
    return eddy_n(eddy_scope_close(&scope, err));
}

/* In memory, where a debugger finds it however this was compiled. */
static struct eddy_loop *parked_loop;

int main(void)
{
    if (signal(SIGTRAP, SIG_IGN) == SIG_ERR ||
        eddy_loop_new(&parked_loop, NULL) < 0)
        return 1;
    (void)eddy_loop_run_task(parked_loop, spawn_two, parked_loop);
    return eddy_loop_free(parked_loop) < 0;
}
