/* SPDX-License-Identifier: MIT */
/*
 * group.c - deferreds that are looked at together, and many values as one.
 *
 *     child 0 --link--> place 0 \
 *     child 1 --link--> place 1  > group, and its owner's struct
 *     child 2 --link--> place 2 /
 *
 * Only links hold the group, and the group holds no child. So a child that
 * nobody is left to fire goes, its link with it, and at last the group: there
 * is no circle. The child of a place is valid as long as its link is not over.
 */
#include "group.h"

/* ---- Many values -------------------------------------------------------- */

struct many {
    struct eddy_values told;
    struct eddy_mem mem;
    struct many *next; /* to be freed */
    struct eddy_value value[];
};

static struct many *many_of(struct eddy_values *values)
{
    return EDDY_CONTAINER_OF(values, struct many, told);
}

struct eddy_values *eddy__values_new(const struct eddy_mem *mem, size_t count)
{
    struct many *many;

    if (count >= SIZE_MAX / 2 / sizeof *many->value)
        return NULL;
    many =
        mem->resize(mem->arg, NULL, sizeof *many + count * sizeof *many->value);
    if (many == NULL)
        return NULL;
    *many = (struct many){ .told = { .count = count, .value = many->value },
                           .mem = *mem };
    for (size_t i = 0; i < count; i++)
        many->value[i] = eddy_none();
    return &many->told;
}

/* What is in it may be many again: a list, for constant stack. */
static void free_many(void *values)
{
    struct many *dead = many_of(values);

    while (dead != NULL) {
        struct many *many = dead;

        dead = many->next;
        for (size_t i = 0; i < many->told.count; i++) {
            struct eddy_value *value = &many->told.value[i];

            if (value->free == free_many) {
                struct many *inner = many_of(value->ptr);

                inner->next = dead;
                dead = inner;
            } else {
                eddy_value_free(value);
            }
        }
        many->mem.resize(many->mem.arg, many, 0);
    }
}

static void free_lent_many(void *values)
{
    (void)values;
}

struct eddy_value eddy__own_values(struct eddy_values *values)
{
    return eddy_own(values, free_many);
}

struct eddy_value eddy__lend_values(struct eddy_values *values)
{
    return eddy_own(values, free_lent_many);
}

void eddy__values_free(struct eddy_values *values)
{
    if (values != NULL)
        free_many(values);
}

struct eddy_values *eddy_value_many(const struct eddy_value *value)
{
    return value != NULL &&
                   (value->free == free_many || value->free == free_lent_many)
               ? value->ptr
               : NULL;
}

/* ---- Groups ------------------------------------------------------------- */

static bool mark(struct eddy_deferred *deferred)
{
    if (!eddy__is_real(deferred))
        return deferred != NULL;
    if ((deferred->flags & DEFERRED_GIVEN) != 0)
        return false;
    deferred->flags |= DEFERRED_GIVEN;
    return true;
}

static void unmark(struct eddy_deferred *deferred)
{
    if (eddy__is_real(deferred))
        deferred->flags &= ~DEFERRED_GIVEN;
}

static bool is_foreign(const struct eddy_domain *domain,
                       const struct eddy_deferred *deferred)
{
    return eddy__is_real(deferred) && deferred->domain != domain;
}

int eddy__may_group(const struct eddy_domain *domain,
                    struct eddy_deferred *const *deferreds, size_t count)
{
    size_t marked = 0, foreign = 0;

    if (deferreds == NULL)
        return count > 0 ? -EINVAL : 0;
    while (marked < count && mark(deferreds[marked]))
        marked++;
    for (size_t i = 0; i < marked; i++) {
        unmark(deferreds[i]);
        foreign += is_foreign(domain, deferreds[i]);
    }
    if (marked < count)
        return -EINVAL;
    return foreign > 0 ? -EXDEV : 0;
}

void eddy__let_all_go(struct eddy_deferred *const *deferreds, size_t count)
{
    for (size_t i = 0; i < count && deferreds != NULL; i++)
        eddy_unref(deferreds[i]);
}

void *eddy__group_new(struct eddy_domain *domain, size_t size, size_t count)
{
    struct group *group;
    size_t places = count * sizeof *group->place;

    if (domain == NULL || count >= SIZE_MAX / 2 / sizeof *group->place)
        return NULL;
    group = domain->mem.resize(domain->mem.arg, NULL, size + places);
    if (group == NULL)
        return NULL;
    memset(group, 0, size + places);
    group->place = (struct place *)(void *)((char *)group + size);
    group->count = group->left = count;
    group->refs = 1;
    group->mem = domain->mem;
    return group;
}

void eddy__group_unref(struct group *group)
{
    if (--group->refs > 0)
        return;
    group->ends(group);
    group->mem.resize(group->mem.arg, group, 0);
}

/* ---- Their results ------------------------------------------------------ */

static void settle(struct place *place)
{
    place->settled = true;
    place->group->left--;
}

static void tell(struct place *place)
{
    struct group *group = place->group;

    settle(place);
    group->came(group, (size_t)(place - group->place));
}

static struct eddy_value has_come(struct eddy_value *result, void *arg)
{
    struct place *place = arg;
    struct group *group = place->group;
    bool consumed = group->consumes && eddy_value_is_error(result);

    if (!group->closed) {
        *place->slot = eddy_take(result);
        *result = eddy_value_share(place->slot);
        tell(place);
    }
    return consumed ? eddy_none() : eddy_take(result);
}

/* One that went without a result is not told of: the last reference to a
 * deferred runs no functions of the user's. */
static void has_passed(void *arg)
{
    struct place *place = arg;
    struct group *group = place->group;

    place->child = NULL;
    if (!place->settled && !group->closed) {
        *place->slot = eddy_fail(-ECANCELED);
        settle(place);
    }
    eddy__group_unref(group);
}

static void join(struct place *place)
{
    struct eddy_deferred *child = place->child;
    struct eddy_link link = { .then = has_come,
                              .then_arg = place,
                              .rescue = has_come,
                              .rescue_arg = place,
                              .free_then = has_passed };

    place->group->refs++;
    if (eddy__add(child, &link) < 0) {
        if (!place->group->closed) {
            *place->slot = eddy_fail(-ENOMEM);
            tell(place);
        }
        has_passed(place);
    }
    eddy_unref(child);
}

/* The places know all of them before the first link can run: what that sets
 * going may change the array, or cancel the others. */
void eddy__group_join(struct group *group,
                      struct eddy_deferred *const *deferreds)
{
    for (size_t i = 0; i < group->count; i++) {
        group->place[i].group = group;
        group->place[i].child = deferreds[i];
    }
    for (size_t i = 0; i < group->count; i++)
        join(&group->place[i]);
}
