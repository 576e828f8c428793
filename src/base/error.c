/* SPDX-License-Identifier: MIT */
/*
 * error.c - errors in words. A table of our own: strerror() is not thread-safe,
 * its thread-safe forms differ, and "Timer expired" says little.
 */
#include <eddy/base.h>

struct words {
    int err;
    const char *name, *text;
};

#define ROW(err, text)                                                         \
    {                                                                          \
        err, #err, text                                                        \
    }

/* clang-format off */
static const struct words table[] = {
    { 0, "0", "no error" },
    ROW(E2BIG,           "argument list too long"),
    ROW(EACCES,          "permission denied"),
    ROW(EADDRINUSE,      "address already in use"),
    ROW(EADDRNOTAVAIL,   "address not available on this machine"),
    ROW(EAFNOSUPPORT,    "address family not supported"),
    ROW(EAGAIN,          "not now, try again later"),
    ROW(EALREADY,        "already under way or done"),
    ROW(EBADF,           "bad or closed descriptor"),
    ROW(EBUSY,           "in use or running"),
    ROW(ECANCELED,       "operation cancelled"),
    ROW(ECHILD,          "no such child process"),
    ROW(ECONNABORTED,    "connection aborted"),
    ROW(ECONNREFUSED,    "connection refused"),
    ROW(ECONNRESET,      "connection reset by the peer"),
    ROW(EDEADLK,         "would wait for itself"),
    ROW(EDESTADDRREQ,    "destination address required"),
    ROW(EDOM,            "argument out of domain"),
    ROW(EEXIST,          "already exists"),
    ROW(EFAULT,          "bad memory address"),
    ROW(EFBIG,           "file too large"),
    ROW(EHOSTUNREACH,    "no route to the host"),
    ROW(EINPROGRESS,     "in progress"),
    ROW(EINTR,           "interrupted by a signal"),
    ROW(EINVAL,          "invalid argument"),
    ROW(EIO,             "input or output error"),
    ROW(EISCONN,         "already connected"),
    ROW(EISDIR,          "is a directory"),
    ROW(ELOOP,           "too many symbolic links"),
    ROW(EMFILE,          "this process has too many open descriptors"),
    ROW(EMSGSIZE,        "message or line too long"),
    ROW(ENAMETOOLONG,    "name too long"),
    ROW(ENETDOWN,        "network is down"),
    ROW(ENETUNREACH,     "network is unreachable"),
    ROW(ENFILE,          "the system has too many open files"),
    ROW(ENOBUFS,         "no buffer space"),
    ROW(ENODATA,         "the end came before the data"),
    ROW(ENODEV,          "no such device"),
    ROW(ENOENT,          "no such name, file or directory"),
    ROW(ENOEXEC,         "not an executable"),
    ROW(ENOMEM,          "out of memory"),
    ROW(ENOPROTOOPT,     "no such protocol option"),
    ROW(ENOSPC,          "no space left"),
    ROW(ENOSYS,          "not supported by this system"),
    ROW(ENOTCONN,        "not connected"),
    ROW(ENOTDIR,         "not a directory"),
    ROW(ENOTEMPTY,       "directory not empty"),
    ROW(ENOTSOCK,        "not a socket"),
    ROW(ENOTSUP,         "not supported"),
    ROW(ENXIO,           "no such device or address"),
    ROW(EOVERFLOW,       "value too large"),
    ROW(EPERM,           "not permitted"),
    ROW(EPIPE,           "the other side takes no more"),
    ROW(EPROTO,          "protocol error"),
    ROW(EPROTOTYPE,      "not a stream socket"),
    ROW(EHOSTDOWN,       "host is down"),
    ROW(ENOTTY,          "not a terminal"),
    ROW(EPROTONOSUPPORT, "protocol not supported"),
    ROW(ERANGE,          "out of range"),
    ROW(EROFS,           "read-only file system"),
    ROW(ESHUTDOWN,       "the loop is being freed"),
    ROW(ESRCH,           "no such process"),
    ROW(ETIME,           "time limit ran out"),
    ROW(ETIMEDOUT,       "connection timed out"),
    ROW(ETXTBSY,         "file is being executed"),
    ROW(EXDEV,           "belongs to another loop or device"),
};
/* clang-format on */

static const struct words *find(int err)
{
    static const struct words unknown = { 0, "EUNKNOWN", "unknown error" };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].err == err || table[i].err == -(int64_t)err)
            return &table[i];
    return &unknown;
}

const char *eddy_strerror(int err)
{
    return find(err)->text;
}

const char *eddy_errname(int err)
{
    return find(err)->name;
}
