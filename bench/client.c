/* SPDX-License-Identifier: MIT */
/*
 * client.c - asks an echo server: CONNECTIONS send SIZE bytes each and wait for
 * them to come back, again and again, for MS milliseconds after a fifth of that
 * to warm up. With MESSAGES in place of MS, `--style count`, it ends after so
 * many of them.
 *
 * PID is the server, or 0: its CPU time is read from outside, so that servers
 * need not know. Prints
 *
 *     messages             that came back whole, in the time measured
 *     us_per_message       of the clock
 *     cpu_ns_per_message   of the server
 *     waited_pct           how long the server had to wait for its processor,
 *                          to the time that it ran: the machine was busy
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "measure.h"

enum { BATCH = 512, LONGEST = 1 << 20, SILENCE_MS = 20000 };

struct connection {
    int fd;
    size_t sent, received; /* of the message that is out */
};

static struct connection *connections;
static size_t size;
static long messages, most = LONG_MAX; /* that came back; that are asked for */
static char out[LONGEST], in[LONGEST];

/* ---- The server, from outside ------------------------------------------- */

struct usage {
    int64_t cpu_ns, waited_ns, at_ns;
    long messages;
};

static int64_t cpu_of(long pid)
{
    struct timespec cpu = { 0, 0 };
    clockid_t clock;

    if (pid > 0 && clock_getcpuclockid((pid_t)pid, &clock) == 0)
        clock_gettime(clock, &cpu);
    return (int64_t)cpu.tv_sec * 1000000000 + cpu.tv_nsec;
}

/* Of its first thread. */
static int64_t waited_by(long pid)
{
    long long ran = 0, waited = 0;
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/schedstat", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lld %lld", &ran, &waited) != 2)
        waited = 0;
    fclose(file);
    return waited;
}

static struct usage usage_of(long pid)
{
    return (struct usage){ cpu_of(pid), waited_by(pid), now_ns(), messages };
}

static void print_usage(struct usage from, struct usage to)
{
    double count = (double)(to.messages - from.messages);
    double cpu = (double)(to.cpu_ns - from.cpu_ns);

    printf("messages %.0f\n", count);
    printf("us_per_message %.3f\n",
           (double)(to.at_ns - from.at_ns) / count / 1e3);
    printf("cpu_ns_per_message %.1f\n", cpu / count);
    printf("waited_pct %.2f\n",
           cpu > 0 ? 100 * (double)(to.waited_ns - from.waited_ns) / cpu : 0);
}

/* ---- One connection ----------------------------------------------------- */

static void send_rest(struct connection *c)
{
    while (c->sent < size) {
        ssize_t n = send(c->fd, out, size - c->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            return;
        must(n > 0, "send");
        c->sent += (size_t)n;
    }
}

static void send_next(struct connection *c)
{
    c->sent = c->received = 0;
    send_rest(c);
}

/* A short one has taken what there was: the next edge tells of more. */
static void receive(struct connection *c)
{
    ssize_t n = recv(c->fd, in, size - c->received, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    must(n > 0, "recv");
    c->received += (size_t)n;
    if (c->received == size && ++messages < most)
        send_next(c);
}

/* ---- All of them -------------------------------------------------------- */

static void turn(int epoll)
{
    struct epoll_event events[BATCH];
    int n = epoll_wait(epoll, events, BATCH, SILENCE_MS);

    must(n != 0, "the server is silent");
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;

        if ((events[i].events & EPOLLOUT) != 0)
            send_rest(c);
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0)
            receive(c);
    }
}

static void run_until(int epoll, int64_t end_ns)
{
    while (now_ns() < end_ns && messages < most)
        turn(epoll);
}

static int connect_to(long port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    const struct linger at_once = { 1, 0 };
    int yes = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(fd >= 0, "socket");
    must(connect(fd, (struct sockaddr *)&at, sizeof at) == 0, "connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    /* a port that lingers is missing in the next round */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
    return fd;
}

/* Edges: who has a rest to send is told without being asked for it anew. */
static void connect_all(int epoll, long count, long port)
{
    connections = calloc((size_t)count, sizeof *connections);
    must(connections != NULL, "memory");
    for (long i = 0; i < count; i++) {
        struct connection *c = &connections[i];
        struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
                                     .data.ptr = c };

        c->fd = connect_to(port);
        c->sent = size;
        must(epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) == 0, "epoll_ctl");
    }
}

int main(int argc, char **argv)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct arguments arguments;
    struct usage before;
    long count, span_ns, pid;

    read_arguments(&arguments, argc, argv, "PORT CONNECTIONS SIZE MS PID");
    count = arguments.number[1];
    size = (size_t)arguments.number[2];
    span_ns = arguments.number[3] * 1000000;
    pid = arguments.number[4];
    must(size > 0 && size <= LONGEST, "SIZE");
    must(epoll >= 0, "epoll_create1");
    if (arguments.style != NULL && strcmp(arguments.style, "count") == 0) {
        most = arguments.number[3];
        span_ns = INT64_MAX / 2;
    }
    connect_all(epoll, count, arguments.number[0]);
    for (long i = 0; i < count; i++)
        send_next(&connections[i]);
    if (most == LONG_MAX)
        run_until(epoll, now_ns() + span_ns / 5);
    before = usage_of(pid);
    run_until(epoll, now_ns() + span_ns);
    print_usage(before, usage_of(pid));
    return 0;
}
