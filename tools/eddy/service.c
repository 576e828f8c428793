/* SPDX-License-Identifier: MIT */
/* service.c - the table of what can be served, one line for each style. */
#include <string.h>

#include "server.h"

static const struct service *const services[] = {
    &double_callback,    &double_deferred,    &double_coroutine,
    &echo_callback,      &echo_deferred,      &echo_coroutine,
    &fanout_callback,    &fanout_deferred,    &fanout_coroutine,
    &chain_callback,     &chain_deferred,     &chain_coroutine,
    &timers_callback,    &timers_deferred,    &timers_coroutine,
    &broadcast_callback, &broadcast_deferred, &broadcast_coroutine,
};
enum { SERVICES = sizeof services / sizeof services[0] };

const struct service *service_at(size_t index)
{
    return index < SERVICES ? services[index] : NULL;
}

const struct service *service_find(const char *name, const char *style)
{
    for (size_t i = 0; i < SERVICES; i++) {
        if (strcmp(services[i]->name, name) == 0 &&
            strcmp(services[i]->style, style) == 0)
            return services[i];
    }
    return NULL;
}
