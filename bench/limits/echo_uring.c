/* SPDX-License-Identifier: MIT */
/*
 * echo_uring.c - the limit of an echo server on io_uring: the kernel picks a
 * buffer for what has come, it is sent from there, and the next receive hangs
 * on that send. So no connection that waits holds a buffer, and a turn is one
 * system call.
 */
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arguments.h"
#include "connection.h"

enum {
    ENTRIES = 4096,
    ROOM = 65536,
    ROOMS = 4096, /* touched only as far as messages go */
    GROUP = 0
};

enum what { ACCEPT, RECEIVE, SEND }; /* the low bits of user_data */

static struct io_uring ring;
static struct io_uring_buf_ring *free_rooms;
static char *rooms;
static int room_of[1 << 16]; /* that a descriptor sends from */

static struct io_uring_sqe *new_sqe(void)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

    if (sqe == NULL) {
        io_uring_submit(&ring);
        sqe = io_uring_get_sqe(&ring);
        must(sqe != NULL, "room for a submission");
    }
    return sqe;
}

/* After it was prepared, which clears it. */
static void tag(struct io_uring_sqe *sqe, enum what what, int fd)
{
    sqe->user_data = (uint64_t)fd << 2 | what;
}

static void give_room(int room)
{
    io_uring_buf_ring_add(free_rooms, rooms + (size_t)room * ROOM, ROOM,
                          (unsigned short)room, io_uring_buf_ring_mask(ROOMS),
                          0);
    io_uring_buf_ring_advance(free_rooms, 1);
}

static void receive(int fd)
{
    struct io_uring_sqe *sqe = new_sqe();

    io_uring_prep_recv(sqe, fd, NULL, ROOM, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = GROUP;
    tag(sqe, RECEIVE, fd);
}

/* The two must go in one submission. */
static void answer(int fd, int room, size_t size)
{
    struct io_uring_sqe *sqe;

    if (io_uring_sq_space_left(&ring) < 2)
        io_uring_submit(&ring);
    room_of[fd] = room;
    sqe = new_sqe();
    io_uring_prep_send(sqe, fd, rooms + (size_t)room * ROOM, size,
                       MSG_WAITALL | MSG_NOSIGNAL);
    sqe->flags |= IOSQE_IO_LINK;
    tag(sqe, SEND, fd);
    receive(fd);
}

static void leave(int fd)
{
    struct connection c = { .fd = fd };

    end_connection(&c);
}

static void on_received(int fd, const struct io_uring_cqe *cqe)
{
    int room = (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);

    if (cqe->res > 0) {
        answer(fd, room, (size_t)cqe->res);
        return;
    }
    if ((cqe->flags & IORING_CQE_F_BUFFER) != 0)
        give_room(room);
    if (cqe->res == -ENOBUFS)
        receive(fd);
    else if (cqe->res != -ECANCELED) /* its send has failed, and left */
        leave(fd);
}

static void accept_them(int listener)
{
    struct io_uring_sqe *sqe = new_sqe();

    io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, 0);
    tag(sqe, ACCEPT, listener);
}

static void on_cqe(const struct io_uring_cqe *cqe)
{
    int fd = (int)(cqe->user_data >> 2);

    switch ((enum what)(cqe->user_data & 3)) {
    case ACCEPT:
        if (cqe->res >= 0) {
            set_nodelay(cqe->res);
            receive(cqe->res);
        }
        if ((cqe->flags & IORING_CQE_F_MORE) == 0)
            accept_them(fd);
        break;
    case RECEIVE:
        on_received(fd, cqe);
        break;
    case SEND: /* if it fails, so does the receive that hangs on it */
        give_room(room_of[fd]);
        if (cqe->res < 0)
            leave(fd);
        break;
    }
}

static void open_ring(void)
{
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_CQSIZE,
        .cq_entries = 4 * ENTRIES,
    };
    struct io_uring_buf_reg reg = { .ring_entries = ROOMS, .bgid = GROUP };
    size_t size = ROOMS * sizeof(struct io_uring_buf);

    if (io_uring_queue_init_params(ENTRIES, &ring, &params) < 0)
        exit(NOT_HERE);
    rooms = mmap(NULL, (size_t)ROOMS * ROOM, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    must(rooms != MAP_FAILED, "rooms");
    must(posix_memalign((void **)&free_rooms, 4096, size) == 0, "rooms");
    memset(free_rooms, 0, size);
    reg.ring_addr = (uint64_t)(uintptr_t)free_rooms;
    if (io_uring_register_buf_ring(&ring, &reg, 0) < 0)
        exit(NOT_HERE);
    for (int i = 0; i < ROOMS; i++)
        give_room(i);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct io_uring_cqe *cqe;
    unsigned head, seen;

    read_arguments(&arguments, argc, argv, "PORT");
    open_ring();
    accept_them(listen_at(arguments.number[0]));
    say_ready();
    for (;;) {
        io_uring_submit_and_wait(&ring, 1);
        seen = 0;
        io_uring_for_each_cqe(&ring, head, cqe)
        {
            seen++;
            on_cqe(cqe);
        }
        io_uring_cq_advance(&ring, seen);
    }
}
