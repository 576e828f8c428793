/* SPDX-License-Identifier: MIT */
/*
 * eddy/poller.h - pollers: how to wait for descriptors.
 *
 * A poller holds a set of (descriptor, interest) pairs and knows four verbs. It
 * knows nothing of loops, callbacks, timers, signals or wake-ups: those are the
 * loop's. It is level-triggered: what is ready and still of interest is
 * reported by every wait. A program may bring its own: fill the table, give it
 * to eddy_loop_new() in eddy_loop_options.poller.
 */
#ifndef EDDY_POLLER_H
#define EDDY_POLLER_H

#include <eddy/base.h>

EDDY_BEGIN_DECLS

/* Interest is a set of the first four; readiness may hold all six. */
#define EDDY_READ      (1u << 0) /* a read would not block, or sees the end */
#define EDDY_WRITE     (1u << 1) /* a write would not block */
#define EDDY_URGENT    (1u << 2) /* out-of-band data; EDDY_CAN_URGENT */
#define EDDY_HALFCLOSE (1u << 3) /* peer sends no more; EDDY_CAN_HALFCLOSE */
#define EDDY_HANGUP    (1u << 4) /* the peer has gone; reported unasked */
#define EDDY_ERROR     (1u << 5) /* fd is broken or closed; reported unasked */

#define EDDY_INTEREST (EDDY_READ | EDDY_WRITE | EDDY_URGENT | EDDY_HALFCLOSE)

/* What an opened poller can do beyond the contract. */
#define EDDY_CAN_NS        (1u << 0) /* waits finer than a millisecond */
#define EDDY_CAN_URGENT    (1u << 1) /* takes EDDY_URGENT as interest */
#define EDDY_CAN_HALFCLOSE (1u << 2) /* takes EDDY_HALFCLOSE as interest */
#define EDDY_CAN_SCALE     (1u << 3) /* a wait costs by what is ready */
#define EDDY_CAN_NEST      (1u << 4) /* has a descriptor: see fd() below */

struct eddy_event {
    int fd;
    unsigned ready; /* never empty */
};

#define EDDY_POLLER_ABI 1u

struct eddy_poller; /* private to the mechanism that opened it */
struct eddy_completion_ops;

/* Every slot is required but the last two. None of them calls back into eddy,
 * and none but wait() blocks. */
struct eddy_poller_ops {
    unsigned abi;     /* EDDY_POLLER_ABI */
    const char *name; /* lower case and stable: "poll", "epoll" */

    /* Opens an empty poller. -ENOSYS if this kernel lacks the mechanism.
     * *mem is copied. Its descriptors, if any, are above 2 and close-on-exec,
     * lest someone's stderr be written into them. */
    int (*open)(struct eddy_poller **ret_poller, const struct eddy_mem *mem);

    /* Frees the poller; the descriptors in it stay open. It may run in a child
     * after fork() (see eddy_loop_after_fork), where it must leave the parent's
     * poller unharmed. */
    void (*close)(struct eddy_poller *poller);

    /* A set of EDDY_CAN_x, as found when it was opened. */
    unsigned (*features)(const struct eddy_poller *poller);

    /* A descriptor that is readable when wait() would find something, so that
     * this poller can be watched by another; it may be so once too often, which
     * the next wait() puts right. It stays the same until close(). -ENOTSUP
     * without EDDY_CAN_NEST, -EMFILE and the like. */
    int (*fd)(struct eddy_poller *poller);

    /* Turns the interest in fd, now `from`, into `to`; 0 is "not watched".
     * from == to is legal and renews it: the number may have been closed and
     * opened again since. When to == 0 it always succeeds, also if fd is closed
     * by now. Else -ENOMEM, -ENOSPC; -ERANGE if fd is beyond the mechanism,
     * -EPERM if it is of a kind that the mechanism cannot watch (a regular
     * file, a directory: the loop then calls it always ready), -EBADF (or
     * EDDY_ERROR from the next wait) if it is not open, -ENOTSUP if features()
     * does not promise all of `to`. A failure leaves the interest as it was, or
     * none if fd turns out to be closed. */
    int (*set)(struct eddy_poller *poller, int fd, unsigned from, unsigned to);

    /* Waits at most timeout_ns (negative or EDDY_FOREVER: no limit), rounded up
     * to what the mechanism can express, and fills out[0..n), n <= cap, cap >=
     * 1, each fd at most once. Returns n; 0 when time ran out, a signal came,
     * or, seldom, for a reason of its own. No fd starves when cap is small; its
     * reading and its writing may be told by two waits then. An fd that is not
     * in the set is never reported; one that was closed while in it is reported
     * with EDDY_ERROR, once, or not at all, and fails nothing else. (As long as
     * a dup() of it is open it may pass for open for some waits more.) */
    int (*wait)(struct eddy_poller *poller, struct eddy_event *out, int cap,
                int64_t timeout_ns);

