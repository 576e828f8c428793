/* SPDX-License-Identifier: MIT */
/*
 * knote.c - one filter's life: registered, changed, watched by epoll, dropped.
 *
 * A filter hangs in the slot of its descriptor, where close() finds it, or, if
 * its ident is no descriptor, in its queue's loose list. What epoll reports is
 * a descriptor number, never a pointer: an entry that outlives its filter
 * (closed behind our back, alive through a dup()) then finds nothing, or at
 * worst asks a stranger whether it is ready.
 */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ACTIONS (EV_ADD | EV_DELETE | EV_ENABLE | EV_DISABLE)

/* Most programs do not get here, yet it is below the usual limit of 1024. */
enum { HIDDEN = 900 };

static const struct filter *const filters[] = {
    &kq_read, &kq_write, &kq_user, &kq_timer, &kq_signal, &kq_proc, &kq_vnode,
};

const struct filter *kq_filter(short id)
{
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        if (filters[i]->id == id)
            return filters[i];
    }
    return NULL;
}

/* ---- Internal descriptors ---------------------------------------------- */

int kq_hide(int fd)
{
    int hidden;

    if (fd < 0)
        return -1;
    /* not fcntl(): that one is ours, and wants the lock */
    hidden = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, HIDDEN);
    if (hidden < 0) /* a low RLIMIT_NOFILE */
        hidden = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
    kq_close_raw(fd);
    return hidden;
}

int kq_own(struct knote *kn, int fd)
{
    int err;

    fd = kq_hide(fd);
    if (fd < 0)
        return errno;
    kq_disown(kn);
    err = kq_make_slot(fd);
    if (err != 0) {
        kq_close_raw(fd);
        return err;
    }
    kq_slot(fd)->owner = kn;
    kn->own = fd;
    return 0;
}

void kq_disown(struct knote *kn)
{
    if (kn->own < 0)
        return;
    if (!kn->pollable)
        kq_disarm(kn);
    kq_slot(kn->own)->owner = NULL;
    kq_close_raw(kn->own);
    kn->own = -1;
}

static int watch(int epoll, int fd, uint32_t edges)
{
    struct epoll_event want = { .events = edges, .data.fd = fd };

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want) == 0)
        return 0;
    /* left by a number that was closed behind our back and came again */
    if (errno == EEXIST && epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &want) == 0)
        return 0;
    return errno;
}

static void close_parts(struct queue *q)
{
    kq_close_raw(q->writes);
    kq_close_raw(q->bell);
    q->writes = q->bell = -1;
    q->ringing = false;
}

/* A queue that holds no filter has nothing but its number; one that holds some
 * has all it may need, lest a later filter fail for want of descriptors. */
