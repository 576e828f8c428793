/* SPDX-License-Identifier: MIT */
/*
 * heap.c - timers in a four-way heap that forgets lazily.
 *
 * Servers re-arm and cancel far more often than they let a timer fire, so these
 * two touch no more than the timer itself:
 *
 *     later     only node->deadline_ns changes; its entry sinks to where it
 *               belongs when it comes to the top (key_ns <= deadline_ns)
 *     earlier   the entry rises from where it is
 *     cancel    the entry loses its node and becomes garbage
 *
 * Garbage is swept when it is more than half of the heap, so a cancelled timer
 * costs no more than a constant factor of memory. Order is (key_ns, seq): first
 * armed, first fired among equals.
 *
 * Sifting does not touch timers, which may lie on as many cold stacks: entries
 * carry their keys, and a timer knows its entry by a number of its own, its
 * slot: place[slot] is where the entry is now.
 */
#include "core.h"

enum {
    WAYS = 4,
    NEAR_TOP = 1 + WAYS + WAYS * WAYS, /* the entries of three levels */
    CACHE_LINE = 64,
    SWEEP_FROM = 64 /* fewer are not worth it */
};

static bool before(const struct timer_entry *a, const struct timer_entry *b)
{
    return a->key_ns != b->key_ns ? a->key_ns < b->key_ns : a->seq < b->seq;
}

static void put(struct timer_heap *heap, size_t i, struct timer_entry entry)
{
    heap->entries[i] = entry;
    if (entry.node != NULL)
        heap->place[entry.slot] = (uint32_t)i;
}

/* See make_slot(). */
static uint32_t take_slot(struct timer_heap *heap)
{
    uint32_t slot = heap->free_slot;

    if (slot == NO_SLOT)
        return heap->slots++;
    heap->free_slot = heap->place[slot];
    return slot;
}

static void free_slot(struct timer_heap *heap, struct timer_node *node)
{
    uint32_t slot = node->slot - 1;

    heap->place[slot] = heap->free_slot;
    heap->free_slot = slot;
    node->slot = 0;
}

static void sift_up(struct timer_heap *heap, size_t i, struct timer_entry entry)
{
    while (i > 0 && before(&entry, &heap->entries[(i - 1) / WAYS])) {
        put(heap, i, heap->entries[(i - 1) / WAYS]);
        i = (i - 1) / WAYS;
    }
    put(heap, i, entry);
}

static size_t least_child(const struct timer_heap *heap, size_t first)
{
    size_t end = first + WAYS < heap->count ? first + WAYS : heap->count;
    size_t least = first;

    for (size_t i = first + 1; i < end; i++)
        if (before(&heap->entries[i], &heap->entries[least]))
            least = i;
    return least;
}

/* It will be called before long, and is in no cache, as a rule; nor is what it
 * is a part of, and that begins before it. */
static void fetch(const struct timer_node *node)
{
    const char *at = (const char *)node;

    if (node == NULL)
        return;
    __builtin_prefetch(at);
    __builtin_prefetch(at - CACHE_LINE);
    __builtin_prefetch(at - 2 * CACHE_LINE);
}

static void sift_down(struct timer_heap *heap, size_t i,
                      struct timer_entry entry)
{
    for (;;) {
        size_t first = i * WAYS + 1;
        size_t least;

        if (first >= heap->count)
            break;
        least = least_child(heap, first);
        if (!before(&heap->entries[least], &entry))
            break;
        put(heap, i, heap->entries[least]);
        if (i < NEAR_TOP)
            fetch(heap->entries[least].node);
        i = least;
    }
    put(heap, i, entry);
}

static void remove_top(struct timer_heap *heap)
{
    struct timer_entry last = heap->entries[--heap->count];

    if (heap->count > 0)
        sift_down(heap, 0, last);
}

static void sweep(struct timer_heap *heap)
{
    size_t kept = 0;

    for (size_t i = 0; i < heap->count; i++)
        if (heap->entries[i].node != NULL)
            heap->entries[kept++] = heap->entries[i];
    heap->count = kept;
    heap->garbage = 0;
    for (size_t i = kept; i-- > 0;)
        sift_down(heap, i, heap->entries[i]);
}

