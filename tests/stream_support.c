/* SPDX-License-Identifier: MIT */
/* stream_support.c - what the tests of streams lean on. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <eddy/front.h>

#include "stream_support.h"

static const int64_t patience_ns = 10 * EDDY_SECOND;

/* ---- The loop ----------------------------------------------------------- */

struct eddy_loop *loop;
struct eddy_virtual_time loop_time;

static int told; /* how much was told in this test */

void open_loop_with(int index, const struct eddy_loop_options *options)
{
    struct eddy_loop_options all = *options;

    all.flags |= EDDY_LOOP_NO_ENV;
    if (all.poller == NULL)
        all.poller = tested_poller(index);
    if (all.mem.resize == NULL)
        all.mem = *counting_mem();
    told = 0;
    ck_assert_int_eq(eddy_loop_new(&loop, &all), 0);
}

void open_loop(int index, enum clock_kind kind)
{
    struct eddy_loop_options options = { 0 };

    loop_time.now_ns = 0;
    if (kind == VIRTUAL_TIME)
        options.clock = eddy_virtual_clock(&loop_time);
    open_loop_with(index, &options);
}

void close_loop(void)
{
    ck_assert_int_eq(eddy_loop_free(loop), 0);
    loop = NULL;
}

bool open_uring_loop(enum eddy_io_what what)
{
    for (int i = 0; tested_poller(i) != NULL; i++)
        if (strcmp(tested_poller(i)->name, "uring") == 0) {
            open_loop(i, REAL_TIME);
            return eddy_loop_completes(loop, what);
        }
    return false;
}

bool receives_by_itself(void)
{
    return eddy_loop_completes(loop, EDDY_IO_RECEIVE);
}

void some_turns(int n)
{
    while (n-- > 0)
        ck_assert_int_ge(eddy_loop_step(loop, 0), 0);
}

void turn(void)
{
    ck_assert_int_ge(eddy_loop_step(loop, 5 * EDDY_MS), 0);
}

/* ---- Being told --------------------------------------------------------- */

void note(struct eddy_result result, void *arg)
{
    struct outcome *outcome = arg;

    outcome->calls++;
    outcome->place = ++told;
    outcome->result = result;
}

void begin(struct outcome *ret_outcome, struct eddy_op op)
{
    *ret_outcome = (struct outcome){ 0 };
    ck_assert_int_eq(
        eddy_start(loop, op, note, ret_outcome, &ret_outcome->request), 0);
    ck_assert_int_eq(ret_outcome->calls, 0); /* never inside */
}

int64_t finish(struct outcome *outcome)
{
    int64_t start = now_ns();

    while (outcome->request != NULL) {
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_SECOND), 0);
        ck_assert_int_lt(now_ns() - start, patience_ns);
    }
    ck_assert_int_gt(outcome->calls, 0);
    return outcome->result.n;
}

struct eddy_result perform_fully(struct eddy_op op)
{
    struct outcome outcome;

    begin(&outcome, op);
    (void)finish(&outcome);
    ck_assert_int_eq(outcome.calls, 1);
    return outcome.result;
}

int64_t perform(struct eddy_op op)
{
    return perform_fully(op).n;
}

/* ---- Descriptors -------------------------------------------------------- */

void make_tcp_pair(int ends[2])
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(ends[0], (struct sockaddr *)&at, sizeof at), 0);
    ends[1] = accept(listener, NULL, NULL);
    ck_assert_int_ge(ends[1], 0);
    ck_assert_int_eq(close(listener), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(
            setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), 0);
}

