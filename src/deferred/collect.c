/* SPDX-License-Identifier: MIT */
/* collect.c - many deferreds as one, which fires with their results. */
#include "group.h"

struct collection {
    struct group group;
    struct eddy_deferred *deferred; /* with a reference; NULL: it has fired */
    struct eddy_values *values;     /* the slots; NULL: given away */
    struct collection *next;        /* in the domain's `to_cancel` */
    bool to_cancel;
    unsigned flags;
    /* While it is searched: in which search, whence, at which child, and how
     * many are left. */
    uint64_t search;
    struct collection *above;
    size_t at, unsearched;
};

/* ---- Cancelling --------------------------------------------------------- */

static void conclude(struct collection *collection);

static void cancel_children(const struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct eddy_deferred *child = eddy_ref(group->place[i].child);

        eddy_cancel(child);
        eddy_unref(child);
    }
}

/* Children may be collections, so this is a list: the stack does not grow with
 * their depth. */
static void cancel_all(struct eddy_domain *domain,
                       struct collection *collection)
{
    if (!collection->to_cancel) {
        collection->to_cancel = true;
        collection->group.refs++;
        collection->next = domain->to_cancel;
        domain->to_cancel = collection;
    }
    if (domain->cancelling)
        return;
    domain->cancelling = true;
    domain->asking++;
    domain->refs++;
    while ((collection = domain->to_cancel) != NULL) {
        domain->to_cancel = collection->next;
        collection->to_cancel = false;
        cancel_children(&collection->group);
        if (collection->group.left == 0)
            conclude(collection);
        eddy__group_unref(&collection->group);
    }
    domain->cancelling = false;
    eddy__asking_over(domain);
    eddy__domain_unref(domain);
}

/* It takes charge: the collection fires by its own rules. */
static bool cancel_collection(struct eddy_deferred *deferred, void *collection)
{
    cancel_all(deferred->domain, collection);
    return true;
}

/* ---- Who is ending ------------------------------------------------------- */

/*
 * The search goes down into collections and up again without taking stack, and
 * into each of them once, for there may be circles. The next one begins where
 * this one found somebody, so that very many who end one by one are found in no
 * time.
 */

static struct collection *collection_of(const struct eddy_deferred *deferred)
{
    return deferred != NULL && deferred->canceller == cancel_collection
               ? deferred->canceller_arg
               : NULL;
}

static struct collection *go_down(struct collection *into,
                                  struct collection *above, uint64_t search)
{
    if (into == NULL || into->search == search)
        return NULL;
    into->search = search;
    into->above = above;
    into->unsearched = into->group.count;
    return into;
}

static struct collection *go_on(struct collection *collection)
{
    collection->at = (collection->at + 1) % collection->group.count;
    return --collection->unsearched > 0 ? collection : collection->above;
}

struct eddy_deferred *eddy__ending_within(const struct eddy_deferred *deferred)
{
    struct eddy_deferred *ending = eddy__ending(deferred);
    struct collection *in = collection_of(ending), *down = NULL;
    uint64_t search;

    if (in == NULL)
        return ending;
    search = ++ending->domain->searches;
    in = go_down(in, NULL, search);
    while (in != NULL) {
        ending = eddy__ending(in->group.place[in->at].child);
        if (ending != NULL && collection_of(ending) == NULL)
            return ending;
        down = go_down(collection_of(ending), in, search);
        in = down != NULL ? down : go_on(in);
    }
    return NULL;
}

/* ---- Firing ------------------------------------------------------------- */

/* Closes it first: what is freed while its value is made may cancel it. */
static bool may_fire(struct collection *collection)
{
    bool closed = collection->group.closed;

    collection->group.closed = true;
    return !closed;
}

static void fire(struct collection *collection, struct eddy_value value)
{
    struct eddy_deferred *deferred = collection->deferred;

    collection->deferred = NULL;
    eddy__values_free(collection->values);
    collection->values = NULL;
    if ((collection->flags & EDDY_CANCEL_REST) != 0)
        cancel_all(deferred->domain, collection);
    (void)eddy_fire_at(deferred, value, "the end of a collection");
    eddy_unref(deferred);
}

static struct eddy_value give_values(struct collection *collection)
{
    struct eddy_values *values = collection->values;

    collection->values = NULL;
    return eddy__own_values(values);
}

/* The others are errors, or there are none. */
static struct eddy_value give_one(struct collection *collection, size_t index)
{
    struct eddy_values *values = collection->values;
    struct eddy_value one = eddy_take(&values->value[index]);

    for (size_t i = 0; i < values->count; i++)
        eddy_value_free(&values->value[i]);
    values->value[0] = one;
    values->index = index;
    values->count = 1;
    return give_values(collection);
}

