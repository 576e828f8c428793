/* SPDX-License-Identifier: MIT */
/* exchange.h - values in order, and those who give and take them: what queues
 * and channels are made of. */
#ifndef EDDY_EXCHANGE_PRIVATE_H
#define EDDY_EXCHANGE_PRIVATE_H

#include "sync.h"

/* ---- Values in order: see store.c --------------------------------------- */

struct item {
    struct eddy_value value;
    uint64_t seq; /* the order of coming */
};

struct store {
    struct item *at; /* a ring; a heap begins at 0 */
    size_t first, count, size;
    size_t reserved; /* room for those that may come back */
    uint64_t seq;    /* how many have come */
    enum eddy_queue_order order;
    eddy_compare_fn *compare;
    void *compare_arg;
    struct eddy_mem mem;
};

int eddy__store_grow(struct store *store);
void eddy__store_push_ordered(struct store *store, struct item item);
struct item eddy__store_pop_ordered(struct store *store);
/* One that was popped has its old place again; room was reserved. */
void eddy__store_put_back(struct store *store, struct item item);
/* Frees what is in it; the memory, too. */
void eddy__store_clear(struct store *store);
void eddy__store_close(struct store *store);

static inline bool store_has_room(const struct store *store)
{
    return store->count + store->reserved < store->size;
}

/* Sees to room for one more. -ENOMEM */
static inline int store_room(struct store *store)
{
    return store_has_room(store) ? 0 : eddy__store_grow(store);
}

/* Word by word: what is written in halves and read as a whole stalls. */
static inline void item_set(struct item *item, struct eddy_value value,
                            uint64_t seq)
{
    item->value.n = value.n;
    item->value.free = value.free;
    item->seq = seq;
}

/* The two of a store that is EDDY_FIFO. */
static inline void store_push_last(struct store *store, struct eddy_value value)
{
    size_t i = (store->first + store->count++) & (store->size - 1);

    item_set(&store->at[i], value, store->seq++);
}

static inline void store_pop_first(struct store *store, struct item *ret_item)
{
    const struct item *first = &store->at[store->first];

    item_set(ret_item, first->value, first->seq);
    store->first = (store->first + 1) & (store->size - 1);
    store->count--;
}

static inline void store_push(struct store *store, struct eddy_value value)
{
    if (store->order == EDDY_PRIORITY)
        eddy__store_push_ordered(store, (struct item){ value, store->seq++ });
    else
        store_push_last(store, value);
}

static inline void store_pop(struct store *store, struct item *ret_item)
{
    if (store->order != EDDY_FIFO)
        *ret_item = eddy__store_pop_ordered(store);
    else
        store_pop_first(store, ret_item);
}

/* ---- Giving and taking: see exchange.c ---------------------------------- */

/*
 * Givers wait only if there is no room for what they bring, takers only if
 * there is nothing, and nobody who gives. Room is reserved for what a taker
 * gets, from its coming until it is told: it may come back.
 */
struct exchange {
    struct store store;
    size_t capacity;
    struct link givers, takers;
};

/* A giver or a taker, in the words of its request. */
struct transfer {
    union {
        struct link link;      /* in a line */
        struct eddy_call call; /* out of it, and told in another loop */
    };
    struct item item; /* a giver's, without seq; a taker's, when it has come */
    struct eddy_value *ret_value;
    int32_t n;   /* what it is told */
    bool is_out; /* of the line, or never was in it */
};

EDDY_FITS_REQUEST(struct transfer);

/* An op that carries a value, or says where to store one; and what it carries.
 * Written word by word where it is wanted, for it is on everybody's way. */
static inline struct eddy_op exchange_op(const struct eddy_op_type *type,
                                         void *on, struct eddy_value value,
                                         struct eddy_value *ret_value)
{
    return (struct eddy_op){ .type = type,
                             .on = on,
                             .word = { 0, (uint64_t)value.n,
                                       (uint64_t)(uintptr_t)value.free,
                                       eddy_word(ret_value) } };
}

static inline struct eddy_value carried_value(const uint64_t *words)
{
    struct eddy_value value;

    value.n = (int64_t)words[1];
    value.free = (eddy_free_fn *)(uintptr_t)words[2];
    return value;
}