void make_narrow(int fd)
{
    int size = 4096;

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

void reset(int peer)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    ck_assert_int_eq(
        setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    ck_assert_int_eq(close(peer), 0);
}

void put(int fd, const char *text)
{
    size_t size = strlen(text);

    ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
}

int64_t get(int fd, void *buf, size_t size)
{
    ssize_t n = read(fd, buf, size);

    return n < 0 ? -errno : n;
}

/* ---- Streams ------------------------------------------------------------ */

struct eddy_stream *stream_of(int fd)
{
    struct eddy_stream *stream;

    ck_assert_int_eq(eddy_stream_new(&stream, loop, fd), 0);
    return stream;
}

static struct eddy_stream *stream_and_peer(const int ends[2], int *ret_peer)
{
    set_nonblocking(ends[1]);
    *ret_peer = ends[1];
    return stream_of(ends[0]);
}

struct eddy_stream *new_stream(int *ret_peer)
{
    int ends[2];

    make_pair(ends);
    return stream_and_peer(ends, ret_peer);
}

struct eddy_stream *new_tcp_stream(int *ret_peer)
{
    int ends[2];

    make_tcp_pair(ends);
    return stream_and_peer(ends, ret_peer);
}

struct eddy_stream *new_narrow_stream(int *ret_peer)
{
    int ends[2];

    make_pair(ends);
    make_narrow(ends[0]);
    make_narrow(ends[1]);
    return stream_and_peer(ends, ret_peer);
}

struct eddy_stream *new_pipe_stream(int *ret_reader)
{
    int ends[2];

    make_pipe(ends);
    set_nonblocking(ends[0]);
    *ret_reader = ends[0];
    return stream_of(ends[1]);
}

void new_streams(struct eddy_stream *ret_ends[2])
{
    int ends[2];

    make_tcp_pair(ends);
    ret_ends[0] = stream_of(ends[0]);
    ret_ends[1] = stream_of(ends[1]);
}

void drop(struct eddy_stream *stream, int peer)
{
    eddy_stream_free(stream, false);
    some_turns(1); /* all is told */
    if (peer >= 0)
        ck_assert_int_eq(close(peer), 0);
}

size_t clog_up(struct eddy_stream *stream)
{
    static char block[65536];
    size_t total = 0;

    while (eddy_stream_queued(stream) == 0) {
        fill_pattern(block, sizeof block, total);
        ck_assert_int_ge(eddy_send(stream, block, sizeof block), 0);
        total += sizeof block;
    }
    return total;
}

/* ---- Items ----------------------------------------------------------------
 */

static uint64_t turns_so_far(void)
{
    struct eddy_loop_stats stats;

    ck_assert_int_eq(eddy_loop_stats(loop, &stats), 0);
    return stats.turns;
}

static void count_item(struct taker *taker)
{
    taker->items++;
    taker->in_this_turn =
        taker->turn == turns_so_far() ? taker->in_this_turn + 1 : 1;
    taker->turn = turns_so_far();
    if (taker->in_this_turn > taker->most_in_a_turn)
        taker->most_in_a_turn = taker->in_this_turn;
}

void take_item(struct eddy_result result, void *arg)
{
    struct taker *taker = arg;
    size_t room = sizeof taker->bytes - taker->size;

    ck_assert_int_eq(taker->ends, 0);
    if (result.n <= 0) {
        ck_assert_ptr_null(taker->request);
        taker->ends++;
        taker->last = result.n;
        return;
    }
    count_item(taker);
    if (taker->size < sizeof taker->bytes)
        memcpy(taker->bytes + taker->size, result.data,
               (size_t)result.n < room ? (size_t)result.n : room);
    taker->size += (size_t)result.n;
    if (taker->on_item != NULL)
        taker->on_item(taker);
}

void start_taking(struct taker *taker, struct eddy_stream *stream)
{
    taker->stream = stream;
    ck_assert_int_eq(eddy_start(loop, eddy_receive(stream), take_item, taker,
                                &taker->request),
                     0);
    ck_assert_int_eq(taker->items, 0);
}

void wait_for_bytes(struct taker *taker, size_t size)
{
    int64_t start = now_ns();

    while (taker->size < size) {
        turn();
        ck_assert_int_lt(now_ns() - start, patience_ns);
    }
    ck_assert_uint_eq(taker->size, size);
}

int64_t wait_for_end(struct taker *taker)
{
    int64_t start = now_ns();

    while (taker->ends == 0) {
        turn();
        ck_assert_int_lt(now_ns() - start, patience_ns);
    }
    return taker->last;
}

/* ---- Bytes -------------------------------------------------------------- */

unsigned char byte_at(uint64_t at)
{
    return (unsigned char)((at * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

void fill_pattern(void *buf, size_t size, uint64_t at)
{
    unsigned char *bytes = buf;

    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(at + i);
}

void check_pattern(const void *buf, size_t size, uint64_t at)
{
    const unsigned char *bytes = buf;

    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte_at(at + i))
            ck_abort_msg("byte %llu is wrong", (unsigned long long)(at + i));
}

void drain_pattern(int fd, size_t size, uint64_t at)
{
    static char block[65536];
    int64_t start = now_ns();

    while (size > 0) {
        int64_t n = get(fd, block, size < sizeof block ? size : sizeof block);

        ck_assert_int_lt(now_ns() - start, patience_ns);
        if (n == -EAGAIN) {
            turn();
            continue;
        }
        ck_assert_int_gt(n, 0);
        check_pattern(block, (size_t)n, at);
        at += (uint64_t)n;
        size -= (size_t)n;
    }
}
