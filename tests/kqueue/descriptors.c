/* SPDX-License-Identifier: MIT */
/*
 * descriptors.c - the calls that end or duplicate a descriptor number, taken
 * over from libc: a kernel sees them all, and so must we.
 *
 * A program's own definition wins over that of a shared library, so that these
 * serve every call but those libc makes inside: fclose(), closedir() and the
 * like. The registry then sees for itself that a number has a new file.
 */
#undef _FILE_OFFSET_BITS /* it would make two fcntl64() of what follows */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The thread sanitizer keeps books on descriptors as well, in calls of its own
 * that have these names wherever it is linked. */
extern int __interceptor_close(int fd) __attribute__((weak));
extern int __interceptor_dup(int fd) __attribute__((weak));
extern int __interceptor_dup3(int fd, int to, int flags) __attribute__((weak));

static int real_close(int fd)
{
    if (__interceptor_close != NULL)
        return __interceptor_close(fd);
    return (int)syscall(SYS_close, fd);
}

static int real_dup(int fd)
{
    if (__interceptor_dup != NULL)
        return __interceptor_dup(fd);
    return (int)syscall(SYS_dup, fd);
}

static int real_dup3(int fd, int to, int flags)
{
    if (__interceptor_dup3 != NULL)
        return __interceptor_dup3(fd, to, flags);
    return (int)syscall(SYS_dup3, fd, to, flags);
}

/* It lives here so that whoever links the kqueue links this file. */
void kq_close_raw(int fd)
{
    int err = errno;

    if (fd >= 0)
        (void)real_close(fd);
    errno = err;
}

static void forget(int fd)
{
    int err = errno;

    if (kq_enter()) {
        kq_forget(fd);
        kq_leave();
    }
    errno = err;
}

/* Passes on what a call that duplicates `from` has returned. */
static int duplicated(int from, int to)
{
    int err;

    if (to < 0 || !kq_enter())
        return to;
    kq_forget(to);
    err = kq_name(from, to);
    kq_leave();
    if (err == 0)
        return to;
    kq_close_raw(to);
    errno = err;
    return -1;
}

int close(int fd)
{
    forget(fd);
    return real_close(fd);
}

int dup(int fd)
{
    return duplicated(fd, real_dup(fd));
}

int dup3(int fd, int to, int flags)
{
    if (fd != to && fcntl(fd, F_GETFD) >= 0)
        forget(to);
    return duplicated(fd, real_dup3(fd, to, flags));
}

int dup2(int fd, int to)
{
    if (fd == to)
        return fcntl(fd, F_GETFD) < 0 ? -1 : fd;
    return dup3(fd, to, 0);
}

static int control(int fd, int command, va_list arguments)
{
    /* as libc does: whether there is one, only the kernel knows */
    void *argument = va_arg(arguments, void *);
    int result = (int)syscall(SYS_fcntl, fd, command, argument);

    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
        return duplicated(fd, result);
    return result;
}

int fcntl(int fd, int command, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, command);
    result = control(fd, command, arguments);
    va_end(arguments);
    return result;
}

int fcntl64(int fd, int command, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, command);
    result = control(fd, command, arguments);
    va_end(arguments);
    return result;
}
