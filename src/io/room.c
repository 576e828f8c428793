/* SPDX-License-Identifier: MIT */
/*
 * room.c - memory that received bytes pass through: a stream that waits needs
 * none, and one room serves them all, as long as each is looked at at once.
 * Whoever wants to look longer keeps the room, and the next bytes get another.
 */
#include "io.h"

enum { SPARE = 4 }; /* free rooms that are not given back: 256 KiB */

struct room {
    struct room *prev, *next;
    struct rooms *rooms;
    char bytes[RECEIVE_ROOM];
};

struct rooms {
    struct eddy_loop *loop;
    struct room *free; /* the first one is in use, during an item */
    struct room *kept;
    size_t free_count;
};

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
static void free_rooms(void *value)
{
    struct rooms *rooms = value;

    free_list(rooms->loop, rooms->free);
    free_list(rooms->loop, rooms->kept);
    (void)resize(rooms->loop, rooms, 0);
}

static void keep_rooms(void *value, struct eddy_loop *loop)
{
    (void)value;
    (void)loop;
}

static const struct eddy_slot_type type = { "rooms", free_rooms, keep_rooms,
                                            NULL };

static struct rooms *rooms_of(struct eddy_loop *loop)
{
    struct rooms *rooms = eddy_loop_slot(loop, &type);

    if (rooms != NULL)
        return rooms;
    rooms = resize(loop, NULL, sizeof *rooms);
    if (rooms == NULL)
        return NULL;
    *rooms = (struct rooms){ .loop = loop };
    if (eddy_loop_set_slot(loop, &type, rooms) < 0) {
        free_rooms(rooms);
        return NULL;
    }
    return rooms;
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

char *eddy__room(struct eddy_loop *loop)
{
    struct rooms *rooms = rooms_of(loop);
    struct room *room;

    if (rooms == NULL)
        return NULL;
    if (rooms->free != NULL)
        return rooms->free->bytes;
    room = resize(loop, NULL, sizeof *room);
    if (room == NULL)
        return NULL;
    room->rooms = rooms;
    link_in(&rooms->free, room);
    rooms->free_count++;
    return room->bytes;
}

void *eddy__room_keep(struct eddy_request *request)
{
    struct rooms *rooms = rooms_of(eddy_request_loop(request));
    struct room *room = rooms->free;

    link_out(&rooms->free, room);
    link_in(&rooms->kept, room);
    rooms->free_count--;
    return room;
}

void eddy__room_release(void *kept)
{
    struct room *room = kept;
    struct rooms *rooms = room->rooms;

    link_out(&rooms->kept, room);
    if (rooms->free_count == SPARE) {
        (void)resize(rooms->loop, room, 0);
        return;
    }
    link_in(&rooms->free, room);
    rooms->free_count++;
}
