/* SPDX-License-Identifier: MIT */
/*
 * slot.c - a descriptor: its watches, and what the poller knows of it.
 *
 *     slots.at[fd]   one slot for each descriptor
 *        first ->    its watches, in the order they were started
 *        in_poller   the interest the poller has been told
 *
 * Three decisions make this cheap and safe:
 * - Changes are only noted (the slot goes on the dirty list) and reach the
 *   poller just before the wait: what is undone within a turn costs nothing.
 * - Interest that shrinks is not passed on at all until an event comes that
 *   nobody wants; a reader that pauses between two messages never shows.
 * - A watch remembers before which wait it was started, and is told nothing of
 *   what that very wait has gathered: it may be about a former owner of the
 *   number; a true event will come again (T2, L43).
 *
 * Slots that are on the special list are called without the poller: regular
 * files, which are always ready (T6), and descriptors that it refused.
 */
#include "core.h"

#include <fcntl.h>

void eddy__slot_dirty(struct eddy_loop *loop, int fd)
{
    struct slot *slot = &loop->slots.at[fd];

    if ((slot->flags & SLOT_DIRTY) != 0)
        return;
    slot->flags |= SLOT_DIRTY;
    slot->dirty = loop->slots.dirty;
    loop->slots.dirty = fd + 1;
}

void eddy__slot_special(struct eddy_loop *loop, int fd, unsigned why)
{
    struct slot *slot = &loop->slots.at[fd];

    slot->flags = (uint8_t)(slot->flags | why);
    if ((slot->flags & SLOT_SPECIAL) != 0)
        return;
    slot->flags |= SLOT_SPECIAL;
    slot->special = loop->slots.special;
    loop->slots.special = fd + 1;
}

static unsigned wanted(const struct slot *slot)
{
    unsigned bits = 0;

    for (const struct watch *w = slot->first; w != NULL; w = w->next)
        bits |= w->error == 0 ? w->interest : 0;
    return bits;
}

/* ---- Telling the poller ------------------------------------------------- */

/* A loop without a poller is fit only to be freed: see embed.c. */
static int set(struct eddy_loop *loop, int fd, unsigned from, unsigned to)
{
    return loop->poller == NULL ? 0
                                : loop->ops->set(loop->poller, fd, from, to);
}

void eddy__slot_tell(struct eddy_loop *loop, int fd, unsigned to)
{
    struct slot *slot = &loop->slots.at[fd];
    int err = set(loop, fd, slot->in_poller, to);

    if (err < 0 && slot->in_poller != 0) /* lest what was there be reported */
        (void)set(loop, fd, slot->in_poller, 0);
    loop->stats.sets++;
    slot->in_poller = (uint8_t)(err < 0 ? 0 : to);
    if (err == -EPERM) {
        eddy__slot_special(loop, fd, SLOT_ALWAYS);
    } else if (err < 0) {
        slot->error = (int16_t)err;
        eddy__slot_special(loop, fd, SLOT_REFUSED);
    }
}

static void flush_slot(struct eddy_loop *loop, int fd)
{
    struct slot *slot = &loop->slots.at[fd];
    unsigned flags = slot->flags;
    unsigned want = wanted(slot);
    bool renew = (flags & SLOT_RENEW) != 0 && slot->in_poller != 0;
    bool shrink = slot->first == NULL || (flags & SLOT_SHRINK) != 0;

    slot->flags =
        (uint8_t)(flags & ~(unsigned)(SLOT_DIRTY | SLOT_RENEW | SLOT_SHRINK));
    if ((flags & SLOT_ALWAYS) != 0 && (want & (EDDY_READ | EDDY_WRITE)) != 0)
        eddy__slot_special(loop, fd, SLOT_ALWAYS);
    if ((flags & (SLOT_ALWAYS | SLOT_REFUSED)) != 0)
        return;
    if (renew && want != slot->in_poller)
        eddy__slot_tell(loop, fd, 0); /* what it knows is of another file */
    if ((want & ~(unsigned)slot->in_poller) != 0 ||
        (shrink && want != slot->in_poller) || (renew && slot->in_poller != 0))
        eddy__slot_tell(loop, fd, want);
}

void eddy__slots_flush(struct eddy_loop *loop)
{
    while (loop->slots.dirty != 0) {
        int fd = loop->slots.dirty - 1;

        loop->slots.dirty = loop->slots.at[fd].dirty;
        flush_slot(loop, fd);
    }
}

