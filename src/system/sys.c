/* SPDX-License-Identifier: MIT */
/* sys.c - the default table: the real system calls, with errors as values. */
#include "system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int value_of(int result)
{
    return result < 0 ? -errno : result;
}

static int sys_bind(void *arg, int fd, const struct sockaddr *address,
                    socklen_t size)
{
    (void)arg;
    return value_of(bind(fd, address, size));
}

static int sys_listen(void *arg, int fd, int backlog)
{
    (void)arg;
    return value_of(listen(fd, backlog));
}

static int sys_connect(void *arg, int fd, const struct sockaddr *address,
                       socklen_t size)
{
    (void)arg;
    return value_of(connect(fd, address, size));
}

static int sys_shutdown(void *arg, int fd, int how)
{
    (void)arg;
    return value_of(shutdown(fd, how));
}

/* Never again after EINTR: the number may be somebody else's by then (T22). */
static int sys_close(void *arg, int fd)
{
    (void)arg;
    return value_of(close(fd));
}

static int sys_getsockopt(void *arg, int fd, int level, int name, void *value,
                          socklen_t *size)
{
    (void)arg;
    return value_of(getsockopt(fd, level, name, value, size));
}

static int sys_setsockopt(void *arg, int fd, int level, int name,
                          const void *value, socklen_t size)
{
    (void)arg;
    return value_of(setsockopt(fd, level, name, value, size));
}

static int sys_getsockname(void *arg, int fd, struct sockaddr *address,
                           socklen_t *size)
{
    (void)arg;
    return value_of(getsockname(fd, address, size));
}

static int sys_getpeername(void *arg, int fd, struct sockaddr *address,
                           socklen_t *size)
{
    (void)arg;
    return value_of(getpeername(fd, address, size));
}

static int sys_set_nonblocking(void *arg, int fd)
{
    int flags = fcntl(fd, F_GETFL);

    (void)arg;
    if (flags < 0)
        return -errno;
    (void)eddy__keep_sigpipe_off(fd); /* if it is a socket */
    if ((flags & O_NONBLOCK) != 0)
        return 0;
    return value_of(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

static int sys_is_stream(void *arg, int fd)
{
    int type;
    socklen_t size = sizeof type;
    struct stat info;

    (void)arg;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0)
        return type == SOCK_STREAM ? 1 : -EPROTOTYPE;
    if (errno != ENOTSOCK || fstat(fd, &info) < 0)
        return -errno;
    return S_ISREG(info.st_mode) || S_ISDIR(info.st_mode) ? -EPERM : 0;
}

static int sys_socket_id(void *arg, const char *path, uint64_t ret_id[2])
{
    struct stat info;

    (void)arg;
    if (lstat(path, &info) < 0)
        return -errno;
    if (!S_ISSOCK(info.st_mode))
        return -EADDRINUSE;
    ret_id[0] = (uint64_t)info.st_dev;
    ret_id[1] = (uint64_t)info.st_ino;
    return 0;
}

static int sys_unlink(void *arg, const char *path)
{
    (void)arg;
    return value_of(unlink(path));
}

static int sys_waitpid(void *arg, pid_t pid, int *ret_status)
{
    (void)arg;
    return value_of((int)waitpid(pid, ret_status, WNOHANG));
}

#if !defined(EDDY_EXIT_PIDFD) && !defined(EDDY_EXIT_KQUEUE)
static int sys_no_exit_fd(void *arg, pid_t pid)
{
    (void)arg;
    (void)pid;
    return -ENOSYS;
}
#endif

const struct eddy_sys *eddy_sys_default(void)
{
    static const struct eddy_sys sys = {
        .abi = EDDY_SYS_ABI,
        .socket = eddy__socket,
        .bind = sys_bind,
        .listen = sys_listen,
        .accept = eddy__accept,
        .connect = sys_connect,
        .shutdown = sys_shutdown,
        .close = sys_close,
        .recv = eddy__recv,
        .send = eddy__send,
        .getsockopt = sys_getsockopt,
        .setsockopt = sys_setsockopt,
        .getsockname = sys_getsockname,
        .getpeername = sys_getpeername,
        .set_nonblocking = sys_set_nonblocking,
        .is_stream = sys_is_stream,
        .socket_id = sys_socket_id,
        .unlink = sys_unlink,
        .resolve = eddy__resolve,
        .file_open = eddy__file_open,
        .is_file = eddy__is_file,
        .file_read = eddy__file_read,
        .file_read_now = eddy__file_read_now,
        .file_write = eddy__file_write,
        .file_append = eddy__file_append,
        .file_sync = eddy__file_sync,
        .file_truncate = eddy__file_truncate,
        .file_status = eddy__file_status,
#if defined(EDDY_EXIT_PIDFD)
        .exit_fd = eddy__exit_pidfd,
#elif defined(EDDY_EXIT_KQUEUE)
        .exit_fd = eddy__exit_kqueue,
#else
        .exit_fd = sys_no_exit_fd,
#endif
        .waitpid = sys_waitpid,
    };

    return &sys;
}