static int make_room(struct eddy_loop *loop)
{
    struct timer_heap *heap = &loop->timers;
    struct timer_entry *grown;

    if (heap->count < heap->capacity)
        return 0;
    if (heap->garbage > heap->count / 4) {
        sweep(heap);
        return 0;
    }
    if (heap->count >= UINT32_MAX - 1)
        return -ENOMEM; /* a slot is 32 bits wide, and one is none */
    grown = eddy_mem_reserve(&loop->settings.mem, heap->entries,
                             &heap->capacity, heap->count + 1, sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    heap->entries = grown;
    return 0;
}

static int make_slot(struct eddy_loop *loop)
{
    struct timer_heap *heap = &loop->timers;
    uint32_t *grown;

    if (heap->free_slot != NO_SLOT || heap->slots < heap->places)
        return 0;
    grown = eddy_mem_reserve(&loop->settings.mem, heap->place, &heap->places,
                             heap->slots + (size_t)1, sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    heap->place = grown;
    return 0;
}

int eddy__timer_arm(struct eddy_loop *loop, struct timer_node *node,
                    int64_t deadline_ns)
{
    struct timer_heap *heap = &loop->timers;
    struct timer_entry entry = { deadline_ns, heap->seq, node, 0 };
    uint32_t i;
    int err;

    if (node->slot == 0) {
        err = make_room(loop);
        if (err == 0)
            err = make_slot(loop);
        if (err < 0)
            return err;
        entry.slot = take_slot(heap);
        node->slot = entry.slot + 1;
        sift_up(heap, heap->count++, entry);
    } else {
        entry.slot = node->slot - 1;
        i = heap->place[entry.slot];
        if (deadline_ns < heap->entries[i].key_ns)
            sift_up(heap, i, entry);
    }
    node->deadline_ns = deadline_ns;
    node->seq = heap->seq++;
    return 0;
}

bool eddy__timer_disarm(struct eddy_loop *loop, struct timer_node *node)
{
    struct timer_heap *heap = &loop->timers;

    if (node->slot == 0)
        return false;
    heap->entries[heap->place[node->slot - 1]].node = NULL;
    free_slot(heap, node);
    heap->garbage++;
    if (heap->garbage > SWEEP_FROM && heap->garbage > heap->count / 2)
        sweep(heap);
    return true;
}

/* Brings a live entry with its true key to the top; false if there is none. */
static bool settle_top(struct timer_heap *heap)
{
    while (heap->count > 0) {
        struct timer_entry *top = &heap->entries[0];

        if (top->node == NULL) {
            heap->garbage--;
            remove_top(heap);
        } else if (top->seq != top->node->seq) {
            struct timer_entry moved = { top->node->deadline_ns, top->node->seq,
                                         top->node, top->slot };
            sift_down(heap, 0, moved);
        } else {
            return true;
        }
    }
    return false;
}

int64_t eddy__timer_next(struct eddy_loop *loop)
{
    return settle_top(&loop->timers) ? loop->timers.entries[0].key_ns
                                     : INT64_MAX;
}

/* Those armed by callbacks of this turn wait for the next one: a timer that
 * re-arms itself with 0 must not keep I/O out (T42). So do those that are too
 * many: whom these make ready goes on while it is still warm. */
void eddy__timer_fire_due(struct eddy_loop *loop, uint64_t end)
{
    struct timer_heap *heap = &loop->timers;
    int64_t now_ns = loop->now_ns; /* a callback may read the clock again */

    for (unsigned left = TIMER_BUDGET; left > 0 && settle_top(heap); left--) {
        struct timer_node *node = heap->entries[0].node;

        if (node->deadline_ns > now_ns || node->seq >= end)
            break;
        remove_top(heap);
        free_slot(heap, node);
        loop->stats.timers_due++;
        node->fire(loop, node);
    }
}

void eddy__timer_close(struct eddy_loop *loop)
{
    struct timer_heap *heap = &loop->timers;

    for (size_t i = 0; i < heap->count; i++)
        if (heap->entries[i].node != NULL)
            heap->entries[i].node->slot = 0;
    (void)eddy__resize(loop, heap->entries, 0);
    (void)eddy__resize(loop, heap->place, 0);
}
