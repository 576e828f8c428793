/* SPDX-License-Identifier: MIT */
/* ready.c - waiting once for a descriptor of somebody else's. */
#include "op.h"

EDDY_FITS_REQUEST(struct eddy_watch);

static void end(struct eddy_request *request, int64_t n)
{
    (void)eddy_watch_stop((struct eddy_watch *)eddy_request_words(request));
    eddy_complete(request, eddy_n(n));
}

static void became_ready(struct eddy_watch *watch, unsigned ready, void *arg)
{
    int err = (ready & EDDY_ERROR) != 0 ? eddy_watch_error(watch) : 0;

    end(arg, err < 0 ? err : (int64_t)ready);
}

static void cancel_ready(struct eddy_request *request)
{
    end(request, -ECANCELED);
}

static bool start_ready(struct eddy_request *request,
                        struct eddy_result *ret_result)
{
    uint64_t *words = eddy_request_words(request);
    int fd = (int)(int64_t)words[0];
    unsigned interest = (unsigned)words[1];
    struct eddy_watch *watch = (struct eddy_watch *)words;
    int err = -EINVAL;

    if (interest != 0)
        err = eddy_watch_start(eddy_request_loop(request), watch, fd, interest,
                               became_ready, request);
    if (err == 0)
        err = eddy_watch_background(watch, true); /* the request counts */
    *ret_result = eddy_n(err);
    return err < 0;
}

struct eddy_op eddy_ready(int fd, unsigned interest)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "ready",
        .start = start_ready,
        .cancel = cancel_ready,
    };

    return (struct eddy_op){ .type = &type,
                             .word = { (uint64_t)(int64_t)fd, interest } };
}

struct eddy_op eddy_readable(int fd)
{
    return eddy_ready(fd, EDDY_READ);
}

struct eddy_op eddy_writable(int fd)
{
    return eddy_ready(fd, EDDY_WRITE);
}
