/* SPDX-License-Identifier: MIT */
/*
 * test_poller_events.c - the same event for the same cause, on every poller.
 *
 * Pollers report what they see, and see differently: a peer that has gone is
 * EDDY_HANGUP to poll, EDDY_READ to select. The core makes them equal: a hangup
 * or an error is readiness for whatever is waited for. So what is compared here
 * is what is left after that.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../examples/own_poller.h"
#include "support.h"

enum { R = EDDY_READ, W = EDDY_WRITE };

/* ---- Things to watch: fd[0] is watched, fd[1] is the other end ----------- */

static void make_writer(int fd[2])
{
    int ends[2];

    make_pipe(ends);
    fd[0] = ends[1];
    fd[1] = ends[0];
}

static int listen_on_loopback(struct sockaddr_in *ret_addr)
{
    socklen_t size = sizeof *ret_addr;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *ret_addr = (struct sockaddr_in){ .sin_family = AF_INET };
    ret_addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)ret_addr, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)ret_addr, &size), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    return fd;
}

static int connect_to(const struct sockaddr_in *addr)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(connect(fd, (const struct sockaddr *)addr, sizeof *addr),
                     0);
    return fd;
}

static void make_tcp(int fd[2])
{
    struct sockaddr_in addr;
    int listener = listen_on_loopback(&addr);

    fd[1] = connect_to(&addr);
    fd[0] = accept(listener, NULL, NULL);
    ck_assert_int_ge(fd[0], 0);
    ck_assert_int_eq(close(listener), 0);
}

/* fd[1] is not connected yet, and happens to know where to. */
static void make_listener(int fd[2])
{
    struct sockaddr_in addr;

    fd[0] = listen_on_loopback(&addr);
    fd[1] = socket(AF_INET, SOCK_STREAM, 0);
}

static void make_unconnected(int fd[2])
{
    fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    fd[1] = -1;
    set_nonblocking(fd[0]);
}

static void make_udp(int fd[2])
{
    struct sockaddr_in addr = { .sin_family = AF_INET };
    socklen_t size = sizeof addr;

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 2; i++)
        fd[i] = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(bind(fd[0], (struct sockaddr *)&addr, size), 0);
    ck_assert_int_eq(getsockname(fd[0], (struct sockaddr *)&addr, &size), 0);
    ck_assert_int_eq(connect(fd[1], (struct sockaddr *)&addr, size), 0);
}

/* ---- Things that happen -------------------------------------------------- */

static void nothing(int fd[2])
{
    (void)fd;
}

static void data_comes(int fd[2])
{
    write_byte(fd[1]);
}

static void gets_full(int fd[2])
{
    static const char block[4096];

    set_nonblocking(fd[0]);
    while (write(fd[0], block, sizeof block) > 0 || write(fd[0], "x", 1) > 0)
        continue;
}

static void gets_full_and_data_comes(int fd[2])
{
    gets_full(fd);
    data_comes(fd);
}

static void peer_ends(int fd[2])
{
    ck_assert_int_eq(shutdown(fd[1], SHUT_WR), 0);
}

static void we_end(int fd[2])
{
    ck_assert_int_eq(shutdown(fd[0], SHUT_WR), 0);
}

static void both_end(int fd[2])
{
    we_end(fd);
    peer_ends(fd);
}

static void peer_goes(int fd[2])
{
    ck_assert_int_eq(close(fd[1]), 0);
    fd[1] = -1;
}

static void data_comes_and_peer_goes(int fd[2])
{
    data_comes(fd);
    peer_goes(fd);
}

/* Closes with something unread, or with a linger of 0: either is a reset. */
static void peer_resets(int fd[2])
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    (void)setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    peer_goes(fd);
}

static void somebody_connects(int fd[2])
{
    struct sockaddr_in addr;
    socklen_t size = sizeof addr;

    ck_assert_int_eq(getsockname(fd[0], (struct sockaddr *)&addr, &size), 0);
    ck_assert_int_eq(connect(fd[1], (struct sockaddr *)&addr, size), 0);
}

static void connection_is_refused(int fd[2])
{
    struct sockaddr_in addr;
    int listener = listen_on_loopback(&addr);

    ck_assert_int_eq(close(listener), 0);
    ck_assert_int_eq(connect(fd[0], (struct sockaddr *)&addr, sizeof addr), -1);
    ck_assert(errno == EINPROGRESS || errno == ECONNREFUSED);
}

static void connection_is_made(int fd[2])
{
    struct sockaddr_in addr;

    fd[1] = listen_on_loopback(&addr);
    if (connect(fd[0], (struct sockaddr *)&addr, sizeof addr) < 0)
        ck_assert_int_eq(errno, EINPROGRESS);
}

/* ---- The table ----------------------------------------------------------- */

struct situation {
    const char *name;
    void (*make)(int fd[2]);
    void (*happen)(int fd[2]);
    unsigned asked; /* interests that make sense; each subset is tried */
    unsigned ready; /* of these, what is ready afterwards */
    bool halfclose; /* the peer has sent its last */
};

