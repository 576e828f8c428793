/* SPDX-License-Identifier: MIT */
/*
 * file_call.c - one thing asked of a file, and who does it.
 *
 *     ask -> submission (where the poller can) -+-> done
 *              |  the poller would block        |
 *              +-> job, in a thread of the pool +
 *
 * Both go on part by part until all bytes are moved. A submission that ends
 * because its ring does (the loop has changed threads) is begun anew, so only
 * what may be done twice is submitted: what opens, closes or appends is left to
 * threads, which always tell how it ended. So is what the kernel would hand to
 * a thread of its own in any case, as it does with a stat.
 */
#include "file.h"

enum { PART = 1 << 24 }; /* a thread looks up so often, whether to go on */

static struct eddy_io next_part(const struct file_call *call)
{
    size_t left = call->size - call->moved;

    return (struct eddy_io){
        .what = call->verb->io,
        .fd = call->file != NULL ? call->file->fd : -1,
        .buf = (char *)call->buf + call->moved,
        .size = left < PART ? left : PART,
        .offset = call->offset + (int64_t)call->moved,
        .data_only = call->flags != 0,
    };
}

/* What one system call gave. true: that was the last. */
static bool take_in(struct file_call *call, int64_t *n)
{
    const struct file_verb *verb = call->verb;

    if (*n > 0 && verb->moves)
        call->moved += (size_t)*n;
    if (*n == 0 && verb->to_the_last)
        *n = -EIO; /* it takes nothing, and says no reason */
    if (*n == -EINTR || (verb->moves && *n > 0 && call->moved < call->size)) {
        if (!atomic_load(&call->cancelled))
            return false;
        *n = -ECANCELED;
    }
    return true;
}

static void finish(struct file_call *call, int64_t n)
{
    call->done(call, n >= 0 && call->verb->moves ? (int64_t)call->moved : n);
}

/* ---- By a thread -------------------------------------------------------- */

static int64_t work(void *arg)
{
    struct file_call *call = arg;
    int64_t n;

    atomic_store(&call->begun, true);
    do {
        struct eddy_io part = next_part(call);

        n = call->verb->make(call, &part);
    } while (!take_in(call, &n));
    return n;
}

static void worked(struct eddy_job *job, int64_t n, void *arg)
{
    (void)job;
    finish(arg, n);
}

static int hire(struct file_call *call)
{
    struct eddy_pool *pool;
    int err = eddy_loop_pool(call->loop, &pool);

    if (err < 0)
        return err;
    return eddy_job_submit(pool, call->loop, &call->job, work, worked, call);
}

/* ---- By the poller ------------------------------------------------------ */

static int submit(struct file_call *call)
{
    struct eddy_io part = next_part(call);
    int err = call->verb->submits
                  ? eddy_submission_start(call->loop, &call->submission, &part)
                  : -EOPNOTSUPP;

    if (err == 0)
        eddy_loop_expect(call->loop, true);
    return err;
}

static int start(struct file_call *call)
{
    return submit(call) == 0 ? 0 : hire(call);
}

/* Nobody asked for that end: the ring has gone, but the file is there; unless
 * it is the parent's that goes on (T67). */
static bool is_lost(const struct file_call *call)
{
    return call->file->pid == getpid();
}

/* How to go on, or 1: it is over, with *n. */
static int go_on(struct file_call *call, int64_t *n)
{
    if (!take_in(call, n))
        return start(call);
    if (atomic_load(&call->cancelled))
        return 1;
    if (*n == -EAGAIN || *n == -EOPNOTSUPP)
        return hire(call);
    return *n == -ECANCELED && is_lost(call) ? start(call) : 1;
}

static void submitted(struct eddy_submission *submission,
                      const struct eddy_io_done *done)
{
    struct file_call *call =
        EDDY_CONTAINER_OF(submission, struct file_call, submission);
    int64_t n = done->n;
    int err;

    eddy_loop_expect(call->loop, false);
    err = go_on(call, &n);
    if (err != 0)
        finish(call, err < 0 ? err : n);
}

/* ---- Either way --------------------------------------------------------- */

int eddy__file_ask(struct file_call *call, const struct file_verb *verb)
{
    call->verb = verb;
    call->submission.done = submitted;
    return start(call);
}

void eddy__file_leave(struct file_call *call)
{
    atomic_store(&call->cancelled, true);
    if (call->submission.next != NULL)
        eddy_submission_cancel(call->loop, &call->submission);
    else
        (void)eddy_job_cancel(&call->job);
}
