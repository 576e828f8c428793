/* SPDX-License-Identifier: MIT */
/*
 * copy.c - from one stream to another.
 *
 *     from: system -> read ahead <- chunk -> queue: to
 *
 * A copy is the reader of `from` for as long as it runs. The bytes are read
 * ahead there, written from there, and removed when they have gone out: so no
 * byte is moved, none is lost by an error or a cancel, and never more than one
 * buffer is under way. While its chunk waits in the queue of `to`, the reading
 * is paused.
 */
#include "io.h"

enum {
    LARGEST_READ = 65536, /* more gains nothing */
    PIECES = 4            /* in one turn; then it is the others' */
};

enum { WORD_RELAY = 0, WORD_LIMIT = 1, WORD_TO = 2 };

static uint64_t left_of(const struct relay *relay)
{
    return relay->words[WORD_LIMIT] - relay->words[WORD_DONE];
}

/* What its chunk has written needs no room any more. */
static void settle(struct relay *relay)
{
    (void)eddy__buffer_take(relay->from, NULL, relay->chunk.done);
    relay->words[WORD_DONE] += relay->chunk.done;
    relay->waits = false;
}

static void let_go(uint64_t *words)
{
    struct relay *relay = eddy_pointer(words[WORD_RELAY]);
    struct relay **link = &relay->to->relays;

    if (relay->waits) {
        eddy__write_remove(relay->to, &relay->chunk);
        eddy__stream_watch(relay->to);
        settle(relay);
    }
    while (*link != NULL && *link != relay)
        link = &(*link)->next;
    if (*link == relay)
        *link = relay->next;
}

/* How much there is to be written; as eddy__stream_recv(). Who sends faster
 * than we read gets more room; without memory for it, what there was will do.
 */
static int64_t fetch(struct relay *relay)
{
    struct eddy_stream *from = relay->from;
    int64_t n;

    if (eddy__buffered(from) > 0)
        return (int64_t)eddy__buffered(from);
    if (relay->filled)
        (void)eddy__buffer_grow(from, LARGEST_READ);
    n = eddy__buffer_fill(from, LARGEST_READ);
    relay->filled = n > 0 && (size_t)n == from->buffer->capacity;
    return n;
}

/* One piece; > 0: it has gone out; 0: the end; -EAGAIN: wait; or an error. */
static int64_t pass_on(struct relay *relay)
{
    struct eddy_result result;
    int64_t n = fetch(relay);
    int err = eddy__write_check(relay->to);

    if (n <= 0)
        return n;
    if (err < 0)
        return err;
    if ((uint64_t)n > left_of(relay))
        n = (int64_t)left_of(relay);
    relay->chunk = (struct chunk){ .from = eddy__buffer_bytes(relay->from),
                                   .left = (size_t)n,
                                   .kind = CHUNK_RELAY };
    if (eddy__write_now(relay->to, &relay->chunk, &result)) {
        settle(relay);
        return result.n < 0 ? result.n : n;
    }
    relay->waits = true;
    relay->from->flags |= STREAM_PAUSED;
    eddy__write_append(relay->to, &relay->chunk);
    return -EAGAIN;
}

static bool step_copy(struct eddy_stream *from, uint64_t *words,
                      struct eddy_result *ret_result)
{
    struct relay *relay = eddy_pointer(words[WORD_RELAY]);
    int64_t n = relay->waits ? -EAGAIN : 1;

    (void)from;
    for (int i = 0; n > 0; i++) {
        if (left_of(relay) == 0)
            n = 0;
        else
            n = i < PIECES ? pass_on(relay) : -EAGAIN;
    }
    if (n == -EAGAIN)
        return false;
    let_go(words);
    if (n == 0)
        n = (int64_t)words[WORD_DONE];
    *ret_result = eddy__read_so_far(n, words);
    return true;
}

void eddy__relay_sent(struct relay *relay, int64_t err)
{
    settle(relay);
    if (err < 0) {
        eddy__read_end(relay->from, (int)err);
        return;
    }
    relay->from->flags &= ~(unsigned)STREAM_PAUSED;
    eddy__stream_kick(relay->from);
}

void eddy__relays_end(struct eddy_stream *to, int err)
{
    while (to->relays != NULL)
        eddy__read_end(to->relays->from, err);
}

/* ---- The operation ------------------------------------------------------ */

static int check_copy(const struct eddy_request *request,
                      const struct eddy_stream *to)
{
    int err = eddy__stream_check(eddy_request_on(request), request);

    if (err == 0)
        err = eddy__stream_check(to, request);
    if (err == 0)
        err = eddy__read_check(eddy_request_on(request), request);
    return err == 0 ? eddy__write_check(to) : err;
}

static bool start_copy(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct eddy_stream *from = eddy_request_on(request);
    uint64_t *words = eddy_request_words(request);
    struct eddy_stream *to = eddy_pointer(words[WORD_TO]);
    int err = check_copy(request, to);
    struct relay *relay = NULL;

    if (err == 0) {
        relay = eddy_request_alloc(request, sizeof *relay);
        err = relay == NULL ? -ENOMEM : 0;
    }
    if (err < 0) {
        *ret_result = eddy_n(err);
        return true;
    }
    *relay = (struct relay){ .from = from, .to = to, .words = words };
    words[WORD_RELAY] = eddy_word(relay);
    if (step_copy(from, words, ret_result))
        return true;
    relay->next = to->relays;
    to->relays = relay;
    from->reader = request;
    eddy__stream_watch(from);
    return false;
}

struct eddy_op eddy_copy(struct eddy_stream *from, struct eddy_stream *to,
                         uint64_t limit)
{
    static const struct read_type type = {
        .op = { .abi = EDDY_OP_ABI,
                .name = "copy",
                .start = start_copy,
                .cancel = eddy__read_cancel },
        .step = step_copy,
        .let_go = let_go,
        .counts = true,
    };

    return (struct eddy_op){ .type = &type.op,
                             .on = from,
                             .word = { 0, limit, eddy_word(to) } };
}
