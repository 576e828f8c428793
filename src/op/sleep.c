/* SPDX-License-Identifier: MIT */
/* sleep.c - waiting for a time, or just for the next turn. */
#include "op.h"

EDDY_FITS_REQUEST(struct eddy_timer);

static void wake_up(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    eddy_complete(arg, eddy_n(0));
}

static void cancel_sleep(struct eddy_request *request)
{
    (void)eddy_timer_stop((struct eddy_timer *)eddy_request_words(request));
    eddy_complete(request, eddy_n(-ECANCELED));
}

/* word[0]: the time; word[1]: is it a point on the clock, not a span? */
static bool start_sleep(struct eddy_request *request,
                        struct eddy_result *ret_result)
{
    uint64_t *words = eddy_request_words(request);
    int64_t time_ns = (int64_t)words[0];
    bool absolute = words[1] != 0;
    struct eddy_timer *timer = (struct eddy_timer *)words;
    int err =
        eddy_timer_init(timer, eddy_request_loop(request), wake_up, request);

    if (err == 0)
        err = absolute ? eddy_timer_start_at(timer, time_ns)
                       : eddy_timer_start(timer, time_ns);
    if (err == 0)
        err = eddy_timer_background(timer, true); /* the request counts */
    *ret_result = eddy_n(err);
    return err < 0;
}

static struct eddy_op make_sleep(int64_t time_ns, bool absolute)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "sleep",
        .start = start_sleep,
        .cancel = cancel_sleep,
    };

    return (struct eddy_op){ .type = &type,
                             .word = { (uint64_t)time_ns, absolute } };
}

struct eddy_op eddy_sleep(int64_t timeout_ns)
{
    return make_sleep(timeout_ns, false);
}

struct eddy_op eddy_sleep_until(int64_t deadline_ns)
{
    return make_sleep(deadline_ns, true);
}

/* ---- The next turn ------------------------------------------------------ */

EDDY_FITS_REQUEST(struct eddy_waker);

static void turned(struct eddy_waker *waker, void *arg)
{
    (void)eddy_waker_done(waker);
    eddy_complete(arg, eddy_n(0));
}

static void cancel_turn(struct eddy_request *request)
{
    (void)eddy_waker_done((struct eddy_waker *)eddy_request_words(request));
    eddy_complete(request, eddy_n(-ECANCELED));
}

static bool start_turn(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct eddy_waker *waker = (struct eddy_waker *)eddy_request_words(request);
    int err =
        eddy_waker_init(waker, eddy_request_loop(request), turned, request);

    if (err == 0)
        err = eddy_waker_wake(waker);
    *ret_result = eddy_n(err);
    return err < 0;
}

struct eddy_op eddy_next_turn(void)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "next turn",
        .start = start_turn,
        .cancel = cancel_turn,
    };

    return (struct eddy_op){ .type = &type };
}
