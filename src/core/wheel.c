/* SPDX-License-Identifier: MIT */
/*
 * wheel.c - timers in a hierarchical wheel, which is in order only where it
 * must be: in the present tick.
 *
 * A tick is 2^TICK_BITS ns. The digits of a deadline's tick, SLOT_BITS each,
 * are compared with those of the wheel's own: the highest digit that differs
 * is the level, its value the slot.
 *
 *     level 0   . . x . x x . .     a tick each
 *     level 1   . x . . . x . .     SLOTS ticks each
 *     ...
 *     far       x                   beyond the highest level
 *
 * A slot is a ring in no order, so to arm, to move and to cancel is to set a
 * few links, and needs no memory. When time comes to a slot, what is in it is
 * dealt out to lower levels; what is in one of level 0 is put in order,
 * (deadline, seq), and becomes CURRENT. A deadline that is pushed out moves
 * nothing: its node stays in a slot that is too early, and moves on with what
 * is dealt out.
 */
#include "core.h"

#ifdef __GNUC__
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) (void)(address)
#endif

enum {
    LEVELS = TIMER_LEVELS,
    SLOTS = TIMER_SLOTS,
    SLOT_BITS = 5,
    TICK_BITS = 20, /* a millisecond */
    FAR = TIMER_FAR,
    FRESH = TIMER_FRESH,
    CURRENT = TIMER_CURRENT,
    NONE = TIMER_HEADS,
    /* No tick to come has the digit 0 where it first differs, so this is free:
     * of the present tick or before, in no order yet. */
    PRESENT = 0,
    LOOK = 16, /* nodes, for the earliest: it is done once a turn, perhaps */
    BINS = 64, /* no memory has room for more nodes than 2^64 */
    CACHE_LINE = 64
};

static_assert(SLOTS == 1 << SLOT_BITS, "a slot is a digit");

/* ---- Slots -------------------------------------------------------------- */

/* A digit of the tick that a time is in. */
static unsigned digit(int64_t time_ns, unsigned level)
{
    return (unsigned)((uint64_t)time_ns >> (TICK_BITS + level * SLOT_BITS)) %
           SLOTS;
}

static unsigned slot_of(const struct timer_wheel *wheel, int64_t deadline_ns)
{
    uint64_t differs = (uint64_t)deadline_ns ^ (uint64_t)wheel->tick_ns;
    unsigned level;

    if (deadline_ns <= wheel->tick_ns)
        return PRESENT;
    level = (63u - TICK_BITS - (unsigned)__builtin_clzll(differs)) / SLOT_BITS;
    return level < LEVELS ? level * SLOTS + digit(deadline_ns, level) : FAR;
}

/* The first time that may be in a slot. */
static int64_t start_of(const struct timer_wheel *wheel, unsigned slot)
{
    unsigned low = TICK_BITS + slot / SLOTS * SLOT_BITS;
    uint64_t same = (uint64_t)wheel->tick_ns >> low;

    return (
        int64_t)((slot == FAR ? same + 1 : same / SLOTS * SLOTS + slot % SLOTS)
                 << low);
}

/* The last nanosecond of a tick. */
static int64_t end_of(int64_t time_ns)
{
    return (int64_t)((uint64_t)time_ns | ((UINT64_C(1) << TICK_BITS) - 1));
}

static bool is_empty(const struct timer_wheel *wheel, unsigned slot)
{
    return wheel->heads[slot].next == &wheel->heads[slot];
}

static void clear(struct timer_link *head)
{
    head->prev = head->next = head;
}

static void put(struct timer_wheel *wheel, struct timer_node *node)
{
    unsigned slot = slot_of(wheel, node->deadline_ns);

    wheel->filled[slot / SLOTS] |= 1u << slot % SLOTS;
    eddy__timer_link(&wheel->heads[slot], node);
}

/* The earliest that is not empty, or NONE: bits are set where a node comes, and
 * cleared where none is found. */
