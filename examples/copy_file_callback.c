/* SPDX-License-Identifier: MIT */
/* copy_file_callback.c - copies a file, and tells how far it is; nothing else
 * in the loop would wait for the disk. Try: copy_file_callback FROM TO */
#include <stdio.h>

#include <eddy.h>

struct copy {
    struct eddy_loop *loop;
    struct eddy_file *from, *to;
    int64_t at, err;
    char bytes[1 << 20];
};

static void read_part(struct copy *copy);

static void start(struct copy *copy, struct eddy_op op, eddy_done_fn *on_done)
{
    copy->err = eddy_start(copy->loop, op, on_done, copy, NULL);
}

static void on_written(struct eddy_result put, void *arg)
{
    struct copy *copy = arg;

    copy->err = put.n;
    if (put.n < 0)
        return;
    copy->at += put.n;
    printf("%lld bytes\n", (long long)copy->at);
    read_part(copy);
}

static void on_read(struct eddy_result got, void *arg)
{
    struct copy *copy = arg;
    size_t size = (size_t)got.n;

    copy->err = got.n;
    if (got.n > 0)
        start(copy, eddy_file_write(copy->to, copy->bytes, size, copy->at),
              on_written);
}

static void read_part(struct copy *copy)
{
    start(copy, eddy_file_read(copy->from, copy->bytes, 1 << 20, copy->at),
          on_read);
}

/* What need not go on beside other things. */
static void run(struct copy *copy, struct eddy_op op)
{
    if (copy->err >= 0)
        copy->err = eddy_loop_run_until(copy->loop, op).n;
}

int main(int argc, char **argv)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    static struct copy copy;

    if (argc != 3 || eddy_loop_new(&copy.loop, NULL) < 0)
        return 2;
    run(&copy, eddy_file_open(argv[1], O_RDONLY, 0, &copy.from));
    run(&copy, eddy_file_open(argv[2], flags, 0666, &copy.to));
    if (copy.err >= 0)
        read_part(&copy);
    eddy_loop_run(copy.loop);
    run(&copy, eddy_file_sync(copy.to, false));
    if (copy.err < 0)
        printf("%s\n", eddy_strerror((int)copy.err));
    eddy_file_free(copy.from);
    eddy_file_free(copy.to);
    eddy_loop_free(copy.loop);
    return copy.err < 0;
}
