/* SPDX-License-Identifier: MIT */
/*
 * combine.c - operations made of operations: all and any.
 *
 * The children live in the caller's array, so nothing is allocated; and so both
 * are done only when every child is, or the array would die under a running
 * operation.
 */
#include "op.h"

struct group {
    struct eddy_child *children;
    size_t count, running;
    int64_t good;  /* all: how many; any: the winner, or -1 */
    int64_t error; /* any: of the last child that failed */
    bool any, cancelled;
};

EDDY_FITS_REQUEST(struct group);

static void cancel_children(struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        eddy_request_cancel(&group->children[i].request);
}

static void cancel_group(struct eddy_request *request)
{
    struct group *group = (struct group *)eddy_request_words(request);

    group->cancelled = true;
    cancel_children(group);
}

static struct eddy_result verdict(const struct group *group)
{
    bool enough =
        group->any ? group->good >= 0 : group->good == (int64_t)group->count;
    struct eddy_result result = eddy_n(group->good);

    if (group->cancelled && !enough)
        result.n = -ECANCELED;
    else if (group->any && !enough)
        result.n = group->error;
    if (result.n < 0 && !group->any)
        result.done = (uint64_t)group->good;
    return result;
}

/* Nobody expects what a loser gives all the same, be it done already: it is
 * dropped before it is told. */
static void discard_losers(struct group *group, const struct eddy_child *winner)
{
    for (size_t i = 0; i < group->count; i++)
        if (&group->children[i] != winner)
            eddy_request_discard(&group->children[i].request);
}

static void judge(struct group *group, struct eddy_child *child,
                  struct eddy_result result)
{
    child->result = result;
    if (result.n < 0) {
        group->error = result.n;
    } else if (!group->any) {
        group->good++;
    } else {
        group->good = child - group->children;
        discard_losers(group, child);
    }
}

static void child_done(struct eddy_result result, void *arg)
{
    struct eddy_child *child = arg;
    struct group *group = child->opaque;

    judge(group, child, result);
    if (--group->running == 0)
        eddy_complete(eddy__request_of(group), verdict(group));
}

static bool is_valid(const struct eddy_child *children, size_t count, bool any)
{
    if (count == 0)
        return !any;
    if (children == NULL || count > INT64_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (children[i].op.type == NULL ||
            (children[i].op.type->flags & EDDY_OP_MULTISHOT) != 0)
            return false;
    return true;
}

static void refuse_group(const struct eddy_op *op)
{
    const struct eddy_child *children = eddy_pointer(op->word[0]);

    for (size_t i = 0; children != NULL && i < op->word[1]; i++)
        eddy_op_refuse(&children[i].op);
}

static bool start_group(struct eddy_request *request,
                        struct eddy_result *ret_result, bool any)
{
    uint64_t *words = eddy_request_words(request);
    struct eddy_child *children = eddy_pointer(words[0]);
    size_t count = (size_t)words[1];
    struct group *group = (struct group *)words;

    if (!is_valid(children, count, any) || count == 0) {
        *ret_result = eddy_n(count == 0 && !any ? 0 : -EINVAL);
        refuse_group(&(struct eddy_op){ .word = { words[0], words[1] } });
        return true;
    }
    *group = (struct group){ .children = children,
                             .count = count,
                             .running = count,
                             .good = any ? -1 : 0,
                             .any = any };
    for (size_t i = 0; i < count; i++) {
        children[i].opaque = group;
        eddy_begin(eddy_request_loop(request), &children[i].request,
                   &children[i].op, child_done, &children[i]);
    }
    return false;
}

static bool start_all(struct eddy_request *request,
                      struct eddy_result *ret_result)
{
    return start_group(request, ret_result, false);
}

static bool start_any(struct eddy_request *request,
                      struct eddy_result *ret_result)
{
    return start_group(request, ret_result, true);
}

struct eddy_op eddy_all(struct eddy_child *children, size_t count)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "all",
        .start = start_all,
        .cancel = cancel_group,
        .refuse = refuse_group,
    };

    return (struct eddy_op){ .type = &type,
                             .word = { eddy_word(children), count } };
}

struct eddy_op eddy_any(struct eddy_child *children, size_t count)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "any",
        .start = start_any,
        .cancel = cancel_group,
        .refuse = refuse_group,
    };

    return (struct eddy_op){ .type = &type,
                             .word = { eddy_word(children), count } };
}
