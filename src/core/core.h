/* SPDX-License-Identifier: MIT */
/*
 * core.h - the inside of a loop; seen by src/core alone.
 *
 * A table of contents:
 *     loop.c     a loop's birth and death          choose.c   on which poller
 *     turn.c     the order of one turn             slot.c     descriptors
 *     watch.c    who is told of them               hook.c     around the wait
 *     wheel.c    deadlines                         timer.c    whom they call
 *     post.c     calls from elsewhere              wake.c     ending the sleep
 *     request.c  a running operation               run.c      ways to run one
 *     item.c     items and pauses                  waker.c    coalesced calls
 *     extra.c    more memory for one
 *     debug.c    log, checks, statistics           origin.c   who made it
 *     embed.c    in a foreign loop, after fork     front.c    for front-ends
 *     submission.c   what the poller does itself   sending.c  or with the wait
 */
#ifndef EDDY_CORE_H
#define EDDY_CORE_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include <eddy/front.h>
#include <eddy/loop.h>
#include <eddy/op.h>
#include <eddy/sys.h>
#include <eddy/timer.h>
#include <eddy/watch.h>

#include "wheel.h"

enum {
    EVENT_BATCH = 512,   /* 4 KiB; more ready ones come by the next wait */
    READY_BUDGET = 1024, /* resumptions in a turn, then I/O gets a look */
    TIMER_BUDGET = 256,  /* due timers, then who was waiting for them */
    ROUNDS = 16,         /* completions that cause completions */
    FINISH_BUDGET = 32,  /* answers given without going round the loop */
    SHORT_BUDGET = 4096  /* and by the short way: no system call is in them */
};

/* ---- A queue of calls, first in, first out ------------------------------ */

struct calls {
    struct eddy_call *first, *last;
};

static inline void calls_push(struct calls *queue, struct eddy_call *call)
{
    call->next = NULL;
    if (queue->last != NULL)
        queue->last->next = call;
    else
        queue->first = call;
    queue->last = call;
}

static inline struct eddy_call *calls_pop(struct calls *queue)
{
    struct eddy_call *call = queue->first;

    if (call != NULL) {
        queue->first = call->next;
        if (queue->first == NULL)
            queue->last = NULL;
    }
    return call;
}

/* timer.c and request.c: whom the wheel calls, when the node is disarmed. */
void eddy__timer_fire(struct eddy_loop *loop, struct timer_node *node);
void eddy__limit_fire(struct eddy_loop *loop, struct timer_node *node);

/* ---- Descriptors: see watch.c ------------------------------------------- */

struct watch {
    struct watch *next;
    struct eddy_loop *loop; /* NULL: not started */
    eddy_watch_fn *fn;
    void *arg;
    int fd;
    uint32_t batch; /* of waits: when it was started */
    int16_t error;  /* it was told of; then it is told nothing more */
    uint8_t interest, flags;
};

enum {                         /* struct slot, flags */
       SLOT_DIRTY = 1u << 0,   /* on the dirty list */
       SLOT_SPECIAL = 1u << 1, /* on the special list */
       SLOT_RENEW = 1u << 2,   /* the number may have changed hands */
       SLOT_SHRINK = 1u << 3,  /* an event came that nobody wanted */
       SLOT_ALWAYS = 1u << 4,  /* of a kind that is always ready */
       SLOT_REFUSED = 1u << 5  /* slot.error says why */
};

struct slot {
    struct watch *first;
    int dirty, special; /* links of the two lists, fd + 1 of the next */
    uint8_t in_poller;  /* the interest the poller knows */
    uint8_t flags;
    int16_t error;
};

struct slots {
    struct slot *at; /* indexed by descriptor */
    size_t capacity;
    int dirty, special; /* heads of the lists, fd + 1; 0: empty */
    struct watch *next; /* the one to be called next, while calling */
    size_t watches, descriptors;
};

