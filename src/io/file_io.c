/* SPDX-License-Identifier: MIT */
/*
 * file_io.c - operations on an open file, and on a path.
 *
 *     word[0]   the buffer, or where the status goes
 *     word[1]   its size
 *     word[2]   the offset, or the size to cut off at
 *     word[3]   data_only, of a sync; the path, where there is no file
 */
#include "file.h"

enum { AT_ONCE = 1 << 18 }; /* more is not copied in the loop's time */

struct file_op { /* larger than the words of a request */
    struct file_call call;
    struct eddy_request *request;
    struct file_op *next; /* to append after this one */
};

struct file_type {
    struct eddy_op_type op; /* must be first */
    struct file_verb verb;
    int appends;    /* 1: only to what was opened so; -1: only to others */
    bool needs_buf; /* though it has no size */
};

static const struct file_type *type_of(const struct eddy_request *request)
{
    return (const void *)eddy_request_type(request); /* op comes first */
}

/* ---- As a thread does it ------------------------------------------------ */

static int64_t make_read(const struct file_call *call,
                         const struct eddy_io *part)
{
    const struct eddy_sys *sys = call->file->sys;

    return sys->file_read(sys->arg, part->fd, part->buf, part->size,
                          part->offset);
}

static int64_t make_write(const struct file_call *call,
                          const struct eddy_io *part)
{
    const struct eddy_sys *sys = call->file->sys;

    return sys->file_write(sys->arg, part->fd, part->buf, part->size,
                           part->offset);
}

static int64_t make_append(const struct file_call *call,
                           const struct eddy_io *part)
{
    const struct eddy_sys *sys = call->file->sys;

    return sys->file_append(sys->arg, part->fd, part->buf, part->size);
}

static int64_t make_sync(const struct file_call *call,
                         const struct eddy_io *part)
{
    const struct eddy_sys *sys = call->file->sys;

    return sys->file_sync(sys->arg, part->fd, part->data_only);
}

static int64_t make_truncate(const struct file_call *call,
                             const struct eddy_io *part)
{
    const struct eddy_sys *sys = call->file->sys;

    return sys->file_truncate(sys->arg, part->fd, part->offset);
}

static int64_t make_status(const struct file_call *call,
                           const struct eddy_io *part)
{
    const struct eddy_sys *sys = eddy_loop_settings(call->loop)->sys;

    return sys->file_status(sys->arg, part->fd, call->path, call->buf);
}

/* ---- The end ------------------------------------------------------------ */

static void finished(struct file_call *call, int64_t n)
{
    struct file_op *op = EDDY_CONTAINER_OF(call, struct file_op, call);
    struct eddy_file *file = call->file;
    struct eddy_result result = eddy_n(n);

    if (n < 0)
        result.done = call->moved;
    eddy_complete(op->request, result); /* which frees op, later */
    if (file != NULL)
        eddy__file_let_go(file);
}

/* ---- Appending, one after the other ------------------------------------- */

static int ask(struct file_op *op)
{
    return eddy__file_ask(&op->call, &type_of(op->request)->verb);
}

static struct file_op *pop(struct eddy_file *file)
{
    struct file_op *op = file->first;

    file->first = op->next;
    if (file->first == NULL)
        file->last = NULL;
    return op;
}

static void appended(struct file_call *call, int64_t n)
{
    struct eddy_file *file = call->file;
    int err;

    (void)pop(file);
    while (file->first != NULL && (err = ask(file->first)) < 0)
        finished(&pop(file)->call, err);
    finished(call, n);
}

static int append(struct eddy_file *file, struct file_op *op)
{
    int err = file->first == NULL ? ask(op) : 0;

    if (err < 0)
        return err;
    op->call.done = appended;
    if (file->last != NULL)
        file->last->next = op;
    else
        file->first = op;
    file->last = op;
    return 0;
}

/* Does it wait for another? Not any more, then. */
static bool unqueue(struct eddy_file *file, const struct file_op *op)
{
    struct file_op *before = file->first;

    while (before != NULL && before->next != op)
        before = before->next;
    if (before == NULL)
        return false;
    before->next = op->next;
    if (file->last == op)
        file->last = before;
    return true;
}

static void cancel(struct eddy_request *request)
{
    struct file_op *op = eddy_pointer(eddy_request_words(request)[0]);
    struct eddy_file *file = op->call.file;

    if (file != NULL && unqueue(file, op))
        finished(&op->call, -ECANCELED);
    else
        eddy__file_leave(&op->call);
}

/* ---- The beginning ------------------------------------------------------ */

static int check_words(const struct file_type *type, const uint64_t *words)
{
    uint64_t size = words[1];
    int64_t offset = (int64_t)words[2];

    if (offset < 0 || (words[0] == 0 && (size > 0 || type->needs_buf)))
        return -EINVAL;
    return size > (uint64_t)(INT64_MAX - offset) ? -EOVERFLOW : 0;
}

static int check(const struct eddy_request *request, const uint64_t *words)
{
    const struct file_type *type = type_of(request);
    const struct eddy_file *file = eddy_request_on(request);
    int err = eddy__file_check(file, request);

    if (err == 0)
        err = check_words(type, words);
    if (err == 0 && type->appends != 0 && file->appends != (type->appends > 0))
        err = -EINVAL;
    return err;
}

