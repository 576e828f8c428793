/* SPDX-License-Identifier: MIT */
/* net_support.c - listeners for the tests, and plain clients that knock. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <netinet/in.h>
#include <sys/resource.h>

#include "net_support.h"

struct eddy_listener *new_listener(const struct eddy_listen_options *options)
{
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", 0);
    struct eddy_listener *listener;

    ck_assert_int_eq(eddy_listen(&listener, loop, &at, options), 0);
    return listener;
}

uint16_t port_of(const struct eddy_listener *listener)
{
    struct eddy_address address;

    ck_assert_int_eq(eddy_listener_local(listener, &address), 0);
    return eddy_address_port(&address);
}

void drop_listener(struct eddy_listener *listener)
{
    eddy_listener_free(listener);
    some_turns(1);
}

int knock_at(const char *host, uint16_t port)
{
    struct eddy_address address;
    const struct sockaddr *where = (const void *)&address.storage;
    int fd;

    ck_assert_int_eq(eddy_address_parse(&address, host, port), 0);
    fd = socket(where->sa_family, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, where, address.size) < 0) {
        int err = -errno;

        (void)close(fd);
        return err;
    }
    return fd < 0 ? -errno : fd;
}

int knock(uint16_t port)
{
    int fd = knock_at("127.0.0.1", port);

    ck_assert_int_ge(fd, 0);
    return fd;
}

uint16_t dead_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    ck_assert_int_eq(close(fd), 0);
    return ntohs(at.sin_port);
}

size_t raise_fd_limit(void)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return (size_t)limit.rlim_cur;
}

void wait_for_count(const int *what, int count)
{
    int64_t start = now_ns();

    while (*what < count) {
        turn();
        ck_assert_int_lt(now_ns() - start, 10 * EDDY_SECOND);
    }
}
