/* SPDX-License-Identifier: MIT */
/* generators.c - functions that yield: lazily, both ways, and by others. */
#include <stdlib.h>

#include "stage.h"

/* A generator that is going to run fn(self, arg). */
static struct eddy_generator *make(struct eddy_loop *loop,
                                   eddy_generator_fn *fn, void *arg)
{
    struct eddy_generator *made;

    must(eddy_generator_new(&made, eddy_loop_stacks(loop), fn, arg, NULL));
    return made;
}

static void print_next(struct eddy_generator *generator)
{
    struct eddy_value value;

    if (eddy_generator_next(generator, &value) > 0)
        say("next: %d", (int)value.n);
    else
        say("next: stop");
}

static void print_send(struct eddy_generator *generator, int number)
{
    struct eddy_value value;

    if (eddy_generator_send(generator, eddy_int(number), &value) > 0)
        say("send %d: %d", number, (int)value.n);
    else
        say("send %d: stop", number);
}

/* ---- EG1: a range that is made while it is asked for --------------------- */

static struct eddy_value lazy_range(struct eddy_generator *self, void *limit)
{
    for (int i = 0; i < *(int *)limit; i++)
        eddy_yield(self, eddy_int(i));
    return eddy_none();
}

static void eg1(struct eddy_loop *loop)
{
    struct eddy_generator *range;
    struct eddy_value value;
    int limit = 3;

    range = make(loop, lazy_range, &limit);
    for (int i = 0; i < 4; i++)
        print_next(range);
    eddy_generator_free(range);

    EDDY_FOR_EACH(value, make(loop, lazy_range, &limit))
        say("for: %d", (int)value.n);
}

/* ---- EG2: the same, which can be told how far to step -------------------- */

static struct eddy_value jumping_range(struct eddy_generator *self, void *limit)
{
    int i = 0;

    while (i < *(int *)limit) {
        struct eddy_value step = eddy_yield(self, eddy_int(i));
        i += step.n != 0 ? (int)step.n : 1;
    }
    return eddy_none();
}

static void eg2(struct eddy_loop *loop)
{
    int ten = 10, five = 5;
    struct eddy_generator *range = make(loop, jumping_range, &ten);

    print_next(range);
    print_next(range);
    print_send(range, 7);
    print_send(range, 1);
    print_send(range, 1);
    eddy_generator_free(range);

    range = make(loop, jumping_range, &five);
    print_next(range);
    print_send(range, 2);
    print_next(range);
    print_send(range, -1);
    eddy_generator_free(range);
}

/* ---- EG3: a coroutine before there are loops ----------------------------- */

static struct eddy_value foo(struct eddy_generator *self)
{
    static char hello[] = "hello";

    return eddy_yield(self, eddy_lend(hello));
}

static struct eddy_value bar(struct eddy_generator *self, void *arg)
{
    (void)arg;
    say("bar");
    return foo(self); /* any function may yield that is given self */
}

static void eg3(struct eddy_loop *loop)
{
    struct eddy_generator *coroutine = make(loop, bar, NULL);
    struct eddy_value value;

    if (eddy_generator_next(coroutine, &value) > 0)
        say("it yields: %s", (const char *)value.ptr);
    if (eddy_generator_next(coroutine, NULL) == 0)
        say("it has ended");
    eddy_generator_free(coroutine);
}

/* ---- EG4: what has ended stays ended ------------------------------------- */

struct bank {
    bool crisis;
};

static struct eddy_value teller_machine(struct eddy_generator *self, void *arg)
{
    static char note[] = "100CZK";
    struct bank *bank = arg;

    while (!bank->crisis)
        eddy_yield(self, eddy_lend(note));
    return eddy_none();
}

static void eg4(struct eddy_loop *loop)
{
    struct bank bank = { .crisis = false };
    struct eddy_generator *machine = make(loop, teller_machine, &bank);
    struct eddy_value note;

    for (int i = 0; i < 6; i++) {
        must(eddy_generator_next(machine, &note));
        say("%s", (const char *)note.ptr);
    }
    bank.crisis = true;
    say("crisis: %s",
        eddy_generator_next(machine, &note) > 0 ? "cash" : "stop");
    bank.crisis = false;
    say("it is over: %s",
        eddy_generator_next(machine, &note) > 0 ? "cash" : "stop");
    eddy_generator_free(machine);
}

/* ---- EG5: one without an end, left by break; and squares ----------------- */

static void close_up(void *name)
{
    say("%s is closed", (const char *)name);
}