static int begin(struct eddy_request *request, struct eddy_file *file,
                 const char *path, size_t moved)
{
    uint64_t *words = eddy_request_words(request);
    struct file_op *op = eddy_request_alloc(request, sizeof *op);
    int err;

    if (op == NULL)
        return -ENOMEM;
    op->request = request;
    op->call.loop = eddy_request_loop(request);
    op->call.file = file;
    op->call.path = path;
    op->call.buf = eddy_pointer(words[0]);
    op->call.size = (size_t)words[1];
    op->call.offset = (int64_t)words[2];
    op->call.flags = (int)words[3];
    op->call.moved = moved;
    op->call.done = finished;
    words[0] = eddy_word(op);
    err = type_of(request)->appends > 0 ? append(file, op) : ask(op);
    if (err == 0 && file != NULL)
        file->under_way++;
    return err;
}

static bool start(struct eddy_request *request, struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);
    int err = check(request, words);
    bool nothing = type_of(request)->verb.moves && words[1] == 0;

    if (err == 0 && !nothing)
        err = begin(request, eddy_request_on(request), NULL, 0);
    *ret_result = eddy_n(err);
    return err < 0 || nothing;
}

/* Where the poller does not read itself, what is in memory needs nobody. true:
 * that is all. */
static bool read_now(struct eddy_file *file, const uint64_t *words,
                     size_t *moved)
{
    char *buf = eddy_pointer(words[0]);
    size_t size = (size_t)words[1];
    int64_t n = 1;

    if (file->asks || size > AT_ONCE ||
        eddy_loop_completes(file->loop, EDDY_IO_FILE_READ))
        return size == 0;
    while (*moved < size && n > 0) {
        n = file->sys->file_read_now(file->sys->arg, file->fd, buf + *moved,
                                     size - *moved,
                                     (int64_t)words[2] + (int64_t)*moved);
        *moved += n > 0 ? (size_t)n : 0;
    }
    file->asks = n == -EOPNOTSUPP;
    return n >= 0;
}

static bool start_read(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct eddy_file *file = eddy_request_on(request);
    const uint64_t *words = eddy_request_words(request);
    int err = check(request, words);
    size_t moved = 0;

    if (err == 0 && read_now(file, words, &moved)) {
        *ret_result = eddy_n((int64_t)moved);
        return true;
    }
    if (err == 0)
        err = begin(request, file, NULL, moved);
    *ret_result = eddy_n(err);
    return err < 0;
}

static bool start_path(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    uint64_t *words = eddy_request_words(request);
    const char *path = eddy_pointer(words[3]);
    int err = check_words(type_of(request), words);

    words[3] = 0;
    if (err == 0)
        err = path == NULL ? -EINVAL : begin(request, NULL, path, 0);
    *ret_result = eddy_n(err);
    return err < 0;
}

/* ---- In public ---------------------------------------------------------- */

#define FILE_TYPE(text, starter)                                               \
    .op = {                                                                    \
        .abi = EDDY_OP_ABI, .name = text, .start = starter, .cancel = cancel   \
    }

struct eddy_op eddy_file_read(struct eddy_file *file, void *buf, size_t size,
                              int64_t offset)
{
    static const struct file_type type = {
        FILE_TYPE("file read", start_read),
        .verb = { .submits = true,
                  .io = EDDY_IO_FILE_READ,
                  .moves = true,
                  .make = make_read },
    };

    return (
        struct eddy_op){ .type = &type.op,
                         .on = file,
                         .word = { eddy_word(buf), size, (uint64_t)offset } };
}

struct eddy_op eddy_file_write(struct eddy_file *file, const void *buf,
                               size_t size, int64_t offset)
{
    static const struct file_type type = {
        FILE_TYPE("file write", start),
        .verb = { .submits = true,
                  .io = EDDY_IO_FILE_WRITE,
                  .moves = true,
                  .to_the_last = true,
                  .make = make_write },
        .appends = -1,
    };

    return (
        struct eddy_op){ .type = &type.op,
                         .on = file,
                         .word = { eddy_word(buf), size, (uint64_t)offset } };
}

struct eddy_op eddy_file_append(struct eddy_file *file, const void *buf,
                                size_t size)
{
    static const struct file_type type = {
        FILE_TYPE("file append", start),
        .verb = { .moves = true, .to_the_last = true, .make = make_append },
        .appends = 1,
    };

    return (struct eddy_op){ .type = &type.op,
                             .on = file,
                             .word = { eddy_word(buf), size } };
}

struct eddy_op eddy_file_sync(struct eddy_file *file, bool data_only)
{
    static const struct file_type type = {
        FILE_TYPE("file sync", start),
        .verb = { .submits = true, .io = EDDY_IO_FILE_SYNC, .make = make_sync },
    };

    return (struct eddy_op){ .type = &type.op,
                             .on = file,
                             .word = { 0, 0, 0, data_only } };
}

struct eddy_op eddy_file_truncate(struct eddy_file *file, int64_t size)
{
    static const struct file_type type = {
        FILE_TYPE("file truncate", start),
        .verb = { .make = make_truncate },
    };

    return (struct eddy_op){ .type = &type.op,
                             .on = file,
                             .word = { 0, 0, (uint64_t)size } };
}

struct eddy_op eddy_file_status(struct eddy_file *file,
                                struct eddy_file_status *ret_status)
{
    static const struct file_type type = {
        FILE_TYPE("file status", start),
        .verb = { .make = make_status },
        .needs_buf = true,
    };

    return (struct eddy_op){ .type = &type.op,
                             .on = file,
                             .word = { eddy_word(ret_status) } };
}

struct eddy_op eddy_path_status(const char *path,
                                struct eddy_file_status *ret_status)
{
    static const struct file_type type = {
        FILE_TYPE("path status", start_path),
        .verb = { .make = make_status },
        .needs_buf = true,
    };

    return (struct eddy_op){ .type = &type.op,
                             .word = { eddy_word(ret_status), 0, 0,
                                       eddy_word(path) } };
}
