/* SPDX-License-Identifier: MIT */
/*
 * signal.c - one handler for the process, any number of loops.
 *
 *     handler -> hubs (a list, one for each loop that waits for signals)
 *                  count[signum]++, and the loop's waker
 *     loop    -> its hub's subscriptions: what each has not seen of the count
 *
 * The handler walks the list without a lock, for it may have interrupted anyone
 * (T47). So a hub is unlinked first, and freed when no handler is under way
 * that may still see it. Dispositions belong to the process: a mutex guards who
 * installs and who restores, and how many wait for each signal. This is the one
 * global of eddy, because signals are one (T48).
 */
#include "op.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#ifndef NSIG
#define NSIG 65
#endif

struct sub {
    struct sub *next;
    struct eddy_loop *loop; /* NULL: not started */
    struct hub *hub;
    eddy_signal_fn *fn;
    void *arg;
    int signum;
    unsigned seen; /* of hub->count: the rest is news */
    bool background;
};

static_assert(sizeof(struct sub) <= sizeof(struct eddy_signal),
              "the public struct has room for the private one");

struct hub {
    struct hub *_Atomic next;
    struct eddy_loop *loop;
    struct eddy_waker waker;
    atomic_uint count[NSIG];
    atomic_int pid; /* a child has the list, but not the loops */
    struct sub *subs, *next_sub;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct hub *_Atomic hubs;
static atomic_uint handlers; /* under way in any thread */
static unsigned waiting[NSIG];
static struct sigaction before[NSIG];

/* ---- The lock ----------------------------------------------------------- */

/* A child has one thread: what another one of the parent's was in the midst of,
 * a handler or the mutex, it will never finish here. */
static void lock(void)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    static atomic_int process;
    int pid = (int)getpid();
    int former = atomic_exchange(&process, pid);

    if (former != 0 && former != pid) {
        mutex = fresh;
        atomic_store(&handlers, 0);
    }
    (void)pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
    (void)pthread_mutex_unlock(&mutex);
}

/* ---- In the handler ----------------------------------------------------- */

static void on_signal(int signum)
{
    int saved = errno;
    pid_t pid = getpid();

    atomic_fetch_add(&handlers, 1);
    for (struct hub *h = atomic_load(&hubs); h != NULL;
         h = atomic_load(&h->next)) {
        if (atomic_load(&h->pid) != (int)pid)
            continue;
        atomic_fetch_add(&h->count[signum], 1);
        (void)eddy_waker_wake(&h->waker);
    }
    atomic_fetch_sub(&handlers, 1);
    errno = saved;
}

/* ---- Dispositions ------------------------------------------------------- */

static int install(int signum)
{
    struct sigaction ours = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    int err = 0;

    lock();
    (void)sigfillset(&ours.sa_mask);
    if (waiting[signum] == 0 && sigaction(signum, &ours, &before[signum]) < 0)
        err = -errno;
    else
        waiting[signum]++;
    unlock();
    return err;
}

static void restore(int signum)
{
    lock();
    if (--waiting[signum] == 0)
        (void)sigaction(signum, &before[signum], NULL);
    unlock();
}

/* ---- Hubs --------------------------------------------------------------- */

static unsigned count_of(struct hub *hub, int signum)
{
    return atomic_load(&hub->count[signum]);
}

static void on_wake(struct eddy_waker *waker, void *arg)
{
    struct hub *hub = arg;

    (void)waker;
    for (struct sub *s = hub->subs; s != NULL; s = hub->next_sub) {
        unsigned news = count_of(hub, s->signum) - s->seen;

        hub->next_sub = s->next;
        s->seen += news;
        if (news > 0)
            s->fn((struct eddy_signal *)s, s->signum, news, s->arg);
    }
    hub->next_sub = NULL;
}

static void init_waker(struct hub *hub, struct eddy_loop *loop)
{
    (void)eddy_waker_init(&hub->waker, loop, on_wake, hub);
    (void)eddy_waker_background(&hub->waker, true); /* the subs count */
}

static void publish(struct hub *hub)
{
    lock();
    atomic_store(&hub->next, atomic_load(&hubs));
    atomic_store(&hubs, hub);
    unlock();
}

/* A handler in this very thread would never end while we wait for it: signals
 * are held back meanwhile. */