static int open_parts(struct queue *q)
{
    int err;

    if (q->bell >= 0)
        return 0;
    q->writes = kq_hide(epoll_create1(EPOLL_CLOEXEC));
    q->bell = kq_hide(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    err = q->writes < 0 || q->bell < 0 ? ENOMEM : 0;
    if (err == 0)
        err = watch(q->number, q->writes, EPOLLIN);
    if (err == 0)
        err = watch(q->number, q->bell, EPOLLIN);
    if (err != 0)
        close_parts(q);
    return err;
}

/* ---- Watched by epoll, or not ------------------------------------------ */

static int source(const struct knote *kn)
{
    return kn->pollable ? (int)kn->told.ident : kn->own;
}

static int epoll_of(const struct knote *kn)
{
    bool writes = kn->pollable && kn->filter == &kq_write;

    return writes ? kn->queue->writes : kn->queue->number;
}

int kq_arm(struct knote *kn)
{
    uint32_t edges = kn->pollable ? kn->filter->edges : (uint32_t)EPOLLIN;
    int err;

    if (kn->armed || source(kn) < 0)
        return 0;
    err = watch(epoll_of(kn), source(kn), edges | (uint32_t)EPOLLET);
    kn->armed = err == 0;
    return err;
}

void kq_disarm(struct knote *kn)
{
    if (!kn->armed)
        return;
    /* fails if the descriptor was closed behind our back: as well */
    (void)epoll_ctl(epoll_of(kn), EPOLL_CTL_DEL, source(kn), NULL);
    kn->armed = false;
}

/* ---- Registered and dropped -------------------------------------------- */

static struct knote **list_of(const struct knote *kn)
{
    return kn->filter->takes_fd ? &kq_slot((int)kn->told.ident)->watchers
                                : &kn->queue->loose;
}

bool kq_stale(const struct knote *kn)
{
    struct stat now;

    if (!kn->filter->takes_fd)
        return false;
    return fstat((int)kn->told.ident, &now) < 0 ||
           now.st_dev != kn->seen.st_dev || now.st_ino != kn->seen.st_ino;
}

struct knote *kq_find(struct queue *q, uintptr_t ident, short filter)
{
    struct slot *slot = ident <= INT_MAX ? kq_slot((int)ident) : NULL;
    struct knote *kn = q->loose;

    if (kq_filter(filter)->takes_fd)
        kn = slot != NULL ? slot->watchers : NULL;
    for (; kn != NULL; kn = kn->next) {
        if (kn->queue == q && kn->told.ident == ident &&
            kn->told.filter == filter)
            return kn;
    }
    return NULL;
}

void kq_drop(struct knote *kn)
{
    struct queue *q = kn->queue;
    struct knote **link = list_of(kn);

    kq_dequeue(kn);
    kq_disarm(kn);
    kq_disown(kn);
    while (*link != kn)
        link = &(*link)->next;
    *link = kn->next;
    LIST_REMOVE(kn, member);
    free(kn);
    if (--q->filters == 0)
        close_parts(q);
}

static int set_enabled(struct knote *kn, bool enabled)
{
    kn->enabled = enabled;
    if (enabled)
        return kq_arm(kn);
    kq_disarm(kn);
    kq_dequeue(kn);
    return 0;
}

/* What has to be there before the filter itself. */
static int prepare(struct queue *q, const struct filter *filter, int fd,
                   struct stat *ret_seen)
{
    int err = open_parts(q);

    if (err != 0 || !filter->takes_fd)
        return err;
    if (fstat(fd, ret_seen) < 0)
        return EBADF;
    return kq_make_slot(fd);
}

static void insert(struct queue *q, struct knote *kn)
{
    kn->queue = q;
    q->filters++;
    LIST_INSERT_HEAD(&q->members, kn, member);
    kn->next = *list_of(kn);
    *list_of(kn) = kn;
}

static int add(struct queue *q, const struct kevent *change)
{
    struct knote *kn = calloc(1, sizeof *kn);
    int err;

    if (kn == NULL)
        return ENOMEM;
    kn->filter = kq_filter(change->filter);
    kn->told = *change;
    kn->told.flags = (unsigned short)(change->flags & ~ACTIONS);
    kn->told.fflags = 0;
    kn->told.data = 0;
    kn->wanted = change->fflags;
    kn->given = change->data;
    kn->own = -1;
    err = prepare(q, kn->filter, (int)change->ident, &kn->seen);
    if (err != 0) {
        free(kn);
        if (q->filters == 0)
            close_parts(q);
        return err;
    }
    insert(q, kn);
    err = kn->filter->attach(kn);
    if (err == 0)
        err = set_enabled(kn, (change->flags & EV_DISABLE) == 0);
    if (err != 0)
        kq_drop(kn);
    return err;
}

int kq_take(struct knote *kn, const struct kevent *change)
{
    kn->wanted = change->fflags;
    kn->given = change->data;
    return 0;
}

/* As the kernels do, unlike their manual: a filter that is added again keeps
 * the flags it has, and is not enabled by that. */
static int modify(struct knote *kn, const struct kevent *change)
{
    int err;

    kn->told.udata = change->udata;
    err = kn->filter->change(kn, change);
    if (err == 0 && (change->flags & (EV_ENABLE | EV_DISABLE)) != 0)
        err = set_enabled(kn, (change->flags & EV_ENABLE) != 0);
    return err;
}

static int check_ident(const struct queue *q, uintptr_t ident)
{
    if (ident > INT_MAX || fcntl((int)ident, F_GETFD) < 0)
        return EBADF;
    return kq_queue((int)ident) == q ? EINVAL : 0;
}

int kq_change(struct queue *q, const struct kevent *change)
{
    const struct filter *filter = kq_filter(change->filter);
    const unsigned both = EV_ENABLE | EV_DISABLE;
    struct knote *kn;
    int err;

    if (filter == NULL || (change->flags & both) == both)
        return EINVAL;
    err = filter->takes_fd ? check_ident(q, change->ident) : 0;
    if (err != 0)
        return err;
    kn = kq_find(q, change->ident, change->filter);
    if (kn != NULL && kq_stale(kn)) {
        kq_drop(kn);
        kn = NULL;
    }
    if (kn == NULL && (change->flags & EV_ADD) == 0)
        return ENOENT;
    if (kn != NULL && (change->flags & EV_DELETE) != 0) {
        kq_drop(kn);
        return 0;
    }
    err = kn != NULL ? modify(kn, change) : add(q, change);
    if (err != 0)
        return err;
    kn = kq_find(q, change->ident, change->filter);
    if (kn->enabled && kn->filter->ready(kn))
        kq_enqueue(kn);
    return 0;
}
