/* SPDX-License-Identifier: MIT */
/* structured.c - locks that are always given back, values that come over time,
 * and scopes: for tasks, for time, and for the first of many. */
#include "stage.h"

static int64_t sleep_for(struct eddy_task *self, int64_t ms)
{
    return eddy_await(self, eddy_sleep(ms * EDDY_MS));
}

/* ---- EG51: a lock, given back on every way out --------------------------- */

struct visitor {
    const char *name;
    struct eddy_lock *lock;
    bool fails;
    struct eddy_task *task;
};

static int64_t use_shared_state(struct eddy_task *self, struct visitor *visitor)
{
    int64_t n;

    say("%s has the lock", visitor->name);
    n = sleep_for(self, 1000);
    if (n == 0 && visitor->fails)
        n = -EIO;
    say("%s leaves: %s", visitor->name, n < 0 ? eddy_strerror((int)n) : "done");
    return n;
}

/* Acquire and release, by hand. */
static struct eddy_result visit(struct eddy_task *self, void *arg)
{
    struct visitor *visitor = arg;
    int64_t n = eddy_await(self, eddy_lock_acquire(visitor->lock, self));

    if (n < 0) {
        say("%s never got it: %s", visitor->name, eddy_strerror((int)n));
        return eddy_n(0);
    }
    (void)use_shared_state(self, visitor);
    must(eddy_lock_release(visitor->lock, self));
    return eddy_n(0);
}

/* The same, released when the block is left, in whatever way. */
static struct eddy_result visit_in_block(struct eddy_task *self, void *arg)
{
    struct visitor *visitor = arg;
    EDDY_AUTO_LOCK(self, held, visitor->lock);

    visitor->task = self;
    if (held.n == 0)
        (void)use_shared_state(self, visitor);
    return eddy_n(0);
}

static struct eddy_result open_house(struct eddy_task *self, void *lock)
{
    struct visitor by_hand = { .name = "by hand", .lock = lock };
    struct visitor late = { .name = "who is late", .lock = lock };
    struct visitor failing = { "who fails", lock, true, NULL };
    struct visitor cancelled = { .name = "who is cancelled", .lock = lock };
    struct eddy_scope all;

    must(eddy_scope_open(self, &all, NULL));
    must(eddy_spawn(&all, visit, &by_hand, NULL));
    must(eddy_spawn(&all, visit_in_block, &failing, NULL));
    must(eddy_spawn(&all, visit_in_block, &cancelled, NULL));
    must(eddy_spawn(&all, visit, &late, NULL));
    must(sleep_for(self, 2500));
    must(eddy_task_cancel(cancelled.task, "it takes too long"));
    must(sleep_for(self, 500));
    return eddy_n(eddy_scope_close(&all, 0));
}

static void eg51(struct eddy_loop *loop)
{
    struct eddy_lock lock;

    must(eddy_lock_init(&lock, loop));
    must(eddy_loop_run_task(loop, open_house, &lock).n);
    say("the lock is %s", eddy_lock_is_held(&lock) ? "held" : "free");
    eddy_lock_done(&lock);
}

/* ---- EG52: a generator that waits between two values --------------------- */

static struct eddy_value ticker(struct eddy_generator *self, void *to)
{
    for (int i = 0; i < *(int *)to; i++) {
        eddy_yield(self, eddy_int(i));
        must(sleep_for(eddy_generator_driver(self), 1000));
    }
    return eddy_none();
}

static struct eddy_result print_ticks(struct eddy_task *self, void *arg)
{
    struct eddy_stacks *stacks = eddy_loop_stacks(eddy_task_loop(self));
    struct eddy_generator *ticks;
    struct eddy_value tick;
    int to = 3;

    (void)arg;
    must(eddy_generator_new(&ticks, stacks, ticker, &to, NULL));
    while (eddy_generator_next_by(ticks, self, &tick) > 0)
        say("%d", (int)tick.n);
    eddy_generator_free(ticks);
    return eddy_n(0);
}

static void eg52(struct eddy_loop *loop)
{
    must(eddy_loop_run_task(loop, print_ticks, NULL).n);
}

/* ---- EG62: happy eyeballs ------------------------------------------------ */

struct target {
    const char *address;
    int64_t takes_ms; /* to connect, or to fail */
    int err;
};

struct race {
    struct eddy_scope attempts;
    const struct target *winner;
    int cut_short;
};

struct attempt {
    const struct target *target;
    struct race *race;
    struct eddy_flag failed;
};

static struct eddy_result try_one(struct eddy_task *self, void *arg)
{
    struct attempt *attempt = arg;
    const struct target *target = attempt->target;

    say("%s: tries", target->address);
    if (sleep_for(self, target->takes_ms) < 0) {
        attempt->race->cut_short++; /* it is not needed any more */
    } else if (target->err < 0) {
        say("%s: %s", target->address, eddy_strerror(target->err));
        must(eddy_flag_set(&attempt->failed)); /* the next one need not wait */
    } else {
        attempt->race->winner = target;
        must(eddy_scope_cancel(&attempt->race->attempts, "there is a winner"));
    }
    return eddy_n(0);
}

/* Each has 250 ms before the next one begins as well; the first to connect wins
 * and ends the others. */
static struct eddy_result happy_eyeballs(struct eddy_task *self, void *targets)
{
    struct attempt attempts[4];
    struct race race = { .winner = NULL, .cut_short = 0 };
    int64_t n = 0;

