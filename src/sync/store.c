/* SPDX-License-Identifier: MIT */
/* store.c - values in order: a ring of those that come and go at its ends, or a
 * heap of those that are compared. */
#include "exchange.h"

enum { FIRST_SIZE = 8 }; /* the size is a power of two */

int eddy__store_grow(struct store *store)
{
    size_t size = store->size, capacity = size;
    struct item *grown = eddy_mem_reserve(
        &store->mem, store->at, &capacity,
        size == 0 ? (size_t)FIRST_SIZE : 2 * size, sizeof *grown);

    if (grown == NULL)
        return -ENOMEM;
    store->at = grown;
    store->size = size == 0 ? FIRST_SIZE : 2 * size;
    /* what had wrapped round the old end goes on behind it */
    if (store->first > 0)
        memcpy(&grown[size], grown, store->first * sizeof *grown);
    return 0;
}

static struct item *item_at(const struct store *store, size_t index)
{
    return &store->at[(store->first + index) & (store->size - 1)];
}

static void swap(struct item *a, struct item *b)
{
    struct item old = *a;

    *a = *b;
    *b = old;
}

/* ---- The heap ----------------------------------------------------------- */

static bool is_before(const struct store *store, const struct item *a,
                      const struct item *b)
{
    int order;

    if (store->compare != NULL)
        order = store->compare(&a->value, &b->value, store->compare_arg);
    else
        order = (a->value.n > b->value.n) - (a->value.n < b->value.n);
    return order < 0 || (order == 0 && a->seq < b->seq);
}

void eddy__store_push_ordered(struct store *store, struct item item)
{
    struct item *at = store->at;
    size_t i = store->count++;

    at[i] = item;
    while (i > 0 && is_before(store, &at[i], &at[(i - 1) / 2])) {
        swap(&at[i], &at[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static void sift_down(struct store *store)
{
    struct item *at = store->at;
    size_t i = 0, child;

    while ((child = 2 * i + 1) < store->count) {
        if (child + 1 < store->count &&
            is_before(store, &at[child + 1], &at[child]))
            child++;
        if (!is_before(store, &at[child], &at[i]))
            return;
        swap(&at[child], &at[i]);
        i = child;
    }
}

struct item eddy__store_pop_ordered(struct store *store)
{
    struct item item;

    store->count--;
    if (store->order == EDDY_LIFO)
        return *item_at(store, store->count);
    item = store->at[0];
    store->at[0] = store->at[store->count];
    sift_down(store);
    return item;
}

/* ---- Both --------------------------------------------------------------- */

/* A ring is in the order of coming, from front to back. */
void eddy__store_put_back(struct store *store, struct item item)
{
    if (store->order == EDDY_PRIORITY) {
        eddy__store_push_ordered(store, item);
        return;
    }
    store->first = (store->first - 1) & (store->size - 1);
    store->at[store->first] = item;
    store->count++;
    for (size_t i = 1; i < store->count; i++) {
        if (item_at(store, i - 1)->seq < item_at(store, i)->seq)
            return;
        swap(item_at(store, i - 1), item_at(store, i));
    }
}

void eddy__store_clear(struct store *store)
{
    while (store->count > 0) {
        struct item item;

        store_pop(store, &item);
        eddy_value_free(&item.value);
    }
}

void eddy__store_close(struct store *store)
{
    eddy__store_clear(store);
    (void)store->mem.resize(store->mem.arg, store->at, 0);
    store->at = NULL;
    store->size = 0;
}