#define SITUATION(make, happen, asked, ready, halfclose)                       \
    {                                                                          \
#make " " #happen, make, happen, asked, ready, halfclose               \
    }

/* clang-format off */
static const struct situation situations[] = {
    SITUATION(make_pair,   nothing,                  R|W, W,   false),
    SITUATION(make_pair,   data_comes,               R|W, R|W, false),
    SITUATION(make_pair,   gets_full,                R|W, 0,   false),
    SITUATION(make_pair,   gets_full_and_data_comes, R|W, R,   false),
    SITUATION(make_pair,   peer_ends,                R|W, R|W, true),
    SITUATION(make_pair,   we_end,                   R|W, W,   false), /* T11 */
    SITUATION(make_pair,   both_end,                 R|W, R|W, true),
    SITUATION(make_pair,   peer_goes,                R|W, R|W, true),
    SITUATION(make_pair,   data_comes_and_peer_goes, R|W, R|W, true),
    SITUATION(make_pipe,   nothing,                  R,   0,   false),
    SITUATION(make_pipe,   data_comes,               R,   R,   false),
    SITUATION(make_pipe,   peer_goes,                R,   R,   false),
    SITUATION(make_pipe,   data_comes_and_peer_goes, R,   R,   false),
    SITUATION(make_writer, nothing,                  W,   W,   false),
    SITUATION(make_writer, gets_full,                W,   0,   false),
    SITUATION(make_writer, peer_goes,                W,   W,   false),
    SITUATION(make_tcp,    nothing,                  R|W, W,   false),
    SITUATION(make_tcp,    data_comes,               R|W, R|W, false),
    SITUATION(make_tcp,    peer_ends,                R|W, R|W, true),
    SITUATION(make_tcp,    we_end,                   R|W, W,   false),
    SITUATION(make_tcp,    both_end,                 R|W, R|W, true),
    SITUATION(make_tcp,    peer_goes,                R|W, R|W, true),
    SITUATION(make_tcp,    data_comes_and_peer_goes, R|W, R|W, true),
    SITUATION(make_tcp,    peer_resets,              R|W, R|W, true),
    SITUATION(make_listener, nothing,                R,   0,   false),
    SITUATION(make_listener, somebody_connects,      R,   R,   false),
    SITUATION(make_unconnected, connection_is_refused, R|W, R|W, true),
    SITUATION(make_unconnected, connection_is_made,  R|W, W,   false),
    SITUATION(make_udp,    nothing,                  R|W, W,   false),
    SITUATION(make_udp,    data_comes,               R|W, R|W, false),
};
/* clang-format on */

/* What the core tells its owner. */
static unsigned told(unsigned ready, unsigned interest)
{
    if (ready & (EDDY_HANGUP | EDDY_ERROR))
        ready |= EDDY_READ | EDDY_WRITE;
    return ready & interest;
}

/* What is told of fd; the kernel gets some time to make it `expected`. */
static unsigned settled(const struct eddy_poller_ops *ops, int fd,
                        unsigned interest, unsigned expected)
{
    unsigned seen = 0;

    for (int tries = 0; tries < 200; tries++) {
        seen = told(report_of(ops, fd, 5 * EDDY_MS), interest);
        if (seen == expected)
            break;
        usleep(1000);
    }
    return seen;
}

/* Something must never be seen, so it is not enough to see it once. */
static unsigned still(const struct eddy_poller_ops *ops, int fd,
                      unsigned interest)
{
    return told(report_of(ops, fd, EDDY_MS), interest);
}

static void try_situation(const struct eddy_poller_ops *ops,
                          const struct situation *s, unsigned interest,
                          bool watched_before)
{
    unsigned expected = s->ready & interest;
    unsigned seen;
    int fd[2];

    if (s->halfclose)
        expected |= interest & EDDY_HALFCLOSE;
    s->make(fd);
    if (watched_before)
        set_interest(ops, fd[0], 0, interest);
    s->happen(fd);
    if (!watched_before)
        set_interest(ops, fd[0], 0, interest);

    seen = settled(ops, fd[0], interest, expected);
    ck_assert_msg(seen == expected, "%s: interest %#x, watched %s: %#x not %#x",
                  s->name, interest, watched_before ? "before" : "after", seen,
                  expected);
    seen = still(ops, fd[0], interest);
    ck_assert_msg(seen == expected, "%s: interest %#x: %#x later on", s->name,
                  interest, seen);

    set_interest(ops, fd[0], interest, 0);
    ck_assert_int_eq(close(fd[0]), 0);
    if (fd[1] >= 0)
        ck_assert_int_eq(close(fd[1]), 0);
}

START_TEST(every_poller_tells_the_same)
{
    const struct eddy_poller_ops *ops = use(_i);
    unsigned more =
        ops->features(under_test) & EDDY_CAN_HALFCLOSE ? EDDY_HALFCLOSE : 0;

    for (size_t i = 0; i < COUNT(situations); i++) {
        unsigned all = situations[i].asked | more;
        for (unsigned interest = 1; interest <= all; interest++) {
            if ((interest & ~all) != 0)
                continue;
            try_situation(ops, &situations[i], interest, true);
            try_situation(ops, &situations[i], interest, false);
        }
    }
}
END_TEST

