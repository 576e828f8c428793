/* SPDX-License-Identifier: MIT */
/*
 * file.c - the life of a file.
 *
 * The file has room for the one call that opens it and the one that closes it,
 * so neither can leave a descriptor behind for want of memory.
 */
#include "file.h"

static int64_t make_open(const struct file_call *call,
                         const struct eddy_io *part)
{
    const struct eddy_sys *sys = call->file->sys;

    (void)part;
    return sys->file_open(sys->arg, call->path, call->flags, call->mode);
}

/* Never again after EINTR: the number may be somebody else's by then (T22). */
static int64_t make_close(const struct file_call *call,
                          const struct eddy_io *part)
{
    const struct eddy_sys *sys = call->file->sys;
    int err = sys->close(sys->arg, part->fd);

    return err == -EINTR ? 0 : err;
}

static struct eddy_file *file_of(struct file_call *call)
{
    return EDDY_CONTAINER_OF(call, struct eddy_file, call);
}

static void free_file(struct eddy_file *file)
{
    const struct eddy_mem *mem = &eddy_loop_settings(file->loop)->mem;

    (void)mem->resize(mem->arg, file, 0);
}

static void bury(struct eddy_call *call)
{
    free_file(EDDY_CONTAINER_OF(call, struct eddy_file, burial));
}

/* ---- The end ------------------------------------------------------------ */

static void closed(struct file_call *call, int64_t n)
{
    struct eddy_file *file = file_of(call);

    if (!atomic_load(&call->begun)) { /* there was no thread for it */
        struct eddy_io part = { .fd = file->fd };

        n = make_close(call, &part);
    }
    eddy_loop_disown(file->loop, &file->owned);
    if (file->request != NULL)
        eddy_complete(file->request, eddy_n(n));
    eddy_complete_call(file->loop, &file->burial);
}

/* By a thread only if somebody waits for it. */
static void close_if_idle(struct eddy_file *file)
{
    static const struct file_verb verb = { .make = make_close };
    struct file_call *call = &file->call;

    if (!file->closing || file->under_way > 0)
        return;
    atomic_store(&call->begun, false);
    atomic_store(&call->cancelled, false);
    call->done = closed;
    if (file->request == NULL || eddy__file_ask(call, &verb) < 0)
        closed(call, 0);
}

void eddy__file_let_go(struct eddy_file *file)
{
    file->under_way--;
    close_if_idle(file);
}

static bool start_close(struct eddy_request *request,
                        struct eddy_result *ret_result)
{
    struct eddy_file *file = eddy_request_on(request);
    int err = eddy__file_check(file, request);

    *ret_result = eddy_n(err == -EBADF ? -EALREADY : err);
    if (err < 0)
        return true;
    file->request = request;
    file->closing = true;
    close_if_idle(file);
    return false;
}

/* It comes to an end without being asked. */
static void cancel_close(struct eddy_request *request)
{
    (void)request;
}

struct eddy_op eddy_file_close(struct eddy_file *file)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_ENDS,
        .name = "file close",
        .start = start_close,
        .cancel = cancel_close,
    };

    return (struct eddy_op){ .type = &type, .on = file };
}

void eddy_file_free(struct eddy_file *file)
{
    if (file == NULL || eddy_loop_check(file->loop) < 0 || file->closing)
        return;
    file->closing = true;
    close_if_idle(file);
}

static void drop_file(void *file)
{
    eddy_file_free(file);
}

static void close_owned(struct eddy_owned *owned)
{
    eddy_file_free(EDDY_CONTAINER_OF(owned, struct eddy_file, owned));
}

/* ---- Birth -------------------------------------------------------------- */

static struct eddy_file *new_file(struct eddy_loop *loop)
{
    const struct eddy_loop_options *settings = eddy_loop_settings(loop);
    struct eddy_file *file =
        settings->mem.resize(settings->mem.arg, NULL, sizeof *file);

