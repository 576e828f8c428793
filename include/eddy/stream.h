/* SPDX-License-Identifier: MIT */
/*
 * eddy/stream.h - connections and those who wait for them.
 *
 * A stream owns a descriptor: a TCP or UNIX socket, or a pipe. At most one
 * operation reads it at a time (a second one gets -EBUSY); writes queue up, and
 * each goes out whole, in order. Bytes that were taken from the socket but not
 * delivered (behind a line, or of a line that ran out of time) stay in the
 * stream, and the next read begins with them.
 */
#ifndef EDDY_STREAM_H
#define EDDY_STREAM_H

#include <stdarg.h>
#include <sys/uio.h>

#include <eddy/net.h>
#include <eddy/op.h>

EDDY_BEGIN_DECLS

struct eddy_stream;
struct eddy_listener;

/* ---- Getting one -------------------------------------------------------- */

/*
 * Connects, trying the addresses of a name one after the other. n: 0, and the
 * stream is result.stream, and stored in *ret_stream unless that is NULL.
 * -ENOENT: no such host; else the error of the last address tried. *to and its
 * strings belong to the operation until it is done. TCP_NODELAY is set.
 */
EDDY_OP struct eddy_op eddy_connect(const struct eddy_endpoint *to,
                                    struct eddy_stream **ret_stream);

/* Takes over a connected socket, or an end of a pipe, and makes it
 * non-blocking (which its duplicates will notice). -EBADF; -EPERM: a regular
 * file or directory; -EPROTOTYPE: a socket, but no stream; -ENOMEM. On failure
 * the descriptor is still yours, though perhaps non-blocking by now. */
EDDY_API int eddy_stream_new(struct eddy_stream **ret_stream,
                             struct eddy_loop *loop, int take_fd);

/* ---- Reading ------------------------------------------------------------ */

/* An error of a connection is the result of all later reads, too, even if bytes
 * were read ahead: what came before a reset does not end like a whole. */

/* n: the bytes read, from 1 to size; 0: the end. A size of 0 reads nothing. */
EDDY_OP struct eddy_op eddy_read(struct eddy_stream *stream, void *buf,
                                 size_t size);

/* n: size. -ENODATA: the end came first; result.done bytes are in buf, as they
 * are after any other failure. */
EDDY_OP struct eddy_op eddy_read_exactly(struct eddy_stream *stream, void *buf,
                                         size_t size);

/* n: all bytes up to the end, from 0 to size. -EMSGSIZE: there are more; the
 * first size bytes are in buf, and what follows can still be read. After any
 * other failure result.done bytes are in buf. */
EDDY_OP struct eddy_op eddy_read_all(struct eddy_stream *stream, void *buf,
                                     size_t size);

/* n: the length of the line with its '\n', put into buf and ended with a NUL;
 * at the end of the stream the rest without '\n', then 0. -EMSGSIZE: the line
 * does not fit in size - 1 bytes; nothing is lost, all of it can still be read,
 * or skipped with eddy_skip_until(stream, "\n", 1). size is at least 2. */
EDDY_OP struct eddy_op eddy_read_line(struct eddy_stream *stream, char *buf,
                                      size_t size);

/* n: the bytes read up to and with the delimiter. -ENODATA: the end came first;
 * -EMSGSIZE: not within size bytes; in both cases all of it can still be read.
 * The delimiter belongs to the operation and has at least one byte. */
EDDY_OP struct eddy_op eddy_read_until(struct eddy_stream *stream, void *buf,
                                       size_t size, const void *delimiter,
                                       size_t delimiter_size);

/* Throws away all up to and with the delimiter. n: how much; if the end came
 * first, all of the rest (a last byte that could begin a delimiter included).
 * Needs no more memory for a gigabyte than for a line. result.done counts what
 * was thrown away before a failure. */
EDDY_OP struct eddy_op eddy_skip_until(struct eddy_stream *stream,
                                       const void *delimiter,
                                       size_t delimiter_size);

/* Multishot. An item for what has arrived: n bytes at result.data, the loop's,
 * valid until the callback returns. 0: the end. Closing the stream in the
 * callback ends it with -ECANCELED, which is told, too. */
EDDY_OP struct eddy_op eddy_receive(struct eddy_stream *stream);

/* ---- Writing ------------------------------------------------------------ */

