/* SPDX-License-Identifier: MIT */
/*
 * harvest.c - what is told, and in which order.
 *
 * The line is the kernel's queue of active filters: joined at the end, left at
 * the front, so that no filter starves when the caller's array is small. Each
 * filter in line is asked again before it is told of, and once per call: the
 * cost of a call goes with what changed, not with what is registered.
 */
#include "fake.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { BATCH = 64 }; /* 768 bytes of stack; a longer batch gains nothing here */

static enum kqueue_order order = KQUEUE_ORDER_AS_IT_COMES;
static unsigned scan; /* of this many calls, the last one is under way */

/* ---- The line ---------------------------------------------------------- */

void kq_enqueue(struct knote *kn)
{
    if (kn->queued)
        return;
    TAILQ_INSERT_TAIL(&kn->queue->line, kn, place);
    kn->queue->line_length++;
    kn->queued = true;
}

void kq_dequeue(struct knote *kn)
{
    if (!kn->queued)
        return;
    TAILQ_REMOVE(&kn->queue->line, kn, place);
    kn->queue->line_length--;
    kn->queued = false;
}

void kq_ring(struct queue *q)
{
    bool wanted = q->line_length > 0;
    eventfd_t count;

    if (wanted == q->ringing)
        return;
    if (wanted)
        (void)eventfd_write(q->bell, 1);
    else
        (void)eventfd_read(q->bell, &count);
    q->ringing = wanted;
}

/* ---- The order of a pair ----------------------------------------------- */

void kqueue_set_order(enum kqueue_order wanted)
{
    bool locked = kq_enter();

    order = wanted;
    if (locked)
        kq_leave();
}

static bool write_goes_first(void)
{
    static bool turn;

    turn = !turn;
    return order == KQUEUE_ORDER_ALTERNATE ? turn
                                           : order == KQUEUE_ORDER_WRITE_FIRST;
}

/* events[at] has just been told. If this call told the other filter of the same
 * descriptor before, sets the two in the order that the test has asked for. */
static void order_pair(struct kevent *events, int at)
{
    struct kevent last = events[at];
    struct slot *slot;

    if (order == KQUEUE_ORDER_AS_IT_COMES ||
        (last.filter != EVFILT_READ && last.filter != EVFILT_WRITE))
        return;
    slot = kq_slot((int)last.ident);
    if (slot->scan != scan) {
        slot->scan = scan;
        slot->told_at = at;
        return;
    }
    if (write_goes_first() == (last.filter == EVFILT_WRITE)) {
        events[at] = events[slot->told_at];
        events[slot->told_at] = last;
    }
}

/* ---- From epoll into the line, and from there to the caller ------------ */

static void collect(struct queue *q, int epoll, short filter)
{
    struct epoll_event got[BATCH];
    int n;

    do {
        n = epoll_wait(epoll, got, BATCH, 0);
        for (int i = 0; i < n; i++) {
            struct slot *slot = kq_slot(got[i].data.fd);
            struct knote *kn = slot != NULL ? slot->owner : NULL;
            if (kn == NULL)
                kn = kq_find(q, (uintptr_t)got[i].data.fd, filter);
            if (kn != NULL && kn->enabled)
                kq_enqueue(kn);
        }
    } while (n == BATCH);
}

/* What becomes of a filter that has been told. */
static void settle(struct knote *kn)
{
    unsigned flags = kn->told.flags;

    if (flags & EV_ONESHOT) {
        kq_drop(kn);
        return;
    }
    if (flags & EV_CLEAR) {
        kn->told.fflags = 0;
        kn->told.data = 0;
        kn->triggered = false;
    }
    if (flags & EV_DISPATCH) {
        kn->enabled = false;
        kq_disarm(kn);
    } else if ((flags & EV_CLEAR) == 0) {
        kq_enqueue(kn);
    }
}

int kq_harvest(struct queue *q, struct kevent *events, int room)
{
    size_t visits;
    int n = 0;

    collect(q, q->number, EVFILT_READ);
    if (q->writes >= 0)
        collect(q, q->writes, EVFILT_WRITE);
    scan++;
    for (visits = q->line_length; visits > 0 && n < room; visits--) {
        struct knote *kn = TAILQ_FIRST(&q->line);
        kq_dequeue(kn);
        if (kq_stale(kn)) {
            kq_drop(kn);
            continue;
        }
        if (!kn->filter->ready(kn))
            continue;
        events[n] = kn->told;
        settle(kn);
        order_pair(events, n++);
    }
    kq_ring(q);
    return n;
}
