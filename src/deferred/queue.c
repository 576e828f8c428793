/* SPDX-License-Identifier: MIT */
/* queue.c - values that wait for getters, or getters that wait for values. */
#include "waiters.h"

/* Lives in the memory of a link. */
struct kept {
    struct kept *next;
    struct eddy_value value;
};

static_assert(sizeof(struct kept) <= sizeof(struct link),
              "a value that is kept lives in the memory of a link");

struct eddy_deferred_queue {
    struct eddy_domain *domain; /* with a reference */
    struct waiters getters;     /* none while anything is kept */
    struct kept *first, *last;
    size_t count, size, backlog;
};

int eddy_deferred_queue_new(struct eddy_deferred_queue **ret_queue,
                            struct eddy_domain *domain, size_t size,
                            size_t backlog)
{
    struct eddy_deferred_queue *queue;

    if (ret_queue == NULL || domain == NULL)
        return -EINVAL;
    queue = domain->mem.resize(domain->mem.arg, NULL, sizeof *queue);
    if (queue == NULL)
        return -ENOMEM;
    *queue = (struct eddy_deferred_queue){ .domain = domain,
                                           .size = size,
                                           .backlog = backlog };
    domain->refs++;
    *ret_queue = queue;
    return 0;
}

static int keep(struct eddy_deferred_queue *queue, struct eddy_value value)
{
    struct eddy_domain *domain = queue->domain;
    struct kept *kept;

    if (queue->count >= queue->size)
        return -ENOBUFS;
    kept = eddy__pool_get(domain, &domain->links);
    if (kept == NULL)
        return -ENOMEM;
    *kept = (struct kept){ .value = value };
    *(queue->first != NULL ? &queue->last->next : &queue->first) = kept;
    queue->last = kept;
    queue->count++;
    return 0;
}

static struct eddy_value take_first(struct eddy_deferred_queue *queue)
{
    struct eddy_domain *domain = queue->domain;
    struct kept *kept = queue->first;
    struct eddy_value value = kept->value;

    queue->first = kept->next;
    queue->count--;
    eddy__pool_put(domain, &domain->links, kept);
    return value;
}

int eddy_deferred_queue_put(struct eddy_deferred_queue *queue,
                            struct eddy_value value)
{
    int err = -EINVAL;

    if (queue != NULL && eddy__awaited(&value) == NULL) {
        if (eddy__serve(&queue->getters, value))
            return 0;
        err = keep(queue, value);
    }
    if (err < 0)
        eddy_value_free(&value);
    return err;
}

struct eddy_deferred *eddy_deferred_queue_get(struct eddy_deferred_queue *queue)
{
    struct eddy_deferred *deferred =
        eddy_deferred_new(queue != NULL ? queue->domain : NULL, NULL, NULL);

    if (!eddy__is_real(deferred))
        return deferred;
    if (queue->first != NULL)
        (void)eddy_fire(deferred, take_first(queue));
    else if (eddy__has_room(&queue->getters, queue->backlog))
        eddy__wait_in(&queue->getters, deferred);
    else
        (void)eddy_fire(deferred, eddy_fail(-ENOBUFS));
    return deferred;
}

size_t eddy_deferred_queue_count(const struct eddy_deferred_queue *queue)
{
    return queue != NULL ? queue->count : 0;
}

void eddy_deferred_queue_free(struct eddy_deferred_queue *queue)
{
    struct eddy_domain *domain;

    if (queue == NULL)
        return;
    domain = queue->domain;
    eddy__send_away(&queue->getters);
    while (queue->first != NULL) {
        struct eddy_value value = take_first(queue);

        eddy_value_free(&value);
    }
    domain->mem.resize(domain->mem.arg, queue, 0);
    eddy__domain_unref(domain);
}
