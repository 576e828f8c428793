/* SPDX-License-Identifier: MIT */
/*
 * eddy/channel.h - channels: values go in at one end and come out at another.
 *
 * Both ends can be cloned, so that many send and many receive; each value goes
 * to one receiver, in the order it was sent. Whoever has an end closes it: when
 * all ends of a side are closed, the other side is told.
 *
 * An end belongs to a loop: an operation begun in another one ends with -EXDEV.
 * All ends of a channel are in one loop, unless it is shared: then each has its
 * own, and what is sent in one thread is received in another. Values go across
 * as they are, so errors that are shared (see eddy/value.h) must not.
 *
 * Nobody is called from inside these functions. A value that was handed to a
 * receiver who does not take it (a loser of eddy_any(), an operation without
 * on_done) goes back to the front, and the next one has it.
 */
#ifndef EDDY_CHANNEL_H
#define EDDY_CHANNEL_H

#include <eddy/op.h>
#include <eddy/value.h>

EDDY_BEGIN_DECLS

struct eddy_channel_end;

/* ---- Making them -------------------------------------------------------- */

/* A channel that keeps at most `capacity` values; with 0 a value is sent when
 * it is received. -ENOMEM. */
EDDY_API int eddy_channel_new(struct eddy_channel_end **ret_sender,
                              struct eddy_channel_end **ret_receiver,
                              struct eddy_loop *loop, size_t capacity);

/* One that is shared: its ends are used each in the thread of its own loop. The
 * memory is that of sender_loop, whose allocator is called in all the threads.
 * A loop with a virtual clock does not wait for what comes from others. */
EDDY_API int eddy_channel_new_shared(struct eddy_channel_end **ret_sender,
                                     struct eddy_loop *sender_loop,
                                     struct eddy_channel_end **ret_receiver,
                                     struct eddy_loop *receiver_loop,
                                     size_t capacity);

/* Another end of the same side, for `loop`. Called in the thread of `end`; the
 * new one is used in that of its loop. -EBADF: the end is closed. -EXDEV:
 * another loop, and the channel is not shared. -ENOMEM. */
EDDY_API int eddy_channel_clone(struct eddy_channel_end **ret_end,
                                struct eddy_channel_end *end,
                                struct eddy_loop *loop);

/* Nothing can be done with the end any more: -EBADF, also to who waits at it.
 * With the last receiver the values that are left are freed. Twice is harmless.
 */
EDDY_API int eddy_channel_close(struct eddy_channel_end *end);

/* Closes it, and gives the end back. It may outlive its loop, only to be closed
 * and freed. NULL is welcome. */
EDDY_API void eddy_channel_free(struct eddy_channel_end *end);

/* ---- Using them --------------------------------------------------------- */

/*
 * n: 0, when the value is in the channel, or with a receiver. -EPIPE: all
 * receivers are closed; -EBADF: this end is, or it receives; -ENOMEM. An
 * operation that was begun has taken the value, and frees it if the result is
 * an error, whatever that is; one that was not begun, as when eddy_start()
 * failed, leaves it to you. So begin it once. A send that eddy_any() discards
 * may have sent.
 */
EDDY_OP struct eddy_op eddy_channel_send(struct eddy_channel_end *end,
                                         struct eddy_value value);

/* n: 1, and the value is in *ret_value and yours (ret_value NULL: it is freed);
 * or 0: the end, all senders are closed and nothing is left. *ret_value is
 * written just before on_done is called, and only for a value. -EBADF: this end
 * is closed, or it sends; -ENOMEM, only if it has to wait. */
EDDY_OP struct eddy_op eddy_channel_receive(struct eddy_channel_end *end,
                                            struct eddy_value *ret_value);

/* The same without waiting: -EAGAIN. A value that was not sent is still yours.
 */
EDDY_API int eddy_channel_try_send(struct eddy_channel_end *end,
                                   struct eddy_value value);
EDDY_API int eddy_channel_try_receive(struct eddy_channel_end *end,
                                      struct eddy_value *ret_value);

struct eddy_channel_stats {
    size_t capacity;
    size_t count;              /* values in it; more than the capacity for a
                                  while, if some have come back */
    size_t senders, receivers; /* open ends */
    size_t sending, receiving; /* operations that wait */
};
EDDY_API int eddy_channel_stats(const struct eddy_channel_end *end,
                                struct eddy_channel_stats *ret_stats);

EDDY_END_DECLS

#endif
