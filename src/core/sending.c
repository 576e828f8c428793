/* SPDX-License-Identifier: MIT */
/*
 * sending.c - what goes out with the wait.
 *
 * Whoever has something small to send while a loop runs leaves it for the next
 * wait, and the poller sends all of it in the system call that waits. No code
 * but ours runs between the two moments when it is handed over and when it is
 * known what came of it: so there is nothing to cancel, nothing to wait for,
 * and after a fork nothing that two might send.
 */
#include "core.h"

enum { CROWD = 4 }; /* answers of a wait: fewer have no use for each other */

void eddy__sendings_open(struct eddy_loop *loop)
{
    loop->sendings.prev = loop->sendings.next = &loop->sendings;
}

/* The oldest, or NULL; it is in the ring no longer. */
static struct eddy_sending *pop(struct eddy_loop *loop)
{
    struct eddy_sending *sending = loop->sendings.next;

    if (sending == &loop->sendings)
        return NULL;
    eddy_sending_stop(sending);
    return sending;
}

bool eddy__sendings_go(struct eddy_loop *loop)
{
    struct eddy_io_send **end = &loop->going;
    struct eddy_sending *sending;
    bool awaited = false;

    while ((sending = pop(loop)) != NULL) {
        if (!sending->type->prepare(sending, &awaited))
            continue;
        *end = &sending->io;
        end = &sending->io.next;
    }
    *end = NULL;
    if (loop->going != NULL)
        loop->io->send(loop->poller, loop->going);
    return awaited;
}

static void tell(struct eddy_io_send *io)
{
    struct eddy_sending *sending =
        EDDY_CONTAINER_OF(io, struct eddy_sending, io);

    sending->type->done(sending);
}

void eddy__sendings_tell(struct eddy_loop *loop)
{
    struct eddy_io_send *io = loop->going;

    loop->going = NULL;
    while (io != NULL) {
        struct eddy_io_send *next = io->next;

        tell(io); /* it may be gone */
        io = next;
    }
}

void eddy__gather(struct eddy_loop *loop)
{
    loop->gathering = eddy_loop_completes(loop, EDDY_IO_SEND);
}

void eddy__gather_no_more(struct eddy_loop *loop)
{
    const struct eddy_sys *sys = loop->settings.sys;
    struct eddy_sending *sending;
    bool awaited = false;

    loop->gathering = false;
    while ((sending = pop(loop)) != NULL) {
        struct eddy_io_send *io = &sending->io;
        struct iovec iov;

        if (!sending->type->prepare(sending, &awaited))
            continue;
        iov = (struct iovec){ (void *)(uintptr_t)io->bytes, io->size };
        io->n = sys->send(sys->arg, io->fd, true, &iov, 1);
        sending->type->done(sending);
    }
}

/* ---- In public ---------------------------------------------------------- */

bool eddy_sending_start(struct eddy_loop *loop, struct eddy_sending *sending,
                        bool awaited)
{
    if (!loop->gathering || loop->poller == NULL ||
        (awaited && loop->done_count < CROWD))
        return false;
    sending->next = &loop->sendings;
    sending->prev = loop->sendings.prev;
    sending->prev->next = sending->next->prev = sending;
    return true;
}

void eddy_sending_stop(struct eddy_sending *sending)
{
    sending->prev->next = sending->next;
    sending->next->prev = sending->prev;
}
