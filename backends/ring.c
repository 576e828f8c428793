/* SPDX-License-Identifier: MIT */
/* ring.c - setting up an io_uring, and its one system call. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend.h"
#include "ring.h"

/* Newer than the headers of some systems that run newer kernels. */
enum {
    ENTER_NO_IOWAIT = 1u << 7, /* T69 */
    FEAT_NO_IOWAIT = 1u << 17,
    OPS = 256,
};

static int error_of(long result)
{
    return result < 0 ? -errno : (int)result;
}

static int setup(unsigned entries, struct io_uring_params *params)
{
    return error_of(syscall(SYS_io_uring_setup, entries, params));
}

static int do_register(int fd, unsigned what, void *arg, unsigned count)
{
    return error_of(syscall(SYS_io_uring_register, fd, what, arg, count));
}

/* ---- Opening and closing ------------------------------------------------ */

/* The best first. Work that the kernel has for us waits until we ask for it
 * where there is DEFER_TASKRUN (6.1), or until we are in the kernel anyway
 * (COOP_TASKRUN, 5.19): it interrupts nobody. A ring that begins disabled
 * belongs to the thread that enables it, which is not that which makes the
 * loop (T66). A ring of the first kind is not readable by work that waits, so
 * for one that is watched the ladder begins with the second. */
static const unsigned ladder[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
        IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_R_DISABLED |
        IORING_SETUP_SUBMIT_ALL,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
        IORING_SETUP_SUBMIT_ALL,
    0,
};
enum { STEPS = sizeof ladder / sizeof ladder[0] };

static int setup_best(struct io_uring_params *params, unsigned sq_entries,
                      bool watched)
{
    int fd = -EINVAL;

    for (int i = watched; i < STEPS && fd == -EINVAL; i++) {
        *params = (struct io_uring_params){
            .flags = ladder[i] | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
            .cq_entries = 4 * sq_entries,
        };
        fd = setup(sq_entries, params);
    }
    return fd;
}

static void *map_at(const struct ring *ring, size_t size, off_t offset)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                ring->fd, offset);
}

static size_t largest(size_t a, size_t b)
{
    return a > b ? a : b;
}

static atomic_uint *field(const struct ring *ring, unsigned offset)
{
    return (void *)((char *)ring->map + offset);
}

static unsigned value(const struct ring *ring, unsigned offset)
{
    return atomic_load(field(ring, offset));
}

static int map_rings(struct ring *ring, const struct io_uring_params *params)
{
    const struct io_sqring_offsets *sq = &params->sq_off;
    const struct io_cqring_offsets *cq = &params->cq_off;

    ring->sqes_size = params->sq_entries * sizeof *ring->sqes;
    ring->map_size =
        largest(sq->array + params->sq_entries * sizeof(unsigned),
                cq->cqes + params->cq_entries * sizeof(struct io_uring_cqe));
    ring->map = map_at(ring, ring->map_size, IORING_OFF_SQ_RING);
    if (ring->map == MAP_FAILED)
        return -ENOMEM;
    ring->sqes = map_at(ring, ring->sqes_size, IORING_OFF_SQES);
    if (ring->sqes == MAP_FAILED) {
        (void)munmap(ring->map, ring->map_size);
        return -ENOMEM;
    }
    ring->sq_head = field(ring, sq->head);
    ring->sq_tail = field(ring, sq->tail);
    ring->sq_flags = field(ring, sq->flags);
    ring->sq_mask = value(ring, sq->ring_mask);
    ring->sq_entries = params->sq_entries;
    ring->cq_head = field(ring, cq->head);
    ring->cq_tail = field(ring, cq->tail);
    ring->cq_mask = value(ring, cq->ring_mask);
    ring->cqes = (void *)((char *)ring->map + cq->cqes);
    for (unsigned i = 0; i < params->sq_entries; i++)
        atomic_store(field(ring, sq->array) + i, i);
    return 0;
}

int eddy__ring_open(struct ring *ring, unsigned sq_entries, bool watched)
{
    const unsigned needed =
        IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
    struct io_uring_params params;
    int err = setup_best(&params, sq_entries, watched);

    if (err >= 0)
        err = eddy__settle(err);
    if (err < 0)
        return err;
    *ring = (struct ring){ .fd = err };
    ring->enabled = (params.flags & IORING_SETUP_R_DISABLED) == 0;
    ring->deferred = (params.flags & IORING_SETUP_DEFER_TASKRUN) != 0;
    ring->enter_flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
    if ((params.features & FEAT_NO_IOWAIT) != 0)
        ring->enter_flags |= ENTER_NO_IOWAIT;
    err = (params.features & needed) == needed ? map_rings(ring, &params)
                                               : -ENOSYS;
    if (err < 0)
        (void)close(ring->fd);
    return err;
}