static unsigned first_slot(struct timer_wheel *wheel)
{
    for (unsigned level = 0; level <= LEVELS; level++)
        while (wheel->filled[level] != 0) {
            unsigned bit = (unsigned)__builtin_ctz(wheel->filled[level]);

            if (!is_empty(wheel, level * SLOTS + bit))
                return level * SLOTS + bit;
            wheel->filled[level] &= ~(1u << bit);
        }
    return NONE;
}

/* ---- Putting in order --------------------------------------------------- */

static uint64_t seq_of(const struct timer_node *node)
{
    return (uint64_t)node->seq_high << 32 | node->seq;
}

static bool before(struct timer_link *a, struct timer_link *b)
{
    const struct timer_node *x = eddy__timer_of(a), *y = eddy__timer_of(b);

    return x->deadline_ns != y->deadline_ns ? x->deadline_ns < y->deadline_ns
                                            : seq_of(x) < seq_of(y);
}

/* Chains are linked by `next` alone. Ends one where it is in order no more, and
 * gives the rest. */
static struct timer_link *cut(struct timer_link *chain)
{
    struct timer_link *next = chain->next;

    while (next != NULL && before(chain, next)) {
        chain = next;
        next = chain->next;
    }
    chain->next = NULL;
    return next;
}

static struct timer_link *merge(struct timer_link *a, struct timer_link *b)
{
    struct timer_link *chain, **end = &chain;

    while (a != NULL && b != NULL) {
        struct timer_link **least = before(a, b) ? &a : &b;

        *end = *least;
        end = &(*least)->next;
        *least = *end;
    }
    *end = a != NULL ? a : b;
    return chain;
}

/* Natural merge sort, where bin i holds 2^i runs or none: what is in order
 * already, as most is, is but looked at. */
static struct timer_link *sort(struct timer_link *chain)
{
    struct timer_link *bins[BINS], *run;
    unsigned used = 0, i;

    while ((run = chain) != NULL) {
        chain = cut(run);
        for (i = 0; i < used && bins[i] != NULL; i++) {
            run = merge(bins[i], run);
            bins[i] = NULL;
        }
        used += i == used;
        bins[i] = run;
    }
    for (i = 0; i < used; i++)
        chain = merge(bins[i], chain);
    return chain;
}

/* Takes what is of the present tick into CURRENT. */
static void settle(struct timer_wheel *wheel)
{
    struct timer_link *more = &wheel->heads[PRESENT];
    struct timer_link *current = &wheel->heads[CURRENT], *prev = current;

    current->prev->next = more->next;
    more->prev->next = NULL;
    clear(more);
    current->next = sort(current->next);
    for (struct timer_link *i = current->next; i != NULL; i = i->next) {
        i->prev = prev;
        prev = i;
    }
    prev->next = current;
    current->prev = prev;
}

/* ---- Time goes on ------------------------------------------------------- */

static void deal_out(struct timer_wheel *wheel, unsigned slot)
{
    struct timer_link *head = &wheel->heads[slot], *next = head->next;

    clear(head);
    while (next != head) {
        struct timer_node *node = eddy__timer_of(next);

        next = next->next;
        put(wheel, node);
    }
}

/* What has been armed is put into its slot. */
static void gather(struct timer_wheel *wheel)
{
    deal_out(wheel, FRESH);
    if (!is_empty(wheel, PRESENT))
        settle(wheel);
}

/* Until something is in CURRENT, or to the time. */
static void turn_to(struct timer_wheel *wheel, int64_t time_ns)
{
    while (is_empty(wheel, CURRENT)) {
        unsigned slot = first_slot(wheel);

        if (slot == PRESENT) {
            settle(wheel);
        } else if (slot != NONE && start_of(wheel, slot) <= time_ns) {
            /* beyond FAR there is none to pass */
            wheel->tick_ns =
                end_of(slot == FAR ? time_ns : start_of(wheel, slot));
            deal_out(wheel, slot);
        } else {
            if (time_ns > wheel->tick_ns)
                wheel->tick_ns = end_of(time_ns);
            break;
        }
    }
}

/* ---- The next one ------------------------------------------------------- */

/* The earliest deadline in the slot; those that do not belong there any more
 * move on. No more than `limit` are looked at: if there are more, the answer is
 * when the slot is dealt out. */
