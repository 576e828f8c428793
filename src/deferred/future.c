/* SPDX-License-Identifier: MIT */
/*
 * future.c - work given to a loop from another thread, and waiting for it.
 *
 *     waiter's thread            loop's thread
 *     start, call      ------>   begin_work: the deferred, and eddy_when() on
 *     cancel           ------>   cancel_work     it, which always ends
 *     wait             <------   finish
 *
 * Two own a future: who waits, and the work. What both sides look at is behind
 * the mutex; until `done` the loop is there, and the rest is the loop's.
 */
#include "deferred.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { FAR_S = 1 << 30 }; /* 34 years: time_t may have 32 bits */

struct eddy_future {
    struct eddy_mem mem;
    atomic_int owners;
    struct eddy_loop *loop;

    pthread_mutex_t mutex;
    pthread_cond_t is_done;
    bool done, taken, cancelled;
    struct eddy_value result; /* before `done`: the loop's */

    /* the loop's */
    struct eddy_op op;
    eddy_make_fn *fn;
    void *arg;
    struct eddy_deferred *deferred;
    struct eddy_request work;
    struct eddy_call cancel; /* posted at most once */
};

/* ---- A condition, on a clock that nobody sets, where there is one -------- */

#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK

static const clockid_t wait_clock = CLOCK_MONOTONIC;

static int init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t settings;
    int err = pthread_condattr_init(&settings);

    if (err != 0)
        return err;
    err = pthread_condattr_setclock(&settings, wait_clock);
    if (err == 0)
        err = pthread_cond_init(condition, &settings);
    (void)pthread_condattr_destroy(&settings);
    return err;
}

#else

static const clockid_t wait_clock = CLOCK_REALTIME;

static int init_condition(pthread_cond_t *condition)
{
    return pthread_cond_init(condition, NULL);
}

#endif

static struct timespec from_now(int64_t timeout_ns)
{
    int64_t seconds = timeout_ns / EDDY_SECOND;
    struct timespec then;

    (void)clock_gettime(wait_clock, &then); /* cannot fail */
    then.tv_sec += (time_t)(seconds < FAR_S ? seconds : FAR_S);
    then.tv_nsec += (long)(timeout_ns % EDDY_SECOND);
    if (then.tv_nsec >= EDDY_SECOND) {
        then.tv_nsec -= (long)EDDY_SECOND;
        then.tv_sec++;
    }
    return then;
}

/* ---- Life --------------------------------------------------------------- */

static int init_locks(struct eddy_future *future)
{
    int err = pthread_mutex_init(&future->mutex, NULL);

    if (err != 0)
        return -err;
    err = init_condition(&future->is_done);
    if (err != 0)
        (void)pthread_mutex_destroy(&future->mutex);
    return -err;
}

static void destroy(struct eddy_future *future)
{
    struct eddy_mem mem = future->mem;

    eddy_value_free(&future->result);
    (void)pthread_cond_destroy(&future->is_done);
    (void)pthread_mutex_destroy(&future->mutex);
    mem.resize(mem.arg, future, 0);
}

static void let_go(struct eddy_future *future)
{
    if (atomic_fetch_sub(&future->owners, 1) == 1)
        destroy(future);
}

static void lock(struct eddy_future *future)
{
    (void)pthread_mutex_lock(&future->mutex);
}

static void unlock(struct eddy_future *future)
{
    (void)pthread_mutex_unlock(&future->mutex);
}

/* ---- In the loop's thread ----------------------------------------------- */

/* It may be the end of the loop, too: nothing of ours stays there. */
static void finish(struct eddy_future *future)
{
    lock(future);
    if (future->cancelled)
        (void)eddy_loop_unpost_call(future->loop, &future->cancel);
    future->done = true;
    (void)pthread_cond_broadcast(&future->is_done);
    unlock(future);
    let_go(future);
}

/* The value is there already, but for an error of the waiting itself. */
static void work_done(struct eddy_result result, void *arg)
{
    struct eddy_future *future = arg;
    bool is_none = future->result.free == NULL && future->result.n == 0;

    if (result.n < 0 && is_none)
        future->result = eddy_fail((int)result.n);
    eddy_unref(future->deferred);
    finish(future);
}

static void cancel_work(struct eddy_call *call)
{
    struct eddy_future *future =
        EDDY_CONTAINER_OF(call, struct eddy_future, cancel);

    if (future->deferred != NULL)
        eddy_request_cancel(&future->work);
}

