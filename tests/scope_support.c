/* SPDX-License-Identifier: MIT */
/* scope_support.c - children for the scopes of a test, in virtual time. */
#include "scope_support.h"

int64_t elapsed_ns(void)
{
    return virtual_time.now_ns - EDDY_SECOND;
}

/* ---- Children ------------------------------------------------------------ */

static void sleep_shielded(struct eddy_task *self, int64_t sleep_ns)
{
    EDDY_AUTO_SHIELD(self, shield, 0);

    ck_assert_int_eq(eddy_await(self, eddy_sleep(sleep_ns)), 0);
}

static struct eddy_result be_child(struct eddy_task *self, void *arg)
{
    struct child *child = arg;
    int64_t n = child->n;

    child->told = eddy_await(self, eddy_sleep(child->sleep_ns));
    if (child->told < 0) {
        n = child->cancelled_n != 0 ? child->cancelled_n : child->told;
        if (child->late_ns > 0)
            sleep_shielded(self, child->late_ns);
    }
    child->ended_ns = elapsed_ns();
    return eddy_n(n);
}

void spawn_children(struct eddy_scope *scope, struct child *children,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct eddy_task_options options = { .name = children[i].name };

        children[i].told = NOT_TOLD;
        children[i].ended_ns = 0;
        ck_assert_int_eq(eddy_spawn(scope, be_child, &children[i], &options),
                         0);
    }
}

void expect_child(const struct child *child, int64_t told, int64_t ended_ns)
{
    ck_assert_int_eq(child->told, told);
    ck_assert_int_eq(child->ended_ns, ended_ns);
}

/* ---- Scenes -------------------------------------------------------------- */

struct eddy_loop *play(int index, eddy_task_fn *fn)
{
    struct eddy_loop *loop = virtual_loop(index);

    ck_assert_int_eq(eddy_loop_run_task(loop, fn, loop).n, 0);
    ck_assert_uint_eq(eddy_loop_task_count(loop), 0);
    return loop;
}

void open_scope(struct eddy_task *self, struct eddy_scope *scope,
                unsigned flags, int64_t timeout_ns)
{
    struct eddy_scope_options options = { .flags = flags,
                                          .timeout_ns = timeout_ns };

    ck_assert_int_eq(eddy_scope_open(self, scope, &options), 0);
}

void expect_close(struct eddy_scope *scope, int64_t err, int wanted)
{
    ck_assert_int_eq(eddy_scope_close(scope, (int)err), wanted);
}

void expect_sleep(struct eddy_task *self, int64_t sleep_ns, int64_t wanted)
{
    ck_assert_int_eq(eddy_await(self, eddy_sleep(sleep_ns)), wanted);
}

/* ---- Calls from the loop ------------------------------------------------- */

static struct {
    struct eddy_timer timer;
    eddy_call_fn *fn;
    void *arg;
} due;

static void make_call(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    (void)arg;
    due.fn(due.arg);
}

void call_after(struct eddy_loop *loop, int64_t after_ns, eddy_call_fn *fn,
                void *arg)
{
    due.fn = fn;
    due.arg = arg;
    ck_assert_int_eq(eddy_timer_init(&due.timer, loop, make_call, NULL), 0);
    ck_assert_int_eq(eddy_timer_start(&due.timer, after_ns), 0);
}

void cancel_scope(void *scope)
{
    ck_assert_int_eq(eddy_scope_cancel(scope, "so it was said"), 0);
}

void cancel_task(void *task)
{
    ck_assert_int_gt(eddy_task_cancel(task, "so it was said"), 0);
}

/* ---- An operation that cannot be cancelled ------------------------------- */

static void come_to_its_end(struct eddy_timer *timer, void *request)
{
    (void)timer;
    eddy_complete(request, eddy_n(0));
}

static bool start_stubborn(struct eddy_request *request,
                           struct eddy_result *ret_result)
{
    int64_t sleep_ns = (int64_t)eddy_request_words(request)[0];
    struct eddy_timer *timer = eddy_request_alloc(request, sizeof *timer);

    (void)ret_result;
    ck_assert_ptr_nonnull(timer);
    ck_assert_int_eq(eddy_timer_init(timer, eddy_request_loop(request),
                                     come_to_its_end, request),
                     0);
    ck_assert_int_eq(eddy_timer_start(timer, sleep_ns), 0);
    return false;
}

static void cancel_stubborn(struct eddy_request *request)
{
    (void)request;
}

struct eddy_op stubborn_sleep(int64_t sleep_ns)
{
    static const struct eddy_op_type type = { .abi = EDDY_OP_ABI,
                                              .name = "stubborn sleep",
                                              .start = start_stubborn,
                                              .cancel = cancel_stubborn };

    return (struct eddy_op){ .type = &type, .word = { (uint64_t)sleep_ns } };
}