    /* Optional: in words, why open() gave this error; NULL: as the error says.
     */
    const char *(*why)(int err);

    /* Optional: it can do things itself, not only tell when they can be done.
     */
    const struct eddy_completion_ops *completion;
};

/* ---- Completion: the second table --------------------------------------- */

/* What can be submitted. EDDY_IO_x is a number, a set of them holds 1u << x. */
enum eddy_io_what {
    /* Whatever comes, in the poller's own buffers, again and again: until the
     * end (0), an error, -ECANCELED, or -ENOBUFS: all buffers are in use. */
    EDDY_IO_RECEIVE,

    /* Of a file, at an offset: n is how much, 0 the end. -EAGAIN: this one is
     * not to be had without waiting, which somebody else must do. */
    EDDY_IO_FILE_READ,
    EDDY_IO_FILE_WRITE,
    EDDY_IO_FILE_SYNC, /* n: 0 */

    /* Not by submit(), but by send(), with the wait itself. */
    EDDY_IO_SEND
};

struct eddy_io {
    enum eddy_io_what what;
    int fd; /* a socket, or a file */
    /* EDDY_IO_FILE_x only: */
    void *buf;
    size_t size;
    int64_t offset;
    bool data_only; /* what is not needed to read it again stays behind */
};

/* Lent by the poller until it is given back. The first three are the
 * borrower's to change: where he has got to, and a link. */
struct eddy_io_buffer {
    struct eddy_io_buffer *next;
    const char *bytes;
    size_t size;
    void *pool; /* the poller's */
};

struct eddy_io_done {
    uint64_t token;
    int64_t n;                     /* what was done, or -errno */
    struct eddy_io_buffer *buffer; /* the n bytes, or NULL */
    bool more;                     /* the same token will be heard of again */
};

/* Bytes for a socket, sent as send() sends them that neither blocks nor
 * signals. */
struct eddy_io_send {
    struct eddy_io_send *next; /* that goes with the same wait, or NULL */
    const void *bytes;
    size_t size; /* below 2 GiB */
    int64_t n;   /* what went out, or -errno */
    int fd;
    unsigned place; /* the poller's */
};

/*
 * Everything submitted completes: its token is told by wait() until, at last,
 * without `more`. Until then the file is held, and what `io` points to is in
 * use; *io itself is not. All slots are required; only wait() blocks.
 */
struct eddy_completion_ops {
    /* A set of EDDY_IO_x, as found when it was opened. */
    unsigned (*can)(const struct eddy_poller *poller);

    /* Goes to the kernel with the next wait(). The token is a multiple of four,
     * and names no other that is under way: an address, say. -ENOMEM, -ENOBUFS;
     * -EBUSY: not now. Then nothing was submitted. */
    int (*submit)(struct eddy_poller *poller, const struct eddy_io *io,
                  uint64_t token);

    /* Asks for its end, with the next wait(): -ECANCELED, or what it had come
     * to first. */
    void (*cancel)(struct eddy_poller *poller, uint64_t token);

    /* Whatever was cancelled lets go of its file now, though its end is told by
     * the next wait(): so that closing it is a close. */
    void (*settle)(struct eddy_poller *poller);

    /* What the last wait() has found besides: it ends for that too, returning 0
     * if there is nothing else. *ret_dones is the poller's, until the next
     * wait(). To be called after each wait(). Returns how many.
     * *ret_gave_up: whatever else was under way before that wait has ended as
     * if cancelled, and will not be told. Always written. */
    int (*reap)(struct eddy_poller *poller,
                const struct eddy_io_done **ret_dones, bool *ret_gave_up);

    /* The next wait() begins with sending these, in the system call that waits
     * if it can, and it ends at once if one of them did not go whole. When it
     * has ended each has its `n`; until then they are in use. At most once
     * between two waits. */
    void (*send)(struct eddy_poller *poller, struct eddy_io_send *first);

    /* Also when the poller is closed by now. */
    void (*give_back)(struct eddy_io_buffer *buffer);
};

/* The mechanisms of this build, best first; NULL past the end. [any thread] */
EDDY_API const struct eddy_poller_ops *eddy_poller_at(size_t index);
/* The mechanism of this build called name, or NULL. [any thread] */
EDDY_API const struct eddy_poller_ops *eddy_poller_find(const char *name);
/* The names eddy has code for, in this build or not; NULL past the end. "epoll"
 * is known on a system without it, so that a program can say why it is not
 * there. [any thread] */
EDDY_API const char *eddy_poller_known(size_t index);

EDDY_END_DECLS

#endif
