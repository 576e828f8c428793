/* SPDX-License-Identifier: MIT */
/*
 * limiter.c - a semaphore that knows who has its tokens.
 *
 * All borrowers, and those who wait to be, are in a hash table with linear
 * probing. So who waits has an entry already, and handing a token on needs no
 * memory.
 */
#include "sync.h"

struct entry {
    void *who; /* NULL: nobody */
    bool has;  /* a token; else it waits for one */
};

struct limiter {
    struct object object; /* nobody waits while there are tokens */
    size_t total, borrowed;
    struct entry *entries;
    size_t count, size; /* a power of two; a quarter stays empty */
    struct eddy_mem mem;
};

static_assert(sizeof(struct limiter) <= sizeof(struct eddy_limiter),
              "the public struct has room for the private one");

struct limiter_wait {
    struct link link;
    void *who; /* the third word of the op */
};

EDDY_FITS_REQUEST(struct limiter_wait);

/* ---- The table ---------------------------------------------------------- */

enum { FIRST_SIZE = 8 };

/* Pointers differ in the middle, and the product carries that upwards. */
static size_t home_of(const struct limiter *limiter, const void *who)
{
    uint64_t hash = eddy_word(who) * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(hash >> 32) & (limiter->size - 1);
}

/* Its entry, or the empty one where it would be. */
static struct entry *look_up(const struct limiter *limiter, const void *who)
{
    size_t i = home_of(limiter, who);

    while (limiter->entries[i].who != NULL && limiter->entries[i].who != who)
        i = (i + 1) & (limiter->size - 1);
    return &limiter->entries[i];
}

static int make_room(struct limiter *limiter)
{
    struct entry *old = limiter->entries;
    size_t old_size = limiter->size;
    size_t size = 0;
    struct entry *entries;

    if (limiter->count + 1 <= old_size - old_size / 4)
        return 0;
    entries = eddy_mem_reserve(&limiter->mem, NULL, &size,
                               old_size == 0 ? FIRST_SIZE : 2 * old_size,
                               sizeof *entries);
    if (entries == NULL)
        return -ENOMEM;
    limiter->entries = entries;
    limiter->size = old_size == 0 ? FIRST_SIZE : 2 * old_size;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].who != NULL)
            *look_up(limiter, old[i].who) = old[i];
    (void)limiter->mem.resize(limiter->mem.arg, old, 0);
    return 0;
}

/* Those behind the gap move up, unless that is before where they belong. */
static void take_out(struct limiter *limiter, const void *who)
{
    struct entry *at = limiter->entries;
    size_t mask = limiter->size - 1;
    size_t gap = (size_t)(look_up(limiter, who) - at);

    for (size_t i = (gap + 1) & mask; at[i].who != NULL; i = (i + 1) & mask) {
        size_t strayed = (i - home_of(limiter, at[i].who)) & mask;

        if (strayed >= ((i - gap) & mask)) {
            at[gap] = at[i];
            gap = i;
        }
    }
    at[gap].who = NULL;
    limiter->count--;
}

/* ---- The limiter -------------------------------------------------------- */

int eddy_limiter_init(struct eddy_limiter *opaque, struct eddy_loop *loop,
                      size_t total)
{
    struct limiter *limiter = (struct limiter *)opaque;
    int err = eddy__object_init(limiter, sizeof *limiter, loop);

    if (err < 0)
        return err;
    limiter->total = total;
    limiter->mem = eddy_loop_settings(loop)->mem;
    return 0;
}

void eddy_limiter_done(struct eddy_limiter *opaque)
{
    struct limiter *limiter = (struct limiter *)opaque;

    if (!eddy__object_done(limiter))
        return;
    (void)limiter->mem.resize(limiter->mem.arg, limiter->entries, 0);
    limiter->entries = NULL;
    limiter->count = limiter->size = 0;
}

size_t eddy_limiter_total(const struct eddy_limiter *limiter)
{
    return limiter != NULL ? ((const struct limiter *)limiter)->total : 0;
}

size_t eddy_limiter_borrowed(const struct eddy_limiter *limiter)
{
    return limiter != NULL ? ((const struct limiter *)limiter)->borrowed : 0;
}

size_t eddy_limiter_available(const struct eddy_limiter *opaque)
{
    const struct limiter *limiter = (const struct limiter *)opaque;

    return limiter != NULL && limiter->borrowed < limiter->total
               ? limiter->total - limiter->borrowed
               : 0;
}

