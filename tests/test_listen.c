/* SPDX-License-Identifier: MIT */
/* test_listen.c - where one can listen, and where not. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>

#include "net_support.h"

/* ---- The port ----------------------------------------------------------- */

START_TEST(system_picks_the_port_0)
{
    struct eddy_listener *first, *second;
    int fd;

    open_loop(_i, REAL_TIME);
    first = new_listener(NULL);
    second = new_listener(NULL);
    ck_assert_uint_ne(port_of(first), 0);
    ck_assert_uint_ne(port_of(second), 0);
    ck_assert_uint_ne(port_of(first), port_of(second));
    ck_assert_ptr_eq(eddy_listener_loop(first), loop);
    fd = eddy_listener_fd(first);
    ck_assert_int_gt(fd, 2);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    drop_listener(first);
    drop_listener(second);
}
END_TEST

static int listen_at(const char *host, uint16_t port, unsigned flags)
{
    struct eddy_endpoint at = eddy_tcp(host, port);
    struct eddy_listener *listener = NULL;
    int err;

    at.flags = flags;
    err = eddy_listen(&listener, loop, &at, NULL);
    if (err == 0)
        drop_listener(listener);
    else
        ck_assert_ptr_null(listener);
    return err;
}

START_TEST(impossible_addresses_are_refused) /* N6, test idea 33 */
{
    struct eddy_listener *listener;
    struct eddy_address none = { 0 };
    struct eddy_endpoint at = { .address = &none };

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    ck_assert_int_eq(listen_at("127.0.0.1", port_of(listener), 0), -EADDRINUSE);
    ck_assert_int_eq(listen_at("192.0.2.1", 0, 0), -EADDRNOTAVAIL);
    ck_assert_int_eq(listen_at("localhost", 0, 0), -EINVAL);
    ck_assert_int_eq(listen_at("127.0.0.1.", 0, 0), -EINVAL);
    ck_assert_int_eq(listen_at("127.0.0.1", 0, EDDY_V6_ONLY), -ENOENT);
    ck_assert_int_eq(listen_at("::1", 0, EDDY_V4_ONLY), -ENOENT);
    ck_assert_int_eq(listen_at("127.0.0.1", 0, 1u << 9), -EINVAL);
    ck_assert_int_eq(eddy_listen(&listener, loop, &at, NULL), -EINVAL);
    drop_listener(listener);
}
END_TEST

START_TEST(port_can_be_had_again_at_once) /* N5: REUSEADDR */
{
    struct eddy_listener *listener;
    struct eddy_stream *stream;
    uint16_t port;
    int client;

    open_loop(_i, REAL_TIME);
    listener = new_listener(NULL);
    port = port_of(listener);
    client = knock(port);
    ck_assert_int_eq(perform(eddy_accept(listener, &stream)), 0);
    drop(stream, -1); /* our side closes first, and is to linger */
    ck_assert_int_eq(close(client), 0);
    drop_listener(listener);
    ck_assert_int_eq(listen_at("127.0.0.1", port, 0), 0);
}
END_TEST

START_TEST(listeners_can_share_a_port) /* N5, test idea 49 */
{
    struct eddy_listen_options options = { .flags = EDDY_REUSEPORT };
    struct eddy_listener *first, *second;
    struct outcome accepting[2];
    struct eddy_endpoint at;
    int clients[64], taken[2] = { 0 };

    open_loop(_i, REAL_TIME);
    first = new_listener(&options);
    at = eddy_tcp("127.0.0.1", port_of(first));
    ck_assert_int_eq(eddy_listen(&second, loop, &at, NULL), -EADDRINUSE);
    ck_assert_int_eq(eddy_listen(&second, loop, &at, &options), 0);
    for (size_t i = 0; i < COUNT(clients); i++)
        clients[i] = knock(port_of(first));
    begin(&accepting[0], eddy_accept(first, NULL));
    begin(&accepting[1], eddy_accept(second, NULL));
    for (size_t i = 0; i < COUNT(clients); i++) {
        int which;

        while (accepting[0].calls + accepting[1].calls == 0)
            turn();
        which = accepting[0].calls == 0;
        ck_assert_int_eq(finish(&accepting[which]), 0);
        eddy_stream_free(accepting[which].result.stream, false);
        begin(&accepting[which], eddy_accept(which ? second : first, NULL));
        taken[which]++;
        ck_assert_int_eq(close(clients[i]), 0);
    }
    ck_assert_int_gt(taken[0], 0);
    ck_assert_int_gt(taken[1], 0);
    drop_listener(first);
    drop_listener(second);
}
END_TEST

