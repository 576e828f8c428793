/* SPDX-License-Identifier: MIT */
/* file.h - what the files of files share: things asked of the system that
 * somebody else waits for. */
#ifndef EDDY_FILE_PRIVATE_H
#define EDDY_FILE_PRIVATE_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <eddy/file.h>
#include <eddy/front.h>
#include <eddy/pool.h>
#include <eddy/sys.h>

struct file_call;

/* What can be asked. */
struct file_verb {
    bool submits;         /* it is safe to do twice, and the poller may know */
    enum eddy_io_what io; /* it then, by this name */
    bool moves;           /* bytes, until all are moved or the end comes */
    bool to_the_last;     /* there is no end */
    /* In a thread: one system call, for the part that is next. */
    int64_t (*make)(const struct file_call *call, const struct eddy_io *part);
};

/* One that is asked: filled in but for the first six. */
struct file_call {
    struct eddy_submission submission;
    struct eddy_job job;
    size_t moved;          /* so far */
    atomic_bool begun;     /* a thread has it, or had */
    atomic_bool cancelled; /* ends with the part that is under way */
    const struct file_verb *verb;

    struct eddy_loop *loop;
    struct eddy_file *file; /* NULL: of the path */
    const char *path;
    void *buf;
    size_t size;
    int64_t offset;
    int flags; /* to open with; or, of a sync, data_only */
    mode_t mode;
    /* From the loop, once: n as the system said, and for bytes how many. */
    void (*done)(struct file_call *call, int64_t n);
};

struct eddy_file {
    struct eddy_owned owned;
    struct eddy_loop *loop;
    const struct eddy_sys *sys;
    int fd;
    pid_t pid;    /* who made it, and what is submitted */
    bool appends; /* O_APPEND */
    bool asks;    /* it cannot be read but by who may wait */
    bool closing;
    size_t under_way;
    struct file_op *first, *last; /* those that append; the first runs */
    struct eddy_request *request; /* that opens or closes it */
    struct file_call call;        /* the same */
    struct eddy_call burial;
};

/* ---- file_call.c -------------------------------------------------------- */

/* 0, and done() follows; or why not. */
int eddy__file_ask(struct file_call *call, const struct file_verb *verb);
/* Only asks: done() follows still. */
void eddy__file_leave(struct file_call *call);

/* ---- file.c ------------------------------------------------------------- */

/* 0, or why this operation cannot begin: -EINVAL, -EXDEV, -EBADF. */
int eddy__file_check(const struct eddy_file *file,
                     const struct eddy_request *request);
/* One of those under way is over. */
void eddy__file_let_go(struct eddy_file *file);

#endif