/* Who waits gets what there is. */
static void lend(struct limiter *limiter)
{
    struct link *waiting = &limiter->object.waiting;

    while (limiter->borrowed < limiter->total && !line_is_empty(waiting)) {
        struct limiter_wait *first = (struct limiter_wait *)waiting->next;

        look_up(limiter, first->who)->has = true;
        limiter->borrowed++;
        eddy__object_choose(&limiter->object);
    }
}

int eddy_limiter_set_total(struct eddy_limiter *opaque, size_t total)
{
    struct limiter *limiter = (struct limiter *)opaque;
    int err = eddy__object_check(limiter);

    if (err < 0)
        return err;
    limiter->total = total;
    lend(limiter);
    return 0;
}

static bool is_borrower(const struct limiter *limiter, const void *who)
{
    const struct entry *entry =
        limiter->count > 0 && who != NULL ? look_up(limiter, who) : NULL;

    return entry != NULL && entry->who == who && entry->has;
}

static void give_back(struct limiter *limiter, const void *who)
{
    take_out(limiter, who);
    limiter->borrowed--;
    lend(limiter);
}

/* Released before it was told: nothing is left to put back. */
static void forget_chosen(struct limiter *limiter, const void *who)
{
    struct link *chosen = &limiter->object.chosen;

    for (struct link *l = chosen->next; l != chosen; l = l->next)
        if (((struct limiter_wait *)l)->who == who) {
            line_leave(l);
            return;
        }
}

int eddy_limiter_release(struct eddy_limiter *opaque, void *borrower)
{
    struct limiter *limiter = (struct limiter *)opaque;
    int err = eddy__object_check(limiter);

    if (err == 0 && !is_borrower(limiter, borrower))
        err = -EPERM;
    if (err < 0)
        return err;
    forget_chosen(limiter, borrower);
    give_back(limiter, borrower);
    return 0;
}

/* ---- Acquiring ---------------------------------------------------------- */

/* -EAGAIN: it has an entry, and must wait. */
static int take(struct limiter *limiter, void *who)
{
    struct entry *entry;
    int err = who == NULL ? -EINVAL : make_room(limiter);

    if (err < 0)
        return err;
    entry = look_up(limiter, who);
    if (entry->who != NULL)
        return -EDEADLK;
    *entry = (struct entry){ who, limiter->borrowed < limiter->total };
    limiter->count++;
    limiter->borrowed += entry->has;
    return entry->has ? 0 : -EAGAIN;
}

static bool acquire_now(struct eddy_loop *loop, const struct eddy_op *op,
                        struct eddy_result *ret_result)
{
    struct limiter *limiter = op->on;

    if (!eddy__object_is_here(limiter, loop) ||
        limiter->borrowed >= limiter->total)
        return false;
    *ret_result = eddy_n(take(limiter, eddy_pointer(op->word[2])));
    return true;
}

static bool start_acquire(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    struct limiter *limiter = eddy_request_on(request);
    struct limiter_wait *wait =
        (struct limiter_wait *)eddy_request_words(request);
    int err;

    if (!eddy__object_admits(request, ret_result))
        return true;
    err = take(limiter, wait->who);
    if (err == 0 || err == -EAGAIN)
        line_join(err == 0 ? &limiter->object.chosen : &limiter->object.waiting,
                  &wait->link);
    *ret_result = eddy_n(err);
    return err != -EAGAIN;
}

static void cancel_acquire(struct eddy_request *request)
{
    struct limiter_wait *wait =
        (struct limiter_wait *)eddy_request_words(request);

    take_out(eddy_request_on(request), wait->who);
    eddy__object_cancel(request);
}

static void settle_acquire(struct eddy_request *request, bool taken)
{
    struct limiter_wait *wait =
        (struct limiter_wait *)eddy_request_words(request);

    if (eddy__object_settle(&wait->link) && !taken)
        give_back(eddy_request_on(request), wait->who);
}

struct eddy_op eddy_limiter_acquire(struct eddy_limiter *limiter,
                                    void *borrower)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "limiter",
        .start = start_acquire,
        .cancel = cancel_acquire,
        .now = acquire_now,
        .settle = settle_acquire,
    };

    return (struct eddy_op){ .type = &type,
                             .on = limiter,
                             .word = { 0, 0, eddy_word(borrower) } };
}
