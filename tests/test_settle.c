/* SPDX-License-Identifier: MIT */
/* test_settle.c - what an operation got is stored, or put back, or never had.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

/* A shelf of things; an operation takes one, and it is stored when told. */
struct shelf {
    int things, stored, refused;
    struct eddy_request *waits;
};

static bool start_taking(struct eddy_request *request,
                         struct eddy_result *ret_result)
{
    struct shelf *shelf = eddy_request_on(request);

    shelf->waits = request;
    if (shelf->things == 0)
        return false;
    shelf->things--;
    *ret_result = eddy_n(5);
    return true;
}

static void cancel_taking(struct eddy_request *request)
{
    eddy_complete(request, eddy_n(-ECANCELED));
}

static void settle_taking(struct eddy_request *request, bool taken)
{
    struct shelf *shelf = eddy_request_on(request);

    ck_assert_uint_eq(eddy_request_words(request)[4], 44); /* all is there */
    *(taken ? &shelf->stored : &shelf->things) += 1;
}

static void refuse_taking(const struct eddy_op *op)
{
    ((struct shelf *)op->on)->refused++;
}

static struct eddy_op from(struct shelf *shelf)
{
    static const struct eddy_op_type type = { .abi = EDDY_OP_ABI,
                                              .flags = EDDY_OP_PROMPT,
                                              .name = "take",
                                              .start = start_taking,
                                              .cancel = cancel_taking,
                                              .settle = settle_taking,
                                              .refuse = refuse_taking };

    return (struct eddy_op){ .type = &type,
                             .on = shelf,
                             .word = { 0, 0, 0, 0, 44 } };
}

START_TEST(what_is_told_has_just_been_stored)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct shelf shelf = { .things = 2 };
    struct eddy_op op = from(&shelf);
    struct eddy_request request;
    struct eddy_result result;

    turns(loop, 1);
    eddy_begin(loop, &request, &op, mark_done, word("a"));
    ck_assert_int_eq(shelf.stored, 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "a:5");
    ck_assert_int_eq(shelf.stored, 1);
    ck_assert(eddy_begin_or_finish(loop, &request, &op, mark_done, word("b"),
                                   &result));
    ck_assert_int_eq(shelf.stored, 2);
    ck_assert(!eddy_begin_or_finish(loop, &request, &op, mark_done, word("c"),
                                    &result));
    eddy_complete(shelf.waits, eddy_n(5)); /* promptly */
    ck_assert_int_eq(shelf.stored, 3);
    ck_assert_str_eq(marks(), "c:5");
    ck_assert_int_eq(shelf.things, 0);
}
END_TEST

START_TEST(a_failure_stores_nothing_and_puts_nothing_back)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct shelf shelf = { .things = 0 };
    struct eddy_op op = from(&shelf);
    struct eddy_request request;

    eddy_begin(loop, &request, &op, mark_done, word("a"));
    eddy_request_cancel(&request);
    run_out(loop);
    ck_assert_str_eq(marks(), "a:ECANCELED");
    ck_assert_int_eq(shelf.stored + shelf.things, 0);
}
END_TEST

START_TEST(what_nobody_takes_is_put_back)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct shelf shelf = { .things = 1 };
    struct eddy_op op = from(&shelf);
    struct eddy_request request;

    eddy_begin(loop, &request, &op, NULL, NULL);
    ck_assert_int_eq(shelf.things, 0);
    run_out(loop);
    ck_assert_int_eq(shelf.things, 1);
    ck_assert_int_eq(shelf.stored, 0);
}
END_TEST

START_TEST(what_is_discarded_is_put_back_and_told_as_cancelled)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct shelf full = { .things = 1 }, empty = { .things = 0 };
    struct eddy_op ops[] = { from(&full), from(&empty) };
    struct eddy_request requests[2];

    eddy_begin(loop, &requests[0], &ops[0], mark_done, word("done"));
    eddy_begin(loop, &requests[1], &ops[1], mark_done, word("waits"));
    for (int i = 0; i < 2; i++)
        eddy_request_discard(&requests[i]);
    eddy_request_discard(NULL);
    run_out(loop);
    ck_assert_str_eq(marks(), "done:ECANCELED waits:ECANCELED");
    ck_assert_int_eq(full.things, 1);
    ck_assert_int_eq(full.stored + empty.stored, 0);
}
END_TEST

START_TEST(losers_of_any_put_back_what_they_got)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct shelf shelves[] = { { .things = 1 }, { .things = 1 } };
    struct eddy_child children[] = { { .op = from(&shelves[0]) },
                                     { .op = from(&shelves[1]) } };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(children, 2)).n, 0);
    ck_assert_int_eq(shelves[0].stored, 1);
    ck_assert_int_eq(shelves[1].stored, 0);
    ck_assert_int_eq(shelves[1].things, 1);
    ck_assert_int_eq(children[1].result.n, -ECANCELED);
}
END_TEST

/* ---- Operations that never begin ----------------------------------------- */

struct late {
    struct eddy_loop *loop;
    struct eddy_op op;
    struct eddy_request request;
};

static void begin_late(struct eddy_result result, void *arg)
{
    struct late *late = arg;

    mark_done(result, word("first"));
    eddy_begin(late->loop, &late->request, &late->op, mark_done, word("late"));
}

START_TEST(what_never_begins_is_refused)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct shelf shelf = { .things = 0 };
    struct late late = { .loop = loop, .op = from(&shelf) };
    struct eddy_child children[] = { { .op = from(&shelf) },
                                     { .op = { .type = NULL } } };

    ck_assert_int_eq(eddy_run_op(NULL, &late.op).n, -EINVAL);
    ck_assert_int_eq(shelf.refused, 1);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_all(children, 2)).n,
                     -EINVAL);
    ck_assert_int_eq(shelf.refused, 2);
    ck_assert_int_eq(eddy_start(NULL, late.op, NULL, NULL, NULL), -EINVAL);
    ck_assert_int_eq(shelf.refused, 2); /* still the caller's */
    ck_assert(!eddy_loop_ending(loop));
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), begin_late, &late, NULL), 0);
    free_loop(loop);
    ck_assert_str_eq(marks(), "first:ECANCELED late:ESHUTDOWN");
    ck_assert_int_eq(shelf.refused, 3);
    eddy_op_refuse(NULL);
}
END_TEST

START_TEST(a_deferred_without_memory_refuses_its_operation)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct shelf shelf = { .things = 0 };

    fail_allocation(1);
    eddy_unref(eddy_defer(loop, from(&shelf)));
    fail_allocation(0);
    ck_assert_int_eq(shelf.refused, 1);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        what_is_told_has_just_been_stored,
        a_failure_stores_nothing_and_puts_nothing_back,
        what_nobody_takes_is_put_back,
        what_is_discarded_is_put_back_and_told_as_cancelled,
        losers_of_any_put_back_what_they_got,
        what_never_begins_is_refused,
        a_deferred_without_memory_refuses_its_operation,
    };
    Suite *suite = suite_create("settle");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
