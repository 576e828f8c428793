/* SPDX-License-Identifier: MIT */
/*
 * filter_fd.c - EVFILT_READ and EVFILT_WRITE.
 *
 * Two kinds of descriptors: what epoll can watch is asked by poll(), and what
 * it cannot (regular files, directories) is compared with its size, with an
 * inotify to tell of changes. The two filters are one code and a table.
 */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

/* FreeBSD watches no pipe for writing that has lost its reader. */
static bool is_broken_pipe(const struct knote *kn)
{
    struct pollfd asked = { .fd = (int)kn->told.ident, .events = POLLOUT };

    return kn->filter == &kq_write && S_ISFIFO(kn->seen.st_mode) &&
           poll(&asked, 1, 0) > 0 && (asked.revents & POLLERR) != 0;
}

/* It takes any filter upon either end, but that of the wrong end never fires.
 */
static bool is_wrong_end(const struct knote *kn)
{
    int wrong = kn->filter == &kq_read ? O_WRONLY : O_RDONLY;

    return S_ISFIFO(kn->seen.st_mode) &&
           (fcntl((int)kn->told.ident, F_GETFL) & O_ACCMODE) == wrong;
}

static int attach(struct knote *kn)
{
    int err;

    if (is_broken_pipe(kn))
        return EPIPE;
    kn->pollable = true;
    err = kq_arm(kn);
    if (err != EPERM)
        return err;
    kn->pollable = false;
    err = kq_watch_file(kn, IN_MODIFY);
    return err == EACCES ? 0 : err; /* not readable: changes go unheard */
}

/* ---- Sockets ----------------------------------------------------------- */

static bool get_tcp(int fd, struct tcp_info *ret_info)
{
    socklen_t size = sizeof *ret_info;

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, ret_info, &size) == 0;
}

static int get_option(int fd, int option)
{
    int value = 0;
    socklen_t size = sizeof value;

    return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : 0;
}

/* A guess: Linux clears the error of a socket when it is asked for it, and the
 * program wants to find it there. No round trip means never connected. */
static unsigned guess_error(int fd)
{
    struct tcp_info info;

    return get_tcp(fd, &info) && info.tcpi_rtt == 0 ? ECONNREFUSED : ECONNRESET;
}

/* Whether the sending side is shut, by us or by the peer, which poll() does not
 * tell while the receiving side is open. */
static bool sends_no_more(int fd)
{
    struct tcp_info info;

    if (get_tcp(fd, &info))
        return info.tcpi_state == TCP_FIN_WAIT1 ||
               info.tcpi_state == TCP_FIN_WAIT2 ||
               info.tcpi_state == TCP_CLOSING ||
               info.tcpi_state == TCP_LAST_ACK ||
               info.tcpi_state == TCP_TIME_WAIT;
    if (get_option(fd, SO_DOMAIN) != AF_UNIX ||
        get_option(fd, SO_TYPE) != SOCK_STREAM)
        return false;
    /* in a stream, nothing is sent by sending nothing */
    return send(fd, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE;
}

/* Linux calls a socket that was never connected hung up, BSD calls it idle. */
static bool is_idle_socket(const struct knote *kn, int ready)
{
    const int told = POLLHUP | POLLRDHUP | POLLERR | POLLIN;

    return S_ISSOCK(kn->seen.st_mode) && (ready & told) == POLLHUP;
}

/* ---- How much ---------------------------------------------------------- */

static int64_t bytes_to_read(int fd)
{
    struct tcp_info info;
    int bytes = 0;

    if (ioctl(fd, FIONREAD, &bytes) == 0)
        return bytes;
    if (get_tcp(fd, &info) && info.tcpi_state == TCP_LISTEN)
        return info.tcpi_unacked; /* of a listener: those to be accepted */
    return 1;
}

static int64_t room_to_write(const struct knote *kn, int fd)
{
    int used = 0;
    int room = 1;

    if (S_ISSOCK(kn->seen.st_mode) && ioctl(fd, SIOCOUTQ, &used) == 0)
        room = get_option(fd, SO_SNDBUF) - used;
    if (S_ISFIFO(kn->seen.st_mode) && ioctl(fd, FIONREAD, &used) == 0)
        room = fcntl(fd, F_GETPIPE_SZ) - used;
    return room > 0 ? room : 1;
}

/* Only sockets have one. */
static int64_t low_water(const struct knote *kn)
{
    bool given = S_ISSOCK(kn->seen.st_mode) && (kn->wanted & NOTE_LOWAT) != 0;

    return given ? kn->given : 0;
}

/* ---- Whether ----------------------------------------------------------- */

static bool is_file_ready(struct knote *kn)
{
    int fd = (int)kn->told.ident;
    mode_t mode = kn->seen.st_mode;
    char news[4096];
    struct stat now;

    while (read(kn->own, news, sizeof news) > 0)
        continue; /* it was heard; what it says is of no interest */
    if (kn->filter == &kq_write || (!S_ISREG(mode) && !S_ISDIR(mode)) ||
        fstat(fd, &now) < 0)
        return true;
    kn->told.data = now.st_size - lseek(fd, 0, SEEK_CUR);
    return kn->told.data != 0 || (kn->wanted & NOTE_FILE_POLL) != 0;
}

static bool is_at_end(const struct knote *kn, int ready)
{
    int fd = (int)kn->told.ident;

    if (!S_ISSOCK(kn->seen.st_mode))
        return (ready & (POLLHUP | POLLERR)) != 0;
    if (kn->filter == &kq_read)
        return (ready & POLLRDHUP) != 0;
    return (ready & POLLHUP) != 0 || sends_no_more(fd);
}

static bool is_ready(struct knote *kn)
{
    bool reads = kn->filter == &kq_read;
    struct pollfd asked = {
        .fd = (int)kn->told.ident,
        .events = (short)((reads ? POLLIN : POLLOUT) | POLLRDHUP),
    };
    const int any = asked.events | POLLHUP | POLLERR;
    bool end;

    if (!kn->pollable)
        return is_file_ready(kn);
    if (is_wrong_end(kn) || poll(&asked, 1, 0) <= 0 ||
        is_idle_socket(kn, asked.revents))
        return false;
    if ((asked.revents & (reads ? any : any & ~POLLRDHUP)) == 0)
        return false; /* it is for a reader to know of the peer's end */
    end = is_at_end(kn, asked.revents);
    kn->told.flags =
        (unsigned short)((kn->told.flags & ~EV_EOF) | (end ? EV_EOF : 0));
    kn->told.fflags = 0;
    if (end && S_ISSOCK(kn->seen.st_mode) && (asked.revents & POLLERR) != 0)
        kn->told.fflags = guess_error(asked.fd);
    if (end && !reads && S_ISFIFO(kn->seen.st_mode))
        kn->told.flags |= EV_ONESHOT; /* FreeBSD's pipe drops its watchers */
    kn->told.data =
        reads ? bytes_to_read(asked.fd) : room_to_write(kn, asked.fd);
    return end || (asked.revents & POLLERR) != 0 ||
           kn->told.data >= low_water(kn);
}

const struct filter kq_read = {
    .id = EVFILT_READ,
    .takes_fd = true,
    .edges = EPOLLIN | EPOLLRDHUP,
    .attach = attach,
    .change = kq_take,
    .ready = is_ready,
};

const struct filter kq_write = {
    .id = EVFILT_WRITE,
    .takes_fd = true,
    .edges = EPOLLOUT,
    .attach = attach,
    .change = kq_take,
    .ready = is_ready,
};
