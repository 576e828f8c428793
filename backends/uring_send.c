/* SPDX-License-Identifier: MIT */
/*
 * uring_send.c - what is sent in the system call that waits.
 *
 * A send that must not wait is over when that call has taken it. Of those that
 * went whole the kernel says nothing (IOSQE_CQE_SKIP_SUCCESS), so the wait goes
 * on until something happens; of the others there are completions. None of
 * these may be left for the next wait: so where a wait could find more than it
 * has room for, all are sent by a system call each.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <sys/socket.h>

#include "uring.h"

enum { FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL };

static void note(struct eddy_poller *p, struct eddy_io_send *send, int64_t n)
{
    send->n = n;
    p->unsent |= n != (int64_t)send->size;
}

static void send_directly(struct eddy_poller *p, struct eddy_io_send *it)
{
    ssize_t n = send(it->fd, it->bytes, it->size, FLAGS);

    note(p, it, n < 0 ? -errno : n);
}

void eddy__uring_send_directly(struct eddy_poller *p)
{
    for (struct eddy_io_send *it = p->sends; it != NULL; it = it->next)
        send_directly(p, it);
    p->sends = NULL;
}

/* With MSG_WAITALL less than all is a failure, of which we hear. */
static void prepare(struct io_uring_sqe *sqe, const struct eddy_io_send *it)
{
    sqe->opcode = IORING_OP_SEND;
    sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
    sqe->fd = it->fd;
    sqe->addr = (uint64_t)(uintptr_t)it->bytes;
    sqe->len = (uint32_t)it->size;
    sqe->msg_flags = FLAGS | MSG_WAITALL;
    sqe->user_data = (uint64_t)(uintptr_t)it | URING_SEND;
}

void eddy__uring_send(struct eddy_poller *p)
{
    for (struct eddy_io_send *it = p->sends; it != NULL; it = it->next) {
        struct io_uring_sqe *sqe = eddy__ring_sqe(&p->now.ring);

        if (sqe == NULL) { /* there is no room */
            it->place = eddy__ring_past(&p->now.ring);
            send_directly(p, it);
            continue;
        }
        it->place = eddy__ring_place(&p->now.ring);
        it->n = (int64_t)it->size;
        prepare(sqe, it);
    }
}

void eddy__uring_send_rest(struct eddy_poller *p)
{
    struct ring *ring = &p->now.ring;

    for (struct eddy_io_send *it = p->sends; it != NULL; it = it->next) {
        if (eddy__ring_took(ring, it->place))
            continue;
        eddy__ring_retract(ring, it->place, URING_NOBODY);
        send_directly(p, it);
    }
}

void eddy__uring_sent(struct eddy_poller *p, const struct io_uring_cqe *cqe)
{
    note(p, (struct eddy_io_send *)(uintptr_t)(cqe->user_data ^ URING_SEND),
         cqe->res);
}
