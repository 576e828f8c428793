/* SPDX-License-Identifier: MIT */
/*
 * room.c - what the streams of a loop share, above all memory that received
 * bytes pass through: a stream that waits needs none, and one room serves them
 * all, as long as each is looked at at once. Whoever wants to look longer keeps
 * the room, and the next bytes get another.
 */
#include "fitted.h"

enum { SPARE = 4 }; /* free rooms that are not given back: 256 KiB */

static void *resize(struct eddy_loop *loop, void *ptr, size_t size)
{
    const struct eddy_mem *mem = &eddy_loop_settings(loop)->mem;

    return mem->resize(mem->arg, ptr, size);
}

static void free_list(struct eddy_loop *loop, struct room *room)
{
    while (room != NULL) {
        struct room *next = room->next;

        (void)resize(loop, room, 0);
        room = next;
    }
}

/* The loop ends, and with it what was kept. */
static void free_common(void *value)
{
    struct common *common = value;

    free_list(common->loop, common->free);
    free_list(common->loop, common->kept);
    eddy__spares_free(common);
    (void)resize(common->loop, common, 0);
}

static void keep_common(void *value, struct eddy_loop *loop)
{
    (void)value;
    (void)loop;
}

static const struct eddy_slot_type type = { "streams", free_common, keep_common,
                                            NULL };

struct common *eddy__common(struct eddy_loop *loop)
{
    struct common *common = eddy_loop_slot(loop, &type);

    if (common != NULL)
        return common;
    common = resize(loop, NULL, sizeof *common);
    if (common == NULL)
        return NULL;
    *common =
        (struct common){ .loop = loop, .sys = eddy_loop_settings(loop)->sys };
    if (eddy_loop_set_slot(loop, &type, common) < 0) {
        free_common(common);
        return NULL;
    }
    return common;
}

static void link_in(struct room **list, struct room *room)
{
    room->prev = NULL;
    room->next = *list;
    if (room->next != NULL)
        room->next->prev = room;
    *list = room;
}

static void link_out(struct room **list, struct room *room)
{
    *(room->prev != NULL ? &room->prev->next : list) = room->next;
    if (room->next != NULL)
        room->next->prev = room->prev;
}

struct room *eddy__room_new(struct common *common)
{
    struct room *room = resize(common->loop, NULL, sizeof *room);

    if (room == NULL)
        return NULL;
    room->common = common;
    link_in(&common->free, room);
    common->free_count++;
    return room;
}

void *eddy__room_keep(struct eddy_request *request)
{
    const struct eddy_stream *stream = eddy_request_on(request);
    struct common *common = stream->common;
    struct room *room = common->free;

    link_out(&common->free, room);
    link_in(&common->kept, room);
    common->free_count--;
    return room;
}

void eddy__room_release(void *kept)
{
    struct room *room = kept;
    struct common *common = room->common;

    link_out(&common->kept, room);
    if (common->free_count == SPARE) {
        (void)resize(common->loop, room, 0);
        return;
    }
    link_in(&common->free, room);
    common->free_count++;
}
