/* SPDX-License-Identifier: MIT */
/*
 * epoll.c - the epoll(7) poller.
 *
 * epoll watches open file descriptions, we watch numbers (T1). A registration
 * whose number was closed before it was removed lives on as long as a copy of
 * the description does, in a dup or in a forked child; by then no call can name
 * it. So each registration carries a generation,
 *
 *     event.data   generation << 32 | fd       valid while slots[fd] agrees
 *
 * and when an event comes from a ghost, the whole set is built anew. fd() hands
 * out the `nest`, an epoll that holds the set, because a rebuild replaces the
 * set and whoever watches it must not notice.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend.h"

enum {
    BATCH = 256,     /* 3 KiB; a longer batch gains nothing measurable */
    LOOK_AGAIN = 64, /* reports of an fd between two looks at its number */
};

struct slot {
    uint32_t generation; /* of the registration that counts */
    uint16_t interest;   /* 0: not watched */
    uint16_t reports;
};

struct eddy_poller {
    struct eddy_mem mem;
    int set;  /* the epoll that holds what is watched */
    int nest; /* the epoll that holds `set`; -1: not yet */
    unsigned features;
    uint32_t generation; /* the last one given */
    struct slot *slots;  /* indexed by fd */
    size_t capacity;
    struct epoll_event batch[BATCH];
};

/* clang-format off */
static const struct eddy__word words[] = {
    { EPOLLIN,    EDDY_READ      },
    { EPOLLOUT,   EDDY_WRITE     },
    { EPOLLPRI,   EDDY_URGENT    },
    { EPOLLRDHUP, EDDY_HALFCLOSE },
    { EPOLLHUP,   EDDY_HANGUP    },
    { EPOLLERR,   EDDY_ERROR     },
};
/* clang-format on */
enum { WORDS = sizeof words / sizeof words[0] };

/* ---- Waiting in the kernel ---------------------------------------------- */

#ifdef SYS_epoll_pwait2
/* Not by the C library, which may be older than the kernel. The call takes 64
 * bits on every machine, a struct timespec may have less. */
static int wait_fine(struct eddy_poller *p, int cap, int64_t timeout_ns)
{
    struct timespec ts;
    int64_t kernel_ts[2];
    const void *timeout = NULL;

    if (eddy__timespec(&ts, timeout_ns) != NULL) {
        kernel_ts[0] = ts.tv_sec;
        kernel_ts[1] = ts.tv_nsec;
        timeout = kernel_ts;
    }
    return (int)syscall(SYS_epoll_pwait2, p->set, p->batch, cap, timeout, NULL,
                        (size_t)0);
}
#else
static int wait_fine(struct eddy_poller *p, int cap, int64_t timeout_ns)
{
    (void)p, (void)cap, (void)timeout_ns;
    errno = ENOSYS;
    return -1;
}
#endif

static int wait_coarse(struct eddy_poller *p, int cap, int64_t timeout_ns)
{
    return epoll_wait(p->set, p->batch, cap, eddy__ms_ceil(timeout_ns));
}

/* A header that has epoll_pwait2 says nothing of the kernel, and a sandbox may
 * forbid it later on (T27). */
__attribute__((noinline)) static int try_fine(struct eddy_poller *p, int cap,
                                              int64_t timeout_ns)
{
    int n = wait_fine(p, cap, timeout_ns);

    if (n >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL))
        return n;
    p->features &= ~EDDY_CAN_NS;
    return wait_coarse(p, cap, timeout_ns);
}

static int wait_for(struct eddy_poller *p, int cap, int64_t timeout_ns)
{
    bool is_whole = timeout_ns <= 0 || timeout_ns == EDDY_FOREVER;

    return is_whole || (p->features & EDDY_CAN_NS) == 0
               ? wait_coarse(p, cap, timeout_ns)
               : try_fine(p, cap, timeout_ns);
}

/* ---- Opening and closing ------------------------------------------------ */