static bool is_cancelled(struct eddy_future *future)
{
    bool cancelled;

    lock(future);
    cancelled = future->cancelled;
    unlock(future);
    return cancelled;
}

static void begin_work(struct eddy_result result, void *arg)
{
    struct eddy_future *future = arg;
    struct eddy_op op;

    if (result.n >= 0 && is_cancelled(future))
        result.n = -ECANCELED;
    if (result.n < 0) {
        future->result = eddy_fail((int)result.n);
        finish(future);
        return;
    }
    future->deferred = future->fn != NULL
                           ? eddy_maybe_deferred(eddy_loop_domain(future->loop),
                                                 future->fn, future->arg)
                           : eddy_defer_op(future->loop, &future->op);
    op = eddy_when(future->deferred, &future->result);
    eddy_begin(future->loop, &future->work, &op, work_done, future);
}

/* ---- In the other ------------------------------------------------------- */

/* Either an operation or a function. */
static int start(struct eddy_future **ret_future, struct eddy_loop *loop,
                 const struct eddy_op *op, eddy_make_fn *fn, void *arg)
{
    const struct eddy_loop_options *settings = eddy_loop_settings(loop);
    struct eddy_op next_turn = eddy_next_turn();
    struct eddy_future *future;
    int err;

    if (ret_future == NULL || settings == NULL)
        return -EINVAL;
    future = settings->mem.resize(settings->mem.arg, NULL, sizeof *future);
    if (future == NULL)
        return -ENOMEM;
    *future = (struct eddy_future){ .mem = settings->mem,
                                    .loop = loop,
                                    .op = *op,
                                    .fn = fn,
                                    .arg = arg,
                                    .cancel.run = cancel_work };
    atomic_init(&future->owners, 2);
    err = init_locks(future);
    if (err < 0) {
        settings->mem.resize(settings->mem.arg, future, 0);
        return err;
    }
    err = eddy_start_in_op(loop, &next_turn, begin_work, future);
    if (err < 0)
        destroy(future);
    else
        *ret_future = future;
    return err;
}

int eddy_future_start_op(struct eddy_future **ret_future,
                         struct eddy_loop *loop, const struct eddy_op *op)
{
    if (op == NULL || op->type == NULL)
        return -EINVAL;
    return start(ret_future, loop, op, NULL, NULL);
}

int eddy_future_call(struct eddy_future **ret_future, struct eddy_loop *loop,
                     eddy_make_fn *fn, void *arg)
{
    struct eddy_op none = { .type = NULL };

    if (fn == NULL)
        return -EINVAL;
    return start(ret_future, loop, &none, fn, arg);
}

static int wait_until_done(struct eddy_future *future, int64_t timeout_ns)
{
    struct timespec then = from_now(timeout_ns);
    int err = 0;

    if (!future->done && eddy_loop_running(future->loop))
        return -EDEADLK;
    while (!future->done && err == 0)
        err = timeout_ns < 0
                  ? pthread_cond_wait(&future->is_done, &future->mutex)
                  : pthread_cond_timedwait(&future->is_done, &future->mutex,
                                           &then);
    return future->done ? 0 : -ETIME;
}

int eddy_future_wait(struct eddy_future *future, int64_t timeout_ns,
                     struct eddy_value *ret_value)
{
    int err;

    if (future == NULL || ret_value == NULL)
        return -EINVAL;
    lock(future);
    err = wait_until_done(future, timeout_ns);
    if (err == 0 && future->taken)
        err = -ENODATA;
    if (err == 0) {
        future->taken = true;
        *ret_value = eddy_take(&future->result);
    }
    unlock(future);
    return err;
}

bool eddy_future_done(struct eddy_future *future)
{
    bool done;

    if (future == NULL)
        return false;
    lock(future);
    done = future->done;
    unlock(future);
    return done;
}

int eddy_future_cancel(struct eddy_future *future)
{
    if (future == NULL)
        return -EINVAL;
    lock(future);
    if (!future->done && !future->cancelled) {
        future->cancelled = true;
        (void)eddy_loop_post_call(future->loop, &future->cancel);
    }
    unlock(future);
    return 0;
}

void eddy_future_free(struct eddy_future *future)
{
    if (future != NULL)
        let_go(future);
}
