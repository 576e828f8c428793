/* SPDX-License-Identifier: MIT */
/*
 * select_scheduler.c - a doubling service on a scheduler made by hand: what it
 * takes to go from generators to coroutines that wait for descriptors. Nothing
 * of eddy's loop is in it, only its generators. Try: nc 127.0.0.1 7004
 *
 * A task is a generator. It yields what it waits for; the scheduler resumes it
 * when select() says that the wait is over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <eddy/generator.h>

/* ---- The scheduler ------------------------------------------------------- */

enum { TO_READ, TO_WRITE };

static struct eddy_stacks *stacks;
static struct eddy_generator *waiting[2][FD_SETSIZE]; /* for what, by fd */

/* In a task: lets the others run until fd is ready. false: it is closed. */
static bool wait_until(struct eddy_generator *self, int what, int fd)
{
    struct eddy_value woken = eddy_yield(self, eddy_int(2 * fd + what));

    return !eddy_value_is_error(&woken);
}

/* Lets it run until it waits again, or is over. */
static void run(struct eddy_generator *task)
{
    struct eddy_value what;

    if (eddy_generator_next(task, &what) > 0)
        waiting[what.n % 2][what.n / 2] = task;
    else
        eddy_generator_free(task);
}

static void wake(int what, const fd_set *ready)
{
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
        struct eddy_generator *task = waiting[what][fd];
        if (task == NULL || !FD_ISSET(fd, ready))
            continue;
        waiting[what][fd] = NULL;
        run(task);
    }
}

static void schedule(void)
{
    for (;;) {
        fd_set ready[2];
        for (int what = 0; what < 2; what++) {
            FD_ZERO(&ready[what]);
            for (int fd = 0; fd < FD_SETSIZE; fd++)
                if (waiting[what][fd] != NULL)
                    FD_SET(fd, &ready[what]);
        }
        if (select(FD_SETSIZE, &ready[TO_READ], &ready[TO_WRITE], NULL, NULL) <
            0) {
            if (errno != EINTR)
                return;
            continue;
        }
        wake(TO_READ, &ready[TO_READ]);
        wake(TO_WRITE, &ready[TO_WRITE]);
    }
}

/* ---- The service --------------------------------------------------------- */

/* A line with its '\n', ended with a NUL; 0: the end, or one that is too long.
 * What is behind it stays in buf, *used bytes in all. */
static size_t read_line(struct eddy_generator *self, int fd, char *buf,
                        size_t size, size_t *used)
{
    char *end;
    ssize_t n;

    while ((end = memchr(buf, '\n', *used)) == NULL) {
        if (!wait_until(self, TO_READ, fd))
            return 0;
        n = recv(fd, buf + *used, size - *used, 0);
        if (n <= 0) /* also if there is no room any more */
            return 0;
        *used += (size_t)n;
    }
    return (size_t)(end - buf) + 1;
}

static bool write_all(struct eddy_generator *self, int fd, const char *data,
                      size_t size)
{
    ssize_t n;

    for (; size > 0; data += n, size -= (size_t)n) {
        if (!wait_until(self, TO_WRITE, fd))
            return false;
        n = send(fd, data, size, MSG_DONTWAIT);
        if (n < 0)
            return false;
    }
    return true;
}

static int answer(const char *line, char *reply, size_t size)
{
    char *end;
    long n = strtol(line, &end, 10);

    if (end == line || *end != '\n' || n > LONG_MAX / 2 || n < LONG_MIN / 2)
        return snprintf(reply, size, "ERROR\n");
    return snprintf(reply, size, "%ld\n", 2 * n);
}

static struct eddy_value serve(struct eddy_generator *self, void *client)
{
    int fd = (int)(intptr_t)client;
    char buf[64], reply[64];
    size_t used = 0, size;

    while ((size = read_line(self, fd, buf, sizeof buf, &used)) > 1) {
        int n = answer(buf, reply, sizeof reply);
        used -= size;
        memmove(buf, buf + size, used);
        if (!write_all(self, fd, reply, (size_t)n))
            break;
    }
    close(fd);
    return eddy_none();
}

static struct eddy_value accept_all(struct eddy_generator *self, void *listener)
{
    int at = (int)(intptr_t)listener;
    struct eddy_generator *task;

    while (wait_until(self, TO_READ, at)) {
        int fd = accept(at, NULL, NULL);
        void *arg = (void *)(intptr_t)fd;
        if (fd >= 0 && fd < FD_SETSIZE &&
            eddy_generator_new(&task, stacks, serve, arg, NULL) == 0)
            run(task);
        else if (fd >= 0)
            close(fd);
    }
    return eddy_none();
}

static int listen_at(uint16_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 128) < 0)
        return -1;
    return fd;
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7004;
    int fd = listen_at((uint16_t)port);
    struct eddy_generator *task;

    if (fd < 0 || eddy_stacks_new(&stacks, NULL) < 0 ||
        eddy_generator_new(&task, stacks, accept_all, (void *)(intptr_t)fd,
                           NULL) < 0) {
        fprintf(stderr, "cannot listen at port %d\n", port);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN); /* who has gone is an error of send() */
    run(task);
    schedule();
    return 1;
}
