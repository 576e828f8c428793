/* SPDX-License-Identifier: MIT */
/* deferreds.c - answers to come, what hangs on them, and callbacks of others
 * that become such. */
#include "stage.h"

/* An API of the old kind: calls back some time, with an answer or an error. */
typedef void old_done_fn(int answer, int err, void *arg);

struct old_call {
    struct eddy_timer timer;
    int answer, err;
    old_done_fn *done;
    void *arg;
};

static void old_done(struct eddy_timer *timer, void *arg)
{
    struct old_call *call = arg;

    (void)timer;
    call->done(call->answer, call->err, call->arg);
}

static void old_start(struct eddy_loop *loop, struct old_call *call,
                      old_done_fn *done, void *arg)
{
    call->done = done;
    call->arg = arg;
    must(eddy_timer_init(&call->timer, loop, old_done, call));
    must(eddy_timer_start(&call->timer, EDDY_SECOND));
}

/* ---- EG18: callbacks, errbacks, chaining --------------------------------- */

static void fire_with(int answer, int err, void *deferred)
{
    must(eddy_fire(deferred, err < 0 ? eddy_fail(err) : eddy_int(answer)));
    eddy_unref(deferred); /* who fires has a reference of its own */
}

/* Starts something that does not block; the answer will be the deferred's. */
static struct eddy_deferred *start_operation(struct eddy_loop *loop,
                                             struct old_call *call)
{
    struct eddy_deferred *deferred =
        eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);

    old_start(loop, call, fire_with, eddy_ref(deferred));
    return deferred;
}

/* As what a link is given; it is only read. */
static void *name(const char *text)
{
    return (void *)(uintptr_t)text;
}

static struct eddy_value print_value(struct eddy_value *value, void *who)
{
    say("%s gets %d", (const char *)who, (int)value->n);
    return eddy_int(value->n + 1);
}

static struct eddy_value print_error(struct eddy_value *error, void *who)
{
    say("%s gets an error: %s", (const char *)who, eddy_error_text(error));
    return eddy_int(100); /* mended */
}

static struct eddy_value fail(struct eddy_value *value, void *who)
{
    say("%s gets %d, and fails", (const char *)who, (int)value->n);
    return eddy_fail(-EIO);
}

struct second {
    struct eddy_loop *loop;
    struct old_call call;
};

/* It has no answer yet; but when that one has, it is the answer. */
static struct eddy_value ask_another(struct eddy_value *value, void *arg)
{
    struct second *second = arg;

    say("the link between gets %d, and asks another one", (int)value->n);
    second->call.answer = 10 * (int)value->n;
    return eddy_wait_for(start_operation(second->loop, &second->call));
}

static void eg18(struct eddy_loop *loop)
{
    struct old_call good = { .answer = 1 }, bad = { .err = -ENOENT };
    struct second second = { .loop = loop };
    struct eddy_deferred *d;

    d = start_operation(loop, &good);
    eddy_then(d, print_value, name("first link"));
    eddy_then(d, fail, name("second link"));
    eddy_then(d, print_value, name("third link")); /* passed over */
    eddy_rescue(d, print_error, name("fourth link"));
    eddy_unref(eddy_then(d, print_value, name("last link")));
    must(eddy_loop_run(loop));

    d = start_operation(loop, &bad);
    eddy_then(d, print_value, name("who wants a value")); /* passed over */
    eddy_unref(eddy_rescue(d, print_error, name("who takes errors")));
    must(eddy_loop_run(loop));

    d = start_operation(loop, &good);
    eddy_then(d, ask_another, &second);
    eddy_unref(eddy_then(d, print_value, name("who waited for both")));
    must(eddy_loop_run(loop));
}

/* ---- EG24: a callback as something to wait for --------------------------- */

/* Looks like a call that blocks: only the task does. */
static int64_t call_and_wait(struct eddy_task *self, struct old_call *call)
{
    struct eddy_deferred *answer = start_operation(eddy_task_loop(self), call);
    int64_t n = eddy_await(self, eddy_when(answer, NULL));

    eddy_unref(answer);
    return n;
}

static struct eddy_result use_old_api(struct eddy_task *self, void *arg)
{
    struct old_call good = { .answer = 42 }, bad = { .err = -ENOENT };

    (void)arg;
    say("value: %d", (int)call_and_wait(self, &good));
    say("error: %s", eddy_strerror((int)call_and_wait(self, &bad)));
    return eddy_n(0);
}

static void eg24(struct eddy_loop *loop)
{
    must(eddy_loop_run_task(loop, use_old_api, NULL).n);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG18", "callbacks, errbacks, chaining", eg18 },
        { "EG24", "a callback as something to wait for", eg24 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