    if (file == NULL)
        return NULL;
    memset(file, 0, sizeof *file);
    file->loop = file->call.loop = loop;
    file->call.file = file;
    file->sys = settings->sys;
    file->pid = getpid();
    file->burial.run = bury;
    return file;
}

static void own(struct eddy_file *file, int fd, unsigned how)
{
    static const struct eddy_owned_type type = { "file", close_owned };

    file->fd = fd;
    file->appends = (how & EDDY_FILE_APPENDS) != 0;
    file->asks = (how & EDDY_FILE_DIRECT) != 0;
    eddy_loop_own(file->loop, &file->owned, &type);
}

static void opened(struct file_call *call, int64_t n)
{
    struct eddy_file *file = file_of(call);
    struct eddy_request *request = file->request;
    struct eddy_result result = eddy_n(n);

    file->request = NULL;
    if (n >= 0) {
        int how = file->sys->is_file(file->sys->arg, (int)n);

        own(file, (int)n, how > 0 ? (unsigned)how : 0);
        result.n = 0;
        result.file = file;
    } else {
        free_file(file);
    }
    eddy_complete(request, result);
}

static void cancel_open(struct eddy_request *request)
{
    struct eddy_file *file = eddy_pointer(eddy_request_words(request)[1]);

    eddy__file_leave(&file->call);
}

/* word: ret_file; path, then the file; flags | mode << 32. */
static int begin_open(struct eddy_request *request)
{
    static const struct file_verb verb = { .make = make_open };
    uint64_t *words = eddy_request_words(request);
    struct eddy_file *file;
    int err;

    if (words[1] == 0)
        return -EINVAL;
    file = new_file(eddy_request_loop(request));
    if (file == NULL)
        return -ENOMEM;
    file->request = request;
    file->call.path = eddy_pointer(words[1]);
    file->call.flags = (int)(uint32_t)words[2];
    file->call.mode = (mode_t)(words[2] >> 32);
    file->call.done = opened;
    words[1] = eddy_word(file);
    err = eddy__file_ask(&file->call, &verb);
    if (err < 0)
        free_file(file);
    return err;
}

static bool start_open(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    int err = begin_open(request);

    *ret_result = eddy_n(err);
    return err < 0;
}

struct eddy_op eddy_file_open(const char *path, int flags, mode_t mode,
                              struct eddy_file **ret_file)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_MAKES,
        .name = "file open",
        .start = start_open,
        .cancel = cancel_open,
        .drop = drop_file,
    };

    return (struct eddy_op){
        .type = &type,
        .word = { eddy_word(ret_file), eddy_word(path),
                  (uint32_t)flags | (uint64_t)mode << 32 },
    };
}

int eddy_file_new(struct eddy_file **ret_file, struct eddy_loop *loop,
                  int take_fd)
{
    const struct eddy_sys *sys;
    struct eddy_file *file;
    int how, err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (ret_file == NULL)
        return -EINVAL;
    sys = eddy_loop_settings(loop)->sys;
    how = sys->is_file(sys->arg, take_fd);
    if (how < 0)
        return how;
    file = new_file(loop);
    if (file == NULL)
        return -ENOMEM;
    own(file, take_fd, (unsigned)how);
    eddy_loop_note_origin(loop, &file->owned, __builtin_return_address(0));
    *ret_file = file;
    return 0;
}

/* ---- Looking at it ------------------------------------------------------ */

int eddy__file_check(const struct eddy_file *file,
                     const struct eddy_request *request)
{
    if (file == NULL)
        return -EINVAL;
    if (file->loop != eddy_request_loop(request))
        return -EXDEV;
    return file->closing ? -EBADF : 0;
}

int eddy_file_fd(const struct eddy_file *file)
{
    if (file == NULL)
        return -EINVAL;
    return file->closing ? -EBADF : file->fd;
}

struct eddy_loop *eddy_file_loop(const struct eddy_file *file)
{
    return file == NULL ? NULL : file->loop;
}
