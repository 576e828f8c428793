/* SPDX-License-Identifier: MIT */
/*
 * heap.c - timers in a four-way heap that is put in order late, and forgets
 * lazily.
 *
 * Servers arm, re-arm and cancel far more often than they let a timer fire, so
 * these touch no more than the timer itself and what is known of it:
 *
 *     arm       its entry is put behind the heap, and becomes a part of it when
 *               the next deadline is asked for, once a turn
 *     later     only node->deadline_ns changes; its entry sinks to where it
 *               belongs when it comes to the top (key_ns <= deadline_ns)
 *     earlier   the entry rises from where it is
 *     cancel    the record loses its node, and its entry becomes garbage
 *
 *     entries   heap, in order | armed since, in any order | free
 *               0              ordered                     count
 *
 * Garbage is swept when it is more than half, so a cancelled timer costs no
 * more than a constant factor of memory. Order is (key_ns, seq): first armed,
 * first fired among equals.
 *
 * Sifting does not touch timers, which may lie on as many cold stacks: entries
 * carry their keys, four to a cache line, and a timer knows its record, which
 * knows where the entry is now.
 */
#include "core.h"

#ifdef __GNUC__
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) (void)(address)
#endif

enum {
    WAYS = 4,
    CACHE_LINE = 64,
    SWEEP_FROM = 64 /* fewer are not worth it */
};

/* ---- Records ------------------------------------------------------------ */

/* See make_room(). */
static uint32_t take_record(struct timer_heap *heap, struct timer_node *node)
{
    uint32_t record = heap->free_record;

    if (record == NO_RECORD)
        record = heap->records_used++;
    else
        heap->free_record = heap->records[record].place;
    heap->records[record].node = node;
    node->slot = record + 1;
    return record;
}

static void free_record(struct timer_heap *heap, uint32_t record)
{
    heap->records[record].node = NULL;
    heap->records[record].place = heap->free_record;
    heap->free_record = record;
}

/* ---- The heap ----------------------------------------------------------- */

/* Equal ones were hardly ever armed two thousand million armings apart. */
static bool before(const struct timer_entry *a, const struct timer_entry *b)
{
    return a->key_ns != b->key_ns ? a->key_ns < b->key_ns
                                  : (int32_t)(a->turn - b->turn) < 0;
}

static void put(struct timer_heap *heap, size_t i, struct timer_entry entry)
{
    heap->entries[i] = entry;
    heap->records[entry.record].place = (uint32_t)i;
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
    size_t end = first + WAYS < heap->ordered ? first + WAYS : heap->ordered;
    size_t least = first;

    for (size_t i = first + 1; i < end; i++)
        if (before(&heap->entries[i], &heap->entries[least]))
            least = i;
    return least;
}

static void sift_down(struct timer_heap *heap, size_t i,
                      struct timer_entry entry)
{
    for (;;) {
        size_t first = i * WAYS + 1;
        size_t least;

        if (first >= heap->ordered)
            break;
        least = least_child(heap, first);
        if (!before(&heap->entries[least], &entry))
            break;
        put(heap, i, heap->entries[least]);
        i = least;
    }
    put(heap, i, entry);
}

/* All are in order. */
static void remove_top(struct timer_heap *heap)
{
    struct timer_entry last = heap->entries[--heap->count];

    free_record(heap, heap->entries[0].record);
    heap->ordered--;
    if (heap->count > 0)
        sift_down(heap, 0, last);
}

static bool is_garbage(const struct timer_heap *heap, struct timer_entry entry)
{
    return heap->records[entry.record].node == NULL;
}

/* Makes those that were armed since the last time a part of the heap. */
static void put_in_order(struct timer_heap *heap)
{
    size_t end = heap->count;

    heap->count = heap->ordered;
    for (size_t i = heap->ordered; i < end; i++) {
        struct timer_entry entry = heap->entries[i];

        if (is_garbage(heap, entry)) {
            free_record(heap, entry.record);
            heap->garbage--;
        } else {
            heap->count++;
            sift_up(heap, heap->ordered++, entry);
        }
    }
}

static void sweep(struct timer_heap *heap)
{
    size_t kept = 0;

    for (size_t i = 0; i < heap->count; i++)
        if (is_garbage(heap, heap->entries[i]))
            free_record(heap, heap->entries[i].record);
        else
            heap->entries[kept++] = heap->entries[i];
    heap->count = heap->ordered = kept;
    heap->garbage = 0;
    for (size_t i = kept; i-- > 0;)
        sift_down(heap, i, heap->entries[i]);
}

/* ---- Arming and disarming ----------------------------------------------- */

