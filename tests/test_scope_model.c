/* SPDX-License-Identifier: MIT */
/* test_scope_model.c - random trees of tasks and scopes, which sleep, fail, and
 * cancel each other, against a model that is too simple to be wrong. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <stdlib.h>

#include "scope_support.h"

enum {
    TREES = 60,
    TASKS = 150, /* of a tree, in all */
    DEPTH = 5,   /* of the scopes of one task */
    FRAMES = 1000,
    SPAN = 100 /* of a sleep, in ns */
};

/* A scope that is open, and what the model knows of it. */
struct frame {
    struct eddy_scope scope;
    struct frame *parent;
    struct node *owner;
    struct eddy_value why;
    unsigned flags;
    int live;  /* tasks in it */
    int error; /* the first one */
};

/* A task. */
struct node {
    struct model *model;
    struct frame *home, *inner; /* the scope it was spawned in; it is in */
    struct eddy_task *task;
    int shields;
    bool asked;  /* to end, and not told */
    bool unsure; /* of that */
};

struct model {
    struct eddy_loop *loop;
    struct node *nodes[TASKS];
    struct frame *frames[FRAMES];
    int live, spawned, frame_count;
    int refused, cut, finished; /* waits that ended so */
    bool dying;
};

/* ---- What the model says ------------------------------------------------- */

static bool is_stopping(const struct frame *frame)
{
    for (; frame != NULL; frame = frame->parent) {
        if (eddy_scope_cancelled(&frame->scope))
            return true;
        if ((frame->flags & EDDY_SCOPE_SHIELD) != 0)
            return false;
    }
    return false;
}

/* One assertion for all of them: each says by a file how far it has got. */
static void check_frames(const struct model *model)
{
    int wrong = 0;

    for (int i = 0; i < model->frame_count && !model->dying; i++) {
        const struct frame *frame = model->frames[i];

        wrong += eddy_scope_stopping(&frame->scope) != is_stopping(frame);
        wrong += eddy_scope_tasks(&frame->scope) != (size_t)frame->live;
    }
    if (wrong > 0)
        ck_abort_msg("%d of %d scopes, seed %llu", wrong, model->frame_count,
                     (unsigned long long)random_seed());
}

/* Only where nothing hides it can be seen whether a task is still asked. */
static void look_again(struct node *node)
{
    if (is_stopping(node->inner) || node->shields > 0)
        return;
    node->asked = eddy_task_check(node->task) < 0;
    node->unsure = false;
}

/* Would the next wait be refused? */
static bool must_refuse(const struct node *node)
{
    return is_stopping(node->inner) ||
           (node->asked && !node->unsure && node->shields == 0);
}

static void check_wait(struct node *node, bool refused, int64_t n)
{
    struct model *model = node->model;

    model->refused += refused;
    model->cut += n < 0 && !refused;
    model->finished += n >= 0;
    if (model->dying)
        return;
    ck_assert(n == 0 || n == -ECANCELED);
    ck_assert(!refused || n == -ECANCELED);
    if (n == 0 || is_stopping(node->inner))
        return;
    ck_assert(node->asked && node->shields == 0);
    node->asked = false;
}

static void check_verdict(struct node *node, const struct frame *frame, int err,
                          int result)
{
    const struct eddy_scope *scope = &frame->scope;
    bool outside =
        (frame->flags & EDDY_SCOPE_SHIELD) == 0 && is_stopping(frame->parent);

    ck_assert_int_eq(frame->live, 0);
    if (frame->error < 0 || node->model->dying) {
        ck_assert(node->model->dying || result == frame->error);
        return;
    }
    ck_assert(result == 0 || result == -ETIME || result == -ECANCELED);
    if (result == -ETIME)
        ck_assert(eddy_scope_expired(scope) && !outside);
    if (result == 0)
        ck_assert(err == 0 || (eddy_scope_cancelled(scope) && !outside));
    if (result == -ECANCELED)
        ck_assert(outside || err == -ECANCELED ||
                  eddy_task_cancelling(node->task) > 0);
}

/* ---- Tasks --------------------------------------------------------------- */

static struct eddy_result live_on(struct eddy_task *self, void *arg);