static inline struct eddy_value *place_for_value(const uint64_t *words)
{
    return eddy_pointer(words[3]);
}

/* Both in the words of its request. */
struct transfer *eddy__transfer_begin(struct eddy_request *request);
/* The refuse() of what carries a value. */
void eddy__transfer_refuse(const struct eddy_op *op);

void eddy__exchange_init(struct exchange *exchange, size_t capacity,
                         const struct eddy_mem *mem);

/* 0: the value is in, or with *ret_told, a taker to be ended. -EAGAIN, -ENOMEM:
 * nothing has happened. */
static inline int exchange_give(struct exchange *exchange,
                                struct eddy_value value,
                                struct transfer **ret_told);
/* An item is there, and *ret_told may be a giver to be ended; else false. */
static inline bool exchange_take(struct exchange *exchange,
                                 struct item *ret_item,
                                 struct transfer **ret_told);
/* What a taker had. Returns another one to be ended, or NULL. */
struct transfer *eddy__exchange_put_back(struct exchange *exchange,
                                         struct item item);

/* Out of its line, to be ended with n. */
static inline struct transfer *transfer_leave(struct exchange *exchange,
                                              struct link *link, bool takes,
                                              int32_t n)
{
    struct transfer *transfer = EDDY_CONTAINER_OF(link, struct transfer, link);

    line_leave(link);
    transfer->n = n;
    transfer->is_out = true;
    if (takes && n <= 0)
        exchange->store.reserved--;
    return transfer;
}

/* It is told: the value goes where it belongs. */
static inline void hand_over(struct eddy_value *ret_value,
                             struct eddy_value value)
{
    if (ret_value != NULL) {
        ret_value->n = value.n;
        ret_value->free = value.free;
    } else {
        eddy_value_free(&value);
    }
}

/* Ends it; what it could not give is freed. */
void eddy__transfer_end(struct transfer *transfer);
/* The same, without looking for that. */
static inline void transfer_tell(struct transfer *transfer)
{
    eddy_complete(eddy__request_of(transfer), eddy_n(transfer->n));
}

/* A value would be stored, or taken out, and nobody told. */
static inline bool exchange_may_store(const struct exchange *exchange)
{
    const struct store *store = &exchange->store;

    return line_is_empty(&exchange->takers) &&
           store->count < exchange->capacity && store_has_room(store);
}

static inline bool exchange_is_stored(const struct exchange *exchange)
{
    return exchange->store.count > 0 && line_is_empty(&exchange->givers);
}

/* The first of the takers gets it, and is to be ended. */
static inline struct transfer *exchange_serve(struct exchange *exchange,
                                              struct eddy_value value)
{
    struct transfer *taker =
        transfer_leave(exchange, exchange->takers.next, true, 1);

    item_set(&taker->item, value, exchange->store.seq++);
    return taker;
}

/* The first of the givers is rid of its value, and is to be ended. */
static inline struct transfer *exchange_relieve(struct exchange *exchange)
{
    return transfer_leave(exchange, exchange->givers.next, false, 0);
}

static inline int exchange_give(struct exchange *exchange,
                                struct eddy_value value,
                                struct transfer **ret_told)
{
    struct store *store = &exchange->store;
    int err;

    if (!line_is_empty(&exchange->takers)) {
        *ret_told = exchange_serve(exchange, value);
        return 0;
    }
    if (store->count >= exchange->capacity)
        return -EAGAIN;
    err = store_room(store);
    if (err == 0)
        store_push(store, value);
    return err;
}

static inline bool exchange_take(struct exchange *exchange,
                                 struct item *ret_item,
                                 struct transfer **ret_told)
{
    struct store *store = &exchange->store;
    struct transfer *giver = NULL;
    bool stored = store->count > 0;

    if (stored)
        store_pop(store, ret_item);
    if (!line_is_empty(&exchange->givers) &&
        (!stored || store->count < exchange->capacity)) {
        giver = exchange_relieve(exchange);
        if (stored)
            store_push(store, giver->item.value); /* where the other was */
        else
            item_set(ret_item, giver->item.value, store->seq++);
    }
    *ret_told = giver;
    return stored || giver != NULL;
}

#endif
