/* SPDX-License-Identifier: MIT */
/*
 * eddy/future.h - work given to a loop from another thread, and waiting for it.
 *
 * The counterpart of asyncio's run_coroutine_threadsafe() and of Twisted's
 * blockingCallFromThread(). All functions: [any thread]. A future is in the
 * memory of the loop, which is called in the threads that call these, and may
 * outlive the loop: that ends the work, with -ECANCELED or -ESHUTDOWN.
 */
#ifndef EDDY_FUTURE_H
#define EDDY_FUTURE_H

#include <eddy/deferred.h>

EDDY_BEGIN_DECLS

struct eddy_future;

/* Starts an operation in the loop; its result is as with eddy_defer(). -ENOMEM;
 * -ESHUTDOWN; -EINVAL. */
EDDY_API int eddy_future_start_op(struct eddy_future **ret_future,
                                  struct eddy_loop *loop,
                                  const struct eddy_op *op);

static inline int eddy_future_start(struct eddy_future **ret_future,
                                    struct eddy_loop *loop, struct eddy_op op)
{
    return eddy_future_start_op(ret_future, loop, &op);
}

/* Has fn(arg) called in the loop's thread; what it returns, or the result of
 * the deferred that it returns, is the result. Same errors. */
EDDY_API int eddy_future_call(struct eddy_future **ret_future,
                              struct eddy_loop *loop, eddy_make_fn *fn,
                              void *arg);

/* Blocks until there is a result, and moves it out: once, later it is -ENODATA.
 * -ETIME after timeout_ns of real time: ask again. -EDEADLK: there is none yet,
 * and this is a callback of the loop. *ret_value may be an error. */
EDDY_API int eddy_future_wait(struct eddy_future *future, int64_t timeout_ns,
                              struct eddy_value *ret_value);

EDDY_API bool eddy_future_done(struct eddy_future *future);

/* Asks the work to end; the answer still comes. Work that has not begun never
 * does: -ECANCELED. Done, or twice: nothing. -EINVAL for NULL. */
EDDY_API int eddy_future_cancel(struct eddy_future *future);

/* Lets go of it; nobody may be waiting. Work that is not done goes on, and its
 * result is freed in the loop's thread. NULL is welcome. */
EDDY_API void eddy_future_free(struct eddy_future *future);

EDDY_END_DECLS

#endif