static int64_t look_through(struct timer_wheel *wheel, unsigned slot,
                            size_t limit)
{
    int64_t earliest_ns = INT64_MAX;
    struct timer_link *head = &wheel->heads[slot], *next = head->next;

    while (next != head) {
        struct timer_node *node = eddy__timer_of(next);

        next = next->next;
        if (limit-- == 0)
            return start_of(wheel, slot);
        if (slot_of(wheel, node->deadline_ns) != slot) {
            eddy__timer_unlink(node);
            put(wheel, node);
        } else if (node->deadline_ns < earliest_ns) {
            earliest_ns = node->deadline_ns;
        }
    }
    return earliest_ns;
}

/* A virtual clock jumps there, so it must be right; one that sleeps may wake
 * once too often, to put much in order. */
static int64_t find_next(struct eddy_loop *loop)
{
    struct timer_wheel *wheel = &loop->timers;
    size_t limit = loop->settings.clock.jump != NULL ? SIZE_MAX : LOOK;
    int64_t next_ns;
    unsigned slot;

    gather(wheel);
    turn_to(wheel, loop->now_ns);
    if (!is_empty(wheel, CURRENT))
        return eddy__timer_of(wheel->heads[CURRENT].next)->deadline_ns;
    do {
        slot = first_slot(wheel);
        next_ns = look_through(wheel, slot, limit);
    } while (is_empty(wheel, slot));
    return next_ns;
}

int64_t eddy__timer_next(struct eddy_loop *loop)
{
    struct timer_wheel *wheel = &loop->timers;

    if (wheel->count == 0)
        return INT64_MAX;
    if (wheel->next_is_old)
        wheel->next_ns = find_next(loop);
    wheel->next_is_old = false;
    return wheel->next_ns;
}

/* ---- Firing ------------------------------------------------------------- */

/* Where many are due, what costs is to fetch them. What a timer is a part of
 * begins before it, as a rule. */
static void foresee(const struct timer_link *link)
{
    const char *after = (const char *)link->next;

    PREFETCH(after);
    PREFETCH(after - CACHE_LINE);
    PREFETCH(after - 2 * CACHE_LINE);
}

/* Those armed by callbacks of this turn wait for the next one: a timer that
 * re-arms itself with 0 must not keep I/O out (T42). So do those that are too
 * many: whom these make ready goes on while it is still warm. */
void eddy__timer_fire_due(struct eddy_loop *loop, uint64_t end)
{
    struct timer_wheel *wheel = &loop->timers;
    int64_t now_ns = loop->now_ns; /* a callback may read the clock again */

    if (wheel->next_ns > now_ns)
        return;
    wheel->next_is_old = true;
    gather(wheel);
    for (unsigned left = TIMER_BUDGET; left > 0; left--) {
        struct timer_node *node;

        turn_to(wheel, now_ns);
        if (is_empty(wheel, CURRENT))
            break;
        node = eddy__timer_of(wheel->heads[CURRENT].next);
        if (node->deadline_ns > now_ns || seq_of(node) >= end)
            break;
        foresee(node->link.next);
        eddy__timer_disarm(wheel, node);
        loop->stats.timers_due++;
        if ((node->flags & TIMER_OF_USER) != 0)
            eddy__timer_fire(loop, node);
        else
            eddy__limit_fire(loop, node);
    }
}

/* ---- Birth and death ---------------------------------------------------- */

void eddy__timers_open(struct eddy_loop *loop)
{
    loop->timers.tick_ns = end_of(loop->now_ns);
    loop->timers.next_ns = INT64_MAX;
    for (unsigned i = 0; i < TIMER_HEADS; i++)
        clear(&loop->timers.heads[i]);
}

void eddy__timers_close(struct eddy_loop *loop)
{
    for (unsigned i = 0; i < TIMER_HEADS; i++) {
        struct timer_link *head = &loop->timers.heads[i];

        while (head->next != head)
            eddy__timer_disarm(&loop->timers, eddy__timer_of(head->next));
    }
}
