/* SPDX-License-Identifier: MIT */
/* waker.c - a posted call that many senders share: what comes before the loop
 * gets round to it counts as one (T53). */
#include "core.h"

struct waker {
    struct eddy_call call;
    struct eddy_loop *loop;
    eddy_waker_fn *fn;
    void *arg;
    atomic_bool pending;
    bool background;
};

static_assert(sizeof(struct waker) <= sizeof(struct eddy_waker),
              "the public struct has room for the private one");

static void run_waker(struct eddy_call *call)
{
    struct waker *waker = EDDY_CONTAINER_OF(call, struct waker, call);
    struct eddy_loop *loop = waker->loop;
    eddy_waker_fn *fn = waker->fn;
    int64_t since = eddy__enter(loop);

    /* Cleared first: what is sent from now on is sent again. */
    atomic_store(&waker->pending, false);
    fn((struct eddy_waker *)waker, waker->arg);
    eddy__leave(loop, since, "waker", (const void *)(uintptr_t)fn);
}

int eddy_waker_init(struct eddy_waker *opaque, struct eddy_loop *loop,
                    eddy_waker_fn *fn, void *arg)
{
    struct waker *waker = (struct waker *)opaque;
    int err = eddy__check(loop);

    if (err < 0)
        return err;
    if (waker == NULL || fn == NULL)
        return -EINVAL;
    waker->call = (struct eddy_call){ NULL, run_waker };
    waker->loop = loop;
    waker->fn = fn;
    waker->arg = arg;
    waker->background = false;
    atomic_init(&waker->pending, false);
    loop->alive++;
    return 0;
}

int eddy_waker_wake(struct eddy_waker *opaque)
{
    struct waker *waker = (struct waker *)opaque;

    if (waker == NULL || waker->loop == NULL)
        return -EINVAL;
    /* the plain look first keeps the cache line shared while it is pending */
    if (atomic_load(&waker->pending) || atomic_exchange(&waker->pending, true))
        return 0;
    return eddy_loop_post_call(waker->loop, &waker->call);
}

int eddy_waker_done(struct eddy_waker *opaque)
{
    struct waker *waker = (struct waker *)opaque;
    int err;

    if (waker == NULL)
        return -EINVAL;
    if (waker->loop == NULL)
        return 0;
    err = eddy__check(waker->loop);
    if (err < 0)
        return err;
    if (atomic_load(&waker->pending))
        (void)eddy_loop_unpost_call(waker->loop, &waker->call);
    waker->loop->alive -= waker->background ? 0 : 1;
    waker->loop = NULL;
    return 0;
}

int eddy_waker_background(struct eddy_waker *opaque, bool background)
{
    struct waker *waker = (struct waker *)opaque;
    int err = waker == NULL ? -EINVAL : eddy__check(waker->loop);

    if (err < 0)
        return err;
    if (waker->background != background)
        waker->loop->alive += background ? (size_t)-1 : 1;
    waker->background = background;
    return 0;
}