/* Has the poller told at the next flush. */
void eddy__slot_dirty(struct eddy_loop *loop, int fd);
/* Has the watches called without the poller: SLOT_ALWAYS or SLOT_REFUSED. */
void eddy__slot_special(struct eddy_loop *loop, int fd, unsigned why);
/* Tells the poller at once. */
void eddy__slot_tell(struct eddy_loop *loop, int fd, unsigned to);
void eddy__slots_flush(struct eddy_loop *loop);
/* Of loop->events[0..count). */
void eddy__slots_events(struct eddy_loop *loop, int count);
void eddy__slots_special(struct eddy_loop *loop);
/* The poller is a new one and knows nothing. */
void eddy__slots_forget(struct eddy_loop *loop);
void eddy__slots_close(struct eddy_loop *loop);

/* ---- Running operations: see request.c ---------------------------------- */

enum {                              /* struct request, limit.flags */
       REQUEST_POOLED = 1u << 0,    /* storage from run.c */
       REQUEST_OVER = 1u << 1,      /* complete: only the delivery is missing */
       REQUEST_CANCELLED = 1u << 2, /* the type was asked */
       REQUEST_PAUSED = 1u << 3,
       REQUEST_BACKGROUND = 1u << 4, /* does not keep the loop alive */
       REQUEST_PROMPT = 1u << 5,     /* told when it is complete, not later */
       REQUEST_UNWANTED = 1u << 6,   /* nobody takes what it gives */
       REQUEST_LISTED = 1u << 7, /* in the ring; see eddy_begin_or_finish() */
       REQUEST_LATE = 1u << 8    /* it is cancelled for its time ran out */
};

enum { REQUEST_WORDS = 7 };

/* What an item needs lies close together. Once it is over there is a result, no
 * limit and nothing to be cancelled. */
struct request {
    union {
        struct timer_node limit; /* its flags are the request's, always */
        struct eddy_result result;
    };
    struct eddy_loop *loop;
    eddy_done_fn *on_done;
    void *arg;
    void *on;
    const struct eddy_op_type *type;
    struct eddy_request **slot;
    union {
        struct {
            struct request *prev, *next; /* a ring of those that run */
        };
        struct eddy_call call; /* in the queue of completions */
    };
    struct extra *extra;
    uint64_t word[REQUEST_WORDS];
};

/* ---- The loop ----------------------------------------------------------- */

struct soon {
    eddy_call_fn *fn;
    void *arg;
};

struct loop_slot {
    const struct eddy_slot_type *type;
    void *value;
};

struct hook {
    struct hook *next;
    struct eddy_loop *loop;
    eddy_hook_fn *fn;
    void *arg;
    unsigned when;
};

enum { REPORTS = 8 }; /* the known pollers and one of the user's own */

struct slab;

struct eddy_loop {
    /* what every turn touches */
    const struct eddy_poller_ops *ops;
    struct eddy_poller *poller;
    unsigned features;
    uint32_t batch; /* counts waits; see struct watch */
    int64_t now_ns; /* see eddy__now() */
    bool now_is_old;
    size_t alive;         /* watches, timers, requests ... not in background */
    size_t expected;      /* answers from outside: see eddy_loop_expect() */
    unsigned finishes;    /* left of FINISH_BUDGET */
    unsigned shortcuts;   /* left of SHORT_BUDGET */
    unsigned resumptions; /* left of READY_BUDGET */
    atomic_bool running;  /* debug mode asks from other threads, too */
    bool debug, dying, broken;
    struct slots slots;
    struct timer_wheel timers;
    struct calls ready, done;
    struct calls incoming, current; /* posted: for the next turn, for this */
    struct soon *soon;              /* a ring */
    size_t soon_first, soon_count, soon_capacity;
    struct hook *hooks, *next_hook;
    struct eddy_event events[EVENT_BATCH];

    const struct eddy_completion_ops *io; /* NULL: it only tells of readiness */
    const struct eddy_io_done *dones;
    int done_count;
    bool gave_up;                       /* and the others are lost */
    struct eddy_submission submissions; /* head of a ring */
    struct eddy_sending sendings;       /* head of a ring: with the next wait */
    struct eddy_io_send *going;
    bool gathering; /* sendings; see eddy__gather() */

    /* shared with other threads */
    struct eddy_call *_Atomic posted; /* newest first */
    atomic_bool asleep, stopping;
    atomic_bool leaving; /* eddy_loop_free() has begun */
    atomic_bool closed;  /* and is about to end */
    atomic_uint_fast64_t wakeups;
    atomic_uint posters; /* threads inside eddy_loop_post_call() */

