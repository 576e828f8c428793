/* SPDX-License-Identifier: MIT */
/*
 * eddy/file.h - files on a disk.
 *
 * Such a file is never "not ready": whoever reads it waits for the disk, or
 * finds the bytes in memory and does not, and no poller can tell which. So the
 * reading is done by somebody else: by the poller, where it can (io_uring), and
 * else by a thread of the loop's pool, unless the system gives at once what it
 * has in memory. True of all operations here:
 *
 * - They run at once, in no order; who needs one after the other waits between
 *   them. Only those that append to the same file do so in their order.
 * - The buffer belongs to the operation until it is done. What has begun is
 *   waited for, also when it is cancelled or runs out of time, for somebody
 *   writes to the buffer, or reads it; and if it succeeds, that is the result.
 *   What has not begun ends with -ECANCELED, and what is large may end so
 *   half-way. A disk that hangs is waited for without an end.
 * - Errors are those of the system. A failure tells in result.done how much
 *   was read or written before it.
 * - In a child, after eddy_loop_after_fork(), what was under way ends with
 *   -ECANCELED: it is the parent's, and done there.
 * - A virtual clock does not jump while one is under way.
 */
#ifndef EDDY_FILE_H
#define EDDY_FILE_H

#include <fcntl.h>
#include <sys/types.h>

#include <eddy/op.h>

EDDY_BEGIN_DECLS

/* ---- Getting one -------------------------------------------------------- */

/*
 * Opens a file: flags and mode are those of open(), with O_CREAT and the like.
 * n: 0, and the file is result.file, and stored in *ret_file unless that is
 * NULL. The path belongs to the operation until it is done. The descriptor is
 * close-on-exec and above 2. -ENOENT, -EACCES, -ENOTDIR, -EISDIR (a directory,
 * to be written), -EMFILE ...; -ESPIPE: what has no offsets, a FIFO or a
 * terminal, of which one makes a stream; -ENXIO: a socket, or a FIFO that
 * nobody reads. A directory can be opened for reading, and be synced, though
 * reading it is -EISDIR.
 */
EDDY_OP struct eddy_op eddy_file_open(const char *path, int flags, mode_t mode,
                                      struct eddy_file **ret_file);

/* Takes over a descriptor that is open. -EBADF; -ESPIPE; -ENOMEM. On failure it
 * is still yours. */
EDDY_API int eddy_file_new(struct eddy_file **ret_file, struct eddy_loop *loop,
                           int take_fd);

/* ---- Reading and writing ------------------------------------------------ */

/* Bytes from `offset` on. n: how many; fewer than size only at the end of the
 * file, 0 at it and beyond. -EISDIR; -EBADF if it is not open for reading;
 * -EINVAL for a negative offset, -EOVERFLOW if offset + size is beyond 63 bits.
 * Any size: what the system does not take in one call it is asked for again. */
EDDY_OP struct eddy_op eddy_file_read(struct eddy_file *file, void *buf,
                                      size_t size, int64_t offset);

/* n: size, always: less is an error. -ENOSPC, -EDQUOT; -EFBIG, when the system
 * may also send SIGXFSZ, as ever; -EBADF if it is not open for writing, -EINVAL
 * if it was opened with O_APPEND (systems differ in what that would do); else
 * as reading. It is on the disk after eddy_file_sync(). */
EDDY_OP struct eddy_op eddy_file_write(struct eddy_file *file, const void *buf,
                                       size_t size, int64_t offset);

/* Writes at the end of the file, wherever that is by then; -EINVAL unless it
 * was opened with O_APPEND. n as above. Those on one file go one after the
 * other. What another process appends comes before or after them, not into the
 * midst, unless the system takes one in pieces: where a disk is full, or of
 * more than some megabytes. */
EDDY_OP struct eddy_op eddy_file_append(struct eddy_file *file, const void *buf,
                                        size_t size);

/* n: 0, when all that was written before this began is on the disk. data_only:
 * leaves out what is not needed to read it again, the times of the file. An
 * error (-EIO, -ENOSPC, -EDQUOT) is told once by most systems, and what was
 * written since the last success may be lost. */
EDDY_OP struct eddy_op eddy_file_sync(struct eddy_file *file, bool data_only);

/* Cuts the file off, or makes it longer by a hole. n: 0. -EINVAL also for a
 * file that cannot, or is not open for writing. */
EDDY_OP struct eddy_op eddy_file_truncate(struct eddy_file *file, int64_t size);

/* ---- What is known of it ------------------------------------------------ */

/* Times are nanoseconds of the world's clock since 1970. */
struct eddy_file_status {
    int64_t size;      /* in bytes */
    int64_t allocated; /* bytes on the disk: fewer, if there are holes */
    int64_t modified_ns, accessed_ns, changed_ns;
    uint64_t device, inode, links;
    mode_t mode; /* the kind, for S_ISREG() and the like, and permissions */
    uid_t uid;
    gid_t gid;
};

/* n: 0. */
EDDY_OP struct eddy_op eddy_file_status(struct eddy_file *file,
                                        struct eddy_file_status *ret_status);
/* Of what the path leads to, links followed; anything may be there. -ENOENT,
 * -EACCES, -ENOTDIR, -ELOOP. */
EDDY_OP struct eddy_op eddy_path_status(const char *path,
                                        struct eddy_file_status *ret_status);

/* The descriptor, still the file's; -EBADF once it is being closed. */
EDDY_API int eddy_file_fd(const struct eddy_file *file);
EDDY_API struct eddy_loop *eddy_file_loop(const struct eddy_file *file);

/* ---- The end ------------------------------------------------------------ */

/*
 * Closes: from now on new operations get -EBADF; those under way are waited
 * for, not cancelled. n: 0, or the error that the system tells then, of what
 * could not be written after all: -EIO, -ENOSPC, -EDQUOT. Either way it is
 * closed, and freed when on_done returns. Cancelling it, or its running out of
 * time, changes nothing. -EALREADY: a second time.
 * It is not eddy_file_sync(): what was written may still be on its way.
 */
EDDY_OP struct eddy_op eddy_file_close(struct eddy_file *file);

/* The same for who does not wait, and does not want to know: at once, or when
 * what is under way has ended. It is the loop's thread that closes it, which
 * takes long where what was written goes over a network, or a large file has
 * been deleted: then eddy_file_close() is better. Needs no memory. The file
 * must not be used afterwards. NULL: nothing. */
EDDY_API void eddy_file_free(struct eddy_file *file);

EDDY_END_DECLS

#endif