static struct eddy_value count_from(struct eddy_generator *self, void *start)
{
    static char name[] = "the endless one";
    EDDY_CLEANUP(at_the_end, self, close_up, name);

    for (int64_t i = *(int *)start;; i++) {
        struct eddy_value told = eddy_yield(self, eddy_int(i));
        if (eddy_value_is_error(&told))
            return told;
    }
}

static struct eddy_value squares(struct eddy_generator *self, void *numbers)
{
    struct eddy_value x;

    EDDY_FOR_EACH(x, (struct eddy_generator *)numbers)
        eddy_yield(self, eddy_int(x.n * x.n));
    return eddy_none();
}

static void eg5(struct eddy_loop *loop)
{
    struct eddy_value x;
    int four = 4, two = 2;

    EDDY_FOR_EACH(x, make(loop, count_from, &four)) {
        say("%d", (int)x.n);
        if (x.n == 8)
            break; /* closes it */
    }
    EDDY_FOR_EACH(x, make(loop, squares, make(loop, lazy_range, &two)))
        say("a square: %d", (int)x.n);
}

/* ---- EG6: one that leaves the yielding to two others --------------------- */

struct span {
    int from, to;
};

static struct eddy_value yield_span(struct eddy_generator *self, void *arg)
{
    struct span *span = arg;

    for (int i = span->from; i < span->to; i++)
        eddy_yield(self, eddy_int(i));
    return eddy_none();
}

static struct eddy_value both_spans(struct eddy_generator *self, void *arg)
{
    struct eddy_loop *loop = arg;
    struct span low = { 0, 10 }, high = { 10, 20 };

    eddy_yield_from(self, make(loop, yield_span, &low));
    return eddy_yield_from(self, make(loop, yield_span, &high));
}

static void eg6(struct eddy_loop *loop)
{
    struct eddy_value x;
    int expected = 0;

    EDDY_FOR_EACH(x, make(loop, both_spans, loop))
        expected += x.n == expected;
    say("0 to %d, in order", expected - 1);
}

/* ---- EG7: what is sent goes to the innermost, what it returns comes out -- */

static struct eddy_value bottom(struct eddy_generator *self, void *arg)
{
    (void)arg;
    return eddy_yield(self, eddy_int(42));
}

static struct eddy_value middle(struct eddy_generator *self, void *loop)
{
    return eddy_yield_from(self, make(loop, bottom, NULL));
}

static struct eddy_value top(struct eddy_generator *self, void *loop)
{
    return eddy_yield_from(self, make(loop, middle, loop));
}

static void eg7(struct eddy_loop *loop)
{
    struct eddy_generator *generator = make(loop, top, loop);
    struct eddy_value value;

    must(eddy_generator_next(generator, &value));
    say("yielded: %d", (int)value.n);
    must(eddy_generator_send(generator, eddy_int(2 * value.n), &value));
    say("returned: %d", (int)value.n);
    eddy_generator_free(generator);
}

/* ---- EG8: a range that is made at once, and what it costs ---------------- */

static int64_t *eager_range(int limit)
{
    int64_t *numbers = calloc((size_t)limit, sizeof *numbers);

    for (int i = 0; numbers != NULL && i < limit; i++)
        numbers[i] = i;
    return numbers;
}

static void eg8(struct eddy_loop *loop)
{
    struct eddy_generator *range;
    struct eddy_stacks_stats stats;
    struct eddy_value value;
    int limit = 1000000;
    int64_t *numbers = eager_range(limit), sum = 0;

    for (int i = 0; numbers != NULL && i < limit; i++)
        sum += numbers[i];
    say("eager: sum %lld, %zu bytes", (long long)sum,
        (size_t)limit * sizeof *numbers);
    free(numbers);

    sum = 0;
    range = make(loop, lazy_range, &limit);
    while (eddy_generator_next(range, &value) > 0)
        sum += value.n;
    must(eddy_stacks_stats(eddy_loop_stacks(loop), &stats));
    say("lazy: sum %lld, %zu stack", (long long)sum, stats.used + stats.kept);
    eddy_generator_free(range);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG1", "a range that is made while it is asked for", eg1 },
        { "EG2", "a range that is told how far to step", eg2 },
        { "EG3", "a coroutine before there are loops", eg3 },
        { "EG4", "what has ended stays ended", eg4 },
        { "EG5", "one without an end, left by break; and squares", eg5 },
        { "EG6", "one that leaves the yielding to two others", eg6 },
        { "EG7", "what is sent goes in, what is returned comes out", eg7 },
        { "EG8", "a range that is made at once, and what it costs", eg8 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
