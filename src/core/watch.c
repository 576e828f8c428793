/* SPDX-License-Identifier: MIT */
/* watch.c - starting, changing and stopping watches; see slot.c for the rest.
 */
#include "core.h"

#include <fcntl.h>

enum { BACKGROUND = 1u << 0 };

static_assert(sizeof(struct watch) <= sizeof(struct eddy_watch),
              "the public struct has room for the private one");

static bool counts(const struct watch *watch)
{
    return watch->interest != 0 && (watch->flags & BACKGROUND) == 0;
}

static int reserve_slot(struct eddy_loop *loop, int fd)
{
    struct slot *grown;

    if ((size_t)fd < loop->slots.capacity)
        return 0;
    if (fcntl(fd, F_GETFD) < 0) /* lest INT_MAX cost 48 GiB */
        return -EBADF;
    grown =
        eddy_mem_reserve(&loop->settings.mem, loop->slots.at,
                         &loop->slots.capacity, (size_t)fd + 1, sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    loop->slots.at = grown;
    return 0;
}

static int check_interest(const struct eddy_loop *loop, unsigned interest)
{
    if ((interest & ~EDDY_INTEREST) != 0)
        return -EINVAL;
    if (((interest & EDDY_URGENT) != 0 &&
         (loop->features & EDDY_CAN_URGENT) == 0) ||
        ((interest & EDDY_HALFCLOSE) != 0 &&
         (loop->features & EDDY_CAN_HALFCLOSE) == 0))
        return -ENOTSUP;
    return 0;
}

static void append(struct eddy_loop *loop, struct watch *watch)
{
    struct slot *slot = &loop->slots.at[watch->fd];
    struct watch **end = &slot->first;

    if (*end == NULL) {
        slot->flags &= SLOT_DIRTY | SLOT_SPECIAL;
        slot->flags |= SLOT_RENEW;
        loop->slots.descriptors++;
    }
    slot->flags &= (uint8_t) ~(unsigned)SLOT_REFUSED; /* it may do now */
    while (*end != NULL)
        end = &(*end)->next;
    *end = watch;
    loop->slots.watches++;
    eddy__slot_dirty(loop, watch->fd);
}

int eddy_watch_start(struct eddy_loop *loop, struct eddy_watch *opaque, int fd,
                     unsigned interest, eddy_watch_fn *fn, void *arg)
{
    struct watch *watch = (struct watch *)opaque;
    int err = eddy__check(loop);

    if (err < 0)
        return err;
    if (watch == NULL || fn == NULL || fd < 0)
        return -EINVAL;
    err = check_interest(loop, interest);
    if (err == 0)
        err = reserve_slot(loop, fd);
    if (err < 0)
        return err;
    *watch = (struct watch){ .loop = loop,
                             .fn = fn,
                             .arg = arg,
                             .fd = fd,
                             .batch = loop->batch,
                             .interest = (uint8_t)interest };
    append(loop, watch);
    eddy__note_origin(loop, watch, __builtin_return_address(0));
    loop->alive += counts(watch);
    return 0;
}

int eddy_watch_set(struct eddy_watch *opaque, unsigned interest)
{
    struct watch *watch = (struct watch *)opaque;
    struct eddy_loop *loop;
    struct slot *slot;
    int err;

    if (watch == NULL || watch->loop == NULL)
        return -EINVAL;
    loop = watch->loop;
    err = eddy__check(loop);
    if (err == 0)
        err = check_interest(loop, interest);
    if (err < 0)
        return err;
    slot = &loop->slots.at[watch->fd];
    loop->alive -= counts(watch);
    watch->interest = (uint8_t)interest;
    watch->error = 0;
    loop->alive += counts(watch);
    slot->flags &= (uint8_t) ~(unsigned)SLOT_REFUSED; /* it may do now */
    if ((interest & ~(unsigned)slot->in_poller) != 0)
        eddy__slot_dirty(loop, watch->fd);
    return 0;
}

int eddy_watch_stop(struct eddy_watch *opaque)
{
    struct watch *watch = (struct watch *)opaque;
    struct watch **link;
    struct eddy_loop *loop;
    int err;

    if (watch == NULL)
        return -EINVAL;
    loop = watch->loop;
    if (loop == NULL)
        return 0;
    err = eddy__check(loop);
    if (err < 0)
        return err;
    link = &loop->slots.at[watch->fd].first;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    if (loop->slots.next == watch)
        loop->slots.next = watch->next;
    if (loop->slots.at[watch->fd].first == NULL) {
        loop->slots.descriptors--;
        eddy__slot_dirty(loop, watch->fd);
    }
    loop->slots.watches--;
    loop->alive -= counts(watch);
    eddy__origin_forget(loop, watch);
    watch->loop = NULL;
    return 0;
}

void eddy__watches_log_left(const struct eddy_loop *loop)
{
    for (size_t fd = 0; fd < loop->slots.capacity; fd++)
        for (const struct watch *watch = loop->slots.at[fd].first;
             watch != NULL; watch = watch->next)
            if (counts(watch))
                eddy__log_left(loop, "watched", "descriptor of watch", watch);
}

int eddy_watch_background(struct eddy_watch *opaque, bool background)
{
    struct watch *watch = (struct watch *)opaque;
    int err = watch == NULL ? -EINVAL : eddy__check(watch->loop);

    if (err < 0)
        return err;
    watch->loop->alive -= counts(watch);
    watch->flags = background ? BACKGROUND : 0;
    watch->loop->alive += counts(watch);
    return 0;
}

int eddy_watch_error(const struct eddy_watch *opaque)
{
    const struct watch *watch = (const struct watch *)opaque;
    const struct slot *slot;

    if (watch == NULL || watch->loop == NULL)
        return -EINVAL;
    slot = &watch->loop->slots.at[watch->fd];
    if (watch->error == 0 && (slot->flags & SLOT_REFUSED) != 0)
        return slot->error; /* it is about to be told */
    return watch->error;
}

int eddy_loop_forget(struct eddy_loop *loop, int fd)
{
    int err = eddy__check(loop);
    struct slot *slot;

    if (err < 0)
        return err;
    if (fd < 0)
        return -EINVAL;
    if ((size_t)fd >= loop->slots.capacity)
        return 0;
    slot = &loop->slots.at[fd];
    if (slot->in_poller != 0)
        eddy__slot_tell(loop, fd, 0);
    if (slot->first != NULL) { /* as if it had been closed behind our back */
        slot->error = -EBADF;
        eddy__slot_special(loop, fd, SLOT_REFUSED);
    }
    return 0;
}
