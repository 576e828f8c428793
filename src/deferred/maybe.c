/* SPDX-License-Identifier: MIT */
/* maybe.c - a deferred of what a function returns, whatever that is. */
#include "deferred.h"

struct eddy_deferred *eddy_maybe_deferred(struct eddy_domain *domain,
                                          eddy_make_fn *fn, void *arg)
{
    struct eddy_deferred *awaited;
    struct eddy_value value;

    if (domain == NULL)
        return eddy_no_memory();
    value = fn != NULL ? fn(arg) : eddy_fail(-EINVAL);
    awaited = eddy__awaited(&value);
    return awaited != NULL ? awaited : eddy_fired(domain, value);
}
