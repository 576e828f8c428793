/* SPDX-License-Identifier: MIT */
/* uring_io.c - what an io_uring does itself. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>

#include "uring.h"

/* Receiving again and again came with the same kernel as sending without a copy
 * (6.0), for which one can ask. */
unsigned eddy__uring_can(const struct ring *ring)
{
    unsigned socket = eddy__ring_knows(ring, IORING_OP_SEND_ZC);

    return socket << EDDY_IO_RECEIVE | socket << EDDY_IO_SEND |
           eddy__uring_file_can(ring);
}

/* Each that is under way ends once, and each buffer comes once. */
int eddy__uring_reserve(struct eddy_poller *p, size_t under_way)
{
    struct eddy_io_done *dones =
        eddy_mem_reserve(&p->mem, p->dones, &p->done_room,
                         under_way + URING_BUFFERS, sizeof *dones);

    if (dones == NULL)
        return -ENOMEM;
    p->dones = dones;
    return 0;
}

static void prepare_receive(struct io_uring_sqe *sqe)
{
    sqe->opcode = IORING_OP_RECV;
    sqe->ioprio = IORING_RECV_MULTISHOT;
    sqe->flags = IOSQE_BUFFER_SELECT;
    sqe->buf_group = URING_GROUP;
}

int eddy__uring_submit(struct eddy__uring_engine *e, const struct eddy_io *io,
                       uint64_t token)
{
    struct io_uring_sqe *sqe;
    int err;

    if (io->what != EDDY_IO_RECEIVE)
        return eddy__uring_file_submit(e, io, token);
    err = eddy__uring_pool_need(e);
    if (err < 0)
        return err;
    sqe = eddy__ring_sqe(&e->ring);
    if (sqe == NULL)
        return -EBUSY;
    prepare_receive(sqe);
    sqe->fd = io->fd;
    sqe->user_data = token;
    e->under_way++;
    return 0;
}

static void cancel(struct eddy__uring_engine *e, uint64_t token, unsigned flags)
{
    struct io_uring_sqe *sqe = eddy__ring_sqe(&e->ring);

    if (sqe == NULL)
        return; /* it ends by itself, or with the ring */
    sqe->opcode = IORING_OP_ASYNC_CANCEL;
    sqe->addr = token;
    sqe->cancel_flags = flags;
    sqe->user_data = URING_NOBODY;
}

/* What is done to a file has a name of its own, and only one of them is there.
 */
void eddy__uring_cancel(struct eddy__uring_engine *e, uint64_t token)
{
    cancel(e, token, 0);
    if (e->files > 0)
        cancel(e, token | URING_FILE, 0);
}

void eddy__uring_cancel_all(struct eddy__uring_engine *e)
{
    if (e->under_way > 0)
        cancel(e, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
}

struct eddy_io_done eddy__uring_done(struct eddy__uring_engine *e,
                                     const struct io_uring_cqe *cqe)
{
    struct eddy_io_done done = {
        .token = cqe->user_data & ~URING_FILE,
        .n = cqe->res,
        .more = (cqe->flags & IORING_CQE_F_MORE) != 0,
    };

    if ((cqe->flags & IORING_CQE_F_BUFFER) != 0)
        done.buffer = eddy__uring_pool_take(
            e->pool, cqe->flags >> IORING_CQE_BUFFER_SHIFT, cqe->res);
    if (!done.more) {
        e->under_way--;
        e->files -= (cqe->user_data & URING_FILE) != 0;
    }
    return done;
}

void eddy__uring_drain(struct eddy__uring_engine *e)
{
    int err = eddy__ring_settle(&e->ring);

    while (err == 0 && e->under_way > 0) {
        const struct io_uring_cqe *cqe = eddy__ring_peek(&e->ring);
        struct eddy_io_done done = { .n = 0 };

        if (cqe == NULL) {
            err = eddy__ring_enter(&e->ring, 1, EDDY_FOREVER);
            continue;
        }
        if (eddy__uring_is_io(cqe))
            done = eddy__uring_done(e, cqe);
        if (done.buffer != NULL)
            eddy__uring_give_back(done.buffer);
        eddy__ring_pop(&e->ring);
    }
}
