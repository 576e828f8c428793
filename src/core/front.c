/* SPDX-License-Identifier: MIT */
/* front.c - what operations and ways to wait need from a loop. */
#include "core.h"

/* ---- The ready queue ---------------------------------------------------- */

void eddy_ready_push(struct eddy_loop *loop, struct eddy_call *call)
{
    if (loop != NULL && call != NULL && call->run != NULL)
        calls_push(&loop->ready, call);
}

struct eddy_call *eddy__ready_pop(struct eddy_loop *loop)
{
    struct eddy_call *call =
        loop->resumptions > 0 ? calls_pop(&loop->ready) : NULL;

    loop->resumptions -= call != NULL;
    return call;
}

size_t eddy_ready_grant(struct eddy_loop *loop, size_t wanted)
{
    if (loop == NULL)
        return 0;
    if (wanted > loop->resumptions)
        wanted = loop->resumptions;
    loop->resumptions -= (unsigned)wanted;
    return wanted;
}

/* ---- What lives in a loop ----------------------------------------------- */

void eddy_loop_own(struct eddy_loop *loop, struct eddy_owned *owned,
                   const struct eddy_owned_type *type)
{
    if (loop == NULL || owned == NULL || type == NULL || type->close == NULL)
        return;
    owned->type = type;
    owned->next = &loop->owned;
    owned->prev = loop->owned.prev;
    owned->prev->next = owned->next->prev = owned;
}

void eddy_loop_disown(struct eddy_loop *loop, struct eddy_owned *owned)
{
    if (loop == NULL || owned == NULL || owned->prev == NULL)
        return;
    eddy__origin_forget(loop, owned);
    owned->prev->next = owned->next;
    owned->next->prev = owned->prev;
    owned->prev = owned->next = owned; /* a second time does no harm */
}

void *eddy_loop_slot(const struct eddy_loop *loop,
                     const struct eddy_slot_type *type)
{
    for (size_t i = 0; loop != NULL && i < loop->front_count; i++)
        if (loop->front_slots[i].type == type)
            return loop->front_slots[i].value;
    return NULL;
}

int eddy_loop_set_slot(struct eddy_loop *loop,
                       const struct eddy_slot_type *type, void *value)
{
    struct loop_slot *grown;
    int err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (type == NULL || type->free == NULL || type->forked == NULL ||
        value == NULL)
        return -EINVAL;
    if (eddy_loop_slot(loop, type) != NULL)
        return -EEXIST;
    grown = eddy_mem_reserve(&loop->settings.mem, loop->front_slots,
                             &loop->front_capacity, loop->front_count + 1,
                             sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    loop->front_slots = grown;
    grown[loop->front_count++] = (struct loop_slot){ type, value };
    return 0;
}

void eddy__slots_wind_up(struct eddy_loop *loop)
{
    for (size_t i = 0; i < loop->front_count; i++) {
        const struct loop_slot *slot = &loop->front_slots[i];

        if (slot->type->wind_up != NULL)
            slot->type->wind_up(slot->value);
    }
}

void eddy_loop_count(struct eddy_loop *loop, bool more)
{
    if (loop != NULL)
        loop->alive += more ? 1 : (size_t)-1;
}

void eddy_loop_expect(struct eddy_loop *loop, bool more)
{
    if (loop != NULL)
        loop->expected += more ? 1 : (size_t)-1;
}

void eddy_loop_count_accept_full(struct eddy_loop *loop)
{
    if (loop != NULL)
        loop->stats.accept_full++;
}

bool eddy_loop_ending(const struct eddy_loop *loop)
{
    return loop != NULL && loop->dying;
}

const struct eddy_loop_options *eddy_loop_settings(const struct eddy_loop *loop)
{
    return loop == NULL ? NULL : &loop->settings;
}

const struct eddy_poller_ops *eddy_loop_poller(const struct eddy_loop *loop)
{
    return loop == NULL ? NULL : loop->ops;
}

/* ---- What a type finds in a request ------------------------------------- */

struct eddy_loop *eddy_request_loop(const struct eddy_request *request)
{
    return request == NULL ? NULL : ((const struct request *)request)->loop;
}

void *eddy_request_on(const struct eddy_request *request)
{
    return request == NULL ? NULL : ((const struct request *)request)->on;
}

const struct eddy_op_type *eddy_request_type(const struct eddy_request *request)
{
    return request == NULL ? NULL : ((const struct request *)request)->type;
}

uint64_t *eddy_request_words(struct eddy_request *request)
{
    return request == NULL ? NULL : ((struct request *)request)->word;
}

struct eddy_request *eddy_request_of(uint64_t *words)
{
    return words == NULL ? NULL
                         : (struct eddy_request *)EDDY_CONTAINER_OF(
                               words, struct request, word);
}

void eddy_op_refuse(const struct eddy_op *op)
{
    if (op != NULL && op->type != NULL && op->type->abi == EDDY_OP_ABI &&
        op->type->refuse != NULL)
        op->type->refuse(op);
}

bool eddy_request_over(const struct eddy_request *request)
{
    const struct request *r = (const struct request *)request;

    return r == NULL || (r->limit.flags & REQUEST_OVER) != 0;
}
