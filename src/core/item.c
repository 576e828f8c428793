/* SPDX-License-Identifier: MIT */
/* item.c - what can be done with a running operation: its items, pauses, and
 * whether the loop lives for it. */
#include "core.h"

bool eddy_item(struct eddy_request *request, struct eddy_result item)
{
    struct request *r = (struct request *)request;

    if (r == NULL || (r->limit.flags & (REQUEST_OVER | REQUEST_PAUSED)) != 0)
        return false;
    if (r->on_done == NULL) {
        if (r->type->drop != NULL)
            r->type->drop(item.made);
        return true;
    }
    r->loop->stats.calls++;
    if (r->loop->debug)
        eddy__tell_slowly(r->loop, r->type, r->on_done, r->arg, item);
    else
        r->on_done(item, r->arg);
    return (r->limit.flags & (REQUEST_OVER | REQUEST_PAUSED)) == 0;
}

int eddy_request_pause(struct eddy_request *request, bool paused)
{
    struct request *r = (struct request *)request;
    int err;

    if (r == NULL)
        return -EINVAL;
    err = eddy__check(r->loop);
    if (err < 0)
        return err;
    if (r->type == NULL || (r->type->flags & EDDY_OP_MULTISHOT) == 0)
        return -ENOTSUP;
    if ((r->limit.flags & REQUEST_OVER) != 0 ||
        ((r->limit.flags & REQUEST_PAUSED) != 0) == paused)
        return 0;
    r->limit.flags ^= REQUEST_PAUSED;
    if (r->loop->debug)
        eddy_log_write(r->loop, EDDY_LOG_DEBUG, "%s: %s %p",
                       paused ? "paused" : "resumed", r->type->name, (void *)r);
    r->type->pause(request, paused);
    return 0;
}

int eddy_request_background(struct eddy_request *request, bool background)
{
    struct request *r = (struct request *)request;
    int err = r == NULL ? -EINVAL : eddy__check(r->loop);

    if (err < 0)
        return err;
    if (((r->limit.flags & REQUEST_BACKGROUND) != 0) != background) {
        r->limit.flags ^= REQUEST_BACKGROUND;
        r->loop->alive += background ? (size_t)-1 : 1;
    }
    return 0;
}