void eddy__slots_forget(struct eddy_loop *loop)
{
    for (size_t fd = 0; fd < loop->slots.capacity; fd++) {
        struct slot *slot = &loop->slots.at[fd];

        slot->in_poller = 0;
        if (slot->first != NULL)
            eddy__slot_dirty(loop, (int)fd);
    }
}

/* ---- Telling the watches ------------------------------------------------ */

/* In debug mode it is watched how long that takes. */
__attribute__((noinline)) static void
call_watched(struct eddy_loop *loop, struct watch *w, unsigned ready)
{
    eddy_watch_fn *fn = w->fn;
    int64_t since = eddy__enter_slowly(loop);

    fn((struct eddy_watch *)w, ready, w->arg);
    eddy__leave_slowly(loop, since, "watch", (const void *)(uintptr_t)fn);
}

/* It may be gone after that. */
static inline void call_watch(struct eddy_loop *loop, struct watch *w,
                              unsigned ready)
{
    loop->stats.calls++;
    if (loop->debug)
        call_watched(loop, w, ready);
    else
        w->fn((struct eddy_watch *)w, ready, w->arg);
}

/* Hang-ups and errors wake whoever waits, so that a read or write tells them
 * (L37); nobody is told anything while paused. */
static inline bool call_watches(struct eddy_loop *loop, struct watch *w,
                                unsigned ready, int error)
{
    unsigned unasked = ready & (EDDY_HANGUP | EDDY_ERROR);
    unsigned all = ready | (unasked != 0 ? EDDY_READ | EDDY_WRITE : 0);
    bool served = false;

    for (; w != NULL; w = loop->slots.next) {
        unsigned mine = (all & w->interest) | unasked;

        loop->slots.next = w->next;
        if (w->interest == 0 || mine == 0 || w->error != 0 ||
            w->batch == loop->batch)
            continue;
        served = true;
        w->error = (int16_t)error;
        call_watch(loop, w, mine);
    }
    loop->slots.next = NULL;
    return served;
}

/* Closed behind our back: select and poll say so, again and again. */
static bool is_closed(struct eddy_loop *loop, int fd)
{
    struct slot *slot = &loop->slots.at[fd];

    if (fcntl(fd, F_GETFD) >= 0)
        return false;
    eddy__slot_tell(loop, fd, 0);
    slot->error = -EBADF;
    eddy__slot_special(loop, fd, SLOT_REFUSED);
    return true;
}

static void on_event(struct eddy_loop *loop, int fd, unsigned ready)
{
    struct slot *slot;

    if ((unsigned)fd >= loop->slots.capacity)
        return; /* a poller of the user's own, and its error */
    slot = &loop->slots.at[fd];
    if (slot->in_poller == 0 ||
        ((ready & EDDY_ERROR) != 0 && is_closed(loop, fd)))
        return;
    if (!call_watches(loop, slot->first, ready, 0)) {
        slot = &loop->slots.at[fd];
        slot->flags |= SLOT_SHRINK;
        eddy__slot_dirty(loop, fd);
    }
}

void eddy__slots_events(struct eddy_loop *loop, int count)
{
    for (int i = 0; i < count; i++)
        on_event(loop, loop->events[i].fd, loop->events[i].ready);
}

void eddy__slots_special(struct eddy_loop *loop)
{
    int next = loop->slots.special;

    loop->slots.special = 0;
    while (next != 0) {
        int fd = next - 1;
        struct slot *slot = &loop->slots.at[fd];
        unsigned flags = slot->flags;

        next = slot->special;
        slot->flags = (uint8_t)(flags & ~(unsigned)SLOT_SPECIAL);
        if (slot->first == NULL || (flags & (SLOT_ALWAYS | SLOT_REFUSED)) == 0)
            continue;
        if ((flags & SLOT_REFUSED) != 0) {
            (void)call_watches(loop, slot->first, EDDY_ERROR, slot->error);
            continue;
        }
        (void)call_watches(loop, slot->first, EDDY_READ | EDDY_WRITE, 0);
        slot = &loop->slots.at[fd]; /* may have moved (T4) */
        if ((slot->flags & SLOT_ALWAYS) != 0 &&
            (wanted(slot) & (EDDY_READ | EDDY_WRITE)) != 0)
            eddy__slot_special(loop, fd, SLOT_ALWAYS);
    }
}

void eddy__slots_close(struct eddy_loop *loop)
{
    for (size_t fd = 0; fd < loop->slots.capacity; fd++)
        for (struct watch *w = loop->slots.at[fd].first; w != NULL; w = w->next)
            w->loop = NULL; /* so that stopping it later does no harm */
    (void)eddy__resize(loop, loop->slots.at, 0);
}