/*
 * n: size, always: a write is whole or an error, and then result.done says how
 * much went out. A write that failed or was cancelled half-way breaks the
 * writing side, for what follows would make no sense: the queued ones and all
 * later ones end with -EPIPE. One of 0 bytes completes when its turn comes.
 */
EDDY_OP struct eddy_op eddy_write(struct eddy_stream *stream, const void *buf,
                                  size_t size);
/* The same for the bytes of iov[0..count); the array, too, belongs to the
 * operation. count may be any number. */
EDDY_OP struct eddy_op eddy_writev(struct eddy_stream *stream,
                                   const struct iovec *iov, size_t count);

/* Hands bytes over: what the system does not take now is copied and goes out in
 * its turn. Where the poller can send with the wait (io_uring), that is so with
 * up to 4 KiB sent while the loop runs: all that a turn sends goes out together
 * at its end. Returns 0; or 1 if more is waiting than the high-water mark: a
 * good moment for eddy_drain(). Errors: -EPIPE, -EBADF (closed), -ENOMEM or
 * another error of the system. One that comes when a part has gone out breaks
 * the writing side. */
EDDY_API int eddy_send(struct eddy_stream *stream, const void *data,
                       size_t size);

/* The same for a text, which is one write. A short one takes 512 bytes of the
 * stack, a longer one memory of the loop's; what vsnprintf() takes comes on
 * top. Also -EILSEQ, -EINVAL or -EOVERFLOW, if it cannot be formatted: then,
 * and after -ENOMEM for a long one, nothing has gone out. */
EDDY_API int eddy_printf(struct eddy_stream *stream, const char *format, ...)
    EDDY_PRINTF(2, 3);
EDDY_API int eddy_vprintf(struct eddy_stream *stream, const char *format,
                          va_list args) EDDY_PRINTF(2, 0);

/* n: 0, when no more is waiting than the low-water mark, after having been
 * above the high one; or at once. The error of the write if it failed, which
 * is -ECANCELED if it was cancelled, by a limit too. */
EDDY_OP struct eddy_op eddy_drain(struct eddy_stream *stream);

/* Bytes that wait to go out, of eddy_send() and of the writes alike. */
EDDY_API size_t eddy_stream_queued(const struct eddy_stream *stream);

/* 64 KiB and 16 KiB at first. -EINVAL if low > high. An eddy_drain() that waits
 * goes by the new marks at once. */
EDDY_API int eddy_stream_set_water_marks(struct eddy_stream *stream, size_t low,
                                         size_t high);

#define EDDY_TO_THE_END UINT64_MAX /* as the limit of an eddy_copy() */

/*
 * Writes to `to` what comes from `from`, until its end or until limit bytes
 * have gone out. n: how many. `to` stays open: who wants the end to be seen
 * there runs eddy_shutdown(). It reads no faster than `to` takes it, at most 64
 * KiB at a time. It is the one reader of `from` (-EBUSY beside another), and
 * queues in `to` like a write, piece by piece, so others may write between the
 * pieces. A stream may be copied to itself: an echo. On failure result.done
 * bytes have gone out, and what was read but has not, or is beyond the limit,
 * stays in `from`, to be read or copied again. Being cancelled, even half-way
 * through a piece, breaks neither stream. -ECANCELED if either is closed
 * meanwhile; -EPIPE and other errors of `to` come when there is something to
 * write. -EXDEV if either belongs to another loop; -ENOMEM.
 */
EDDY_OP struct eddy_op eddy_copy(struct eddy_stream *from,
                                 struct eddy_stream *to, uint64_t limit);

/* Ends the writing side when all that was queued before has gone out; reading
 * goes on. n: 0. -EALREADY: a second time; -EPIPE; -ENOTCONN; -ENOTSOCK (of a
 * pipe). */
EDDY_OP struct eddy_op eddy_shutdown(struct eddy_stream *stream);

/* ---- The end ------------------------------------------------------------ */

/*
 * Closes: from now on new operations get -EBADF, those that wait are cancelled
 * and told so, and what eddy_send() took goes out; then the descriptor is
 * closed. n: 0, or the error that kept the rest from going out; either is the
 * last thing heard of this stream, which is freed when on_done returns. Bytes
 * behind a write that was half-way are dropped, for they would make no sense.
 * Cancelling it, or its running out of time, drops what has not gone out and
 * still frees the stream. -EALREADY: a second time.
 * A TCP peer whose bytes are still unread is reset by this, and may lose what
 * was sent last: who cares first ends with eddy_shutdown(), and reads to the
 * end.
 */
