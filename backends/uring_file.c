/* SPDX-License-Identifier: MIT */
/*
 * uring_file.c - what an io_uring does to files.
 *
 * Unlike a receive, which is done by the thread that owns the ring whenever it
 * asks, this may be under way in a thread of the kernel, or in the disk, when
 * the ring is closed: and goes on writing to memory that was promised to be
 * free. The kernel does not say when a ring that was closed has come to rest.
 * But it lets go of the files that are registered with it only then; so there
 * is one, an end of a pipe, whose other end is told by that (T62, T68).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "uring.h"

enum {
    AT_ONCE = 1 << 18, /* more is not copied in the loop's time */
    REST_MS = 10000,
};

unsigned eddy__uring_file_can(const struct ring *ring)
{
    static const struct {
        unsigned op;
        enum eddy_io_what what;
    } rows[] = {
        { IORING_OP_READ, EDDY_IO_FILE_READ },
        { IORING_OP_WRITE, EDDY_IO_FILE_WRITE },
        { IORING_OP_FSYNC, EDDY_IO_FILE_SYNC },
    };
    unsigned can = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (eddy__ring_knows(ring, rows[i].op))
            can |= 1u << rows[i].what;
    return can;
}

/* ---- When a ring has come to rest --------------------------------------- */

static int hold(struct eddy__uring_engine *e)
{
    int ends[2], err;

    if (e->rest_fd != 0)
        return 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    err = eddy__ring_hold(&e->ring, ends[1]);
    (void)close(ends[1]);
    if (err < 0)
        (void)close(ends[0]);
    else
        err = eddy__settle(ends[0]);
    if (err < 0)
        return err;
    e->rest_fd = err;
    return 0;
}

/* Not for ever: a child that was forked and goes on may have the ring, too, and
 * then nobody tells. What was under way has ended by itself long before. */
void eddy__uring_file_rest(struct eddy__uring_engine *e, bool wait)
{
    struct pollfd end = { .fd = e->rest_fd };

    if (e->rest_fd == 0)
        return;
    if (wait && e->files > 0)
        while (poll(&end, 1, REST_MS) < 0 && errno == EINTR)
            continue;
    (void)close(e->rest_fd);
    e->rest_fd = 0;
    e->files = 0;
}

/* ---- Submitting --------------------------------------------------------- */

static void prepare(struct io_uring_sqe *sqe, const struct eddy_io *io)
{
    sqe->fd = io->fd;
    if (io->what == EDDY_IO_FILE_SYNC) {
        sqe->opcode = IORING_OP_FSYNC;
        sqe->fsync_flags = io->data_only ? IORING_FSYNC_DATASYNC : 0;
        return;
    }
    sqe->opcode =
        io->what == EDDY_IO_FILE_READ ? IORING_OP_READ : IORING_OP_WRITE;
    sqe->addr = (uint64_t)(uintptr_t)io->buf;
    sqe->len = io->size < INT32_MAX ? (uint32_t)io->size : INT32_MAX;
    sqe->off = (uint64_t)io->offset;
    if (io->size > AT_ONCE)
        sqe->flags = IOSQE_ASYNC;
}

int eddy__uring_file_submit(struct eddy__uring_engine *e,
                            const struct eddy_io *io, uint64_t token)
{
    struct io_uring_sqe *sqe;
    int err = hold(e);

    if (err < 0)
        return err;
    sqe = eddy__ring_sqe(&e->ring);
    if (sqe == NULL)
        return -EBUSY;
    prepare(sqe, io);
    sqe->user_data = token | URING_FILE;
    e->under_way++;
    e->files++;
    return 0;
}
