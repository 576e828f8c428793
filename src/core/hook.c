/* SPDX-License-Identifier: MIT */
/* hook.c - what a foreign loop inside this one needs: a word before the wait,
 * and one after it. */
#include "core.h"

static_assert(sizeof(struct hook) <= sizeof(struct eddy_hook),
              "the public struct has room for the private one");

int eddy_hook_start(struct eddy_loop *loop, struct eddy_hook *opaque,
                    unsigned when, eddy_hook_fn *fn, void *arg)
{
    struct hook *hook = (struct hook *)opaque;
    struct hook **end;
    int err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (hook == NULL || fn == NULL || when == 0 ||
        (when & ~(EDDY_BEFORE_WAIT | EDDY_AFTER_WAIT)) != 0)
        return -EINVAL;
    *hook = (struct hook){ NULL, loop, fn, arg, when };
    for (end = &loop->hooks; *end != NULL;)
        end = &(*end)->next;
    *end = hook;
    return 0;
}

int eddy_hook_stop(struct eddy_hook *opaque)
{
    struct hook *hook = (struct hook *)opaque;
    struct hook **link;
    int err;

    if (hook == NULL)
        return -EINVAL;
    if (hook->loop == NULL)
        return 0;
    err = eddy_loop_check(hook->loop);
    if (err < 0)
        return err;
    for (link = &hook->loop->hooks; *link != hook;)
        link = &(*link)->next;
    *link = hook->next;
    if (hook->loop->next_hook == hook)
        hook->loop->next_hook = hook->next;
    hook->loop = NULL;
    return 0;
}

void eddy__hooks_run(struct eddy_loop *loop, unsigned when)
{
    size_t most = 0; /* those that are started meanwhile wait for their turn */

    for (struct hook *h = loop->hooks; h != NULL; h = h->next)
        most++;
    for (struct hook *h = loop->hooks; h != NULL && most-- > 0;
         h = loop->next_hook) {
        eddy_hook_fn *fn = h->fn;
        int64_t since;

        loop->next_hook = h->next;
        if ((h->when & when) == 0)
            continue;
        since = eddy__enter(loop);
        fn((struct eddy_hook *)h, when, h->arg); /* h may be gone */
        eddy__leave(loop, since, "hook", (const void *)(uintptr_t)fn);
    }
    loop->next_hook = NULL;
}

void eddy__hooks_close(struct eddy_loop *loop)
{
    for (struct hook *h = loop->hooks; h != NULL; h = h->next)
        h->loop = NULL;
}
