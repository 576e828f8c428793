/* SPDX-License-Identifier: MIT */
/* socket.c - sockets that are close-on-exec, non-blocking and above stdio from
 * the first moment, on systems that can do so in one call and on others. */
#include "system.h"

#include <fcntl.h>
#include <unistd.h>

int eddy__above_stdio(int fd)
{
    int higher, err;

    if (fd < 0 || fd > STDERR_FILENO)
        return fd < 0 ? -errno : fd;
    higher = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    err = -errno;
    (void)close(fd);
    return higher < 0 ? err : higher;
}

/* Where a signal must be kept off by the socket itself. */
int eddy__keep_sigpipe_off(int fd)
{
#ifdef SO_NOSIGPIPE
    int yes = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
#endif
    return fd;
}

#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK) && defined(HAVE_ACCEPT4)

int eddy__socket(void *arg, int family, int type, int protocol)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

    (void)arg;
    return eddy__keep_sigpipe_off(eddy__above_stdio(fd));
}

int eddy__accept(void *arg, int fd)
{
    int new_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)arg;
    return eddy__keep_sigpipe_off(eddy__above_stdio(new_fd));
}

#else

/* Not atomic: a fork in another thread may come between (T73). */
static int prepare(int fd)
{
    int flags, err;

    fd = eddy__above_stdio(fd);
    if (fd < 0)
        return fd;
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        err = -errno;
        (void)close(fd);
        return err;
    }
    return eddy__keep_sigpipe_off(fd);
}

int eddy__socket(void *arg, int family, int type, int protocol)
{
    (void)arg;
    return prepare(socket(family, type, protocol));
}

int eddy__accept(void *arg, int fd)
{
    (void)arg;
    return prepare(accept(fd, NULL, NULL));
}

#endif
