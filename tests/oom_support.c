/* SPDX-License-Identifier: MIT */
/* oom_support.c - scenes to be played with little memory. */
#include "oom_support.h"

enum { MOST_TURNS = 10000, MOST_ALLOCATIONS = 1000 };

static int64_t play_once(int index, play_fn *play)
{
    struct eddy_loop_options options = virtual_options(index);
    struct eddy_loop *loop = NULL;
    int64_t n = eddy_loop_new(&loop, &options);

    if (n == 0)
        n = play(loop);
    ck_assert_int_eq(eddy_loop_free(loop), 0);
    (void)marks();
    return n;
}

void play_all(int index, play_fn *play)
{
    int fds;
    long live;

    ck_assert_int_eq(play_once(index, play), 0); /* what is made once is made */
    fds = count_open_fds();
    live = live_allocations();
    for (long nth = 1; nth < MOST_ALLOCATIONS; nth++) {
        int64_t n;

        fail_allocation(nth);
        n = play_once(index, play);
        ck_assert_int_eq(count_open_fds(), fds);
        ck_assert_int_eq(live_allocations(), live);
        if (!allocation_failed()) {
            fail_allocation(0);
            ck_assert_int_eq(n, 0);
            ck_assert_int_gt(nth, 1);
            return;
        }
        ck_assert_msg(n == 0 || n == -ENOMEM, "failure %ld: %s", nth,
                      eddy_errname((int)n));
    }
    ck_abort_msg("it never ends");
}

int64_t outcome(struct eddy_loop *loop, struct eddy_deferred *deferred)
{
    struct eddy_value result;
    int64_t n;

    for (int i = 0; eddy_state(deferred) != EDDY_DONE; i++) {
        ck_assert_int_lt(i, MOST_TURNS);
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 0);
    }
    result = eddy_take_result(deferred);
    eddy_unref(deferred);
    n = eddy_value_is_error(&result) ? eddy_error_code(&result) : result.n;
    eddy_value_free(&result);
    return n;
}

int64_t came_to(int64_t n, int64_t wanted)
{
    ck_assert_msg(n == wanted || n == -ENOMEM, "%lld instead of %lld",
                  (long long)n, (long long)wanted);
    return n == wanted ? 0 : n;
}