static struct node *any_node(struct model *model)
{
    struct node *node = model->nodes[random_below(TASKS)];

    return node != NULL && node->task != NULL ? node : NULL;
}

static void over(void *arg)
{
    struct node *node = arg;
    struct model *model = node->model;

    for (int i = 0; i < TASKS; i++)
        if (model->nodes[i] == node)
            model->nodes[i] = NULL;
    if (node->home != NULL)
        node->home->live--;
    model->live--;
    eddy_task_unref(node->task);
    free(node);
}

/* NULL: in the loop's. */
static void spawn_in(struct model *model, struct frame *frame)
{
    struct eddy_scope *scope =
        frame != NULL ? &frame->scope : eddy_loop_scope(model->loop);
    struct node *node;
    struct eddy_task_options options = { .free_arg = over };
    int err;

    if (model->spawned == TASKS)
        return;
    node = calloc(1, sizeof *node);
    ck_assert_ptr_nonnull(node);
    *node = (struct node){ .model = model, .home = frame, .inner = frame };
    options.ret_task = &node->task;
    err = eddy_spawn(scope, live_on, node, &options);
    if (err < 0) {
        ck_assert(model->dying || (err == -ECANCELED && is_stopping(frame)));
        free(node);
        return;
    }
    ck_assert(!is_stopping(frame));
    model->nodes[model->spawned++] = node;
    model->live++;
    if (frame != NULL)
        frame->live++;
}

/* ---- What they do -------------------------------------------------------- */

static struct frame *any_around(struct node *node)
{
    struct frame *frame = node->inner;

    while (frame != NULL && random_below(3) == 0)
        frame = frame->parent;
    return frame;
}

static void wait_a_while(struct eddy_task *self, struct node *node)
{
    int64_t span = random_below(SPAN), since = virtual_time.now_ns;
    bool refused = must_refuse(node);
    int64_t n;

    if (random_below(4) == 0) {
        n = eddy_task_yield(self);
    } else {
        n = eddy_await(self, eddy_sleep(span));
        ck_assert(n < 0 || virtual_time.now_ns - since >= span);
    }
    check_wait(node, refused, n);
}

static void ask_somebody(struct model *model)
{
    struct node *node = any_node(model);

    if (node == NULL)
        return;
    ck_assert_int_gt(eddy_task_cancel(node->task, NULL), 0);
    node->asked = true;
    node->unsure = false;
}

/* Any scope at all, from anywhere. */
static void cancel_some(struct model *model)
{
    struct frame *frame;

    if (model->frame_count == 0)
        return;
    frame = model->frames[random_below((unsigned)model->frame_count)];
    ck_assert_int_eq(eddy_scope_cancel(&frame->scope, NULL), 0);
    ck_assert(eddy_scope_cancelled(&frame->scope));
}

static void move_deadline(struct frame *frame)
{
    int64_t at = virtual_time.now_ns + random_below(2 * SPAN) - SPAN / 2;
    int err;

    if (frame == NULL)
        return;
    err = eddy_scope_set_deadline(&frame->scope,
                                  random_below(4) == 0 ? EDDY_FOREVER : at);
    ck_assert_int_eq(err, eddy_scope_cancelled(&frame->scope) ? -EALREADY : 0);
}

static int live_in_scope(struct eddy_task *self, struct node *node, int depth);

/* Does one thing; < 0: it is to end so. */
static int act(struct eddy_task *self, struct node *node, int depth)
{
    static const int errors[] = { -EIO, -EPIPE, -EPERM };
    struct model *model = node->model;

    switch (random_below(16)) {
    case 0:
        return errors[random_below(3)];
    case 1:
        ask_somebody(model);
        return 0;
    case 2:
        if (random_below(2) == 0)
            cancel_some(model);
        return 0;
    case 3:
        move_deadline(any_around(node));
        return 0;
    case 4:
    case 5:
    case 6:
        return depth < DEPTH ? live_in_scope(self, node, depth + 1) : 0;
    case 7:
    case 8:
    case 9:
    case 10:
        spawn_in(model, any_around(node));
        return 0;
    default:
        wait_a_while(self, node);
        return 0;
    }
}