static int open_epoll(void)
{
    return eddy__settle(epoll_create1(EPOLL_CLOEXEC));
}

static int epoll_poller_open(struct eddy_poller **ret_poller,
                             const struct eddy_mem *mem)
{
    struct eddy_poller *p = mem->resize(mem->arg, NULL, sizeof *p);
    int set;

    if (p == NULL)
        return -ENOMEM;
    set = open_epoll();
    if (set < 0) {
        mem->resize(mem->arg, p, 0);
        return set;
    }
    *p = (struct eddy_poller){ .mem = *mem, .set = set, .nest = -1 };
    p->features = EDDY_CAN_NS | EDDY_CAN_URGENT | EDDY_CAN_HALFCLOSE |
                  EDDY_CAN_SCALE | EDDY_CAN_NEST;
    (void)wait_for(p, 1, 1); /* finds out whether EDDY_CAN_NS is true */
    *ret_poller = p;
    return 0;
}

/* Nothing is removed from the set: after a fork it is the parent's too, and it
 * is only closed here (T52). */
static void epoll_poller_close(struct eddy_poller *p)
{
    struct eddy_mem mem;

    if (p == NULL)
        return;
    mem = p->mem;
    if (p->nest >= 0)
        (void)close(p->nest);
    (void)close(p->set);
    mem.resize(mem.arg, p->slots, 0);
    mem.resize(mem.arg, p, 0);
}

static unsigned epoll_poller_features(const struct eddy_poller *p)
{
    return p->features;
}

/* ---- Interest ----------------------------------------------------------- */

/* What the kernel holds for fd may not be what was asked for last: the number
 * may have been closed and opened again since (T5). */
static int control(int epoll, int op, int fd, struct epoll_event event)
{
    if (epoll_ctl(epoll, op, fd, &event) == 0)
        return 0;
    if (op == EPOLL_CTL_MOD && errno == ENOENT)
        op = EPOLL_CTL_ADD;
    else if (op == EPOLL_CTL_ADD && errno == EEXIST)
        op = EPOLL_CTL_MOD;
    else
        return -errno;
    return epoll_ctl(epoll, op, fd, &event) == 0 ? 0 : -errno;
}

static struct epoll_event event_of(const struct eddy_poller *p, int fd)
{
    const struct slot *slot = &p->slots[fd];

    return (struct epoll_event){
        .events = eddy__to_theirs(words, WORDS, slot->interest),
        .data.u64 = (uint64_t)slot->generation << 32 | (uint32_t)fd,
    };
}

static int remove_fd(struct eddy_poller *p, int fd)
{
    struct epoll_event unused = { .events = 0 }; /* old kernels want one */

    if (fd < 0 || (size_t)fd >= p->capacity || p->slots[fd].interest == 0)
        return 0;
    p->slots[fd].interest = 0;
    (void)epoll_ctl(p->set, EPOLL_CTL_DEL, fd, &unused); /* gone is gone */
    return 0;
}

/* The number may have been closed and opened again. If the kernel says EEXIST,
 * it still holds this number with this very file, and as it was asked to: that
 * is cheaper to learn than to say it again. */
