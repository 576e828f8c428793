/* SPDX-License-Identifier: MIT */
/*
 * eddy/sys.h - the system calls that operations make.
 *
 * A table, so that a test, a simulator or a sandbox can stand in for the
 * system: eddy_loop_options.sys. To change one call, copy the default table and
 * replace one slot. Every slot is required; each returns what the system call
 * of its name would, but a failure as a negative errno. All descriptors they
 * make are close-on-exec, non-blocking and above 2.
 */
#ifndef EDDY_SYS_H
#define EDDY_SYS_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <eddy/base.h>
#include <eddy/net.h>

EDDY_BEGIN_DECLS

#define EDDY_SYS_ABI 1u

struct eddy_file_status;

/* How a file was opened. */
#define EDDY_FILE_APPENDS (1u << 0) /* with O_APPEND */
#define EDDY_FILE_DIRECT  (1u << 1) /* with O_DIRECT: it is never in memory */

struct eddy_sys {
    unsigned abi; /* EDDY_SYS_ABI */
    void *arg;    /* handed to every call */

    int (*socket)(void *arg, int family, int type, int protocol);
    int (*bind)(void *arg, int fd, const struct sockaddr *address,
                socklen_t size);
    int (*listen)(void *arg, int fd, int backlog);
    int (*accept)(void *arg, int fd);
    int (*connect)(void *arg, int fd, const struct sockaddr *address,
                   socklen_t size);
    int (*shutdown)(void *arg, int fd, int how);
    int (*close)(void *arg, int fd);

    /* recv() and send() for sockets, read() and write() for the rest; no
     * SIGPIPE from either. -EINTR is taken for -EAGAIN. */
    int64_t (*recv)(void *arg, int fd, bool socket, void *buf, size_t size);
    int64_t (*send)(void *arg, int fd, bool socket, const struct iovec *iov,
                    int count);

    int (*getsockopt)(void *arg, int fd, int level, int name, void *value,
                      socklen_t *size);
    int (*setsockopt)(void *arg, int fd, int level, int name, const void *value,
                      socklen_t size);
    int (*getsockname)(void *arg, int fd, struct sockaddr *address,
                       socklen_t *size);
    int (*getpeername)(void *arg, int fd, struct sockaddr *address,
                       socklen_t *size);
    int (*set_nonblocking)(void *arg, int fd);
    /* 1: a stream socket; 0: a pipe, a terminal or the like; -EPROTOTYPE:
     * another kind of socket; -EPERM: a regular file or directory. */
    int (*is_stream)(void *arg, int fd);

    /* Which file the socket at path is: its device and inode. -ENOENT;
     * -EADDRINUSE: there is something that is no socket. */
    int (*socket_id)(void *arg, const char *path, uint64_t ret_id[2]);
    int (*unlink)(void *arg, const char *path);

    /* Blocks: called on the pool. Up to cap addresses of a host, in the order
     * to try them; the number found, or -ENOENT: no such host, -EAGAIN: ask
     * again later, ... */
    int (*resolve)(void *arg, const char *host, uint16_t port, unsigned flags,
                   struct eddy_address *out, int cap);

    /* Files. All but is_file and file_read_now block: on the pool. */

    /* A descriptor that can be read at an offset; -ESPIPE, and nothing is left
     * open, if it is of a pipe, a terminal or the like: for those it does not
     * wait, either. */
    int (*file_open)(void *arg, const char *path, int flags, mode_t mode);
    /* A set of EDDY_FILE_x; -ESPIPE: as above. */
    int (*is_file)(void *arg, int fd);
    int64_t (*file_read)(void *arg, int fd, void *buf, size_t size,
                         int64_t offset);
    /* What of it is in memory, or 0 at the end. -EAGAIN: nothing is, or nobody
     * knows; -EOPNOTSUPP: nor will be, for this file. */
    int64_t (*file_read_now)(void *arg, int fd, void *buf, size_t size,
                             int64_t offset);
    int64_t (*file_write)(void *arg, int fd, const void *buf, size_t size,
                          int64_t offset);
    int64_t (*file_append)(void *arg, int fd, const void *buf, size_t size);
    /* data_only: no more than what is needed to read the bytes again. */
    int (*file_sync)(void *arg, int fd, bool data_only);
    int (*file_truncate)(void *arg, int fd, int64_t size);
    /* Of fd, or of the path if that is not NULL. */
    int (*file_status)(void *arg, int fd, const char *path,
                       struct eddy_file_status *ret_status);

    /* A descriptor that is readable once the child has ended (a pidfd, or a
     * kqueue of its own); -ENOSYS: use SIGCHLD. */
    int (*exit_fd)(void *arg, pid_t pid);
    /* waitpid() with WNOHANG: the pid, or 0. */
    int (*waitpid)(void *arg, pid_t pid, int *ret_status);
};

/* The real ones. [any thread] */
EDDY_API const struct eddy_sys *eddy_sys_default(void);

EDDY_END_DECLS

#endif