void eddy__ring_close(struct ring *ring)
{
    (void)munmap(ring->sqes, ring->sqes_size);
    (void)munmap(ring->map, ring->map_size);
    (void)close(ring->fd);
}

bool eddy__ring_knows(const struct ring *ring, unsigned op)
{
    union {
        struct io_uring_probe probe;
        char room[sizeof(struct io_uring_probe) +
                  OPS * sizeof(struct io_uring_probe_op)];
    } answer;

    memset(&answer, 0, sizeof answer);
    return do_register(ring->fd, IORING_REGISTER_PROBE, &answer, OPS) >= 0 &&
           op <= answer.probe.last_op &&
           (answer.probe.ops[op].flags & IO_URING_OP_SUPPORTED) != 0;
}

int eddy__ring_lend(struct ring *ring, struct io_uring_buf_ring *buffers,
                    unsigned count, unsigned group)
{
    struct io_uring_buf_reg reg = {
        .ring_addr = (uint64_t)(uintptr_t)buffers,
        .ring_entries = count,
        .bgid = (uint16_t)group,
    };

    return do_register(ring->fd, IORING_REGISTER_PBUF_RING, &reg, 1);
}

int eddy__ring_hold(struct ring *ring, int fd)
{
    return do_register(ring->fd, IORING_REGISTER_FILES, &fd, 1);
}

/* ---- Submitting and waiting --------------------------------------------- */

static unsigned prepared(const struct ring *ring)
{
    return ring->tail -
           atomic_load_explicit(ring->sq_head, memory_order_acquire);
}

struct io_uring_sqe *eddy__ring_sqe(struct ring *ring)
{
    struct io_uring_sqe *sqe;

    if (prepared(ring) == ring->sq_entries) {
        (void)eddy__ring_enter(ring, 0, 0);
        if (prepared(ring) == ring->sq_entries)
            return NULL;
    }
    sqe = &ring->sqes[ring->tail++ & ring->sq_mask];
    memset(sqe, 0, sizeof *sqe);
    return sqe;
}

static int enable(struct ring *ring)
{
    int err = 0;

    if (!ring->enabled)
        err = do_register(ring->fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    ring->enabled |= err >= 0;
    return err;
}

int eddy__ring_enter(struct ring *ring, unsigned least, int64_t timeout_ns)
{
    struct io_uring_getevents_arg arg = { .ts = 0 };
    struct timespec ts;
    int64_t kernel_ts[2]; /* 64 bits on every machine */
    int err = enable(ring);

    if (err < 0)
        return err;
    if (least > 0 && eddy__timespec(&ts, timeout_ns) != NULL) {
        kernel_ts[0] = ts.tv_sec;
        kernel_ts[1] = ts.tv_nsec;
        arg.ts = (uint64_t)(uintptr_t)kernel_ts;
    }
    atomic_store_explicit(ring->sq_tail, ring->tail, memory_order_release);
    err = error_of(syscall(SYS_io_uring_enter, ring->fd, prepared(ring), least,
                           ring->enter_flags, &arg, sizeof arg));
    return err >= 0 || err == -ETIME ? 0 : err;
}

static unsigned sq_flags(const struct ring *ring)
{
    return atomic_load_explicit(ring->sq_flags, memory_order_relaxed);
}

int eddy__ring_settle(struct ring *ring)
{
    int err;

    do /* a call runs only so much of what is due */
        err = eddy__ring_enter(ring, 0, 0);
    while (err == 0 && ring->deferred &&
           (sq_flags(ring) & IORING_SQ_TASKRUN) != 0);
    return err;
}

void eddy__ring_retract(struct ring *ring, unsigned place, uint64_t user_data)
{
    ring->sqes[place & ring->sq_mask] =
        (struct io_uring_sqe){ .opcode = IORING_OP_NOP,
                               .user_data = user_data };
}

bool eddy__ring_overflown(const struct ring *ring)
{
    return (sq_flags(ring) & IORING_SQ_CQ_OVERFLOW) != 0;
}

bool eddy__ring_has_old(const struct ring *ring)
{
    const unsigned more = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;

    return atomic_load_explicit(ring->cq_head, memory_order_relaxed) !=
               atomic_load_explicit(ring->cq_tail, memory_order_acquire) ||
           (sq_flags(ring) & more) != 0;
}
