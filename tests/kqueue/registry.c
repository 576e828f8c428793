/* SPDX-License-Identifier: MIT */
/*
 * registry.c - descriptor numbers, and who they belong to.
 *
 * A kernel has one descriptor table for each process, and we play the kernel:
 * hence the only variables of file scope. They exist while a kqueue does, so
 * that a program which closed all of them has neither memory nor descriptors
 * left over.
 *
 * A kqueue is not inherited by fork(): the child's numbers are closed before it
 * runs, free to become somebody else's, as on BSD.
 */
#include "fake.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic pid_t owner; /* the process of the kqueues; 0: there are none */
static struct slot *slots;  /* by descriptor number */
static size_t slot_count;
static size_t queue_count;

bool kq_enter(void)
{
    pid_t pid = atomic_load(&owner);

    /* a child of vfork() shares our memory, but must not change it */
    if (pid == 0 || pid != getpid())
        return false;
    kq_lock();
    return true;
}

void kq_lock(void)
{
    pthread_mutex_lock(&lock);
}

void kq_leave(void)
{
    pthread_mutex_unlock(&lock);
}

/* ---- Slots ------------------------------------------------------------- */

struct slot *kq_slot(int fd)
{
    return fd >= 0 && (size_t)fd < slot_count ? &slots[fd] : NULL;
}

int kq_make_slot(int fd)
{
    size_t need = (size_t)fd + 1;
    size_t count = slot_count > 0 ? slot_count : 64;
    struct slot *bigger;

    if (need <= slot_count)
        return 0;
    while (count < need)
        count *= 2;
    bigger = realloc(slots, count * sizeof *slots);
    if (bigger == NULL)
        return ENOMEM;
    memset(bigger + slot_count, 0, (count - slot_count) * sizeof *slots);
    slots = bigger;
    slot_count = count;
    return 0;
}

static void free_slots(void)
{
    free(slots);
    slots = NULL;
    slot_count = 0;
}

/* ---- Queues ------------------------------------------------------------ */

struct queue *kq_queue(int fd)
{
    struct slot *slot = kq_slot(fd);

    return slot != NULL ? slot->queue : NULL;
}

static int new_queue(int fd)
{
    struct queue *q;

    kq_forget(fd); /* closed by a way that we did not see */
    if (kq_make_slot(fd) != 0)
        return ENOMEM;
    q = calloc(1, sizeof *q);
    if (q == NULL)
        return ENOMEM;
    q->number = fd;
    q->writes = q->bell = -1;
    q->names = 1;
    LIST_INIT(&q->members);
    TAILQ_INIT(&q->line);
    slots[fd].queue = q;
    queue_count++;
    return 0;
}

static void free_queue(struct queue *q)
{
    while (!LIST_EMPTY(&q->members))
        kq_drop(LIST_FIRST(&q->members));
    free(q);
    queue_count--;
}

int kq_name(int from, int to)
{
    struct queue *q = kq_queue(from);

    if (q == NULL)
        return 0;
    if (kq_make_slot(to) != 0)
        return ENOMEM;
    slots[to].queue = q;
    q->names++;
    return 0;
}

/* A queue lives until the last of its names is closed. */
static void unname(struct slot *slot, int fd)
{
    struct queue *q = slot->queue;

    slot->queue = NULL;
    if (--q->names == 0) {
        free_queue(q);
        return;
    }
    for (size_t i = 0; q->number == fd && i < slot_count; i++) {
        if (slots[i].queue == q)
            q->number = (int)i;
    }
}

void kq_forget(int fd)
{
    struct slot *slot = kq_slot(fd);

    if (slot == NULL)
        return;
    while (slot->watchers != NULL)
        kq_drop(slot->watchers);
    if (slot->queue != NULL)
        unname(slot, fd);
    if (queue_count == 0) {
        free_slots();
        atomic_store(&owner, 0);
    }
}

/* ---- Fork -------------------------------------------------------------- */

/* The epolls are the parent's as well: a filter removed from them here would be
 * missing there. So our copies of them go first. */
static void after_fork_child(void)
{
    for (size_t i = 0; i < slot_count; i++) {
        struct queue *q = slots[i].queue;
        if (q == NULL)
            continue;
        kq_close_raw((int)i);
        kq_close_raw(q->writes);
        q->number = q->writes = -1;
    }
    for (size_t i = 0; i < slot_count; i++)
        kq_forget((int)i);
    kq_leave();
}

static void watch_forks(void)
{
    (void)pthread_atfork(kq_lock, kq_leave, after_fork_child);
}

int kq_open(int fd)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pid_t pid = atomic_load(&owner);
    int err;

    if (pid != 0 && pid != getpid())
        return ENOSYS; /* a child of vfork() or clone() */
    pthread_once(&once, watch_forks);
    kq_lock();
    err = new_queue(fd);
    atomic_store(&owner, queue_count > 0 ? getpid() : 0);
    if (queue_count == 0)
        free_slots();
    kq_leave();
    return err;
}
