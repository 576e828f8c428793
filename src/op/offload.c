/* SPDX-License-Identifier: MIT */
/* offload.c - work on the thread pool, as an operation. */
#include "op.h"

struct offload { /* larger than the words of a request */
    struct eddy_job job;
    struct eddy_request *request;
    eddy_work_fn *work;
    void *arg;
};

static int64_t run_work(void *arg)
{
    struct offload *offload = arg;

    return offload->work(offload->arg);
}

static void worked(struct eddy_job *job, int64_t n, void *arg)
{
    struct offload *offload = arg;

    (void)job;
    eddy_complete(offload->request, eddy_n(n));
}

/* What runs cannot be stopped, only waited for: it still writes to its arg. */
static void cancel_offload(struct eddy_request *request)
{
    struct offload *offload = eddy_pointer(eddy_request_words(request)[0]);

    (void)eddy_job_cancel(&offload->job);
}

static int submit(struct eddy_request *request, eddy_work_fn *work, void *arg)
{
    struct eddy_loop *loop = eddy_request_loop(request);
    struct offload *offload;
    struct eddy_pool *pool;
    int err;

    if (work == NULL)
        return -EINVAL;
    err = eddy_loop_pool(loop, &pool);
    if (err < 0)
        return err;
    offload = eddy_request_alloc(request, sizeof *offload);
    if (offload == NULL)
        return -ENOMEM;
    offload->request = request;
    offload->work = work;
    offload->arg = arg;
    eddy_request_words(request)[0] = eddy_word(offload);
    return eddy_job_submit(pool, loop, &offload->job, run_work, worked,
                           offload);
}

static bool start_offload(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);
    int err = submit(request, (eddy_work_fn *)(uintptr_t)words[0],
                     eddy_pointer(words[1]));

    *ret_result = eddy_n(err);
    return err < 0;
}

struct eddy_op eddy_offload(eddy_work_fn *work, void *arg)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "offload",
        .start = start_offload,
        .cancel = cancel_offload,
    };

    return (struct eddy_op){
        .type = &type, .word = { (uint64_t)(uintptr_t)work, eddy_word(arg) }
    };
}