EDDY_OP struct eddy_op eddy_close(struct eddy_stream *stream);

/* The same for who does not wait, and without waiting for the peer either: what
 * has not gone out is dropped, or with flush goes out in the background,
 * however long the peer takes to read it; the loop lives as long. Who wants a
 * limit runs eddy_within(timeout_ns, eddy_close(stream)). Needs no memory. The
 * stream must not be used afterwards. NULL: nothing. */
EDDY_API void eddy_stream_free(struct eddy_stream *stream, bool flush);

/* ---- Looking at it ------------------------------------------------------ */

/* The descriptor, still the stream's; -EBADF once it is closed. */
EDDY_API int eddy_stream_fd(const struct eddy_stream *stream);
EDDY_API struct eddy_loop *eddy_stream_loop(const struct eddy_stream *stream);
/* -ENOTCONN, -ENOTSOCK (a pipe), ... */
EDDY_API int eddy_stream_local(const struct eddy_stream *stream,
                               struct eddy_address *ret_address);
EDDY_API int eddy_stream_peer(const struct eddy_stream *stream,
                              struct eddy_address *ret_address);

/* ---- Listening ---------------------------------------------------------- */

#define EDDY_REUSEPORT (1u << 0) /* several listeners share the port */
#define EDDY_KEEP_PATH (1u << 1) /* leave the socket file when closing */

/* Zero is the default of every field. */
struct eddy_listen_options {
    int backlog;         /* of the system's queue; 0: 128 */
    unsigned flags;      /* EDDY_REUSEPORT, EDDY_KEEP_PATH */
    int accept_budget;   /* connections taken for each wake-up; 0: 16 */
    int64_t back_off_ns; /* how long accepting rests when the process is out of
                            descriptors or memory; 0: 1 s */
    /* Told then: -EMFILE, -ENFILE, -ENOBUFS or -ENOMEM. */
    void (*on_full)(struct eddy_listener *listener, int err, void *arg);
    void *arg;
};

/*
 * Listens at an address: a number, a path, or NULL (all addresses: IPv6 with
 * IPv4 in it where the system can, else IPv4; EDDY_V6_ONLY keeps IPv4 out). A
 * name is first to be looked up with eddy_resolve(). A dead socket file at the
 * path is replaced, anything else is -EADDRINUSE; at a ready-made address of a
 * UNIX socket no file is replaced or removed. -EADDRNOTAVAIL, -EACCES,
 * -ENAMETOOLONG (of a path), -EINVAL (host is no number, or an unknown flag),
 * -ENOENT (it is one of the other family than the flags ask for).
 */
EDDY_API int eddy_listen(struct eddy_listener **ret_listener,
                         struct eddy_loop *loop, const struct eddy_endpoint *at,
                         const struct eddy_listen_options *options);

/* One connection. n: 0; the stream is result.stream, and stored in *ret_stream
 * unless that is NULL. Several may wait: first come, first served. What comes
 * and goes before it was accepted is passed over, or is a stream that has ended
 * already: systems differ. */
EDDY_OP struct eddy_op eddy_accept(struct eddy_listener *listener,
                                   struct eddy_stream **ret_stream);

/* Multishot: n = 1 and result.stream for each connection. While it is paused,
 * connections wait in the backlog. -EBUSY beside another one. */
EDDY_OP struct eddy_op eddy_incoming(struct eddy_listener *listener);

/* The address it listens at, with the port that the system picked. */
EDDY_API int eddy_listener_local(const struct eddy_listener *listener,
                                 struct eddy_address *ret_address);
EDDY_API int eddy_listener_fd(const struct eddy_listener *listener);
EDDY_API struct eddy_loop *
eddy_listener_loop(const struct eddy_listener *listener);

/* Stops listening at once; what waits in accept gets -ECANCELED, and the
 * memory goes after that. The socket file is removed if it is still the one
 * that was made. Streams live on. NULL: nothing. */
EDDY_API void eddy_listener_free(struct eddy_listener *listener);

EDDY_END_DECLS

#endif
