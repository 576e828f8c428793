/* SPDX-License-Identifier: MIT */
/* test_op_type.c - operations of one's own, and types that misbehave. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "loop_support.h"

/* ---- A type that does as it is told -------------------------------------- */

/* What start() of the operation shall do: one letter after the other.
 *     c  complete with 1       C  complete with 2       .  nothing
 *     t  return true with 3    f  return false                          */
struct play {
    const char *script;
    struct eddy_request *request;
    int drops, cancels, pauses;
    uint64_t seen[7];
};

static int made; /* what the operations here make */
static int dropped;

static void drop_made(void *ptr)
{
    ck_assert_ptr_eq(ptr, &made);
    dropped++;
}

static struct eddy_result success(int64_t n)
{
    struct eddy_result result = eddy_n(n);

    result.made = &made;
    return result;
}

static bool start_play(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct play *play = eddy_request_on(request);

    play->request = request;
    for (int i = 0; i < 7; i++)
        play->seen[i] = eddy_request_words(request)[i];
    for (const char *c = play->script;; c++)
        switch (*c) {
        case 'c':
            eddy_complete(request, success(1));
            break;
        case 'C':
            eddy_complete(request, success(2));
            break;
        case 't':
            *ret_result = success(3);
            return true;
        case 'e':
            *ret_result = eddy_n(-EIO);
            return true;
        default:
            return false;
        }
}

static void cancel_play(struct eddy_request *request)
{
    struct play *play = eddy_request_on(request);

    play->cancels++;
    eddy_complete(request, eddy_n(-ECANCELED));
    eddy_complete(request, eddy_n(-EIO)); /* the first one counts */
}

static void pause_play(struct eddy_request *request, bool paused)
{
    struct play *play = eddy_request_on(request);

    (void)paused;
    play->pauses++;
}

static const struct eddy_op_type making = {
    .abi = EDDY_OP_ABI,
    .flags = EDDY_OP_MAKES,
    .name = "play",
    .start = start_play,
    .cancel = cancel_play,
    .drop = drop_made,
};

static const struct eddy_op_type streaming = {
    .abi = EDDY_OP_ABI,
    .flags = EDDY_OP_MULTISHOT,
    .name = "stream",
    .start = start_play,
    .cancel = cancel_play,
    .drop = drop_made,
    .pause = pause_play,
};

static struct eddy_op play_op(struct play *play, const char *script)
{
    *play = (struct play){ .script = script };
    dropped = 0;
    return (struct eddy_op){ .type = &making, .on = play };
}

/* ---- Starting and completing --------------------------------------------- */

START_TEST(start_may_finish_in_any_way_and_the_first_result_counts)
{
    struct eddy_loop *loop = virtual_loop(_i);
    static const struct {
        const char *script;
        int64_t n;
    } rows[] = {
        { "c", 1 },    { "cC", 1 },
        { "t", 3 },    { "ct", 1 }, /* said twice: the first one counts */
        { "e", -EIO },
    };
    struct eddy_request request;
    struct play play;

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct eddy_op op = play_op(&play, rows[r].script);
        struct outcome told = { 0 };

        eddy_begin(loop, &request, &op, take, &told);
        ck_assert_int_eq(told.times, 0);
        eddy_request_cancel(&request); /* Z4 */
        run_out(loop);
        expect_n(&told, rows[r].n);
        ck_assert_int_eq(play.cancels, 0);
        ck_assert_int_eq(dropped, 0);
    }
}
END_TEST

START_TEST(a_type_that_completes_twice_later_is_heard_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct play play;
    struct eddy_op op = play_op(&play, ".");
    struct eddy_request request;
    struct outcome told = { 0 };

    eddy_begin(loop, &request, &op, take, &told);
    ck_assert(!eddy_request_over(&request));
    eddy_complete(play.request, success(8));
    ck_assert(eddy_request_over(&request));
    eddy_complete(play.request, success(9));
    run_out(loop);
    expect_n(&told, 8);
    eddy_begin(loop, &request, &op, take, &told);
    eddy_request_cancel(&request);
    run_out(loop);
    ck_assert_int_eq(told.times, 2);
    ck_assert_int_eq(told.last.n, -ECANCELED);
    ck_assert_int_eq(play.cancels, 1);
}
END_TEST

START_TEST(incomplete_types_give_einval)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op_type types[] = { making, making, making, streaming };
    struct play play;

    types[0].abi = EDDY_OP_ABI + 1;
    types[1].start = NULL;
    types[2].cancel = NULL;
    types[3].pause = NULL;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct eddy_op op = play_op(&play, "c");
        struct outcome told = { 0 };

        op.type = &types[i];
        ck_assert_int_eq(eddy_start(loop, op, take, &told, NULL), 0);
        run_out(loop);
        expect_n(&told, -EINVAL);
        ck_assert_int_eq(dropped, 0);
    }
}
END_TEST

/* ---- What is made -------------------------------------------------------- */

START_TEST(what_was_made_is_stored_before_success_is_told)
{
    struct eddy_loop *loop = virtual_loop(_i);
    static const struct {
        const char *script;
        bool stored;
    } rows[] = { { "c", true }, { "t", true }, { "e", false } };
    struct play play;

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct eddy_op op = play_op(&play, rows[r].script);
        struct outcome told = { 0 };
        void *product = NULL;

        op.word[0] = eddy_word(&product);
        ck_assert_int_eq(eddy_start(loop, op, take, &told, NULL), 0);
        run_out(loop);
        ck_assert_int_eq(told.times, 1);
        ck_assert_ptr_eq(product, rows[r].stored ? (void *)&made : NULL);
        ck_assert_int_eq(dropped, 0);
    }
}
END_TEST

