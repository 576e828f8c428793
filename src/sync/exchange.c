/* SPDX-License-Identifier: MIT */
/* exchange.c - those who give and those who take. */
#include "exchange.h"

void eddy__exchange_init(struct exchange *exchange, size_t capacity,
                         const struct eddy_mem *mem)
{
    memset(exchange, 0, sizeof *exchange);
    exchange->capacity = capacity;
    exchange->store.mem = *mem;
    line_init(&exchange->givers);
    line_init(&exchange->takers);
}

struct transfer *eddy__exchange_put_back(struct exchange *exchange,
                                         struct item item)
{
    struct transfer *next;

    exchange->store.reserved--;
    if (line_is_empty(&exchange->takers)) {
        eddy__store_put_back(&exchange->store, item);
        return NULL;
    }
    next = transfer_leave(exchange, exchange->takers.next, true, 1);
    next->item = item;
    return next;
}

void eddy__transfer_end(struct transfer *transfer)
{
    if (transfer->n < 0)
        eddy_value_free(&transfer->item.value);
    transfer_tell(transfer);
}

struct transfer *eddy__transfer_begin(struct eddy_request *request)
{
    uint64_t *words = eddy_request_words(request);
    struct transfer *transfer = (struct transfer *)words;
    struct eddy_value value = carried_value(words);
    struct eddy_value *ret_value = place_for_value(words);

    transfer->ret_value = ret_value;
    transfer->item.value = value;
    return transfer;
}

void eddy__transfer_refuse(const struct eddy_op *op)
{
    struct eddy_value value = carried_value(op->word);

    eddy_value_free(&value);
}
