/* SPDX-License-Identifier: MIT */
/*
 * eddy/front.h - for those who make operations, and ways to wait for them.
 *
 * Programs that only use eddy need nothing from here. It is as stable as the
 * rest: eddy's own operations and front-ends are written against it.
 */
#ifndef EDDY_FRONT_H
#define EDDY_FRONT_H

#include <eddy/op.h>

EDDY_BEGIN_DECLS

/* ---- An operation of one's own ------------------------------------------ */

#define EDDY_OP_ABI 1u

#define EDDY_OP_MAKES     (1u << 0) /* word[0]: NULL or void **ret_made */
#define EDDY_OP_MULTISHOT (1u << 1) /* delivers items; has pause() */
#define EDDY_OP_PROMPT    (1u << 2) /* see eddy_begin_or_finish() */
/* Ends what it is about: also who has been cancelled runs it. */
#define EDDY_OP_ENDS (1u << 3)
/* Lets go of storage, soon and by itself: begins in a loop that is being freed,
 * too. */
#define EDDY_OP_LATE (1u << 4)
/* Its now() makes a system call, and so counts as an answer of
 * eddy_begin_or_finish(). */
#define EDDY_OP_CALLS (1u << 5)

/*
 * A constructor returns { .type = &this, .on = ..., .word = ... }. With
 * EDDY_OP_MAKES the first word may point to where result.made is stored as
 * well, just before a success is delivered.
 */
struct eddy_op_type {
    unsigned abi;     /* EDDY_OP_ABI */
    unsigned flags;   /* EDDY_OP_x */
    const char *name; /* for traces and leak reports */

    /* Starts it. true: it is done already, *ret_result says how; false:
     * eddy_complete() will be called, perhaps before start() returns. In
     * *ret_result it finds eddy_n(0), or what now() has left there. */
    bool (*start)(struct eddy_request *request, struct eddy_result *ret_result);

    /* Asked at most once, of a request that start() answered with false and
     * that is not complete. Leads to one eddy_complete(), now or later. */
    void (*cancel)(struct eddy_request *request);

    /* Frees what a success or an item has made, when nobody takes it. NULL: it
     * makes nothing that needs it. */
    void (*drop)(void *made);

    /* Multishot only: no items from now on, or items again. */
    void (*pause)(struct eddy_request *request, bool paused);

    /* Optional, a short way that needs no request: true, and it is done, as
     * start() would have done it; false: nothing has happened, but for what
     * *ret_result tells start(), which follows at once then. */
    bool (*now)(struct eddy_loop *loop, const struct eddy_op *op,
                struct eddy_result *ret_result);

    /* Optional, in place of drop() and EDDY_OP_MAKES, for what is found in the
     * request itself; not for multishot types. A success is about to be told.
     * taken: stores what it gives where it belongs; else nobody takes it, and
     * it puts back what it got, so that it is lost to nobody. */
    void (*settle)(struct eddy_request *request, bool taken);

    /* Optional: it will not begin, ever. Frees what the op carries. Called in
     * any thread. */
    void (*refuse)(const struct eddy_op *op);

    /* Both or neither. An item's bytes are gone when on_done returns; keep(),
     * called in on_done, makes them stay until release(kept) is called, or the
     * loop is freed. keep() needs no memory and cannot fail. */
    void *(*keep)(struct eddy_request *request);
    void (*release)(void *kept);
};

/* What start(), cancel() and pause() find in a request. */
EDDY_API struct eddy_loop *eddy_request_loop(const struct eddy_request *);
EDDY_API void *eddy_request_on(const struct eddy_request *request);
EDDY_API const struct eddy_op_type *
eddy_request_type(const struct eddy_request *request);
/* The type's own memory: seven words, the first five those of the op, then
 * zeroes. They may be overwritten. */
EDDY_API uint64_t *eddy_request_words(struct eddy_request *request);
/* The request that words belong to. */
EDDY_API struct eddy_request *eddy_request_of(uint64_t *words);
/* At file level: does the state of an operation fit there? (C++98 cannot say.)
 */
