/* SPDX-License-Identifier: MIT */
/* shield.c - a deferred whose cancelling does not reach the one behind it. */
#include "deferred.h"

static struct eddy_value hand_over(struct eddy_value *result, void *outer)
{
    if (eddy_state(outer) == EDDY_PENDING)
        (void)eddy_fire(outer, eddy_take(result));
    return eddy_take(result);
}

static void let_go(void *outer)
{
    eddy_unref(outer);
}

struct eddy_deferred *eddy_shield(struct eddy_deferred *deferred)
{
    struct eddy_deferred *outer;
    struct eddy_link link = { .then = hand_over,
                              .rescue = hand_over,
                              .free_then = let_go };

    if (!eddy__is_real(deferred))
        return eddy_no_memory();
    outer = eddy_deferred_new(deferred->domain, NULL, NULL);
    link.then_arg = link.rescue_arg = eddy_ref(outer);
    if (!eddy__is_real(outer) || eddy__add(deferred, &link) == 0)
        return outer;
    eddy_unref(outer);
    eddy_unref(outer);
    return eddy_no_memory();
}
