/* SPDX-License-Identifier: MIT */
/* error.c - errors that have more to say than a code. */
#include "deferred.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

/* What is told stands behind it: the children, then the text. */
struct error {
    struct eddy_error told;
    struct eddy_mem mem;
    atomic_uint refs;
    struct error *next; /* to be freed */
    struct eddy_value child[];
};

static void free_children(struct eddy_value *child, size_t count)
{
    for (size_t i = 0; i < count; i++)
        eddy_value_free(&child[i]);
}

void eddy__error_ref(struct error *error)
{
    atomic_fetch_add_explicit(&error->refs, 1, memory_order_relaxed);
}

static bool was_last(struct error *error)
{
    return atomic_fetch_sub_explicit(&error->refs, 1, memory_order_acq_rel) ==
           1;
}

/* What it is made of may be made of others: a list, for constant stack. */
void eddy__error_unref(void *ptr)
{
    struct error *dead = was_last(ptr) ? ptr : NULL;

    while (dead != NULL) {
        struct error *error = dead;
        struct eddy_mem mem = error->mem;

        dead = error->next;
        for (size_t i = 0; i < error->told.count; i++) {
            struct error *child = eddy__details(&error->child[i]);

            if (child == NULL) {
                eddy_value_free(&error->child[i]);
            } else if (was_last(child)) {
                child->next = dead;
                dead = child;
            }
        }
        mem.resize(mem.arg, error, 0);
    }
}

static bool is_valid(const struct eddy_error *error)
{
    return error != NULL && (error->code < 0 || error->domain != NULL) &&
           (error->count == 0 || error->child != NULL) &&
           error->count < SIZE_MAX / 2 / sizeof *error->child;
}

struct eddy_value eddy_error_new(const struct eddy_mem *mem,
                                 const struct eddy_error *error)
{
    size_t children, text;
    struct error *copy;

    if (!is_valid(error)) {
        if (error != NULL && error->child != NULL)
            free_children(error->child, error->count);
        return eddy_fail(-EINVAL);
    }
    if (mem == NULL || mem->resize == NULL)
        mem = eddy_mem_default();
    children = error->count * sizeof *error->child;
    text = error->text != NULL ? strlen(error->text) + 1 : 0;
    copy = mem->resize(mem->arg, NULL, sizeof *copy + children + text);
    if (copy == NULL) {
        free_children(error->child, error->count);
        return eddy_fail(error->domain == NULL ? error->code : -ENOMEM);
    }
    *copy = (struct error){ .told = *error, .mem = *mem };
    atomic_init(&copy->refs, 1);
    copy->told.child = copy->child;
    for (size_t i = 0; i < error->count; i++)
        copy->child[i] = eddy_take(&error->child[i]);
    if (text > 0)
        copy->told.text =
            memcpy((char *)copy->child + children, error->text, text);
    return eddy__detailed(copy);
}

struct eddy_value eddy_fail_text(const struct eddy_mem *mem, int err,
                                 const char *format, ...)
{
    struct eddy_error error = { .code = err < 0 ? err : -EINVAL };
    char text[256]; /* a line; what is longer is cut */
    va_list args;

    if (format != NULL) {
        va_start(args, format);
        (void)vsnprintf(text, sizeof text, format, args);
        va_end(args);
        error.text = text;
    }
    return eddy_error_new(mem, &error);
}

const struct eddy_error *eddy_error_details(const struct eddy_value *value)
{
    const struct error *error = eddy__details(value);

    return error != NULL ? &error->told : NULL;
}

const char *eddy_error_text(const struct eddy_value *value)
{
    const struct eddy_error *details = eddy_error_details(value);
    const char *text = NULL;

    if (details == NULL)
        return eddy_strerror(eddy_error_code(value));
    if (details->text != NULL)
        return details->text;
    if (details->domain == NULL)
        return eddy_strerror(details->code);
    if (details->domain->text != NULL)
        text = details->domain->text(details->code);
    return text != NULL ? text : "unknown error";
}

/* Goes down by itself along first children, which is what a chain of causes is;
 * only a group takes stack for its others. */
bool eddy_error_is_in(const struct eddy_value *value,
                      const struct eddy_error_domain *domain, int code)
{
    while (eddy_value_is_error(value)) {
        const struct eddy_error *details = eddy_error_details(value);

        if (eddy_error_code(value) == code &&
            (details != NULL ? details->domain : NULL) == domain)
            return true;
        if (details == NULL || details->count == 0)
            return false;
        for (size_t i = 1; i < details->count; i++)
            if (eddy_error_is_in(&details->child[i], domain, code))
                return true;
        value = &details->child[0];
    }
    return false;
}

bool eddy_error_is(const struct eddy_value *value, int code)
{
    return eddy_error_is_in(value, NULL, code);
}
