/* SPDX-License-Identifier: MIT */
/* signals.c - signals as operations: each of them, or the first one. */
#include "op.h"

struct signals { /* larger than the words of a request */
    struct eddy_signal sub;
    struct eddy_waker resumed; /* delivers what came during a pause */
    struct eddy_request *request;
    int64_t held;
    bool paused;
};

static struct signals *signals_of(struct eddy_request *request)
{
    return eddy_pointer(eddy_request_words(request)[0]);
}

static void give(struct signals *signals)
{
    int64_t count = signals->held;

    if (count == 0 || signals->paused)
        return;
    signals->held = 0;
    (void)eddy_item(signals->request, eddy_n(count));
}

static void arrived(struct eddy_signal *sub, int signum, unsigned count,
                    void *arg)
{
    struct signals *signals = arg;

    (void)sub;
    (void)signum;
    signals->held += count;
    give(signals);
}

static void resumed(struct eddy_waker *waker, void *arg)
{
    (void)waker;
    give(arg);
}

static void pause_signals(struct eddy_request *request, bool paused)
{
    struct signals *signals = signals_of(request);

    signals->paused = paused;
    if (!paused && signals->held > 0)
        (void)eddy_waker_wake(&signals->resumed);
}

static void cancel_signals(struct eddy_request *request)
{
    struct signals *signals = signals_of(request);

    (void)eddy_signal_stop(&signals->sub);
    (void)eddy_waker_done(&signals->resumed);
    eddy_complete(request, eddy_n(-ECANCELED));
}

static int subscribe(struct eddy_request *request, int signum)
{
    struct eddy_loop *loop = eddy_request_loop(request);
    struct signals *signals = eddy_request_alloc(request, sizeof *signals);
    int err;

    if (signals == NULL)
        return -ENOMEM;
    eddy_request_words(request)[0] = eddy_word(signals);
    signals->request = request;
    err = eddy_signal_start(loop, &signals->sub, signum, arrived, signals);
    if (err < 0)
        return err;
    (void)eddy_signal_background(&signals->sub, true); /* the request counts */
    (void)eddy_waker_init(&signals->resumed, loop, resumed, signals);
    return eddy_waker_background(&signals->resumed, true);
}

static bool start_signals(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    int signum = (int)(int64_t)eddy_request_words(request)[0];
    int err = subscribe(request, signum);

    *ret_result = eddy_n(err);
    return err < 0;
}

struct eddy_op eddy_signals(int signum)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_MULTISHOT,
        .name = "signals",
        .start = start_signals,
        .cancel = cancel_signals,
        .pause = pause_signals,
    };

    return (struct eddy_op){ .type = &type,
                             .word = { (uint64_t)(int64_t)signum } };
}

/* ---- The first one ------------------------------------------------------ */

static void arrived_once(struct eddy_signal *sub, int signum, unsigned count,
                         void *request)
{
    (void)signum;
    (void)eddy_signal_stop(sub);
    eddy_complete(request, eddy_n(count));
}

static void cancel_wait(struct eddy_request *request)
{
    (void)eddy_signal_stop(eddy_pointer(eddy_request_words(request)[0]));
    eddy_complete(request, eddy_n(-ECANCELED));
}

static bool start_wait(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    int signum = (int)(int64_t)eddy_request_words(request)[0];
    struct eddy_signal *sub = eddy_request_alloc(request, sizeof *sub);
    int err = sub == NULL ? -ENOMEM
                          : eddy_signal_start(eddy_request_loop(request), sub,
                                              signum, arrived_once, request);

    *ret_result = eddy_n(err);
    if (err < 0)
        return true;
    eddy_request_words(request)[0] = eddy_word(sub);
    (void)eddy_signal_background(sub, true); /* the request counts */
    return false;
}

struct eddy_op eddy_signal_wait(int signum)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "signal",
        .start = start_wait,
        .cancel = cancel_wait,
    };

    return (struct eddy_op){ .type = &type,
                             .word = { (uint64_t)(int64_t)signum } };
}
