/* SPDX-License-Identifier: MIT */
/* completions.c - the outcomes of deferreds, one by one as they come. */
#include "group.h"
#include "waiters.h"

struct eddy_completions {
    struct group group;
    struct eddy_domain *domain; /* with a reference */
    struct waiters waiters;     /* none while an outcome is kept */
    struct eddy_values **one;   /* for each child; NULL: it has come */
    struct eddy_values **kept;  /* those that have, in that order; so many: */
    size_t came, given;
};

static struct eddy_values *take_kept(struct eddy_completions *completions)
{
    return completions->kept[completions->given++];
}

static void one_came(struct group *group, size_t index)
{
    struct eddy_completions *completions = (struct eddy_completions *)group;
    struct eddy_values *one = completions->one[index];

    completions->one[index] = NULL;
    if (!eddy__serve(&completions->waiters, eddy__own_values(one)))
        completions->kept[completions->came++] = one;
}

static void completions_end(struct group *group)
{
    struct eddy_completions *completions = (struct eddy_completions *)group;

    for (size_t i = 0; i < group->count && completions->one != NULL; i++)
        eddy__values_free(completions->one[i]);
    group->mem.resize(group->mem.arg, completions->one, 0);
    eddy__domain_unref(completions->domain);
}

/* Memory for all outcomes, so that none is lost later. */
static int reserve(struct eddy_completions *completions)
{
    struct group *group = &completions->group;
    size_t size = group->count * sizeof *completions->one;
    struct eddy_values **arrays;

    if (size == 0)
        return 0;
    arrays = group->mem.resize(group->mem.arg, NULL, 2 * size);
    if (arrays == NULL)
        return -ENOMEM;
    completions->one = memset(arrays, 0, 2 * size);
    completions->kept = arrays + group->count;
    for (size_t i = 0; i < group->count; i++) {
        struct eddy_values *one = eddy__values_new(&group->mem, 1);

        if (one == NULL)
            return -ENOMEM;
        one->index = i;
        completions->one[i] = one;
        group->place[i].slot = one->value;
    }
    return 0;
}

static struct eddy_completions *new_completions(struct eddy_domain *domain,
                                                size_t count)
{
    struct eddy_completions *completions =
        eddy__group_new(domain, sizeof *completions, count);

    if (completions == NULL)
        return NULL;
    completions->group.came = one_came;
    completions->group.ends = completions_end;
    completions->group.consumes = true;
    completions->domain = domain;
    domain->refs++;
    if (reserve(completions) < 0) {
        eddy__group_unref(&completions->group);
        return NULL;
    }
    return completions;
}

int eddy_as_completed(struct eddy_completions **ret_completions,
                      struct eddy_domain *domain,
                      struct eddy_deferred *const *deferreds, size_t count)
{
    int err = ret_completions == NULL || domain == NULL
                  ? -EINVAL
                  : eddy__may_group(domain, deferreds, count);
    struct eddy_completions *completions =
        err == 0 ? new_completions(domain, count) : NULL;

    if (completions == NULL) {
        eddy__let_all_go(deferreds, count);
        return err < 0 ? err : -ENOMEM;
    }
    *ret_completions = completions;
    eddy__group_join(&completions->group, deferreds);
    return 0;
}

struct eddy_deferred *
eddy_completions_next(struct eddy_completions *completions)
{
    struct eddy_deferred *deferred = eddy_deferred_new(
        completions != NULL ? completions->domain : NULL, NULL, NULL);

    if (!eddy__is_real(deferred))
        return deferred;
    if (completions->given < completions->came)
        (void)eddy_fire(deferred, eddy__own_values(take_kept(completions)));
    else if (eddy__has_room(&completions->waiters, completions->group.left))
        eddy__wait_in(&completions->waiters, deferred);
    else
        (void)eddy_fire(deferred, eddy_fail(-ENODATA));
    return deferred;
}

void eddy_completions_free(struct eddy_completions *completions)
{
    if (completions == NULL)
        return;
    completions->group.closed = true;
    completions->group.consumes = false;
    eddy__send_away(&completions->waiters);
    while (completions->given < completions->came)
        eddy__values_free(take_kept(completions));
    eddy__group_unref(&completions->group);
}