START_TEST(what_nobody_takes_is_dropped)
{
    struct eddy_loop *loop = virtual_loop(_i);
    static const struct {
        const char *script;
        int drops;
    } rows[] = { { "c", 1 }, { "t", 1 }, { "e", 0 } };
    struct play play;

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct eddy_op op = play_op(&play, rows[r].script);
        void *product = NULL;

        op.word[0] = eddy_word(&product);
        ck_assert_int_eq(eddy_start(loop, op, NULL, NULL, NULL), 0);
        run_out(loop);
        ck_assert_int_eq(dropped, rows[r].drops);
        ck_assert_ptr_null(product);
    }
}
END_TEST

/* ---- What a type finds --------------------------------------------------- */

START_TEST(a_request_knows_its_operation)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct play play;
    struct eddy_op op = play_op(&play, ".");
    struct eddy_request request;
    struct outcome told = { 0 };

    for (unsigned i = 1; i < 5; i++)
        op.word[i] = i + 1;
    eddy_begin(loop, &request, &op, take, &told);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_uint_eq(play.seen[i], i == 0 || i > 4 ? 0 : i + 1);
    ck_assert_ptr_eq(play.request, &request);
    ck_assert_ptr_eq(eddy_request_loop(&request), loop);
    ck_assert_ptr_eq(eddy_request_on(&request), &play);
    ck_assert_ptr_eq(eddy_request_type(&request), &making);
    ck_assert_ptr_eq(eddy_request_of(eddy_request_words(&request)), &request);
    eddy_request_cancel(&request);
    run_out(loop);
    expect_n(&told, -ECANCELED);
}
END_TEST

START_TEST(memory_of_a_request_is_zeroed_and_freed_with_it)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct play play;
    struct eddy_op op = play_op(&play, ".");
    struct eddy_request request;
    struct outcome told = { 0 };
    long allocations;

    turns(loop, 1); /* the poller has what it needs */
    allocations = live_allocations();
    eddy_begin(loop, &request, &op, take, &told);
    for (size_t size = 0; size < 300; size += 100) {
        const char *memory = eddy_request_alloc(&request, size);

        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % sizeof(uint64_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_int_eq(memory[i], 0);
    }
    ck_assert_ptr_null(eddy_request_alloc(&request, SIZE_MAX));
    fail_allocation(1);
    ck_assert_ptr_null(eddy_request_alloc(&request, 1));
    ck_assert_int_eq(live_allocations(), allocations + 3);
    eddy_request_cancel(&request);
    run_out(loop);
    expect_n(&told, -ECANCELED);
    ck_assert_int_eq(live_allocations(), allocations);
}
END_TEST

/* ---- Items --------------------------------------------------------------- */

struct listener {
    struct eddy_request request;
    int items, last;
    enum { LISTEN, PAUSE, CANCEL } does;
};

static void on_item(struct eddy_result result, void *arg)
{
    struct listener *listener = arg;

    if (result.n <= 0) {
        listener->last = (int)result.n;
        return;
    }
    listener->items++;
    if (listener->does == PAUSE)
        ck_assert_int_eq(eddy_request_pause(&listener->request, true), 0);
    if (listener->does == CANCEL)
        eddy_request_cancel(&listener->request);
}

START_TEST(items_stop_when_they_are_not_wanted)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct play play;
    struct eddy_op op = play_op(&play, ".");
    struct listener listener = { .last = 1 };

    op.type = &streaming;
    eddy_begin(loop, &listener.request, &op, on_item, &listener);
    ck_assert(eddy_item(play.request, eddy_n(1)));
    listener.does = PAUSE;
    ck_assert(!eddy_item(play.request, eddy_n(1)));
    ck_assert(!eddy_item(play.request, eddy_n(1))); /* not delivered */
    ck_assert_int_eq(listener.items, 2);
    ck_assert_int_eq(play.pauses, 1);
    ck_assert_int_eq(eddy_request_pause(&listener.request, false), 0);
    ck_assert_int_eq(play.pauses, 2);
    listener.does = CANCEL;
    ck_assert(!eddy_item(play.request, eddy_n(1)));
    ck_assert(!eddy_item(play.request, eddy_n(1)));
    ck_assert_int_eq(listener.items, 3);
    ck_assert_int_eq(eddy_request_pause(&listener.request, true), 0);
    ck_assert_int_eq(play.pauses, 2); /* it is over: the type is not asked */
    run_out(loop);
    ck_assert_int_eq(listener.last, -ECANCELED);
}
END_TEST

START_TEST(items_that_nobody_takes_are_dropped)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct play play;
    struct eddy_op op = play_op(&play, ".");
    struct eddy_request request;

    op.type = &streaming;
    eddy_begin(loop, &request, &op, NULL, NULL);
    ck_assert(eddy_item(play.request, success(1)));
    ck_assert_int_eq(dropped, 1);
    eddy_complete(play.request, eddy_n(0));
    run_out(loop);
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        start_may_finish_in_any_way_and_the_first_result_counts,
        a_type_that_completes_twice_later_is_heard_once,
        incomplete_types_give_einval,
        what_was_made_is_stored_before_success_is_told,
        what_nobody_takes_is_dropped,
        a_request_knows_its_operation,
        memory_of_a_request_is_zeroed_and_freed_with_it,
        items_stop_when_they_are_not_wanted,
        items_that_nobody_takes_are_dropped,
    };
    Suite *suite = suite_create("op type");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