static int act_often(struct eddy_task *self, struct node *node, int depth)
{
    for (unsigned left = random_below(12); left > 0; left--) {
        int err = act(self, node, depth);

        check_frames(node->model);
        if (err < 0 && random_below(2) == 0)
            return err; /* else it does not mind */
        if (eddy_task_check(self) < 0 && random_below(3) == 0)
            return -ECANCELED;
    }
    return 0;
}

static void enter(struct node *node, struct frame *frame)
{
    struct model *model = node->model;

    ck_assert_int_lt(model->frame_count, FRAMES);
    model->frames[model->frame_count++] = frame;
    node->inner = frame;
    node->shields += (frame->flags & EDDY_SCOPE_SHIELD) != 0;
}

static void leave(struct node *node, struct frame *frame)
{
    struct model *model = node->model;
    int i = 0;

    while (model->frames[i] != frame)
        i++;
    model->frames[i] = model->frames[--model->frame_count];
    node->inner = frame->parent;
    node->shields -= (frame->flags & EDDY_SCOPE_SHIELD) != 0;
    node->unsure = true;
    look_again(node);
}

static int live_in_scope(struct eddy_task *self, struct node *node, int depth)
{
    struct frame frame = { .parent = node->inner, .owner = node };
    struct eddy_scope_options options = { 0 };
    int err, result;

    frame.flags = random_below(4); /* any of both */
    frame.why = eddy_none();
    options.flags = frame.flags;
    options.timeout_ns = random_below(2) == 0 ? random_below(2 * SPAN) : 0;
    options.ret_error = random_below(2) == 0 ? &frame.why : NULL;
    ck_assert_int_eq(eddy_scope_open(self, &frame.scope, &options), 0);
    enter(node, &frame);
    err = act_often(self, node, depth);
    if (err < 0 && err != -ECANCELED && frame.error == 0)
        frame.error = err;
    result = eddy_scope_close(&frame.scope, err);
    check_verdict(node, &frame, err, result);
    if (options.ret_error != NULL)
        ck_assert_int_eq(eddy_error_code(&frame.why), result);
    eddy_value_free(&frame.why);
    leave(node, &frame);
    return result;
}

static struct eddy_result live_on(struct eddy_task *self, void *arg)
{
    struct node *node = arg;
    int err = act_often(self, node, 0);
    bool heard =
        node->home != NULL && (node->home->flags & EDDY_SCOPE_SUPERVISE) == 0;

    ck_assert_ptr_eq(node->inner, node->home);
    if (err < 0 && err != -ECANCELED && heard && node->home->error == 0)
        node->home->error = err;
    return eddy_n(err);
}

/* ---- A tree -------------------------------------------------------------- */

/* Half of them end with their loop. */
static void grow(int index, struct model *model)
{
    struct eddy_loop *loop = virtual_loop(index);
    unsigned some = random_below(2) == 0 ? random_below(60) : 1000000;

    model->loop = loop;
    for (int i = 0; i < 5; i++)
        spawn_in(model, NULL);
    while (some-- > 0 && eddy_loop_alive(loop)) {
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 0);
        check_frames(model);
        ck_assert_uint_eq(eddy_loop_task_count(loop), (size_t)model->live);
        if (random_below(20) == 0)
            cancel_some(model);
        if (random_below(20) == 0)
            ask_somebody(model);
    }
    model->dying = true;
    free_loop(loop);
    ck_assert_int_eq(model->live, 0);
    ck_assert_int_eq(model->frame_count, 0);
}

START_TEST(random_trees_of_scopes_do_what_the_model_says) /* K1 K6 K8 K10 TG1
                                                             TG7 */
{
    static struct model model;
    int refused = 0, cut = 0, finished = 0;

    printf("seed %llu\n", (unsigned long long)random_seed());
    for (int tree = 0; tree < TREES; tree++) {
        memset(&model, 0, sizeof model);
        grow(_i, &model);
        refused += model.refused;
        cut += model.cut;
        finished += model.finished;
    }
    ck_assert_int_gt(refused, TREES); /* it was no idle life */
    ck_assert_int_gt(cut, TREES);
    ck_assert_int_gt(finished, TREES);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        random_trees_of_scopes_do_what_the_model_says,
    };
    Suite *suite = suite_create("scope model");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