static void withdraw(struct hub *hub)
{
    struct hub *_Atomic *link = &hubs;
    sigset_t all, former;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &former);
    lock();
    while (atomic_load(link) != hub)
        link = &atomic_load(link)->next;
    atomic_store(link, atomic_load(&hub->next));
    unlock();
    while (atomic_load(&handlers) > 0)
        (void)sched_yield();
    (void)pthread_sigmask(SIG_SETMASK, &former, NULL);
}

static void free_hub(void *value)
{
    struct hub *hub = value;
    const struct eddy_mem *mem = &eddy_loop_settings(hub->loop)->mem;

    for (struct sub *s = hub->subs; s != NULL; s = s->next) {
        restore(s->signum);
        s->loop = NULL; /* so that stopping it later does no harm */
    }
    withdraw(hub);
    (void)eddy_waker_done(&hub->waker); /* it may have been posted */
    (void)mem->resize(mem->arg, hub, 0);
}

/* A handler in another thread may have been about to post the waker: here it
 * never will. One wake-up too many does no harm. */
static void hub_forked(void *value, struct eddy_loop *loop)
{
    struct hub *hub = value;

    (void)eddy_waker_done(&hub->waker);
    init_waker(hub, loop);
    (void)eddy_waker_wake(&hub->waker);
    atomic_store(&hub->pid, (int)getpid());
}

static const struct eddy_slot_type hub_type = { "signals", free_hub, hub_forked,
                                                NULL };

static int get_hub(struct eddy_loop *loop, struct hub **ret_hub)
{
    const struct eddy_mem *mem = &eddy_loop_settings(loop)->mem;
    struct hub *hub = eddy_loop_slot(loop, &hub_type);
    int err;

    if (hub != NULL) {
        *ret_hub = hub;
        return 0;
    }
    hub = mem->resize(mem->arg, NULL, sizeof *hub);
    if (hub == NULL)
        return -ENOMEM;
    memset(hub, 0, sizeof *hub);
    hub->loop = loop;
    atomic_store(&hub->pid, (int)getpid());
    err = eddy_loop_set_slot(loop, &hub_type, hub);
    if (err < 0) {
        (void)mem->resize(mem->arg, hub, 0);
        return err;
    }
    init_waker(hub, loop);
    publish(hub);
    *ret_hub = hub;
    return 0;
}

/* ---- The public face ---------------------------------------------------- */

int eddy_signal_start(struct eddy_loop *loop, struct eddy_signal *opaque,
                      int signum, eddy_signal_fn *fn, void *arg)
{
    struct sub *sub = (struct sub *)opaque;
    struct sub **end;
    struct hub *hub;
    unsigned seen = 0;
    int err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (sub == NULL || fn == NULL || signum <= 0 || signum >= NSIG ||
        signum == SIGKILL || signum == SIGSTOP)
        return -EINVAL;
    err = get_hub(loop, &hub);
    if (err == 0) {
        seen = count_of(hub, signum);
        err = install(signum);
    }
    if (err < 0)
        return err;
    *sub = (struct sub){ .loop = loop,
                         .hub = hub,
                         .fn = fn,
                         .arg = arg,
                         .signum = signum,
                         .seen = seen };
    for (end = &hub->subs; *end != NULL;)
        end = &(*end)->next;
    *end = sub;
    eddy_loop_count(loop, true);
    return 0;
}

int eddy_signal_stop(struct eddy_signal *opaque)
{
    struct sub *sub = (struct sub *)opaque;
    struct sub **link;
    int err;

    if (sub == NULL)
        return -EINVAL;
    if (sub->loop == NULL)
        return 0;
    err = eddy_loop_check(sub->loop);
    if (err < 0)
        return err;
    for (link = &sub->hub->subs; *link != sub;)
        link = &(*link)->next;
    *link = sub->next;
    if (sub->hub->next_sub == sub)
        sub->hub->next_sub = sub->next;
    restore(sub->signum);
    if (!sub->background)
        eddy_loop_count(sub->loop, false);
    sub->loop = NULL;
    return 0;
}

int eddy_signal_background(struct eddy_signal *opaque, bool background)
{
    struct sub *sub = (struct sub *)opaque;
    int err = sub == NULL ? -EINVAL : eddy_loop_check(sub->loop);

    if (err < 0)
        return err;
    if (sub->background != background)
        eddy_loop_count(sub->loop, !background);
    sub->background = background;
    return 0;
}
