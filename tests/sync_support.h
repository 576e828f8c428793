/* SPDX-License-Identifier: MIT */
/*
 * sync_support.h - those who wait, by name, and values that count their ends.
 */
#ifndef EDDY_TESTS_SYNC_SUPPORT_H
#define EDDY_TESTS_SYNC_SUPPORT_H

#include <eddy/sync.h>

#include "deferred_support.h"

/* Begins it; the end is marked as "name:n". */
static inline void begin(struct eddy_loop *loop, struct eddy_request *request,
                         struct eddy_op op, const char *name)
{
    eddy_begin(loop, request, &op, mark_done, word(name));
}

/* The same as a coroutine would: true, and marked, if it is done at once. */
bool at_once(struct eddy_loop *loop, struct eddy_request *request,
             struct eddy_op op, const char *name);

/* What a turn tells. */
const char *told(struct eddy_loop *loop);

/* An operation by itself: its n. */
int64_t result_of(struct eddy_loop *loop, struct eddy_op op);

#endif