#if !defined(__cplusplus)
#define EDDY_FITS_REQUEST(type)                                                \
    _Static_assert(sizeof(type) <= 7 * sizeof(uint64_t),                       \
                   "the words of a request have room for " #type)
#elif __cplusplus >= 201103L
#define EDDY_FITS_REQUEST(type)                                                \
    static_assert(sizeof(type) <= 7 * sizeof(uint64_t),                        \
                  "the words of a request have room for " #type)
#else
#define EDDY_FITS_REQUEST(type) struct eddy_request
#endif
/* More memory, zeroed, freed with the request; NULL: complete with -ENOMEM. */
EDDY_API void *eddy_request_alloc(struct eddy_request *request, size_t size);

/* Ends a request: the result is delivered at the end of this turn. -ECANCELED
 * becomes -ETIME if it was a limit that cancelled it. Once only; after it the
 * request must not be touched. */
EDDY_API void eddy_complete(struct eddy_request *request,
                            struct eddy_result result);

/* Delivers an item, n > 0, now: only from the loop (a watch, a timer, a call),
 * never from start(), cancel() or pause(). Afterwards the request is still
 * there, but may be paused, or cancelled and complete: false then, and no more
 * items must follow for now. */
EDDY_API bool eddy_item(struct eddy_request *request, struct eddy_result item);

/* Is it complete, waiting only for its delivery? */
EDDY_API bool eddy_request_over(const struct eddy_request *request);

/* Cancels it, and nobody takes what it gives even so: a success, also one that
 * only waits for its delivery, is dropped or put back, stored nowhere, and told
 * as -ECANCELED. What eddy_any() does to losers. */
EDDY_API void eddy_request_discard(struct eddy_request *request);

static inline struct eddy_result eddy_n(int64_t n)
{
    struct eddy_result result;

    result.n = n;
    result.done = 0;
    return result;
}

static inline uint64_t eddy_word(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static inline void *eddy_pointer(uint64_t word)
{
    return (void *)(uintptr_t)word;
}

/* ---- What the poller does itself ---------------------------------------- */

/*
 * Where the poller has a completion table, and the system calls are the real
 * ones, an operation can have something done instead of waiting until it can do
 * it. The submission is in the owner's storage, until done() was called without
 * `more`. done() is called from the loop, as a watch is.
 */
struct eddy_submission {
    struct eddy_submission *prev, *next; /* eddy's */
    void (*done)(struct eddy_submission *submission,
                 const struct eddy_io_done *done);
};

/* Can it? Else wait for the descriptor. */
EDDY_API bool eddy_loop_completes(const struct eddy_loop *loop,
                                  enum eddy_io_what what);
/* 0; or an error, -EBUSY and -ENOBUFS among them, and nothing has happened:
 * wait for the descriptor, then. */
EDDY_API int eddy_submission_start(struct eddy_loop *loop,
                                   struct eddy_submission *submission,
                                   const struct eddy_io *io);
/* Only asks: done() is called, with -ECANCELED or with what was there first.
 * That may come unasked, too: after eddy_loop_after_fork(), for what was
 * submitted is the parent's; when the loop changes threads. Nothing was done
 * then, and it can be submitted again. */
EDDY_API void eddy_submission_cancel(struct eddy_loop *loop,
                                     struct eddy_submission *submission);
/* What was cancelled lets go of its descriptor now, so that it may be closed:
 * done() still comes. */
EDDY_API void eddy_submissions_settle(struct eddy_loop *loop);
/* Each buffer that done() was given is given back so, then or later. */
EDDY_API void eddy_buffer_give_back(struct eddy_loop *loop,
                                    struct eddy_io_buffer *buffer);

/*
 * Where the poller can send with the wait itself (EDDY_IO_SEND), what several
 * objects have to send in a turn goes out in one system call. Nothing of it is
 * under way while anything else runs: until the wait it can be changed or
 * stopped, and right after it each is told what went out.
 */
struct eddy_sending {
    struct eddy_sending *prev, *next; /* eddy's */
    const struct eddy_sending_type *type;
    struct eddy_io_send io;
};
/* Both may complete requests, but neither deliver items nor start or stop
 * another one. */
struct eddy_sending_type {
    /* It is time: sets io.fd, io.bytes and io.size; or false: there is nothing
     * to be sent. *ret_awaited, which is false: somebody waits for its end,
     * so this wait only looks. */
    bool (*prepare)(struct eddy_sending *sending, bool *ret_awaited);
    /* io.n: what went out, or -errno, as of send(). */
    void (*done)(struct eddy_sending *sending);
};

/* true: it goes with the next wait, or when the loop stops running. false: send
 * yourself. That is so where the poller cannot, outside of eddy_loop_run() and
 * eddy_loop_run_until(); and if somebody waits for its end and nobody else has
 * anything to do, for then nothing is gained. Not twice without its end. */
EDDY_API bool eddy_sending_start(struct eddy_loop *loop,
                                 struct eddy_sending *sending, bool awaited);
/* Not any more; done() is not called. */
EDDY_API void eddy_sending_stop(struct eddy_sending *sending);

/* ---- A way to wait of one's own ----------------------------------------- */

/* The short way alone, see now() above: true, and *ret_result is the answer;
 * false: eddy_begin_or_finish() is to follow, with this *ret_result, which was
 * eddy_n(0) before. It is asked for 4096 times a turn at most, and with
 * EDDY_OP_CALLS 32 times. */
EDDY_API bool eddy_finish_now(struct eddy_loop *loop, const struct eddy_op *op,
                              struct eddy_result *ret_result);

/* As eddy_begin(), for who can take the answer now: true, and *ret_result is
 * it; false, on_done will have it. Before, *ret_result is eddy_n(0), or as
 * eddy_finish_now() has left it. At most 32 answers a turn are given so, lest
 * the loop never get to wait. Such an on_done only takes note of the result,
 * for it may be called at once by whatever completes an operation of a type
 * that is EDDY_OP_PROMPT. The loop does not remember what was begun so, for
 * that would take memory of others that has long been cold: when it is freed,
 * who waits cancels it (eddy_slot_type, wind_up). */
EDDY_API bool eddy_begin_or_finish(struct eddy_loop *loop,
                                   struct eddy_request *request,
                                   const struct eddy_op *op,
                                   eddy_done_fn *on_done, void *arg,
                                   struct eddy_result *ret_result);

/* For a way to wait that answers by itself, without beginning the operation:
 * frees what it carries. Not if the caller is told that the call failed, for
 * then it is the caller's still. [any thread] */
EDDY_API void eddy_op_refuse(const struct eddy_op *op);

/* The ready queue: calls for this turn, or for the next if its rounds are over;
 * first come, first served, at most 1024 in a turn. */
EDDY_API void eddy_ready_push(struct eddy_loop *loop, struct eddy_call *call);
/* For a front-end that goes from one of its own to the next without going back
 * to the loop: how many, of so many, it may still run in this turn. These are
 * counted then. */
EDDY_API size_t eddy_ready_grant(struct eddy_loop *loop, size_t wanted);

/* A call in the queue of completions: after all that completed before it. This
 * is where an object is freed that has just told its end. */
EDDY_API void eddy_complete_call(struct eddy_loop *loop,
                                 struct eddy_call *call);

/* An object that lives in a loop and must not outlive it. eddy_loop_free()
 * calls close() of each that is still there, in debug mode with a word in the
 * log; close() leads to eddy_loop_disown(), now or after some turns. */
struct eddy_owned {
    struct eddy_owned *prev, *next; /* eddy's */
    const struct eddy_owned_type *type;
};
struct eddy_owned_type {
    const char *name;
    void (*close)(struct eddy_owned *owned);
};
EDDY_API void eddy_loop_own(struct eddy_loop *loop, struct eddy_owned *owned,
                            const struct eddy_owned_type *type);
EDDY_API void eddy_loop_disown(struct eddy_loop *loop,
                               struct eddy_owned *owned);

/* One pointer for each front-end or library, found by the address of its type.
 * The first two functions are required: `free` runs when the loop is freed,
 * after everything else; `forked` in eddy_loop_after_fork(). `wind_up`, of who
 * calls eddy_begin_or_finish(), cancels all that it has begun so: it is called
 * before each turn that eddy_loop_free() takes. -ENOMEM; -EEXIST. */
struct eddy_slot_type {
    const char *name;
    void (*free)(void *value);
    void (*forked)(void *value, struct eddy_loop *loop);
    void (*wind_up)(void *value); /* NULL: nothing is to be cancelled */
};
EDDY_API int eddy_loop_set_slot(struct eddy_loop *loop,
                                const struct eddy_slot_type *type, void *value);
/* What was set, or NULL. */
EDDY_API void *eddy_loop_slot(const struct eddy_loop *loop,
                              const struct eddy_slot_type *type);

/* What the loop was given, with every default filled in (but for `poller`, see
 * eddy_loop_poller(), and `pool`, see eddy_loop_pool()). NULL for NULL. */
EDDY_API const struct eddy_loop_options *
eddy_loop_settings(const struct eddy_loop *loop);

/* 0, or -EPERM if debug mode sees a wrong thread or an unannounced fork, or
 * -EINVAL for NULL. */
EDDY_API int eddy_loop_check(const struct eddy_loop *loop);

/* Says something by the loop's log. */
EDDY_API void eddy_log_write(const struct eddy_loop *loop,
                             enum eddy_level level, const char *format, ...)
    EDDY_PRINTF(3, 4);

/* Debug mode: where a thing was made, by its __builtin_return_address(0), for
 * the log if it is left when the loop is freed. What is owned by the loop and
 * what runs in it is forgotten by itself. Without memory nothing is noted. */
EDDY_API void eddy_loop_note_origin(struct eddy_loop *loop, const void *thing,
                                    const void *by);
/* What was noted, or NULL. */
EDDY_API const void *eddy_loop_origin(const struct eddy_loop *loop,
                                      const void *thing);

/* Debug mode: a step of a front-end's own that began at since_ns, by
 * eddy_loop_read_clock(), is over. If it was slow it is counted, and logged as
 * what it is and where that was made. */
EDDY_API void eddy_loop_step_over(struct eddy_loop *loop, int64_t since_ns,
                                  const char *what, const char *at);

/* For operations that accept: counts a rest in the statistics. */
EDDY_API void eddy_loop_count_accept_full(struct eddy_loop *loop);

/* Is it being freed? */
EDDY_API bool eddy_loop_ending(const struct eddy_loop *loop);

/* What keeps the loop alive: counts one up (true) or down. */
EDDY_API void eddy_loop_count(struct eddy_loop *loop, bool more);
/* Answers that somebody outside still owes, a thread or a child: while this
 * count is not 0, a virtual clock does not jump. */
EDDY_API void eddy_loop_expect(struct eddy_loop *loop, bool more);

EDDY_END_DECLS

#endif
