/* SPDX-License-Identifier: MIT */
/*
 * barrier.c - none goes on before all are there.
 *
 * A round that is complete drains: its parties are in the line of the chosen
 * until they have been told. Who comes meanwhile is late, and is counted for
 * the next round when the last of them is gone.
 */
#include "sync.h"

struct barrier {
    struct object object;
    struct link late;
    size_t parties, count; /* of those who wait; fewer than the parties */
    bool broken;
    bool admitting;
};

static_assert(sizeof(struct barrier) <= sizeof(struct eddy_barrier),
              "the public struct has room for the private one");

struct barrier_wait {
    struct link link;
    bool late;
};

EDDY_FITS_REQUEST(struct barrier_wait);

int eddy_barrier_init(struct eddy_barrier *opaque, struct eddy_loop *loop,
                      size_t parties)
{
    struct barrier *barrier = (struct barrier *)opaque;
    int err = parties == 0 ? -EINVAL
                           : eddy__object_init(barrier, sizeof *barrier, loop);

    if (err < 0)
        return err;
    line_init(&barrier->late);
    barrier->parties = parties;
    return 0;
}

/* All who wait, counted or not. */
static void send_away(struct barrier *barrier, int64_t n)
{
    barrier->count = 0;
    eddy__line_end(&barrier->object.waiting, n);
    eddy__line_end(&barrier->late, n);
}

void eddy_barrier_done(struct eddy_barrier *opaque)
{
    struct barrier *barrier = (struct barrier *)opaque;

    if (eddy__object_done(barrier))
        send_away(barrier, -ECANCELED);
}

static int renew(struct eddy_barrier *opaque, bool broken)
{
    struct barrier *barrier = (struct barrier *)opaque;
    int err = eddy__object_check(barrier);

    if (err < 0)
        return err;
    barrier->broken = broken;
    send_away(barrier, -EPIPE);
    return 0;
}

int eddy_barrier_abort(struct eddy_barrier *barrier)
{
    return renew(barrier, true);
}

int eddy_barrier_reset(struct eddy_barrier *barrier)
{
    return renew(barrier, false);
}

size_t eddy_barrier_waiting(const struct eddy_barrier *barrier)
{
    return barrier != NULL ? ((const struct barrier *)barrier)->count : 0;
}

bool eddy_barrier_is_broken(const struct eddy_barrier *barrier)
{
    return barrier != NULL && ((const struct barrier *)barrier)->broken;
}

/* ---- Rounds ------------------------------------------------------------- */

/* Ends all who wait, with their places. First all are chosen, for one that is
 * told promptly settles at once, and the drain must not be over before the
 * last. `last` is one that answers for itself, or NULL. */
static void complete_round(struct barrier *barrier, struct link *last)
{
    size_t count = barrier->count;
    struct link *link;

    barrier->count = 0;
    for (size_t i = 0; i < count; i++) {
        link = barrier->object.waiting.next;
        line_leave(link);
        line_join(&barrier->object.chosen, link);
    }
    if (last != NULL)
        line_join(&barrier->object.chosen, last);
    link = barrier->object.chosen.next;
    for (size_t i = 0; i < count; i++) {
        struct link *next = link->next;

        eddy_complete(eddy__request_of(link), eddy_n((int64_t)i));
        link = next;
    }
}

static void admit_late(struct barrier *barrier)
{
    if (barrier->admitting)
        return;
    barrier->admitting = true;
    while (line_is_empty(&barrier->object.chosen) &&
           !line_is_empty(&barrier->late)) {
        struct link *link = barrier->late.next;

        line_leave(link);
        line_join(&barrier->object.waiting, link);
        ((struct barrier_wait *)link)->late = false;
        if (++barrier->count == barrier->parties)
            complete_round(barrier, NULL);
    }
    barrier->admitting = false;
}

/* ---- Waiting ------------------------------------------------------------ */

/* Is it the one that all wait for, or is there nothing to wait for? */
static bool is_last(struct barrier *barrier, struct link *link,
                    struct eddy_result *ret_result)
{
    *ret_result = eddy_n(-EPIPE);
    if (barrier->broken)
        return true;
    if (!line_is_empty(&barrier->object.chosen) ||
        barrier->count + 1 < barrier->parties)
        return false;
    *ret_result = eddy_n((int64_t)barrier->count);
    complete_round(barrier, link);
    return true;
}

static bool wait_now(struct eddy_loop *loop, const struct eddy_op *op,
                     struct eddy_result *ret_result)
{
    return eddy__object_is_here(op->on, loop) &&
           is_last(op->on, NULL, ret_result);
}

static bool start_wait(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct barrier *barrier = eddy_request_on(request);
    struct barrier_wait *wait =
        (struct barrier_wait *)eddy_request_words(request);

    if (!eddy__object_admits(request, ret_result) ||
        is_last(barrier, &wait->link, ret_result))
        return true;
    wait->late = !line_is_empty(&barrier->object.chosen);
    barrier->count += !wait->late;
    line_join(wait->late ? &barrier->late : &barrier->object.waiting,
              &wait->link);
    return false;
}

static void cancel_wait(struct eddy_request *request)
{
    struct barrier *barrier = eddy_request_on(request);
    struct barrier_wait *wait =
        (struct barrier_wait *)eddy_request_words(request);

    barrier->count -= !wait->late;
    eddy__object_cancel(request);
}

static void settle_wait(struct eddy_request *request, bool taken)
{
    struct barrier *barrier = eddy_request_on(request);

    (void)taken; /* the others have gone on */
    if (eddy__object_settle((struct link *)eddy_request_words(request)))
        admit_late(barrier);
}

struct eddy_op eddy_barrier_wait(struct eddy_barrier *barrier)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "barrier",
        .start = start_wait,
        .cancel = cancel_wait,
        .now = wait_now,
        .settle = settle_wait,
    };

    return (struct eddy_op){ .type = &type, .on = barrier };
}