    /* requests */
    struct request *requests; /* a ring, or NULL */
    struct eddy_call *spare;  /* storage for eddy_start() */
    struct slab *slabs;

    /* the rest */
    int wake_read, wake_write;
    struct eddy_watch wake_watch;
    struct eddy_owned owned; /* head of a ring */
    struct origins *origins; /* NULL: none is known */
    struct loop_slot *front_slots;
    size_t front_count, front_capacity;
    struct eddy_loop_options settings;
    struct eddy_poller_report reports[REPORTS];
    size_t report_count;
    struct eddy_loop_stats stats;
    _Atomic(pthread_t) thread; /* that runs it, if any does; set before that */
    pid_t pid;
};

/* choose.c: opens the poller that the settings ask for. */
int eddy__choose(struct eddy_loop *loop);
/* An environment variable, or NULL, also where it must not be trusted. */
const char *eddy__environment(const char *name);

/* front.c: who waits for operations that are in no ring cancels them. */
void eddy__slots_wind_up(struct eddy_loop *loop);
/* The next of the ready queue that this turn may still run. */
struct eddy_call *eddy__ready_pop(struct eddy_loop *loop);

/* turn.c: may this thread run turns now? It owns the loop until loop->running
 * is cleared. */
int eddy__turns_begin(struct eddy_loop *loop);
/* A single turn does not wait after posted calls. */
int eddy__turn(struct eddy_loop *loop, int64_t timeout_ns, bool single);
bool eddy__pending(const struct eddy_loop *loop);

/* wake.c */
int eddy__wake_open(struct eddy_loop *loop);
void eddy__wake_close(struct eddy_loop *loop);
/* Ends the loop's sleep, if it sleeps. [any thread, signal handlers] */
void eddy__wake(struct eddy_loop *loop);

/* post.c */
/* Were there any? */
bool eddy__posts_run(struct eddy_loop *loop);
/* Drops what the user has posted; what an operation needs to end stays. */
void eddy__posts_refuse(struct eddy_loop *loop);
void eddy__posts_close(struct eddy_loop *loop);

/* hook.c */
void eddy__hooks_run(struct eddy_loop *loop, unsigned when);
void eddy__hooks_close(struct eddy_loop *loop);

/* extra.c: frees what eddy_request_alloc() gave. */
void eddy__extra_free(struct request *r);

/* request.c */
void eddy__requests_cancel(struct eddy_loop *loop);
/* eddy_begin() in storage of the loop's. */
void eddy__begin_pooled(struct eddy_loop *loop, struct eddy_request *request,
                        const struct eddy_op *op, eddy_done_fn *on_done,
                        void *arg, struct eddy_request **slot);
/* Stores what was made where the first word says. */
static inline void eddy__hand_over(const struct eddy_op_type *type,
                                   uint64_t word, struct eddy_result result)
{
    if ((type->flags & EDDY_OP_MAKES) != 0 && result.n >= 0 && word != 0)
        *(void **)eddy_pointer(word) = result.made;
}

/* run.c: is it a start from another thread? Then it is answered. */
bool eddy__start_refused(struct eddy_call *call);
/* run.c: that storage. */
void eddy__request_free(struct eddy_loop *loop, struct eddy_request *request);
void eddy__request_pool_close(struct eddy_loop *loop);

static inline void *eddy__resize(struct eddy_loop *loop, void *ptr, size_t size)
{
    return loop->settings.mem.resize(loop->settings.mem.arg, ptr, size);
}

static inline int64_t eddy__read_clock(const struct eddy_loop *loop)
{
    return loop->settings.clock.now_ns(loop->settings.clock.arg);
}

/* When the last wait ended; without a timer to compare it with, when somebody
 * first asks: many turns want no time, and the clock is dearer than they are.
 */
static inline int64_t eddy__now(struct eddy_loop *loop)
{
    return loop->now_is_old ? eddy_loop_update_now(loop) : loop->now_ns;
}

/* a + b for b >= 0; past the end of time it stays there. */
static inline int64_t eddy__time_add(int64_t a_ns, int64_t b_ns)
{
    return a_ns > INT64_MAX - b_ns ? INT64_MAX : a_ns + b_ns;
}

#include "completion.h"
#include "debug.h"

#endif
