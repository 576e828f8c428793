/* SPDX-License-Identifier: MIT */
/*
 * uring_pool.c - the buffers that an io_uring receives into.
 *
 * The kernel takes them from a ring of its own when bytes have come, so that
 * who waits holds none. One that is lent out may be given back when the poller
 * is gone: the pool goes with the last of them.
 *
 *     | the kernel's ring | head 0, head 1 ... | bytes 0 | . | bytes 1 | . |
 * ...
 *
 * There is a line of the cache between two of them: small messages all lie at
 * the beginnings, and those shall not share a few sets of the cache.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <sys/mman.h>

#include "uring.h"

enum { COUNT = URING_BUFFERS, SIZE = 16384, STRIDE = SIZE + 64 };

/* All of it is mapped at once: the ring must begin with a page. */
struct eddy__uring_pool {
    struct io_uring_buf bufs[COUNT]; /* a struct io_uring_buf_ring */
    bool closed;                     /* so is the poller */
    uint16_t tail;
    unsigned lent; /* to users of the poller */
    struct eddy_io_buffer heads[COUNT];
    char bytes[COUNT][STRIDE];
};

static struct io_uring_buf_ring *ring_of(struct eddy__uring_pool *pool)
{
    return (void *)pool->bufs;
}

static void offer(struct eddy__uring_pool *pool, unsigned id)
{
    struct io_uring_buf *buf = &pool->bufs[pool->tail++ % COUNT];

    buf->addr = (uint64_t)(uintptr_t)pool->bytes[id];
    buf->len = SIZE;
    buf->bid = (uint16_t)id;
    __atomic_store_n(&ring_of(pool)->tail, pool->tail, __ATOMIC_RELEASE);
}

static int open_pool(struct eddy__uring_engine *e)
{
    struct eddy__uring_pool *pool =
        mmap(NULL, sizeof *pool, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int err;

    if (pool == MAP_FAILED)
        return -ENOMEM;
    err = eddy__ring_lend(&e->ring, ring_of(pool), COUNT, URING_GROUP);
    if (err < 0) {
        (void)munmap(pool, sizeof *pool);
        return err;
    }
    for (unsigned id = 0; id < COUNT; id++)
        offer(pool, id);
    e->pool = pool;
    return 0;
}

int eddy__uring_pool_need(struct eddy__uring_engine *e)
{
    if (e->pool == NULL)
        return open_pool(e);
    return e->pool->lent < COUNT ? 0 : -ENOBUFS;
}

struct eddy_io_buffer *eddy__uring_pool_take(struct eddy__uring_pool *pool,
                                             unsigned id, int size)
{
    struct eddy_io_buffer *head = &pool->heads[id];

    if (size <= 0) {
        offer(pool, id);
        return NULL;
    }
    pool->lent++;
    *head = (struct eddy_io_buffer){ .bytes = pool->bytes[id],
                                     .size = (size_t)size,
                                     .pool = pool };
    return head;
}

static void free_if_unused(struct eddy__uring_pool *pool)
{
    if (pool->closed && pool->lent == 0)
        (void)munmap(pool, sizeof *pool);
}

void eddy__uring_give_back(struct eddy_io_buffer *buffer)
{
    struct eddy__uring_pool *pool = buffer->pool;

    pool->lent--;
    if (!pool->closed)
        offer(pool, (unsigned)(buffer - pool->heads));
    free_if_unused(pool);
}

void eddy__uring_pool_close(struct eddy__uring_pool *pool)
{
    if (pool == NULL)
        return;
    pool->closed = true;
    free_if_unused(pool);
}
