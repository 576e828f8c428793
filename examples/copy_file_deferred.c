/* SPDX-License-Identifier: MIT */
/* copy_file_deferred.c - copy_file_callback.c, each part a chain */
#include <stdio.h>

#include <eddy.h>

static struct copy {
    struct eddy_loop *loop;
    struct eddy_file *from, *to;
    int64_t at;
    size_t part;
    int err;
    char bytes[1 << 20];
} copy;

static struct eddy_value keep(struct eddy_value *opened, void *slot)
{
    *(struct eddy_file **)slot = eddy_take(opened).ptr;
    return eddy_none();
}

static struct eddy_value open_to(struct eddy_value *none, void *path)
{
    int flags = O_WRONLY | O_CREAT | O_TRUNC;

    (void)none;
    return eddy_wait_for(
        eddy_defer(copy.loop, eddy_file_open(path, flags, 0666, NULL)));
}

static struct eddy_value fail(struct eddy_value *error, void *unused)
{
    (void)unused;
    copy.err = eddy_error_code(error);
    return eddy_none();
}

static struct eddy_value write_part(struct eddy_value *got, void *unused)
{
    struct eddy_op sync = eddy_file_sync(copy.to, false), write;

    (void)unused;
    copy.part = (size_t)got->n;
    write = eddy_file_write(copy.to, copy.bytes, copy.part, copy.at);
    return eddy_wait_for(eddy_defer(copy.loop, copy.part > 0 ? write : sync));
}

static struct eddy_value go_on(struct eddy_value *done, void *first)
{
    struct eddy_deferred *d;

    if (first == NULL && copy.part == 0)
        return eddy_none(); /* that was all */
    if (first == NULL)
        printf("%lld bytes\n", (long long)(copy.at += done->n));
    d = eddy_defer(copy.loop,
                   eddy_file_read(copy.from, copy.bytes, 1 << 20, copy.at));
    eddy_then(eddy_then(d, write_part, NULL), go_on, NULL);
    eddy_unref(eddy_rescue(d, fail, NULL));
    return eddy_none();
}

int main(int argc, char **argv)
{
    struct eddy_deferred *d;

    if (argc != 3 || eddy_loop_new(&copy.loop, NULL) < 0)
        return 2;
    d = eddy_defer(copy.loop, eddy_file_open(argv[1], O_RDONLY, 0, NULL));
    eddy_then(eddy_then(d, keep, &copy.from), open_to, argv[2]);
    eddy_then(eddy_then(d, keep, &copy.to), go_on, &copy);
    eddy_unref(eddy_rescue(d, fail, NULL));
    eddy_loop_run(copy.loop);
    if (copy.err < 0)
        printf("%s\n", eddy_strerror(copy.err));
    eddy_file_free(copy.from);
    eddy_file_free(copy.to);
    eddy_loop_free(copy.loop);
    return copy.err < 0;
}
