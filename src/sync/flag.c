/* SPDX-License-Identifier: MIT */
/* flag.c - set or not; what others call an event. */
#include "sync.h"

struct flag {
    struct object object;
    bool set;
};

static_assert(sizeof(struct flag) <= sizeof(struct eddy_flag),
              "the public struct has room for the private one");

int eddy_flag_init(struct eddy_flag *flag, struct eddy_loop *loop)
{
    return eddy__object_init(flag, sizeof(struct flag), loop);
}

void eddy_flag_done(struct eddy_flag *flag)
{
    (void)eddy__object_done(flag);
}

int eddy_flag_set(struct eddy_flag *opaque)
{
    struct flag *flag = (struct flag *)opaque;
    int err = eddy__object_check(flag);

    if (err < 0)
        return err;
    flag->set = true;
    eddy__line_end(&flag->object.waiting, 0);
    return 0;
}

int eddy_flag_clear(struct eddy_flag *opaque)
{
    struct flag *flag = (struct flag *)opaque;
    int err = eddy__object_check(flag);

    if (err == 0)
        flag->set = false;
    return err;
}

bool eddy_flag_is_set(const struct eddy_flag *flag)
{
    return flag != NULL && ((const struct flag *)flag)->set;
}

/* ---- Waiting ------------------------------------------------------------ */

static bool wait_now(struct eddy_loop *loop, const struct eddy_op *op,
                     struct eddy_result *ret_result)
{
    const struct flag *flag = op->on;

    *ret_result = eddy_n(0);
    return eddy__object_is_here(flag, loop) && flag->set;
}

static bool start_wait(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct flag *flag = eddy_request_on(request);

    if (!eddy__object_admits(request, ret_result))
        return true;
    *ret_result = eddy_n(0);
    if (!flag->set)
        line_join(&flag->object.waiting,
                  (struct link *)eddy_request_words(request));
    return flag->set;
}

struct eddy_op eddy_flag_wait(struct eddy_flag *flag)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "flag",
        .start = start_wait,
        .cancel = eddy__object_cancel,
        .now = wait_now,
    };

    return (struct eddy_op){ .type = &type, .on = flag };
}