static int renew(struct eddy_poller *p, int fd)
{
    struct slot *slot = &p->slots[fd];
    uint32_t former = slot->generation;
    struct epoll_event event;

    slot->generation = ++p->generation;
    event = event_of(p, fd);
    if (epoll_ctl(p->set, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    slot->generation = former;
    if (errno == EEXIST)
        return 0;
    slot->interest = 0;
    return -errno;
}

static int epoll_poller_set(struct eddy_poller *p, int fd, unsigned from,
                            unsigned to)
{
    struct slot *slots;
    int err;

    if (to == 0)
        return remove_fd(p, fd);
    if (from == to && (size_t)fd < p->capacity && p->slots[fd].interest == to)
        return renew(p, fd);
    err = eddy__check_set(fd, to, p->features, p->capacity);
    if (err < 0)
        return err;
    slots = p->slots;
    if ((size_t)fd >= p->capacity)
        slots = eddy_mem_reserve(&p->mem, slots, &p->capacity, (size_t)fd + 1,
                                 sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    p->slots = slots;

    slots[fd].generation = ++p->generation;
    slots[fd].interest = (uint16_t)to;
    slots[fd].reports = 0;
    err = control(p->set, from == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd,
                  event_of(p, fd));
    if (err < 0) /* only an addition, or a number closed since, can fail */
        slots[fd].interest = 0;
    return err;
}

/* Opened when first asked for: few loops are watched by another. */
static int epoll_poller_fd(struct eddy_poller *p)
{
    int nest = p->nest;
    int err;

    if (nest >= 0)
        return nest;
    nest = open_epoll();
    if (nest < 0)
        return nest;
    err = control(nest, EPOLL_CTL_ADD, p->set,
                  (struct epoll_event){ .events = EPOLLIN });
    if (err < 0) {
        (void)close(nest);
        return err;
    }
    p->nest = nest;
    return nest;
}

/* ---- Ghosts ------------------------------------------------------------- */

/* Adds all that is watched to `set`. What is closed by now is forgotten. */
static int refill(struct eddy_poller *p, int set)
{
    for (size_t i = 0; i < p->capacity; i++) {
        int fd = (int)i;
        int err = 0;

        if (p->slots[i].interest != 0)
            err = control(set, EPOLL_CTL_ADD, fd, event_of(p, fd));
        if (err == -ENOMEM || err == -ENOSPC)
            return err;
        if (err < 0)
            p->slots[i].interest = 0;
    }
    return 0;
}

/* Replaces the set by one without ghosts. Without memory or a descriptor for
 * it the old one stays, and the next event of a ghost tries again. */
__attribute__((noinline)) static void rebuild(struct eddy_poller *p)
{
    int set = open_epoll();
    int err = set;

    if (set < 0)
        return;
    err = refill(p, set);
    if (err == 0 && p->nest >= 0)
        err = control(p->nest, EPOLL_CTL_ADD, set,
                      (struct epoll_event){ .events = EPOLLIN });
    if (err < 0) {
        (void)close(set);
        return;
    }
    (void)close(p->set);
    p->set = set;
}

/* What to report for this event: nothing if a ghost sent it. Whether its fd is
 * still open is looked at now and then only: an owner who closed it and left it
 * in the set gets some false reports, then the truth. */
static unsigned judge(struct eddy_poller *p, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64;
    struct slot *slot = &p->slots[fd];

    if (slot->interest == 0 ||
        slot->generation != (uint32_t)(event->data.u64 >> 32))
        return 0;
    if (++slot->reports % LOOK_AGAIN == 0 && eddy__is_closed(fd)) {
        slot->interest = 0;
        return EDDY_ERROR;
    }
    return eddy__to_ours(words, WORDS, event->events);
}

static int epoll_poller_wait(struct eddy_poller *p, struct eddy_event *out,
                             int cap, int64_t timeout_ns)
{
    int got = wait_for(p, cap < BATCH ? cap : BATCH, timeout_ns);
    bool haunted = false;
    int n = 0;

    if (got < 0)
        return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < got; i++) {
        int fd = (int)(uint32_t)p->batch[i].data.u64;
        unsigned ready = judge(p, &p->batch[i]);

        haunted |= ready == 0;
        if (ready != 0)
            out[n++] = (struct eddy_event){ .fd = fd, .ready = ready };
    }
    if (haunted)
        rebuild(p);
    return n;
}

const struct eddy_poller_ops eddy__epoll_ops = {
    .abi = EDDY_POLLER_ABI,
    .name = "epoll",
    .open = epoll_poller_open,
    .close = epoll_poller_close,
    .features = epoll_poller_features,
    .fd = epoll_poller_fd,
    .set = epoll_poller_set,
    .wait = epoll_poller_wait,
};
