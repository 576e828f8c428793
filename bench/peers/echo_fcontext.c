/* SPDX-License-Identifier: MIT */
/*
 * echo_fcontext.c - the echo server in coroutines of Boost.Context, on an epoll
 * loop by hand. Its functions are C, its headers are not; so they are declared
 * here.
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#include "arguments.h"
#include "connection.h"

enum { BATCH = 512, STACK = 65536 };

typedef void *fcontext;
struct transfer {
    fcontext from;
    void *data;
};
fcontext make_fcontext(void *stack_end, size_t size,
                       void (*fn)(struct transfer));
struct transfer jump_fcontext(fcontext to, void *data);

struct task {
    struct connection connection;
    fcontext context; /* of the task, when it waits */
    fcontext loop;    /* of the loop, when the task runs */
    void *stack;
    bool over;
};

static int epoll;

static void watch(int fd, int op, uint32_t events, void *data)
{
    struct epoll_event event = { .events = events, .data.ptr = data };

    must(epoll_ctl(epoll, op, fd, &event) == 0, "epoll_ctl");
}

static void converse(struct transfer first)
{
    struct task *task = first.data;
    enum wants had = TO_READ, wants = TO_READ;

    task->loop = first.from;
    while (wants != TO_LEAVE) {
        if (wants != had)
            watch(task->connection.fd, EPOLL_CTL_MOD,
                  wants == TO_WRITE ? EPOLLOUT : EPOLLIN, task);
        had = wants;
        task->loop = jump_fcontext(task->loop, NULL).from;
        wants = serve(&task->connection);
    }
    task->over = true;
    (void)jump_fcontext(task->loop, NULL);
}

static void go_on(struct task *task)
{
    task->context = jump_fcontext(task->context, task).from;
    if (!task->over)
        return;
    end_connection(&task->connection);
    munmap(task->stack, STACK);
    free(task);
}

static void welcome_all(int listener)
{
    int fd;

    while ((fd = accept_next(listener)) >= 0) {
        struct task *task = calloc(1, sizeof *task);

        must(task != NULL, "memory");
        task->connection.fd = fd;
        task->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        must(task->stack != MAP_FAILED, "a stack");
        task->context =
            make_fcontext((char *)task->stack + STACK, STACK, converse);
        watch(fd, EPOLL_CTL_ADD, EPOLLIN, task);
        go_on(task);
    }
}

int main(int argc, char **argv)
{
    struct epoll_event events[BATCH];
    struct arguments arguments;
    int listener;

    read_arguments(&arguments, argc, argv, "PORT");
    listener = listen_at(arguments.number[0]);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll >= 0, "epoll_create1");
    watch(listener, EPOLL_CTL_ADD, EPOLLIN, NULL);
    say_ready();
    for (;;) {
        int n = epoll_wait(epoll, events, BATCH, -1);

        for (int i = 0; i < n; i++)
            if (events[i].data.ptr == NULL)
                welcome_all(listener);
            else
                go_on(events[i].data.ptr);
    }
}
