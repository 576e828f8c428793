/* SPDX-License-Identifier: MIT */
/* run.c - ways to run an operation: in storage of the loop's, from another
 * thread, from outside the loop. */
#include "core.h"

enum { SLAB = 32 }; /* requests at a time: 6 KiB */

struct slab {
    struct slab *next;
    struct eddy_request requests[SLAB];
};

static int grow(struct eddy_loop *loop)
{
    struct slab *slab = eddy__resize(loop, NULL, sizeof *slab);

    if (slab == NULL)
        return -ENOMEM;
    slab->next = loop->slabs;
    loop->slabs = slab;
    for (int i = SLAB; i-- > 0;)
        eddy__request_free(loop, &slab->requests[i]);
    return 0;
}

void eddy__request_free(struct eddy_loop *loop, struct eddy_request *request)
{
    struct eddy_call *spare = (struct eddy_call *)request;

    spare->next = loop->spare;
    loop->spare = spare;
}

void eddy__request_pool_close(struct eddy_loop *loop)
{
    while (loop->slabs != NULL) {
        struct slab *next = loop->slabs->next;

        (void)eddy__resize(loop, loop->slabs, 0);
        loop->slabs = next;
    }
}

int eddy_start_op(struct eddy_loop *loop, const struct eddy_op *op,
                  eddy_done_fn *on_done, void *arg, struct eddy_request **slot)
{
    struct eddy_call *spare;
    int err = eddy_loop_check(loop);

    if (err == 0 && (op == NULL || op->type == NULL))
        err = -EINVAL;
    if (err == 0 && loop->dying)
        err = -ESHUTDOWN;
    if (err == 0 && loop->spare == NULL)
        err = grow(loop);
    if (err < 0)
        return err;
    spare = loop->spare;
    loop->spare = spare->next;
    eddy__note_origin(loop, spare, __builtin_return_address(0));
    eddy__begin_pooled(loop, (struct eddy_request *)spare, op, on_done, arg,
                       slot);
    return 0;
}

/* ---- From another thread ------------------------------------------------ */

struct remote_start {
    struct eddy_call call;
    struct eddy_loop *loop;
    struct eddy_op op;
    eddy_done_fn *on_done;
    void *arg;
};

static void start_here(struct eddy_call *call)
{
    struct remote_start *remote =
        EDDY_CONTAINER_OF(call, struct remote_start, call);
    struct remote_start copy = *remote;
    int err;

    (void)eddy__resize(copy.loop, remote, 0);
    err = eddy_start_op(copy.loop, &copy.op, copy.on_done, copy.arg, NULL);
    if (err < 0)
        eddy_op_refuse(&copy.op);
    if (err < 0 && copy.on_done != NULL)
        copy.on_done(eddy_n(err), copy.arg);
}

bool eddy__start_refused(struct eddy_call *call)
{
    if (call->run != start_here)
        return false;
    start_here(call); /* -ESHUTDOWN */
    return true;
}

int eddy_start_in_op(struct eddy_loop *loop, const struct eddy_op *op,
                     eddy_done_fn *on_done, void *arg)
{
    struct remote_start *remote;
    int err;

    if (loop == NULL || op == NULL || op->type == NULL)
        return -EINVAL;
    if (atomic_load(&loop->leaving))
        return -ESHUTDOWN;
    remote = eddy__resize(loop, NULL, sizeof *remote);
    if (remote == NULL)
        return -ENOMEM;
    *remote =
        (struct remote_start){ { NULL, start_here }, loop, *op, on_done, arg };
    err = eddy_loop_post_call(loop, &remote->call);
    if (err < 0)
        (void)eddy__resize(loop, remote, 0);
    return err;
}

/* ---- From outside ------------------------------------------------------- */

struct awaited {
    struct eddy_result result;
    bool done;
};

static void on_awaited(struct eddy_result result, void *arg)
{
    struct awaited *awaited = arg;

    awaited->result = result;
    awaited->done = true;
}

struct eddy_result eddy_run_op(struct eddy_loop *loop, const struct eddy_op *op)
{
    struct awaited awaited = { { 0, { NULL } }, false };
    struct eddy_request request;
    int err;

    err = loop == NULL || op == NULL || op->type == NULL ||
                  (op->type->flags & EDDY_OP_MULTISHOT) != 0
              ? -EINVAL
              : eddy__turns_begin(loop);
    if (err < 0) {
        eddy_op_refuse(op);
        return eddy_n(err);
    }
    eddy_begin(loop, &request, op, on_awaited, &awaited);
    eddy__gather(loop);
    while (!awaited.done) {
        int n = eddy__turn(loop, EDDY_FOREVER, true);

        if (n < 0 || atomic_exchange(&loop->stopping, false))
            eddy_request_cancel(&request);
    }
    eddy__gather_no_more(loop);
    loop->running = false;
    return awaited.result;
}

/* ---- By the short way ---------------------------------------------------- */

/* What few need: a look at the thread, a budget of its own, or a place for what
 * was made. */
__attribute__((noinline)) static bool
finish_with_care(struct eddy_loop *loop, const struct eddy_op *op,
                 struct eddy_result *ret_result)
{
    bool calls = (op->type->flags & EDDY_OP_CALLS) != 0;

    if ((calls && loop->finishes == 0) || eddy__check(loop) < 0 ||
        !op->type->now(loop, op, ret_result))
        return false;
    loop->finishes -= calls;
    eddy__hand_over(op->type, op->word[0], *ret_result);
    return true;
}

/* Few instructions: tasks hand things to each other by it. There are no
 * shortcuts in a loop that is being freed, or outside of its turns. */
bool eddy_finish_now(struct eddy_loop *loop, const struct eddy_op *op,
                     struct eddy_result *ret_result)
{
    const struct eddy_op_type *type = op != NULL ? op->type : NULL;

    if (type == NULL || type->abi != EDDY_OP_ABI || type->now == NULL ||
        loop == NULL)
        return false;
    if (loop->shortcuts == 0) {
        loop->resumptions = 0; /* what is ready goes on in the next turn */
        return false;
    }
    loop->shortcuts--;
    if (loop->debug || (type->flags & (EDDY_OP_MAKES | EDDY_OP_CALLS)) != 0)
        return finish_with_care(loop, op, ret_result);
    return type->now(loop, op, ret_result);
}
