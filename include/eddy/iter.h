/* SPDX-License-Identifier: MIT */
/*
 * eddy/iter.h - the items of a multishot operation, one at a time.
 *
 * A callback is called for each item, whenever it comes. Who would rather ask
 * for each, iterates:
 *
 *     eddy_iter_open(loop, &iter, &op);           op: eddy_receive(stream)
 *     while (... eddy_next(&iter) ... n > 0)      in any style
 *         ...
 *     ... eddy_iter_close(&iter) ...
 *
 * Between two eddy_next() the operation is paused, so what comes meanwhile
 * waits where it is: in the kernel, in the backlog, on the clock. And it keeps
 * the loop alive only while somebody waits.
 */
#ifndef EDDY_ITER_H
#define EDDY_ITER_H

#include <eddy/op.h>

EDDY_BEGIN_DECLS

/* One iteration, in the caller's storage, which must not move. */
struct eddy_iter {
    struct eddy_result item; /* what eddy_next() gave last, for those who get
                                its n alone */
    uint64_t opaque[48];
};

/* Begins *op, which is not needed afterwards. It cannot fail: what is wrong is
 * what eddy_next() answers; -EINVAL: op is not multishot, or there is none. */
EDDY_API void eddy_iter_open(struct eddy_loop *loop, struct eddy_iter *iter,
                             const struct eddy_op *op);

/*
 * n > 0: the next item, as the operation gives it. 0: the end; < 0: the error
 * it ended with; both again and again. Bytes of eddy_receive() stay where they
 * are until the next eddy_next() or eddy_iter_close(); nobody else waits for
 * that.
 *
 * Cancelled, or out of time (eddy_within()), it ends with that, and the item
 * will be the next one's: none is lost. Nor is one that nobody takes, as that
 * of a loser in eddy_any(). -EBUSY beside another one.
 */
EDDY_OP struct eddy_op eddy_next(struct eddy_iter *iter);

/* Cancels the operation. n: 0, when that has told its end, and an eddy_next()
 * that waits has told its own: then the storage is the caller's. Runs in who
 * has been cancelled, too, and cannot be cut short itself. Closing what has
 * ended, or is being closed, is fine. */
EDDY_OP struct eddy_op eddy_iter_close(struct eddy_iter *iter);

EDDY_END_DECLS

#endif
