/* SPDX-License-Identifier: MIT */
/*
 * wheel.c - timers in a hierarchical wheel, which is in order only where it
 * must be: in the present tick.
 *
 * A tick is 2^TICK_BITS ns. The next ones have a slot each; behind them the
 * digits of a deadline, SLOT_BITS each, are compared with those of the present:
 * the highest digit that differs is the level, its value the slot.
 *
 *     near      . . x . x x . .     a tick each, from the present one around
 *     level 0   . x . . . x . .     NEAR ticks each
 *     level 1   . . x . . . . .     SLOTS times as many
 *     ...
 *     far       x                   beyond the highest level
 *
 * A slot is a ring in no order, so to arm, to move and to cancel is to set a
 * few links, and needs no memory. When time comes to a slot, what is in it is
 * dealt out to lower levels and the near ones; what is in one of these is put
 * in order, (deadline, seq), and becomes CURRENT. To deal out is to fetch what
 * has long been cold, one after the other, so there are many near slots: most
 * that is waited for comes there at once. A deadline that is pushed out moves
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
    NEAR = TIMER_NEAR,
    LEVELS = TIMER_LEVELS,
    SLOTS = TIMER_SLOTS,
    SLOT_BITS = 5,
    NEAR_BITS = 8,
    TICK_BITS = 20, /* a millisecond */
    FAR = TIMER_FAR,
    PRESENT = TIMER_PRESENT,
    FRESH = TIMER_FRESH,
    CURRENT = TIMER_CURRENT,
    NONE = TIMER_HEADS,
    LOOK = 16, /* nodes, for the earliest: it is done once a turn, perhaps */
    CACHE_LINE = 64
};

static_assert(SLOTS == 1 << SLOT_BITS && NEAR == 1 << NEAR_BITS,
              "a slot is a digit");

/* ---- Slots -------------------------------------------------------------- */

static uint64_t tick_of(int64_t time_ns)
{
    return (uint64_t)time_ns >> TICK_BITS;
}

/* The bits of a time that a level does not tell apart. */
static unsigned bits_below(unsigned level)
{
    return TICK_BITS + NEAR_BITS + level * SLOT_BITS;
}

static unsigned slot_of(const struct timer_wheel *wheel, int64_t deadline_ns)
{
    uint64_t behind = (uint64_t)deadline_ns - (uint64_t)wheel->tick_ns - 1;
    uint64_t differs = (uint64_t)deadline_ns ^ (uint64_t)wheel->tick_ns;
    unsigned level;

    if (deadline_ns <= wheel->tick_ns)
        return PRESENT;
    if (behind >> TICK_BITS < NEAR - 1)
        return (unsigned)(tick_of(deadline_ns) % NEAR);
    level =
        (63u - (unsigned)__builtin_clzll(differs) - bits_below(0)) / SLOT_BITS;
    if (level >= LEVELS)
        return FAR;
    return NEAR + level * SLOTS +
           (unsigned)((uint64_t)deadline_ns >> bits_below(level)) % SLOTS;
}

/* The first time that may be in a slot. */
static int64_t start_of(const struct timer_wheel *wheel, unsigned slot)
{
    unsigned level = (slot - NEAR) / SLOTS;
    uint64_t now, same;

    if (slot < NEAR) {
        now = tick_of(wheel->tick_ns);
        return (int64_t)((now + (slot - now) % NEAR) << TICK_BITS);
    }
    same = (uint64_t)wheel->tick_ns >> bits_below(level);
    if (slot == FAR)
        same++;
    else
        same = same / SLOTS * SLOTS + slot % SLOTS;
    return (int64_t)(same << bits_below(level));
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

    if (slot <= FAR)
        wheel->filled[slot / 32] |= 1u << slot % 32;
    eddy__timer_link(&wheel->heads[slot], node);
}

/* The first from this one on, in its word of `filled`, that is not empty, or
 * NONE: bits are set where a node comes, and cleared where none is found. */
static unsigned first_in_word(struct timer_wheel *wheel, unsigned slot)
{
    uint32_t *filled = &wheel->filled[slot / 32], left;

    while ((left = *filled >> slot % 32) != 0) {
        slot += (unsigned)__builtin_ctz(left);
        if (!is_empty(wheel, slot))
            return slot;
        *filled &= ~(1u << slot % 32);
    }
    return NONE;
}

/* The earliest of the near ones. The one of the present tick comes first, not
 * last: a slot that began with it has been dealt out before. */
