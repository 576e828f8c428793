/* SPDX-License-Identifier: MIT */
/*
 * registry.c - which pollers there are.
 *
 * Best first: those whose wait costs by what is ready, before those whose wait
 * costs by what is watched; and after them io_uring, which is only taken where
 * it is asked for. What configure was told to prefer goes before all.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "backend.h"

#ifndef EDDY_DEFAULT_POLLER
#define EDDY_DEFAULT_POLLER "" /* none: as they stand below */
#endif

static const struct eddy_poller_ops *const pollers[] = {
#ifdef EDDY_HAVE_EPOLL
    &eddy__epoll_ops,
#endif
#ifdef EDDY_HAVE_KQUEUE
    &eddy__kqueue_ops,
#endif
#ifdef EDDY_HAVE_POLL
    &eddy__poll_ops,
#endif
#ifdef EDDY_HAVE_SELECT
    &eddy__select_ops,
#endif
#ifdef EDDY_HAVE_URING
    &eddy__uring_ops,
#endif
    NULL,
};
enum { POLLERS = sizeof pollers / sizeof pollers[0] - 1 };

static const char *const known[] = { "epoll", "kqueue", "poll", "select",
                                     "uring" };
enum { KNOWN = sizeof known / sizeof known[0] };

/* The place of name in pollers[], POLLERS if it is not there. */
static size_t place_of(const char *name)
{
    size_t i = 0;

    while (i < POLLERS && strcmp(pollers[i]->name, name) != 0)
        i++;
    return i;
}

const struct eddy_poller_ops *eddy_poller_at(size_t index)
{
    size_t first = place_of(EDDY_DEFAULT_POLLER);

    if (index >= POLLERS)
        return NULL;
    if (first == POLLERS || index > first)
        return pollers[index];
    return pollers[index == 0 ? first : index - 1];
}

const struct eddy_poller_ops *eddy_poller_find(const char *name)
{
    return name == NULL ? NULL : pollers[place_of(name)];
}

const char *eddy_poller_known(size_t index)
{
    return index < KNOWN ? known[index] : NULL;
}
