/* SPDX-License-Identifier: MIT */
/* copy_file_coroutine.c - copy_file_callback.c, as one would write it without a
 * loop. Try: copy_file_coroutine FROM TO */
#include <stdio.h>

#include <eddy.h>

static char bytes[1 << 20]; /* a task's stack is small */

static int64_t copy(struct eddy_task *self, struct eddy_file *from,
                    struct eddy_file *to)
{
    int64_t n, at = 0;

    while ((n = eddy_await(
                self, eddy_file_read(from, bytes, sizeof bytes, at))) > 0) {
        n = eddy_await(self, eddy_file_write(to, bytes, (size_t)n, at));
        if (n < 0)
            return n;
        printf("%lld bytes\n", (long long)(at += n));
    }
    return n < 0 ? n : eddy_await(self, eddy_file_sync(to, false));
}

static struct eddy_result run(struct eddy_task *self, void *arg)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    struct eddy_file *from = NULL, *to = NULL;
    char **path = arg;
    int64_t n = eddy_await(self, eddy_file_open(path[0], O_RDONLY, 0, &from));

    if (n == 0)
        n = eddy_await(self, eddy_file_open(path[1], flags, 0666, &to));
    if (n == 0)
        n = copy(self, from, to);
    eddy_file_free(from);
    eddy_file_free(to);
    return eddy_n(n);
}

int main(int argc, char **argv)
{
    struct eddy_loop *loop;
    int64_t n;

    if (argc != 3 || eddy_loop_new(&loop, NULL) < 0)
        return 2;
    n = eddy_loop_run_task(loop, run, argv + 1).n;
    if (n < 0)
        printf("%s\n", eddy_strerror((int)n));
    eddy_loop_free(loop);
    return n < 0;
}