    must(eddy_scope_open(self, &race.attempts, NULL));
    for (int i = 0; i < 4 && n != -ECANCELED; i++) {
        struct attempt *attempt = &attempts[i];
        attempt->target = (const struct target *)targets + i;
        attempt->race = &race;
        must(eddy_flag_init(&attempt->failed, eddy_task_loop(self)));
        must(eddy_spawn(&race.attempts, try_one, attempt, NULL));
        n = eddy_await(
            self, eddy_within(250 * EDDY_MS, eddy_flag_wait(&attempt->failed)));
    }
    must(eddy_scope_close(&race.attempts, 0));
    say("connected to %s; %d others were cut short",
        race.winner != NULL ? race.winner->address : "none", race.cut_short);
    return eddy_n(0);
}

/* ---- A nursery: an error ends the siblings ------------------------------- */

static struct eddy_result live_long(struct eddy_task *self, void *ret_n)
{
    return eddy_n(*(int64_t *)ret_n = sleep_for(self, 10000));
}

static struct eddy_result fail_soon(struct eddy_task *self, void *ret_n)
{
    must(sleep_for(self, 1000));
    return eddy_n(*(int64_t *)ret_n = -EIO);
}

static struct eddy_result nursery(struct eddy_task *self, void *arg)
{
    struct eddy_scope children;
    int64_t n[3];
    int err;

    (void)arg;
    must(eddy_scope_open(self, &children, NULL));
    must(eddy_spawn(&children, live_long, &n[0], NULL));
    must(eddy_spawn(&children, fail_soon, &n[1], NULL));
    must(eddy_spawn(&children, live_long, &n[2], NULL));
    err = eddy_scope_close(&children, 0);
    for (int i = 0; i < 3; i++)
        say("child %d: %s", i + 1, eddy_strerror((int)n[i]));
    say("the nursery: %s", eddy_strerror(err));
    return eddy_n(0);
}

/* ---- Cancel scopes: deadlines, and what is kept from them ---------------- */

static struct eddy_result cancel_scopes(struct eddy_task *self, void *arg)
{
    struct eddy_scope_options second = { .timeout_ns = EDDY_SECOND };
    struct eddy_scope_options shield = { .flags = EDDY_SCOPE_SHIELD };
    struct eddy_scope limit, kept;
    int64_t n;

    (void)arg;
    must(eddy_scope_open(self, &limit, &second));
    n = sleep_for(self, 10000);
    say("ten seconds in a scope of one: %s", eddy_strerror((int)n));
    say("and once more, for it lasts: %s",
        eddy_strerror((int)sleep_for(self, 10000)));
    say("the scope: %s", eddy_strerror(eddy_scope_close(&limit, (int)n)));

    must(eddy_scope_open(self, &limit, &second));
    must(eddy_scope_open(self, &kept, &shield));
    say("three seconds, shielded: %s",
        sleep_for(self, 3000) == 0 ? "done" : "not done");
    must(eddy_scope_close(&kept, 0));
    n = sleep_for(self, 1);
    say("outside the shield: %s", eddy_strerror((int)n));
    say("the scope: %s", eddy_strerror(eddy_scope_close(&limit, (int)n)));
    return eddy_n(0);
}

/* ---- A channel: hands over, closed by who has no more -------------------- */

static struct eddy_result send_three(struct eddy_task *self, void *arg)
{
    struct eddy_channel_end *sender = arg;

    for (int i = 1; i <= 3; i++) {
        must(eddy_await(self, eddy_channel_send(sender, eddy_int(i))));
        say("sent %d", i);
    }
    eddy_channel_free(sender);
    return eddy_n(0);
}

static struct eddy_result channel(struct eddy_task *self, void *arg)
{
    struct eddy_channel_end *sender, *receiver;
    struct eddy_loop *loop = eddy_task_loop(self);
    struct eddy_scope scope;
    struct eddy_value value;

    (void)arg;
    must(eddy_channel_new(&sender, &receiver, loop, 0));
    must(eddy_scope_open(self, &scope, NULL));
    must(eddy_spawn(&scope, send_three, sender, NULL));
    while (eddy_await(self, eddy_channel_receive(receiver, &value)) > 0) {
        must(sleep_for(self, 1000));
        say("received %d", (int)value.n);
    }
    say("all senders are closed");
    eddy_channel_free(receiver);
    return eddy_n(eddy_scope_close(&scope, 0));
}

static void eg62(struct eddy_loop *loop)
{
    static struct target targets[] = {
        { "2001:db8::1", 30000, 0 },         /* does not answer */
        { "192.0.2.1", 100, -ECONNREFUSED }, /* says no */
        { "2001:db8::2", 400, 0 },           /* is slow */
        { "192.0.2.2", 100, 0 },
    };

    must(eddy_loop_run_task(loop, happy_eyeballs, targets).n);
    must(eddy_loop_run_task(loop, nursery, NULL).n);
    must(eddy_loop_run_task(loop, cancel_scopes, NULL).n);
    must(eddy_loop_run_task(loop, channel, NULL).n);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG51", "a lock, given back on every way out", eg51 },
        { "EG52", "a generator that waits between two values", eg52 },
        { "EG62", "happy eyeballs, a nursery, scopes, a channel", eg62 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
