/* SPDX-License-Identifier: MIT */
/*
 * eddy/loop.h - the loop: whom to tell.
 *
 * A loop runs in turns. One turn, in this order and no other:
 *
 *     posted calls   those made before the turn began
 *     flush          changed interests reach the poller
 *     wait           until something is ready, due or posted
 *     events         watches are called, each descriptor at most once
 *     ready          what a front-end put into the ready queue: tasks
 *     completions    of operations, in the turn that completed them; then whom
 *                    they made ready, and so on, in some rounds
 *     timers         those armed and due when the wait ended, then such rounds
 *                    once more
 *
 * What is posted or armed during a turn runs in the next one, so nothing
 * starves I/O; events, the ready queue, completions and timers have a budget,
 * and there are no priorities. Callbacks run one at a time, in the loop's
 * thread, and may start, stop, cancel and close anything, themselves included;
 * they may stop the loop, but neither run nor free it.
 *
 * A loop is alive while something is watched, timed, posted or running that was
 * not put into the background.
 */
#ifndef EDDY_LOOP_H
#define EDDY_LOOP_H

#include <eddy/base.h>
#include <eddy/poller.h>

EDDY_BEGIN_DECLS

struct eddy_loop;
struct eddy_pool;
struct eddy_sys;

/* ---- Making one --------------------------------------------------------- */

/*
 * Where a loop's time comes from. now_ns is not negative and never goes back.
 * With jump the clock is virtual: when nothing is ready and no pool job or
 * child is out, the loop does not sleep until the next deadline, but calls
 * jump(arg, deadline_ns) to move there. Without a deadline it waits for the
 * world.
 */
struct eddy_clock {
    int64_t (*now_ns)(void *arg);
    void (*jump)(void *arg, int64_t deadline_ns);
    void *arg;
};

/* The monotonic clock of the system: CLOCK_MONOTONIC. [any thread] */
EDDY_API const struct eddy_clock *eddy_clock_default(void);

/* A virtual clock for tests: starts at now_ns, moves by jumps only, so ten
 * seconds of sleeping take no time and always the same. Give its address as
 * eddy_clock.arg, or let eddy_virtual_clock() fill the struct. */
struct eddy_virtual_time {
    int64_t now_ns;
};
EDDY_API struct eddy_clock eddy_virtual_clock(struct eddy_virtual_time *time);

enum eddy_level {
    EDDY_LOG_DEBUG,
    EDDY_LOG_INFO,
    EDDY_LOG_WARNING,
    EDDY_LOG_ERROR
};

/* Takes what the loop has to say: one line of text without a newline, valid
 * during the call. It must not call into the loop. Without one nothing is said,
 * except that EDDY_DEBUG=1 in the environment says it on stderr. */
struct eddy_log {
    void (*write)(void *arg, enum eddy_level level, const char *text);
    void *arg;
};

#define EDDY_LOOP_NO_ENV (1u << 0) /* do not look at the environment */
#define EDDY_LOOP_DEBUG  (1u << 1) /* as eddy_loop_set_debug(loop, true) */

/* Zero is the default of every field; start from `= { 0 }`. All that is pointed
 * to must outlive the loop. */
struct eddy_loop_options {
    /* NULL: $EDDY_POLLER if set (a name; it insists), else the best that opens.
     * The variable is ignored in a set-uid program. */
    const struct eddy_poller_ops *poller;
    unsigned require; /* EDDY_CAN_x: pollers that cannot are passed over */
    unsigned flags;   /* EDDY_LOOP_x */
    /* resize NULL: eddy_mem_default(). eddy_loop_post(), eddy_start_in() and
     * futures call it in the thread they are called in; all else in the loop's
     * thread. */
    struct eddy_mem mem;
    struct eddy_clock clock;    /* now_ns NULL: eddy_clock_default() */
    struct eddy_log log;        /* write NULL: silence */
    const struct eddy_sys *sys; /* NULL: eddy_sys_default(); see eddy/sys.h */
    struct eddy_pool *pool;     /* NULL: one of its own, made when needed */
    int64_t slow_ns;            /* debug: callbacks this long are logged; 0:
                                   100 ms */
    void *reserved[8];
};

/*
 * Makes a loop. options NULL: all defaults.
 * -ENOENT: $EDDY_POLLER names no poller of this build. -ENOTSUP: none has what
 * `require` asks. Else the error of the poller that was insisted on, or of the
 * best one if none opened; -ENOMEM; -EMFILE.
 */
EDDY_API int eddy_loop_new(struct eddy_loop **ret_loop,
                           const struct eddy_loop_options *options);

