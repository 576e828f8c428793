/* SPDX-License-Identifier: MIT */
/*
 * fake.h - what the files of the test kqueue share; sys/event.h is its manual.
 *
 * One kqueue, with every descriptor it may hold ("edge": told once per change,
 * "level": told as long as it lasts):
 *
 *     number 5, an epoll --+-- fd 7, a pipe    edge   EVFILT_READ of 7
 *                          +-- timerfd, pidfd, edge   EVFILT_TIMER, _PROC,
 *                          |   signalfd, inotify      _SIGNAL, _VNODE, files
 *                          +-- writes, an epoll       level
 *                          |     +-- fd 7      edge   EVFILT_WRITE of 7
 *                          +-- bell, an eventfd       level
 *
 * As in a BSD kernel, an edge only puts a filter into the queue's line. Whether
 * there is something to tell is asked when the filter leaves the line, and what
 * is told without EV_CLEAR goes back to its end. The bell is rung while the
 * line is not empty: with it, number 5 is readable whenever kevent() may find
 * something. Reading and writing have an epoll each, for one would wake both
 * filters of a descriptor and break EV_CLEAR.
 *
 * One mutex guards it all. Functions whose comment says nothing of the lock
 * want it held; those that return an int return 0 or an errno value.
 */
#ifndef FAKE_KQUEUE_H
#define FAKE_KQUEUE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll(), POLLRDHUP */
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "sys/event.h"

struct knote;
struct queue;

/* One kind of filter. */
struct filter {
    short id;
    bool takes_fd;  /* the ident is a descriptor */
    uint32_t edges; /* what epoll is asked of the ident, if it can poll it */

    /* Makes what tells the filter that something changed. */
    int (*attach)(struct knote *kn);
    /* Takes the fflags and the data of a filter that is registered again. */
    int (*change)(struct knote *kn, const struct kevent *change);
    /* Whether there is something to tell, with kn->told brought up to date. */
    bool (*ready)(struct knote *kn);
};

/* A registered filter: an (ident, filter) pair of one queue. */
struct knote {
    struct kevent told; /* as handed out; its flags are those of EV_ADD */
    const struct filter *filter;
    struct queue *queue;
    unsigned wanted; /* the fflags it was registered with */
    int64_t given;   /* the data it was registered with */
    int own;         /* a descriptor made for it alone, or -1 */
    int watch;       /* of an inotify that is its own, what it watches */
    struct stat seen;
    bool pollable;  /* epoll watches the ident itself, not own */
    bool armed;     /* its descriptor is in an epoll */
    bool enabled;   /* not EV_DISABLE */
    bool triggered; /* EVFILT_USER */
    bool queued;    /* in queue->line */

    struct knote *next; /* in a struct slot, or in queue->loose */
    LIST_ENTRY(knote) member;
    TAILQ_ENTRY(knote) place;
};

struct queue {
    int number; /* one of the descriptor numbers that name it */
    int writes; /* -1 while there are no filters, like bell */
    int bell;
    bool ringing;
    size_t names; /* how many descriptor numbers name it */
    size_t filters;
    LIST_HEAD(, knote) members;
    struct knote *loose; /* those whose ident is no descriptor */
    TAILQ_HEAD(, knote) line;
    size_t line_length;
};

/* What is known of one descriptor number. */
struct slot {
    struct queue *queue;    /* it names this kqueue */
    struct knote *watchers; /* these filters, of any queue, watch it */
    struct knote *owner;    /* it is this filter's own */
    unsigned scan;          /* see order_pair() in harvest.c */
    int told_at;
};

/* ---- registry.c: descriptor numbers, and who they belong to ------------ */

/* Takes the lock; false, without it, where there can be no kqueue: before the
 * first, after the last, in a child that was not made by fork(). */
bool kq_enter(void);
void kq_lock(void);
void kq_leave(void);

/* NULL if nothing can be known of fd. A slot stays where it is until the next
 * kq_make_slot(). */
struct slot *kq_slot(int fd);
int kq_make_slot(int fd);

/* The queue that number fd names, or NULL. */
struct queue *kq_queue(int fd);
/* Makes number fd, a new epoll, an empty kqueue. Takes the lock itself. */
int kq_open(int fd);
/* Number `to` becomes another name of what `from` names, if that is a queue. */
int kq_name(int from, int to);
/* Number fd is about to be closed: ends all that hangs on it. */
void kq_forget(int fd);

/* ---- descriptors.c: calls that replace those of libc ------------------- */

/* close() without any of this; errno is kept, -1 is welcome. Needs no lock. */
void kq_close_raw(int fd);

/* ---- knote.c: one filter's life ---------------------------------------- */

struct knote *kq_find(struct queue *q, uintptr_t ident, short filter);
/* Applies one element of a changelist. */
int kq_change(struct queue *q, const struct kevent *change);
void kq_drop(struct knote *kn);
/* Its descriptor has been closed without a call to close(). */
bool kq_stale(const struct knote *kn);

/* Lets epoll watch the filter's descriptor, if it has one, or no longer. */
int kq_arm(struct knote *kn);
void kq_disarm(struct knote *kn);

/* Makes fd the filter's own, or closes what was. An fd of -1 gives errno. */
int kq_own(struct knote *kn, int fd);
void kq_disown(struct knote *kn);
/* Moves fd out of the way of the numbers that a program sees. */
int kq_hide(int fd);

/* The filter called id, or NULL. */
const struct filter *kq_filter(short id);
/* What most filters do when they are registered again. */
int kq_take(struct knote *kn, const struct kevent *change);

extern const struct filter kq_read, kq_write; /* filter_fd.c */
extern const struct filter kq_user, kq_timer, kq_signal,
    kq_proc;                         /* filter_own.c */
extern const struct filter kq_vnode; /* filter_vnode.c */

/* Makes an inotify for the file that is the ident the filter's own. */
int kq_watch_file(struct knote *kn, uint32_t mask);

/* ---- harvest.c: what is told, and in which order ----------------------- */

/* Fills events[0..room) and returns how many, without waiting. */
int kq_harvest(struct queue *q, struct kevent *events, int room);
void kq_enqueue(struct knote *kn);
void kq_dequeue(struct knote *kn);
/* To be called before the lock is left, if the line may have changed. */
void kq_ring(struct queue *q);

#endif