static int make_room(struct eddy_loop *loop)
{
    const struct eddy_mem *mem = &loop->settings.mem;
    struct timer_heap *heap = &loop->timers;
    struct timer_entry *entries;
    struct timer_record *records;

    if (heap->garbage > heap->count / 4) {
        sweep(heap);
        return 0;
    }
    if (heap->count >= NO_RECORD - 1)
        return -ENOMEM; /* a slot is 32 bits wide, and one is none */
    records = eddy_mem_reserve(mem, heap->records, &heap->records_capacity,
                               heap->count + 1, sizeof *records);
    if (records == NULL)
        return -ENOMEM;
    heap->records = records;
    entries = eddy_mem_reserve(mem, heap->entries, &heap->capacity,
                               heap->count + 1, sizeof *entries);
    if (entries == NULL)
        return -ENOMEM; /* the records are more than need be: harmless */
    heap->entries = entries;
    return 0;
}

/* There is a record for each entry and no more, so entries make room for both.
 */
static int append(struct eddy_loop *loop, struct timer_node *node,
                  int64_t key_ns)
{
    struct timer_heap *heap = &loop->timers;
    struct timer_entry entry = { key_ns, (uint32_t)heap->seq, 0 };

    if (heap->count == heap->capacity && make_room(loop) < 0)
        return -ENOMEM;
    entry.record = take_record(heap, node);
    heap->records[entry.record].seq = heap->seq;
    put(heap, heap->count++, entry);
    return 0;
}

static void move_up(struct timer_heap *heap, uint32_t record, int64_t key_ns)
{
    struct timer_entry entry = { key_ns, (uint32_t)heap->seq, record };
    size_t place = heap->records[record].place;

    heap->records[record].seq = heap->seq;
    if (place < heap->ordered)
        sift_up(heap, place, entry);
    else
        heap->entries[place] = entry;
}

int eddy__timer_arm(struct eddy_loop *loop, struct timer_node *node,
                    int64_t deadline_ns)
{
    struct timer_heap *heap = &loop->timers;

    if (node->slot == 0) {
        if (append(loop, node, deadline_ns) < 0)
            return -ENOMEM;
    } else if (deadline_ns < node->deadline_ns) {
        uint32_t record = node->slot - 1;

        if (deadline_ns < heap->entries[heap->records[record].place].key_ns)
            move_up(heap, record, deadline_ns);
    }
    eddy__timer_postpone(loop, node, deadline_ns);
    return 0;
}

bool eddy__timer_disarm(struct eddy_loop *loop, struct timer_node *node)
{
    struct timer_heap *heap = &loop->timers;

    if (node->slot == 0)
        return false;
    heap->records[node->slot - 1].node = NULL;
    node->slot = 0;
    heap->garbage++;
    if (heap->garbage > SWEEP_FROM && heap->garbage > heap->count / 2)
        sweep(heap);
    return true;
}

/* ---- Firing ------------------------------------------------------------- */

/* Brings a live entry with its true key to the top; false if there is none. */
static bool settle_top(struct timer_heap *heap)
{
    if (heap->ordered < heap->count)
        put_in_order(heap);
    while (heap->count > 0) {
        struct timer_entry top = heap->entries[0];
        struct timer_record *record = &heap->records[top.record];

        if (record->node == NULL) {
            heap->garbage--;
            remove_top(heap);
        } else if (record->seq != record->node->seq) {
            record->seq = record->node->seq;
            top.key_ns = record->node->deadline_ns;
            top.turn = (uint32_t)record->seq;
            sift_down(heap, 0, top);
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

/* Where many are due, what costs is to fetch them: the next ones are those at
 * the top. What the first one is a part of begins before it, as a rule. */
static void foresee(const struct timer_heap *heap)
{
    const char *first = NULL;

    for (size_t i = 0; i <= WAYS && i < heap->ordered; i++)
        PREFETCH(heap->records[heap->entries[i].record].node);
    if (heap->ordered > 0)
        first = (const char *)heap->records[heap->entries[0].record].node;
    if (first == NULL)
        return;
    PREFETCH(first - CACHE_LINE);
    PREFETCH(first - 2 * CACHE_LINE);
}

/* Those armed by callbacks of this turn wait for the next one: a timer that
 * re-arms itself with 0 must not keep I/O out (T42). So do those that are too
 * many: whom these make ready goes on while it is still warm. */
void eddy__timer_fire_due(struct eddy_loop *loop, uint64_t end)
{
    struct timer_heap *heap = &loop->timers;
    int64_t now_ns = loop->now_ns; /* a callback may read the clock again */

    for (unsigned left = TIMER_BUDGET; left > 0 && settle_top(heap); left--) {
        struct timer_node *node = heap->records[heap->entries[0].record].node;

        if (node->deadline_ns > now_ns || node->seq >= end)
            break;
        remove_top(heap);
        foresee(heap);
        node->slot = 0;
        loop->stats.timers_due++;
        node->fire(loop, node);
    }
}

void eddy__timer_close(struct eddy_loop *loop)
{
    struct timer_heap *heap = &loop->timers;

    for (uint32_t i = 0; i < heap->records_used; i++)
        if (heap->records[i].node != NULL)
            heap->records[i].node->slot = 0;
    (void)eddy__resize(loop, heap->entries, 0);
    (void)eddy__resize(loop, heap->records, 0);
}
