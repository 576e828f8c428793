/* SPDX-License-Identifier: MIT */
/*
 * eddy/value.h - values, and errors as values.
 *
 * What a deferred holds and its links hand on: an integer, a pointer with or
 * without a destructor, or an error. Two words. A value is moved, not copied:
 * there is one owner at a time, who passes it on, takes what is in it, or frees
 * it with eddy_value_free().
 *
 * Nothing here needs a loop. A value may be carried to another thread; values
 * that share an error must stay in one.
 */
#ifndef EDDY_VALUE_H
#define EDDY_VALUE_H

#include <eddy/base.h>

EDDY_BEGIN_DECLS

typedef void eddy_free_fn(void *ptr);

struct eddy_value {
    union {
        int64_t n;
        void *ptr;
    };
    eddy_free_fn *free; /* NULL: an integer. Else it frees ptr, and says what
                           it is; eddy's, unless eddy_own() was given it */
};

/* ---- Making them -------------------------------------------------------- */

static inline struct eddy_value eddy_int(int64_t n)
{
    struct eddy_value value;

    value.n = n;
    value.free = NULL;
    return value;
}

/* The integer 0, for who has nothing to say. */
static inline struct eddy_value eddy_none(void)
{
    return eddy_int(0);
}

/* A pointer that belongs to whoever gets it, who may call free(ptr). */
EDDY_API struct eddy_value eddy_own(void *ptr, eddy_free_fn *free);

/* A pointer that stays with who lends it. */
EDDY_API struct eddy_value eddy_lend(void *ptr);

/* An error of eddy's own kind, a negative errno value. It needs no memory.
 * 0 or more is no error, and gives -EINVAL. [any thread] */
EDDY_API struct eddy_value eddy_fail(int err);

/* ---- Using them --------------------------------------------------------- */

/* Moves it out: the value, and *value is eddy_none() from now on. */
static inline struct eddy_value eddy_take(struct eddy_value *value)
{
    struct eddy_value taken = *value;

    *value = eddy_none();
    return taken;
}

/* Frees what it owns; it is eddy_none() afterwards. NULL is welcome. */
EDDY_API void eddy_value_free(struct eddy_value *value);

EDDY_API bool eddy_value_is_error(const struct eddy_value *value);

/* ---- Errors ------------------------------------------------------------- */

/*
 * Where codes come from: eddy's are negative errno values and have no domain
 * (NULL); who has codes of another kind makes a domain of them. text() returns
 * words for a code, or NULL; they must live for ever.
 */
struct eddy_error_domain {
    const char *name; /* "http" */
    const char *(*text)(int code);
};

/* An error that has more to say than a code. All fields may be zero but code,
 * which in no domain must be negative. */
struct eddy_error {
    const struct eddy_error_domain *domain;
    int code;
    const char *text; /* NULL: the domain's words for the code */
    const char *at;   /* where, "file:line", or NULL; not copied */
    int64_t index;    /* which of many, as its maker says */
    uint64_t done;    /* how much was done all the same */
    size_t count;     /* of children: an error made of errors, or of the */
    struct eddy_value *child; /* one that caused it, child[0] */
};

/* Where in the source, as "file:line". */
#define EDDY_HERE           __FILE__ ":" EDDY_HERE_LINE(__LINE__)
#define EDDY_HERE_LINE(n)   EDDY_HERE_STRING(n)
#define EDDY_HERE_STRING(n) #n

/* A copy of *error as a value. The children are taken over, their array is
 * copied; the text is copied. Without memory it is what a bare code can say:
 * eddy_fail(code), or -ENOMEM if the code has a domain; the children are freed.
 * mem NULL: eddy_mem_default(). */
EDDY_API struct eddy_value eddy_error_new(const struct eddy_mem *mem,
                                          const struct eddy_error *error);

/* The same for a code of eddy's with words of one's own, of which there is room
 * for 255 bytes. */
EDDY_API struct eddy_value eddy_fail_text(const struct eddy_mem *mem, int err,
                                          const char *format, ...)
    EDDY_PRINTF(3, 4);

/* A second owner of an error, or the same integer, or the same pointer lent;
 * one that is owned is lent, too. Needs no memory. */
EDDY_API struct eddy_value eddy_value_share(const struct eddy_value *value);

/* The code; 0 if it is no error. */
EDDY_API int eddy_error_code(const struct eddy_value *value);

/* Is it this error, or caused by it? In a group: is one of the children? */
EDDY_API bool eddy_error_is(const struct eddy_value *value, int code);
EDDY_API bool eddy_error_is_in(const struct eddy_value *value,
                               const struct eddy_error_domain *domain,
                               int code);

/* Words, never NULL, valid as long as the value; "no error" if it is none. */
EDDY_API const char *eddy_error_text(const struct eddy_value *value);

/* All there is to know of it, valid as long as the value; NULL if it is a bare
 * code or no error. */
EDDY_API const struct eddy_error *
eddy_error_details(const struct eddy_value *value);

/* ---- Many values -------------------------------------------------------- */

/* What a collection of deferreds gives. */
struct eddy_values {
    size_t count;
    size_t index; /* which of the collected it was, if there is one */
    struct eddy_value *value; /* count of them */
};

/* The values in a value that is an owned or lent eddy_values, as the functions
 * that make such say; NULL if it is something else. */
EDDY_API struct eddy_values *eddy_value_many(const struct eddy_value *value);

EDDY_END_DECLS

#endif