static unsigned first_near(struct timer_wheel *wheel)
{
    unsigned slot = (unsigned)(tick_of(wheel->tick_ns) % NEAR), found;

    for (unsigned words = 0; words <= NEAR / 32; words++) {
        found = first_in_word(wheel, slot);
        if (found != NONE)
            return found;
        slot = (slot / 32 + 1) * 32 % NEAR;
    }
    return NONE;
}

/* Of the others, which begins as the first. */
static unsigned first_behind(struct timer_wheel *wheel)
{
    unsigned found = NONE;

    for (unsigned slot = NEAR; slot <= FAR && found == NONE; slot += SLOTS)
        found = first_in_word(wheel, slot);
    return found;
}

/* Which of all begins as the first; if two do, what is to be dealt out. */
static unsigned first_slot(struct timer_wheel *wheel)
{
    unsigned near = first_near(wheel), behind = first_behind(wheel);

    if (near == NONE || behind == NONE)
        return near == NONE ? behind : near;
    return start_of(wheel, behind) <= start_of(wheel, near) ? behind : near;
}

/* ---- Time goes on ------------------------------------------------------- */

/* Takes what is of the present tick into CURRENT. */
static void settle(struct timer_wheel *wheel)
{
    struct timer_link *more = &wheel->heads[PRESENT];
    struct timer_link *current = &wheel->heads[CURRENT], *prev = current;

    current->prev->next = more->next;
    more->prev->next = NULL;
    clear(more);
    current->next = eddy__timers_sort(current->next);
    for (struct timer_link *i = current->next; i != NULL; i = i->next) {
        i->prev = prev;
        prev = i;
    }
    prev->next = current;
    current->prev = prev;
}

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

/* How far to go for a slot that has begun. Beyond FAR there is none to pass,
 * unless it is near. */
static int64_t way_to(struct timer_wheel *wheel, unsigned slot, int64_t time_ns)
{
    bool all_the_way = slot == FAR && first_near(wheel) == NONE;

    return end_of(all_the_way ? time_ns : start_of(wheel, slot));
}

/* Until something is in CURRENT, or to the time. The present tick is not left
 * before all of it is there: it may come out of two slots. */
static void turn_to(struct timer_wheel *wheel, int64_t time_ns)
{
    while (is_empty(wheel, CURRENT)) {
        bool any = !is_empty(wheel, PRESENT);
        int64_t until_ns = any ? wheel->tick_ns : time_ns;
        unsigned slot = first_slot(wheel);

        if (slot != NONE && start_of(wheel, slot) <= until_ns) {
            wheel->tick_ns = way_to(wheel, slot, until_ns);
            deal_out(wheel, slot);
        } else if (any) {
            settle(wheel);
        } else {
            if (time_ns > wheel->tick_ns)
                wheel->tick_ns = end_of(time_ns);
            break;
        }
    }
}

/* ---- The next one ------------------------------------------------------- */

/* The earliest deadline in the slot; those that do not belong there any more
 * move on, and *ret_moved says so. No more than `limit` are looked at: if there
 * are more, the answer is when the slot is dealt out. */
static int64_t look_through(struct timer_wheel *wheel, unsigned slot,
                            size_t limit, bool *ret_moved)
{
    int64_t earliest_ns = INT64_MAX;
    struct timer_link *head, *next;

    if (slot == NONE)
        return INT64_MAX;
    head = &wheel->heads[slot];
    next = head->next;
    while (next != head) {
        struct timer_node *node = eddy__timer_of(next);

        next = next->next;
        if (limit-- == 0)
            return start_of(wheel, slot);
        if (slot_of(wheel, node->deadline_ns) != slot) {
            eddy__timer_unlink(node);
            put(wheel, node);
            *ret_moved = true;
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
    int64_t near_ns, behind_ns;
    bool moved;

    gather(wheel);
    turn_to(wheel, loop->now_ns);
    if (!is_empty(wheel, CURRENT))
        return eddy__timer_of(wheel->heads[CURRENT].next)->deadline_ns;
    do {
        moved = false;
        near_ns = look_through(wheel, first_near(wheel), limit, &moved);
        behind_ns = look_through(wheel, first_behind(wheel), limit, &moved);
    } while (moved);
    return near_ns < behind_ns ? near_ns : behind_ns;
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
        if (node->deadline_ns > now_ns || eddy__timer_seq(node) >= end)
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