START_TEST(gone_peer_is_reported_by_every_wait)
{
    const struct eddy_poller_ops *ops = use(_i);
    int pair[2];

    make_pair(pair);
    set_interest(ops, pair[0], 0, EDDY_READ);
    ck_assert_int_eq(close(pair[1]), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_uint_ne(report_of(ops, pair[0], EDDY_FOREVER), 0);
    set_interest(ops, pair[0], EDDY_READ, 0);
    ck_assert_uint_eq(report_of(ops, pair[0], 5 * EDDY_MS), 0);
    ck_assert_int_eq(close(pair[0]), 0);
}
END_TEST

/* Watched before the reader leaves or after it: kernels make two cases of it.
 * L37: whoever waits is told, for reading as well. */
static void try_writer_without_reader(const struct eddy_poller_ops *ops,
                                      unsigned interest, bool before)
{
    unsigned both = R | W;
    int fd[2], other[2];

    make_writer(fd);
    make_pair(other);
    if (!before)
        peer_goes(fd);
    set_interest(ops, fd[0], 0, interest);
    if (before)
        peer_goes(fd);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(told(report_of(ops, fd[0], EDDY_SECOND), interest),
                          interest);
    set_interest(ops, fd[0], interest, both);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(told(report_of(ops, fd[0], EDDY_SECOND), both), both);
    set_interest(ops, other[0], 0, W); /* and it does not hide the others */
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(report_of(ops, other[0], EDDY_SECOND), W);
    set_interest(ops, other[0], W, 0);
    set_interest(ops, fd[0], both, 0);
    ck_assert_int_eq(returns_early(ops, 2), 0);
    close_both(other);

    set_interest(ops, fd[0], 0, interest);
    ck_assert_int_eq(close(fd[0]), 0);
    ck_assert_int_le(returns_early(ops, 3), 1); /* told at most once */
    set_interest(ops, fd[0], interest, 0);
}

START_TEST(writer_without_reader_is_ready_for_all)
{
    const struct eddy_poller_ops *ops = use(_i);

    for (int before = 0; before <= 1; before++) {
        try_writer_without_reader(ops, W, before);
        try_writer_without_reader(ops, R | W, before);
    }
}
END_TEST

START_TEST(urgent_data_is_seen)
{
    const struct eddy_poller_ops *ops = use(_i);
    int fd[2];

    if (!(ops->features(under_test) & EDDY_CAN_URGENT))
        return;
    make_tcp(fd);
    set_interest(ops, fd[0], 0, EDDY_URGENT);
    data_comes(fd);
    ck_assert_uint_eq(report_of(ops, fd[0], 5 * EDDY_MS), 0);
    ck_assert_int_eq(send(fd[1], "!", 1, MSG_OOB), 1);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(report_of(ops, fd[0], EDDY_SECOND), EDDY_URGENT);
    set_interest(ops, fd[0], EDDY_URGENT, R | W | EDDY_URGENT);
    ck_assert_uint_eq(report_of(ops, fd[0], EDDY_SECOND), R | W | EDDY_URGENT);
    close_both(fd);
}
END_TEST

START_TEST(half_close_is_no_input)
{
    const struct eddy_poller_ops *ops = use(_i);
    int fd[2];

    if (!(ops->features(under_test) & EDDY_CAN_HALFCLOSE))
        return;
    make_pair(fd);
    set_interest(ops, fd[0], 0, EDDY_HALFCLOSE);
    for (int i = 0; i < 100; i++)
        data_comes(fd);
    ck_assert_int_eq(returns_early(ops, 3), 0);
    set_interest(ops, fd[0], EDDY_HALFCLOSE, EDDY_READ);
    ck_assert_uint_eq(report_of(ops, fd[0], 0), EDDY_READ);
    set_interest(ops, fd[0], EDDY_READ, EDDY_HALFCLOSE | EDDY_WRITE);
    ck_assert_uint_eq(report_of(ops, fd[0], 0), EDDY_WRITE);
    set_interest(ops, fd[0], EDDY_HALFCLOSE | EDDY_WRITE, EDDY_HALFCLOSE);
    ck_assert_uint_eq(report_of(ops, fd[0], 0), 0);
    peer_ends(fd);
    ck_assert_uint_eq(report_of(ops, fd[0], EDDY_SECOND), EDDY_HALFCLOSE);
    set_interest(ops, fd[0], EDDY_HALFCLOSE, EDDY_READ | EDDY_HALFCLOSE);
    ck_assert_uint_eq(report_of(ops, fd[0], 0), EDDY_READ | EDDY_HALFCLOSE);
    close_both(fd);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        every_poller_tells_the_same,
        gone_peer_is_reported_by_every_wait,
        writer_without_reader_is_ready_for_all,
        urgent_data_is_seen,
        half_close_is_no_input,
    };
    Suite *suite = suite_create("poller events");

    also_test(&own_poller);
    add_per_poller(suite, each, COUNT(each), NULL, NULL);
    return run_suite(suite);
}
