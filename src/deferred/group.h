/* SPDX-License-Identifier: MIT */
/* group.h - deferreds that are looked at together, and many values as one. */
#ifndef EDDY_DEFERRED_GROUP_H
#define EDDY_DEFERRED_GROUP_H

#include "deferred.h"

/* ---- Many values -------------------------------------------------------- */

/* So many times eddy_none(); NULL: out of memory. */
struct eddy_values *eddy__values_new(const struct eddy_mem *mem, size_t count);
/* A value that owns them, or has them lent. */
struct eddy_value eddy__own_values(struct eddy_values *values);
struct eddy_value eddy__lend_values(struct eddy_values *values);
void eddy__values_free(struct eddy_values *values);

/* ---- Groups ------------------------------------------------------------- */

struct place {
    struct group *group;
    struct eddy_deferred *child; /* without a reference; NULL: it has passed */
    struct eddy_value *slot;     /* for its result; not yet: eddy_none() */
    bool settled;                /* it has come, or never will */
};

/* Begins the struct of who collects. It ends when the last child has passed, or
 * has been let go of, and the owner has let go of the group. */
struct group {
    /* The result of child `index` is in its slot. */
    void (*came)(struct group *group, size_t index);
    /* Just before it is freed. */
    void (*ends)(struct group *group);
    struct place *place;
    size_t count, left; /* not settled */
    size_t refs;        /* its owner's, and one of each link to a child */
    struct eddy_mem mem;
    bool consumes; /* errors go on as eddy_none() */
    bool closed;   /* results go on as if it were not there */
};

/* May these be collected here? -EINVAL: one is NULL, or there twice; -EXDEV:
 * one is of another domain. */
int eddy__may_group(const struct eddy_domain *domain,
                    struct eddy_deferred *const *deferreds, size_t count);
void eddy__let_all_go(struct eddy_deferred *const *deferreds, size_t count);

/* `size` zeroed bytes, of which the first are a group; NULL: out of memory. */
void *eddy__group_new(struct eddy_domain *domain, size_t size, size_t count);
void eddy__group_unref(struct group *group);

/* Takes the deferreds over, in places whose slots are set. Where there is no
 * memory for a link, the result is -ENOMEM. */
void eddy__group_join(struct group *group,
                      struct eddy_deferred *const *deferreds);

#endif
