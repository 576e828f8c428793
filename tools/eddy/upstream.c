/* SPDX-License-Identifier: MIT */
/* upstream.c - asks another server. */
#include <stdlib.h>

#include "upstream.h"

/* Longer than any delay that is asked for. */
#define PATIENCE_NS (10 * EDDY_SECOND)

static int open_one(struct upstreams *all, struct upstream *upstream,
                    uint16_t port)
{
    struct eddy_endpoint to = eddy_tcp("127.0.0.1", port);
    struct eddy_result connected = eddy_loop_run_until(
        all->loop,
        eddy_within(PATIENCE_NS, eddy_connect(&to, &upstream->stream)));

    if (connected.n < 0)
        return (int)connected.n;
    upstream->all = all;
    upstream_give(upstream);
    return 0;
}

int upstreams_open(struct upstreams *all, struct eddy_loop *loop, uint16_t port,
                   size_t count)
{
    int err = 0;

    *all = (struct upstreams){ .loop = loop };
    if (count == 0)
        return 0;
    all->memory = calloc(count, sizeof *all->memory);
    if (all->memory == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count && err == 0; i++)
        err = open_one(all, &all->memory[i], port);
    return err;
}

/* Those that are still taken are closed by the end of the loop, which comes
 * first. */
void upstreams_close(struct upstreams *all)
{
    free(all->memory);
    *all = (struct upstreams){ 0 };
}

struct upstream *upstream_take(struct upstreams *all, int64_t delay_us,
                               int64_t number)
{
    struct upstream *upstream = all->first;

    if (upstream == NULL)
        return NULL;
    all->first = upstream->next;
    upstream->delay_us = delay_us;
    upstream->number = number;
    return upstream;
}

void upstream_give(struct upstream *upstream)
{
    upstream->next = upstream->all->first;
    upstream->all->first = upstream;
}

struct eddy_op upstream_ask(struct upstream *upstream)
{
    int err =
        eddy_printf(upstream->stream, "%lld %lld\n",
                    (long long)upstream->delay_us, (long long)upstream->number);
    int64_t patience_ns = err < 0 ? 0 : PATIENCE_NS;

    return eddy_within(patience_ns,
                       eddy_read_line(upstream->stream, upstream->line,
                                      sizeof upstream->line));
}

int64_t upstream_answer(const struct upstream *upstream, int64_t n)
{
    if (n <= 0)
        return n < 0 ? n : -ENODATA;
    return strtoll(upstream->line, NULL, 10);
}
