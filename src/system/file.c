/* SPDX-License-Identifier: MIT */
/* file.c - files at offsets; what of this blocks is called in a thread. */
#include "system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <eddy/file.h>

#ifdef O_DIRECT
enum { DIRECT = O_DIRECT };
#else
enum { DIRECT = 0 };
#endif

/* ---- Opening ------------------------------------------------------------ */

/* A pipe, a socket or a terminal has no offset to begin with. */
int eddy__is_file(void *arg, int fd)
{
    int flags;

    (void)arg;
    if (lseek(fd, 0, SEEK_CUR) < 0)
        return -errno;
    flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return -errno;
    return (int)(((flags & O_APPEND) != 0 ? EDDY_FILE_APPENDS : 0) |
                 ((flags & DIRECT) != 0 ? EDDY_FILE_DIRECT : 0));
}

/* O_NONBLOCK means nothing to a file; but FIFOs are opened at once with it, and
 * what is leased to another process is refused, which is worth waiting for. */
static int open_patiently(const char *path, int flags, mode_t mode)
{
    int fd = open(path, flags | O_NONBLOCK, mode);

    if (fd < 0 && errno == EWOULDBLOCK)
        fd = open(path, flags, mode);
    return fd;
}

static int settle(int fd, int flags)
{
    int err = eddy__is_file(NULL, fd);

    if (err >= 0 && (flags & O_NONBLOCK) == 0) {
        int now = fcntl(fd, F_GETFL);

        err = now < 0 || fcntl(fd, F_SETFL, now & ~O_NONBLOCK) < 0 ? -errno : 0;
    }
    if (err >= 0)
        return fd;
    (void)close(fd);
    return err;
}

int eddy__file_open(void *arg, const char *path, int flags, mode_t mode)
{
    int fd = eddy__above_stdio(
        open_patiently(path, flags | O_CLOEXEC | O_NOCTTY, mode));

    (void)arg;
    return fd < 0 ? fd : settle(fd, flags);
}

/* ---- Bytes -------------------------------------------------------------- */

int64_t eddy__file_read(void *arg, int fd, void *buf, size_t size,
                        int64_t offset)
{
    ssize_t n = pread(fd, buf, size, (off_t)offset);

    (void)arg;
    return n < 0 ? -errno : n;
}

#if defined(HAVE_PREADV2) && defined(RWF_NOWAIT)
int64_t eddy__file_read_now(void *arg, int fd, void *buf, size_t size,
                            int64_t offset)
{
    struct iovec all = { buf, size };
    ssize_t n = preadv2(fd, &all, 1, (off_t)offset, RWF_NOWAIT);

    (void)arg;
    if (n >= 0)
        return n;
    return errno == ENOSYS ? -EOPNOTSUPP : -errno;
}
#else
int64_t eddy__file_read_now(void *arg, int fd, void *buf, size_t size,
                            int64_t offset)
{
    (void)arg;
    (void)fd;
    (void)buf;
    (void)size;
    (void)offset;
    return -EOPNOTSUPP;
}
#endif

int64_t eddy__file_write(void *arg, int fd, const void *buf, size_t size,
                         int64_t offset)
{
    ssize_t n = pwrite(fd, buf, size, (off_t)offset);

    (void)arg;
    return n < 0 ? -errno : n;
}

int64_t eddy__file_append(void *arg, int fd, const void *buf, size_t size)
{
    ssize_t n = write(fd, buf, size);

    (void)arg;
    return n < 0 ? -errno : n;
}

int eddy__file_truncate(void *arg, int fd, int64_t size)
{
    (void)arg;
    return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

#ifdef F_FULLFSYNC
/* There fsync() leaves the bytes in the memory of the disk; but not every file
 * system can do more. */
static int sync_to_disk(int fd, bool data_only)
{
    (void)data_only;
    return fcntl(fd, F_FULLFSYNC) < 0 ? fsync(fd) : 0;
}
#else
static int sync_to_disk(int fd, bool data_only)
{
    return data_only ? fdatasync(fd) : fsync(fd);
}
#endif

int eddy__file_sync(void *arg, int fd, bool data_only)
{
    (void)arg;
    return sync_to_disk(fd, data_only) < 0 ? -errno : 0;
}

/* ---- Status ------------------------------------------------------------- */

#ifdef HAVE_STRUCT_STAT_ST_MTIMESPEC
#define TIME(info, which) ns_of((info)->st_##which##timespec)
#else
#define TIME(info, which) ns_of((info)->st_##which##tim)
#endif

/* A file may be from before 1677 or after 2262: then that is what it says. */
static int64_t ns_of(struct timespec time)
{
    const int64_t most = INT64_MAX / EDDY_SECOND;

    if (time.tv_sec >= most)
        return INT64_MAX;
    if (time.tv_sec <= -most)
        return INT64_MIN;
    return (int64_t)time.tv_sec * EDDY_SECOND + time.tv_nsec;
}

int eddy__file_status(void *arg, int fd, const char *path,
                      struct eddy_file_status *ret_status)
{
    struct stat info;

    (void)arg;
    if ((path != NULL ? stat(path, &info) : fstat(fd, &info)) < 0)
        return -errno;
    *ret_status = (struct eddy_file_status){
        .size = info.st_size,
        .allocated = (int64_t)info.st_blocks * 512,
        .modified_ns = TIME(&info, m),
        .accessed_ns = TIME(&info, a),
        .changed_ns = TIME(&info, c),
        .device = (uint64_t)info.st_dev,
        .inode = (uint64_t)info.st_ino,
        .links = (uint64_t)info.st_nlink,
        .mode = info.st_mode,
        .uid = info.st_uid,
        .gid = info.st_gid,
    };
    return 0;
}
