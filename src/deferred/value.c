/* SPDX-License-Identifier: MIT */
/*
 * value.c - values: two words, the second of which says what the first is.
 *
 * How a thing is freed tells its kind, so no third word is needed: an error is
 * what is freed as an error. That holds only if each kind has one function,
 * with one address: hence they are private, and the constructors are not
 * inline.
 */
#include "group.h"

static void free_lent(void *ptr)
{
    (void)ptr;
}

void eddy__free_code(void *ptr)
{
    assert(ptr != NULL); /* and not the same code as free_lent() */
    (void)ptr;
}

void eddy__free_awaited(void *deferred)
{
    eddy_unref(deferred);
}

static struct eddy_value make(void *ptr, eddy_free_fn *kind)
{
    struct eddy_value value;

    value.ptr = ptr;
    value.free = kind;
    return value;
}

struct eddy_value eddy_lend(void *ptr)
{
    return make(ptr, free_lent);
}

struct eddy_value eddy_own(void *ptr, eddy_free_fn *free)
{
    return free != NULL ? make(ptr, free) : eddy_lend(ptr);
}

struct eddy_value eddy_fail(int err)
{
    struct eddy_value value = eddy_int(err < 0 ? err : -EINVAL);

    value.free = eddy__free_code;
    return value;
}

const struct eddy_value eddy__out_of_memory = { { -ENOMEM }, eddy__free_code };

struct eddy_value eddy_wait_for(struct eddy_deferred *deferred)
{
    if (deferred == NULL)
        return eddy_fail(-EINVAL);
    return make(deferred, eddy__free_awaited);
}

struct eddy_value eddy__detailed(struct error *error)
{
    return make(error, eddy__error_unref);
}

struct error *eddy__details(const struct eddy_value *value)
{
    return value != NULL && value->free == eddy__error_unref ? value->ptr
                                                             : NULL;
}

void eddy_value_free(struct eddy_value *value)
{
    struct eddy_value former;

    if (value == NULL || value->free == NULL)
        return;
    former = eddy_take(value);
    former.free(former.ptr);
}

bool eddy_value_is_error(const struct eddy_value *value)
{
    return value != NULL && eddy__is_error(value);
}

int eddy_error_code(const struct eddy_value *value)
{
    const struct eddy_error *details = eddy_error_details(value);

    if (details != NULL)
        return details->code;
    return eddy_value_is_error(value) ? (int)value->n : 0;
}

struct eddy_value eddy_value_share(const struct eddy_value *value)
{
    if (value == NULL || eddy__awaited(value) != NULL)
        return eddy_none();
    if (eddy__details(value) != NULL)
        eddy__error_ref(eddy__details(value));
    else if (eddy_value_many(value) != NULL)
        return eddy__lend_values(eddy_value_many(value));
    else if (value->free != NULL && value->free != eddy__free_code)
        return eddy_lend(value->ptr);
    return *value;
}
