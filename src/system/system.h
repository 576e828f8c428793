/* SPDX-License-Identifier: MIT */
/* system.h - the pieces of the default table of system calls. */
#ifndef EDDY_SYSTEM_H
#define EDDY_SYSTEM_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>

#include <eddy/sys.h>

int eddy__socket(void *arg, int family, int type, int protocol);
int eddy__accept(void *arg, int fd);
int64_t eddy__recv(void *arg, int fd, bool socket, void *buf, size_t size);
int64_t eddy__send(void *arg, int fd, bool socket, const struct iovec *iov,
                   int count);
int eddy__resolve(void *arg, const char *host, uint16_t port, unsigned flags,
                  struct eddy_address *out, int cap);
int eddy__exit_pidfd(void *arg, pid_t pid);
int eddy__exit_kqueue(void *arg, pid_t pid);
int eddy__file_open(void *arg, const char *path, int flags, mode_t mode);
int eddy__is_file(void *arg, int fd);
int64_t eddy__file_read(void *arg, int fd, void *buf, size_t size,
                        int64_t offset);
int64_t eddy__file_read_now(void *arg, int fd, void *buf, size_t size,
                            int64_t offset);
int64_t eddy__file_write(void *arg, int fd, const void *buf, size_t size,
                         int64_t offset);
int64_t eddy__file_append(void *arg, int fd, const void *buf, size_t size);
int eddy__file_sync(void *arg, int fd, bool data_only);
int eddy__file_truncate(void *arg, int fd, int64_t size);
int eddy__file_status(void *arg, int fd, const char *path,
                      struct eddy_file_status *ret_status);

/* Returns fd, which raises no SIGPIPE any more where a socket can say so. */
int eddy__keep_sigpipe_off(int fd);

/* A descriptor that lies above stdio; or -errno, with fd closed. */
int eddy__above_stdio(int fd);

#endif