/*
 * Cancels what still runs, runs the loop until every operation has told its
 * end, then closes what is open in it (streams, listeners: in debug mode each
 * is logged as left behind), and frees it. It waits for pool jobs that have
 * begun; as long as it waits, watches, timers and hooks are called as ever, and
 * what is left of them in the end is dropped without a word, as are calls
 * posted but not run. An operation begun meanwhile ends with -ESHUTDOWN (but
 * for eddy_iter_close()): who tries again whatever comes, holds up the end for
 * ever. The storage of wakers is to be done with before. -EBUSY from inside one
 * of its callbacks, and then nothing happens. NULL: 0.
 */
EDDY_API int eddy_loop_free(struct eddy_loop *loop);

/* ---- Which poller, and why ---------------------------------------------- */

EDDY_API const struct eddy_poller_ops *
eddy_loop_poller(const struct eddy_loop *loop);

struct eddy_poller_report {
    const char *name;
    bool built;         /* this build has it */
    bool chosen;        /* the loop runs on it */
    unsigned features;  /* EDDY_CAN_x, if it was opened */
    int err;            /* 0, or why it was refused */
    const char *reason; /* the same in words; never NULL */
};

/* What the loop found when it chose: one report for each known poller, best
 * first, then one for a poller of the program's own. -ENOENT past the end. */
EDDY_API int eddy_loop_report(const struct eddy_loop *loop, size_t index,
                              struct eddy_poller_report *ret_report);

/* ---- Running ------------------------------------------------------------ */

/*
 * Runs turns until the loop is stopped (1) or no longer alive (0). -EBUSY if it
 * is running; else an error of the poller that no retry can mend. A stop from
 * before the call makes it run one turn that does not wait.
 */
EDDY_API int eddy_loop_run(struct eddy_loop *loop);

/* One turn that waits at most timeout_ns, and not at all if it had posted calls
 * to make, or after eddy_loop_stop(). Returns how many callbacks ran; calls in
 * the caller's storage are not counted, a wake-up may be. */
EDDY_API int eddy_loop_step(struct eddy_loop *loop, int64_t timeout_ns);

/* Makes run() return when the current turn is over. [any thread, signal
 * handlers] */
EDDY_API int eddy_loop_stop(struct eddy_loop *loop);

/* Would run() go on? */
EDDY_API bool eddy_loop_alive(const struct eddy_loop *loop);
/* Is this called from one of the loop's callbacks? [any thread] */
EDDY_API bool eddy_loop_running(const struct eddy_loop *loop);

/* The time, read once after each wait (or, as long as no timer is armed, when
 * it is first asked for after that): equal for all callbacks of a phase. */
EDDY_API int64_t eddy_loop_now_ns(const struct eddy_loop *loop);
/* Reads the clock now; what a long callback calls before it reckons. */
EDDY_API int64_t eddy_loop_update_now(struct eddy_loop *loop);
/* Reads it, and leaves the time of the others as it is. */
EDDY_API int64_t eddy_loop_read_clock(const struct eddy_loop *loop);

/* ---- Calls from elsewhere ----------------------------------------------- */

typedef void eddy_call_fn(void *arg);

/* Has fn(arg) called once, in the loop's thread, in its next turn, in order.
 * -ENOMEM; -ESHUTDOWN once the loop is being freed (a call that races with the
 * end of eddy_loop_free() is the caller's error). [any thread] */
EDDY_API int eddy_loop_post(struct eddy_loop *loop, eddy_call_fn *fn,
                            void *arg);

/* The same from the loop's own thread: cheaper, no lock, no wake-up. */
EDDY_API int eddy_loop_soon(struct eddy_loop *loop, eddy_call_fn *fn,
                            void *arg);

/* A call in the caller's storage, to be embedded in what it is about. */
struct eddy_call {
    struct eddy_call *next; /* eddy's */
    void (*run)(struct eddy_call *call);
};

/* As eddy_loop_post(), with run(call), and it needs no memory. The storage is
 * the loop's until run() is called; not to be posted again before that. A loop
 * that is being freed takes it still, for operations may need it to end.
 * [any thread, signal handlers] */
EDDY_API int eddy_loop_post_call(struct eddy_loop *loop,
                                 struct eddy_call *call);
/* Takes a posted call back, from the loop's thread: was it there still? */
EDDY_API bool eddy_loop_unpost_call(struct eddy_loop *loop,
                                    struct eddy_call *call);

/* A wake-up that may be sent any number of times from anywhere: those sent
 * before the loop gets round to it count as one. */
struct eddy_waker {
    uint64_t opaque[6];
};
typedef void eddy_waker_fn(struct eddy_waker *waker, void *arg);

EDDY_API int eddy_waker_init(struct eddy_waker *waker, struct eddy_loop *loop,
                             eddy_waker_fn *fn, void *arg);
