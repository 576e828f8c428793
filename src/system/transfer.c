/* SPDX-License-Identifier: MIT */
/* transfer.c - bytes in and out, without SIGPIPE (T32). Nothing is tried again
 * here: what does not block is hardly ever interrupted, and who was waits for
 * the poller to say once more that it is ready. */
#include "system.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* our sockets have SO_NOSIGPIPE then */
#endif

static int64_t value_of(ssize_t n)
{
    if (n >= 0)
        return n;
    return errno == EWOULDBLOCK ? -EAGAIN : -errno; /* two names for one */
}

/* Some systems refuse more at a time than an int can count (T35). */
enum { AT_ONCE = 1 << 30 };

int64_t eddy__recv(void *arg, int fd, bool socket, void *buf, size_t size)
{
    ssize_t n;

    (void)arg;
    if (size > AT_ONCE)
        size = AT_ONCE;
    n = socket ? recv(fd, buf, size, 0) : read(fd, buf, size);
    return value_of(n);
}

/* The signal a write into a dead pipe raises comes to this very thread, and can
 * be taken back before anybody sees it; one that was pending before cannot be
 * told from it, and stays. */
static ssize_t write_quietly(int fd, const struct iovec *iov, int count)
{
    sigset_t pipe_only, pending, former;
    ssize_t n;
    int err, taken;

    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    (void)sigpending(&pending);
    if (sigismember(&pending, SIGPIPE))
        return writev(fd, iov, count);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_only, &former);
    n = writev(fd, iov, count);
    err = errno;
    if (n < 0 && err == EPIPE) {
        (void)sigpending(&pending);
        if (sigismember(&pending, SIGPIPE))
            (void)sigwait(&pipe_only, &taken);
    }
    (void)pthread_sigmask(SIG_SETMASK, &former, NULL);
    errno = err;
    return n;
}

/* Of many pieces, as many as are not too much; and of one, a part. */
static int pieces_at_once(const struct iovec *iov, int count)
{
    size_t sum = 0;
    int n = 0;

    while (n < count && iov[n].iov_len <= AT_ONCE - sum)
        sum += iov[n++].iov_len;
    return n > 0 ? n : 1;
}

__attribute__((noinline)) static ssize_t
send_pieces(int fd, bool socket, const struct iovec *iov, int count)
{
    struct iovec part = { iov->iov_base, AT_ONCE };
    struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)iov };

    if (iov->iov_len > AT_ONCE)
        message.msg_iov = &part;
    count = pieces_at_once(iov, count);
    message.msg_iovlen = (unsigned short)count; /* int or size_t */
    return socket ? sendmsg(fd, &message, MSG_NOSIGNAL)
                  : write_quietly(fd, message.msg_iov, count);
}

int64_t eddy__send(void *arg, int fd, bool socket, const struct iovec *iov,
                   int count)
{
    ssize_t n;

    (void)arg;
    n = socket && count == 1 && iov->iov_len <= AT_ONCE
            ? send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
            : send_pieces(fd, socket, iov, count);
    return value_of(n);
}
