/* SPDX-License-Identifier: MIT */
/* system.h - the pieces of the default table of system calls. */
#ifndef EDDY_SYSTEM_H
#define EDDY_SYSTEM_H

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

/* A descriptor that lies above stdio; or -errno, with fd closed. */
int eddy__above_stdio(int fd);

#endif
