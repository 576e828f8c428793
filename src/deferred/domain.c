/* SPDX-License-Identifier: MIT */
/* domain.c - where deferreds live: their memory, their log, chains to run. */
#include "deferred.h"

/* ---- Memory ------------------------------------------------------------- */

void *eddy__allocate(struct eddy_domain *domain, size_t size)
{
    return domain->mem.resize(domain->mem.arg, NULL, size);
}

void eddy__release(struct eddy_domain *domain, void *ptr)
{
    domain->mem.resize(domain->mem.arg, ptr, 0);
}

static void empty(struct eddy_domain *domain, struct pool *pool)
{
    while (pool->free != NULL)
        eddy__release(domain, eddy__pool_get(domain, pool));
}

/* ---- Life --------------------------------------------------------------- */

int eddy_domain_new(struct eddy_domain **ret_domain,
                    const struct eddy_domain_options *options)
{
    struct eddy_domain_options chosen = { .debug = false };
    struct eddy_domain *domain;

    if (ret_domain == NULL)
        return -EINVAL;
    if (options != NULL)
        chosen = *options;
    if (chosen.mem.resize == NULL)
        chosen.mem = *eddy_mem_default();
    domain = chosen.mem.resize(chosen.mem.arg, NULL, sizeof *domain);
    if (domain == NULL)
        return -ENOMEM;
    *domain = (struct eddy_domain){
        .debug = chosen.debug,
        .deferreds = { .size = sizeof(struct eddy_deferred) },
        .links = { .size = sizeof(struct link) },
        .runs = { .size = sizeof(struct running) },
        .mem = chosen.mem,
        .log = chosen.log,
        .refs = 1,
    };
    domain->insert = &domain->ready;
    *ret_domain = domain;
    return 0;
}

void eddy__domain_ends(struct eddy_domain *domain)
{
    empty(domain, &domain->deferreds);
    empty(domain, &domain->links);
    empty(domain, &domain->runs);
    domain->mem.resize(domain->mem.arg, domain, 0);
}

void eddy_domain_free(struct eddy_domain *domain)
{
    if (domain != NULL && domain->loop == NULL)
        eddy__domain_unref(domain);
}

int eddy_domain_set_debug(struct eddy_domain *domain, bool debug)
{
    if (domain == NULL)
        return -EINVAL;
    domain->debug = debug;
    return 0;
}

/* ---- The one of a loop -------------------------------------------------- */

/* What outlives the loop has nobody to report to. */
static void loop_ends(void *value)
{
    struct eddy_domain *domain = value;

    domain->loop = NULL;
    domain->log.write = NULL;
    eddy__domain_unref(domain);
}

static void loop_forked(void *value, struct eddy_loop *loop)
{
    (void)value;
    (void)loop;
}

struct eddy_domain *eddy_loop_domain(struct eddy_loop *loop)
{
    static const struct eddy_slot_type type = { "deferreds", loop_ends,
                                                loop_forked, NULL };
    const struct eddy_loop_options *settings = eddy_loop_settings(loop);
    struct eddy_domain *domain;

    if (settings == NULL)
        return NULL;
    domain = eddy_loop_slot(loop, &type);
    if (domain == NULL) {
        struct eddy_domain_options options = { .mem = settings->mem,
                                               .log = settings->log };

        if (eddy_domain_new(&domain, &options) < 0)
            return NULL;
        if (eddy_loop_set_slot(loop, &type, domain) < 0) {
            eddy_domain_free(domain);
            return NULL;
        }
        domain->loop = loop;
    }
    return domain;
}