/* ---- Both families ------------------------------------------------------ */

static bool has_v6(void)
{
    struct eddy_address address;
    int fd = socket(AF_INET6, SOCK_STREAM, 0), err;

    if (fd < 0)
        return false;
    ck_assert_int_eq(eddy_address_parse(&address, "::1", 0), 0);
    err = bind(fd, (const void *)&address.storage, address.size);
    ck_assert_int_eq(close(fd), 0);
    return err == 0;
}

struct family_row {
    const char *host;
    unsigned flags;
    bool v4, v6;         /* who can come in */
    const char *v4_peer; /* what an IPv4 peer looks like */
};

static void check_peer(struct eddy_listener *listener, const char *from,
                       const char *looks)
{
    struct eddy_stream *stream;
    struct eddy_address peer;
    int client = knock_at(from, port_of(listener));
    char text[64];

    ck_assert_int_ge(client, 0);
    ck_assert_int_eq(perform(eddy_accept(listener, &stream)), 0);
    ck_assert_int_eq(eddy_stream_peer(stream, &peer), 0);
    (void)eddy_address_format(&peer, text, sizeof text);
    ck_assert_mem_eq(text, looks, strlen(looks));
    drop(stream, client);
}

START_TEST(families_come_in_where_they_may) /* N5, test idea 48 */
{
    static const struct family_row rows[] = {
        { NULL, 0, true, true, "[::ffff:127.0.0.1]:" },
        { "", 0, true, true, "[::ffff:127.0.0.1]:" },
        { NULL, EDDY_V4_ONLY, true, false, "127.0.0.1:" },
        { NULL, EDDY_V6_ONLY, false, true, NULL },
        { "0.0.0.0", 0, true, false, "127.0.0.1:" },
        { "::", EDDY_V6_ONLY, false, true, NULL },
        { "::1", 0, false, true, NULL },
    };

    if (!has_v6())
        return;
    open_loop(_i, REAL_TIME);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct eddy_endpoint at = eddy_tcp(rows[i].host, 0);
        struct eddy_listener *listener;

        at.flags = rows[i].flags;
        ck_assert_int_eq(eddy_listen(&listener, loop, &at, NULL), 0);
        if (rows[i].v4)
            check_peer(listener, "127.0.0.1", rows[i].v4_peer);
        else
            ck_assert_int_eq(knock_at("127.0.0.1", port_of(listener)),
                             -ECONNREFUSED);
        if (rows[i].v6)
            check_peer(listener, "::1", "[::1]:");
        else
            ck_assert_int_eq(knock_at("::1", port_of(listener)), -ECONNREFUSED);
        drop_listener(listener);
    }
}
END_TEST

static int no_v6_socket(void *arg, int family, int type, int protocol)
{
    return family == AF_INET6
               ? -EAFNOSUPPORT
               : eddy_sys_default()->socket(arg, family, type, protocol);
}

START_TEST(all_addresses_are_those_of_ipv4_where_there_is_no_other)
{
    struct eddy_sys sys = *eddy_sys_default();
    struct eddy_loop_options options = { .sys = &sys };
    struct eddy_endpoint at = { 0 };
    struct eddy_listener *listener;

    sys.socket = no_v6_socket;
    open_loop_with(_i, &options);
    ck_assert_int_eq(eddy_listen(&listener, loop, &at, NULL), 0);
    check_peer(listener, "127.0.0.1", "127.0.0.1:");
    drop_listener(listener);
    ck_assert_int_eq(listen_at(NULL, 0, EDDY_V6_ONLY), -EAFNOSUPPORT);
}
END_TEST

START_TEST(failure_leaves_nothing_open) /* N6 */
{
    struct eddy_endpoint at = { 0 };

    open_loop(_i, REAL_TIME);
    for (int n = 1; n < 20; n++) {
        struct eddy_listener *listener = NULL;
        int err;

        fail_allocation(n);
        err = eddy_listen(&listener, loop, &at, NULL);
        if (!allocation_failed()) {
            ck_assert_int_eq(err, 0);
            drop_listener(listener);
            break;
        }
        ck_assert_int_eq(err, -ENOMEM);
        ck_assert_ptr_null(listener);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        system_picks_the_port_0,
        impossible_addresses_are_refused,
        port_can_be_had_again_at_once,
        listeners_can_share_a_port,
        families_come_in_where_they_may,
        all_addresses_are_those_of_ipv4_where_there_is_no_other,
        failure_leaves_nothing_open,
    };
    Suite *suite = suite_create("listen");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