/* [any thread, signal handlers] */
EDDY_API int eddy_waker_wake(struct eddy_waker *waker);
/* fn is not called again, and the storage is the caller's. Nobody may be about
 * to wake it. Twice is harmless. */
EDDY_API int eddy_waker_done(struct eddy_waker *waker);
/* Should it keep the loop alive? A new one does. */
EDDY_API int eddy_waker_background(struct eddy_waker *waker, bool background);

/* ---- Hooks around the wait ---------------------------------------------- */

#define EDDY_BEFORE_WAIT (1u << 0) /* before the flush: may set watches */
#define EDDY_AFTER_WAIT  (1u << 1) /* after the wait, before the events */

struct eddy_hook {
    uint64_t opaque[6];
};
typedef void eddy_hook_fn(struct eddy_hook *hook, unsigned when, void *arg);

/* For those who put a foreign loop into this one: ask it before the wait what
 * it wants, tell it afterwards. A hook does not keep the loop alive, and what
 * it does must be short: it runs in every turn. -EINVAL for another `when`. */
EDDY_API int eddy_hook_start(struct eddy_loop *loop, struct eddy_hook *hook,
                             unsigned when, eddy_hook_fn *fn, void *arg);
EDDY_API int eddy_hook_stop(struct eddy_hook *hook);

/* ---- Inside a foreign loop ---------------------------------------------- */

struct eddy_embedding {
    int fd;              /* watch it for reading */
    int64_t deadline_ns; /* on the loop's clock; EDDY_FOREVER: none */
    int64_t timeout_ns;  /* the same, from now; 0: step at once */
    int timeout_ms;      /* the same for poll(): rounded up; -1: none */
};

/* Flushes what changed and tells what to wait for; then, when fd is readable or
 * the time has come, call eddy_loop_step(loop, 0), and prepare again. Both are
 * needed after each piece of work with the loop. -EBUSY from inside a callback.
 * -ENOTSUP if the poller has no
 * descriptor: ask for EDDY_CAN_NEST when making the loop. */
EDDY_API int eddy_loop_prepare(struct eddy_loop *loop,
                               struct eddy_embedding *ret_embedding);

/* ---- After fork() ------------------------------------------------------- */

/*
 * The first call on a loop in a child that means to go on using it (a child
 * that only calls exec or _exit needs nothing). It makes a poller and a wake-up
 * of the child's own and registers all watches again. Pool jobs end with
 * -ECANCELED, for their threads are the parent's; waiting for a child ends with
 * -ECHILD. The parent's loop is not touched. Call it in the thread that forked.
 * A child forked inside a callback cannot: -EBUSY, and exec or _exit is all
 * that is left to it. In the parent nothing happens: 0. Another error leaves a
 * loop fit only to be freed.
 */
EDDY_API int eddy_loop_after_fork(struct eddy_loop *loop);

/* ---- Looking inside ----------------------------------------------------- */

struct eddy_loop_stats {
    uint64_t turns;       /* since the loop was made, and so on: */
    uint64_t events;      /* reported by the poller */
    uint64_t sets;        /* interest changes that reached the poller */
    uint64_t calls;       /* callbacks run */
    uint64_t posts;       /* calls that came from elsewhere */
    uint64_t wakeups;     /* times the loop was woken for them */
    uint64_t timers_due;  /* timers fired */
    uint64_t started;     /* operations begun */
    uint64_t completed;   /* operations that told their end */
    uint64_t slow_calls;  /* debug mode: callbacks longer than slow_ns */
    uint64_t accept_full; /* times accepting paused for want of descriptors */
    /* and now: */
    size_t watches, timers, running, descriptors;
};
EDDY_API int eddy_loop_stats(const struct eddy_loop *loop,
                             struct eddy_loop_stats *ret_stats);

/*
 * Debug mode, on and off at any time; EDDY_DEBUG=1 in the environment switches
 * it on, too.
 *
 * - Calls from another thread than the one that runs the loop just then, or in
 *   a child that has not called eddy_loop_after_fork(), give -EPERM.
 * - A callback, or a step of a task, that took slow_ns or more is logged
 *   (warning) with its name.
 * - What is left when the loop is freed is logged (warning) with where it is
 *   from, as eddy_symbol() tells it: streams, listeners, operations that run,
 *   watches and timers that keep the loop alive, tasks.
 * - Connections accepted, names looked up, the end of input, pauses and the end
 *   of pauses are logged (debug).
 */
EDDY_API int eddy_loop_set_debug(struct eddy_loop *loop, bool debug);
EDDY_API bool eddy_loop_debug(const struct eddy_loop *loop);

EDDY_END_DECLS

#endif
