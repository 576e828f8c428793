/* SPDX-License-Identifier: MIT */
/*
 * every.c - a ticker on a grid that does not drift (E13, Z22).
 *
 *     start --+-----+-----+-----+-----+
 *     SKIP    1  (a stall)  2   1     1    one item counts what it missed
 *     BURST   1  (a stall)  1 1 1     1    an item for each
 *     DELAY   1  (a stall)  1     1        the grid begins anew
 */
#include "op.h"

struct ticker {
    struct eddy_timer timer;
    int64_t interval_ns;
    int64_t due_ns; /* of the next tick */
    enum eddy_missed missed;
    bool paused, ticking;
};

static struct ticker *ticker_of(struct eddy_request *request)
{
    return eddy_pointer(eddy_request_words(request)[0]);
}

static int64_t add(int64_t a_ns, int64_t b_ns)
{
    return a_ns > INT64_MAX - b_ns ? INT64_MAX : a_ns + b_ns;
}

/* How many intervals this tick stands for; moves due_ns on. */
static int64_t advance(struct ticker *t, int64_t now_ns)
{
    int64_t count = 1;

    if (t->missed == EDDY_DELAY)
        return 1; /* the grid begins anew when the item has been delivered */
    if (t->missed == EDDY_SKIP)
        count += (now_ns - t->due_ns) / t->interval_ns;
    if (count > (INT64_MAX - t->due_ns) / t->interval_ns)
        t->due_ns = INT64_MAX;
    else
        t->due_ns += count * t->interval_ns;
    return count;
}

static void tick(struct eddy_timer *timer, void *arg)
{
    struct eddy_request *request = arg;
    struct ticker *t = EDDY_CONTAINER_OF(timer, struct ticker, timer);
    int64_t now_ns = eddy_loop_now_ns(eddy_request_loop(request));

    t->ticking = true;
    (void)eddy_item(request, eddy_n(advance(t, now_ns)));
    t->ticking = false;
    if (eddy_request_over(request))
        return;
    if (t->missed == EDDY_DELAY)
        t->due_ns = add(eddy_loop_read_clock(eddy_request_loop(request)),
                        t->interval_ns);
    if (!t->paused && eddy_timer_start_at(timer, t->due_ns) < 0)
        eddy_complete(request, eddy_n(-ENOMEM));
}

static void cancel_every(struct eddy_request *request)
{
    (void)eddy_timer_stop(&ticker_of(request)->timer);
    eddy_complete(request, eddy_n(-ECANCELED));
}

/* A paused ticker misses its ticks, and makes up for them as it was told to. */
static void pause_every(struct eddy_request *request, bool paused)
{
    struct ticker *t = ticker_of(request);

    t->paused = paused;
    if (t->ticking)
        return;
    if (paused)
        (void)eddy_timer_stop(&t->timer);
    else if (eddy_timer_start_at(&t->timer, t->due_ns) < 0)
        eddy_complete(request, eddy_n(-ENOMEM));
}

static bool start_every(struct eddy_request *request,
                        struct eddy_result *ret_result)
{
    uint64_t *words = eddy_request_words(request);
    struct eddy_loop *loop = eddy_request_loop(request);
    int64_t interval_ns = (int64_t)words[0];
    uint64_t missed = words[1];
    struct ticker *t;

    *ret_result = eddy_n(-EINVAL);
    if (interval_ns < 1 || missed > EDDY_DELAY)
        return true;
    *ret_result = eddy_n(-ENOMEM);
    t = eddy_request_alloc(request, sizeof *t);
    if (t == NULL)
        return true;
    words[0] = eddy_word(t);
    t->interval_ns = interval_ns;
    t->missed = (enum eddy_missed)missed;
    t->due_ns = add(eddy_loop_read_clock(loop), interval_ns);
    (void)eddy_timer_init(&t->timer, loop, tick, request);
    (void)eddy_timer_background(&t->timer, true); /* the request counts */
    return eddy_timer_start_at(&t->timer, t->due_ns) < 0;
}

struct eddy_op eddy_every(int64_t interval_ns, enum eddy_missed missed)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_MULTISHOT,
        .name = "every",
        .start = start_every,
        .cancel = cancel_every,
        .pause = pause_every,
    };

    return (struct eddy_op){
        .type = &type, .word = { (uint64_t)interval_ns, (uint64_t)missed }
    };
}