/* An error with the code of one, made of it and of those that follow. */
static struct eddy_value give_error(struct collection *collection, size_t index,
                                    size_t count)
{
    struct eddy_value *child = &collection->values->value[index];
    const struct eddy_error *details = eddy_error_details(child);

    return eddy_error_new(&collection->group.mem,
                          &(struct eddy_error){ .domain = details != NULL
                                                              ? details->domain
                                                              : NULL,
                                                .code = eddy_error_code(child),
                                                .index = (int64_t)index,
                                                .count = count,
                                                .child = child });
}

static size_t first_error(const struct eddy_values *values)
{
    size_t i = 0;

    while (i < values->count && !eddy_value_is_error(&values->value[i]))
        i++;
    return i;
}

/* There is nothing left to wait for; those that passed without a result are
 * errors that have not been looked at. */
static void conclude(struct collection *collection)
{
    size_t count = collection->group.count, error;

    if (!may_fire(collection))
        return;
    error = first_error(collection->values);
    if ((collection->flags & EDDY_FIRST_VALUE) != 0)
        fire(collection, give_error(collection, 0, count));
    else if ((collection->flags & EDDY_FIRST_ERROR) != 0 && error < count)
        fire(collection, give_error(collection, error, 1));
    else
        fire(collection, give_values(collection));
}

static void one_came(struct group *group, size_t index)
{
    struct collection *collection = (struct collection *)group;
    bool failed = eddy_value_is_error(&collection->values->value[index]);
    unsigned first = failed ? EDDY_FIRST_ERROR : EDDY_FIRST_VALUE;

    if ((collection->flags & first) == 0) {
        if (group->left == 0)
            conclude(collection);
    } else if (may_fire(collection)) {
        fire(collection, failed ? give_error(collection, index, 1)
                                : give_one(collection, index));
    }
}

/* ---- Life --------------------------------------------------------------- */

static void free_values(void *values)
{
    eddy__values_free(values);
}

/* If it has not fired, nobody is left to fire it, but who cancels it may: that
 * may be a value that is freed here. What has come is lent to others: it stays
 * until then, if there is memory for that. */
static void collection_ends(struct group *group)
{
    struct collection *collection = (struct collection *)group;
    struct eddy_deferred *deferred = collection->deferred;
    struct eddy_link keep = { .then_arg = collection->values,
                              .free_then = free_values };
    int err = -ENOENT;

    if (eddy__is_real(deferred)) {
        deferred->canceller = NULL;
        deferred->flags &= ~(DEFERRED_ASKED | DEFERRED_ENDING);
        err = eddy__add(deferred, &keep);
    }
    if (err < 0)
        eddy__values_free(collection->values);
    eddy_unref(deferred);
}

static struct collection *new_collection(struct eddy_domain *domain,
                                         size_t count, unsigned flags)
{
    struct collection *collection =
        eddy__group_new(domain, sizeof *collection, count);

    if (collection == NULL)
        return NULL;
    collection->group.came = one_came;
    collection->group.ends = collection_ends;
    collection->group.consumes = (flags & EDDY_CONSUME) != 0;
    collection->flags = flags;
    collection->values = eddy__values_new(&domain->mem, count);
    collection->deferred =
        eddy_deferred_new(domain, cancel_collection, collection);
    if (collection->values == NULL || !eddy__is_real(collection->deferred)) {
        eddy__group_unref(&collection->group);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        collection->group.place[i].slot = &collection->values->value[i];
    return collection;
}

static int may_collect(const struct eddy_domain *domain,
                       struct eddy_deferred *const *deferreds, size_t count,
                       unsigned flags)
{
    unsigned known =
        EDDY_FIRST_VALUE | EDDY_FIRST_ERROR | EDDY_CONSUME | EDDY_CANCEL_REST;

    if ((flags & ~known) != 0 ||
        (count == 0 && (flags & EDDY_FIRST_VALUE) != 0))
        return -EINVAL;
    return eddy__may_group(domain, deferreds, count);
}

struct eddy_deferred *eddy_collect(struct eddy_domain *domain,
                                   struct eddy_deferred *const *deferreds,
                                   size_t count, unsigned flags)
{
    int err = may_collect(domain, deferreds, count, flags);
    struct collection *collection =
        err == 0 ? new_collection(domain, count, flags) : NULL;
    struct eddy_deferred *deferred;

    if (collection == NULL) {
        eddy__let_all_go(deferreds, count);
        return err < 0 ? eddy_fired(domain, eddy_fail(err)) : eddy_no_memory();
    }
    deferred = eddy_ref(collection->deferred);
    eddy__group_join(&collection->group, deferreds);
    if (count == 0)
        conclude(collection);
    eddy__group_unref(&collection->group);
    return deferred;
}
