/* SPDX-License-Identifier: MIT */
/*
 * own_operation.c - an operation of a program's own: to receive a datagram. It
 * is a constructor and a table, and then all ways to wait have it, with limits,
 * cancelling and combining.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <eddy.h>

/* ---- The operation ------------------------------------------------------- */

/* What a request keeps: first the words of the op, then what it needs. */
struct datagram {
    uint64_t fd, buf, size;
    struct eddy_watch *watch;
};
EDDY_FITS_REQUEST(struct datagram);

/* Is there one? Then *ret_result is the answer. */
static bool receive(const struct datagram *d, struct eddy_result *ret_result)
{
    ssize_t n =
        recv((int)d->fd, eddy_pointer(d->buf), (size_t)d->size, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    *ret_result = eddy_n(n < 0 ? -errno : n);
    return true;
}

static void on_ready(struct eddy_watch *watch, unsigned ready, void *request)
{
    struct datagram *d = (void *)eddy_request_words(request);
    struct eddy_result result;

    (void)ready;
    if (!receive(d, &result))
        return; /* somebody else was quicker */
    eddy_watch_stop(watch);
    eddy_complete(request, result);
}

static bool start(struct eddy_request *request, struct eddy_result *ret_result)
{
    struct datagram *d = (void *)eddy_request_words(request);
    int err = -ENOMEM;

    if (receive(d, ret_result))
        return true;
    d->watch = eddy_request_alloc(request, sizeof *d->watch);
    if (d->watch != NULL)
        err = eddy_watch_start(eddy_request_loop(request), d->watch, (int)d->fd,
                               EDDY_READ, on_ready, request);
    *ret_result = eddy_n(err);
    return err < 0;
}

static void cancel(struct eddy_request *request)
{
    struct datagram *d = (void *)eddy_request_words(request);

    eddy_watch_stop(d->watch);
    eddy_complete(request, eddy_n(-ECANCELED));
}

static const struct eddy_op_type datagram_type = {
    .abi = EDDY_OP_ABI,
    .name = "receive a datagram",
    .start = start,
    .cancel = cancel,
};

/* n: its size, cut to what fits. */
static struct eddy_op receive_datagram(int fd, void *buf, size_t size)
{
    return (struct eddy_op){
        .type = &datagram_type,
        .word = { (uint64_t)fd, eddy_word(buf), size },
    };
}

/* ---- Used in three styles ------------------------------------------------ */

struct mail {
    int fd[2];
    char text[64];
};

static void on_mail(struct eddy_result got, void *arg)
{
    struct mail *mail = arg;

    printf("callback: %.*s\n", (int)got.n, mail->text);
}

static struct eddy_value print_mail(struct eddy_value *got, void *arg)
{
    struct mail *mail = arg;

    printf("deferred: %.*s\n", (int)got->n, mail->text);
    return eddy_none();
}

static struct eddy_result wait_for_mail(struct eddy_task *self, void *arg)
{
    struct mail *mail = arg;
    struct eddy_op op = receive_datagram(mail->fd[0], mail->text, 64);
    int64_t n = eddy_await(self, op);

    printf("coroutine: %.*s\n", (int)n, mail->text);
    n = eddy_await(self, eddy_within(10 * EDDY_MS, op));
    printf("coroutine: %s\n", eddy_strerror((int)n));
    return eddy_n(0);
}

int main(void)
{
    struct mail mail;
    struct eddy_loop *loop;
    struct eddy_op op;

    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, mail.fd) < 0 ||
        eddy_loop_new(&loop, NULL) < 0)
        return 1;
    op = receive_datagram(mail.fd[0], mail.text, sizeof mail.text);
    if (eddy_start(loop, op, on_mail, &mail, NULL) < 0 ||
        send(mail.fd[1], "one", 3, 0) < 0 || eddy_loop_run(loop) < 0)
        return 1;
    eddy_unref(eddy_then(eddy_defer(loop, op), print_mail, &mail));
    if (send(mail.fd[1], "two", 3, 0) < 0 || eddy_loop_run(loop) < 0)
        return 1;
    if (send(mail.fd[1], "three", 5, 0) < 0 ||
        eddy_loop_run_task(loop, wait_for_mail, &mail).n < 0)
        return 1;
    eddy_loop_free(loop);
    close(mail.fd[0]);
    close(mail.fd[1]);
    return 0;
}
