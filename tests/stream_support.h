/* SPDX-License-Identifier: MIT */
/*
 * stream_support.h - what the tests of streams lean on: one loop on the poller
 * under test, and streams in it whose other end is a plain descriptor.
 *
 *     static void setup(void) ...
 *     add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
 *
 * Nothing here sleeps: a test runs turns until it has been told.
 */
#ifndef EDDY_TESTS_STREAM_SUPPORT_H
#define EDDY_TESTS_STREAM_SUPPORT_H

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <eddy.h>

#include "support.h"

/* ---- The loop ----------------------------------------------------------- */

/* The loop of the test that runs, and its time if that is virtual. */
extern struct eddy_loop *loop;
extern struct eddy_virtual_time loop_time;

enum clock_kind { REAL_TIME, VIRTUAL_TIME };

/* On tested_poller(index), in real time or in virtual time (for limits, where
 * the kernel has no say). */
void open_loop(int index, enum clock_kind kind);
/* The same with other options; what they leave open is filled in. */
void open_loop_with(int index, const struct eddy_loop_options *options);
/* On io_uring. false: the system has none, or one that cannot do `what`. */
bool open_uring_loop(enum eddy_io_what what);
/* A teardown: frees the loop, if there is one. */
void close_loop(void);

/* So many turns that wait for nothing. */
void some_turns(int n);
/* One turn that waits for what may come, but not for ever. */
void turn(void);

/* Does the poller receive for the streams? Then more is read than was asked
 * for, and what comes in two pieces is told in two. */
bool receives_by_itself(void);

/* ---- Being told --------------------------------------------------------- */

/* What was heard of an operation. */
struct outcome {
    int calls; /* how often it was told */
    int place; /* its last one among all that was told in this test: 1, 2 ... */
    struct eddy_result result;    /* that last one */
    struct eddy_request *request; /* NULL: over */
};

/* Begins it. */
void begin(struct outcome *ret_outcome, struct eddy_op op);
/* Runs turns until it is over; its n. */
int64_t finish(struct outcome *outcome);
/* Begins, and runs turns until it is over. */
int64_t perform(struct eddy_op op);
/* The same, with all that is told. */
struct eddy_result perform_fully(struct eddy_op op);
/* An eddy_done_fn that fills a struct outcome. */
void note(struct eddy_result result, void *arg);

/* ---- Streams ------------------------------------------------------------ */

/* Connected descriptors over TCP on this machine. */
void make_tcp_pair(int ends[2]);
/* Little room in the kernel, so that few bytes are many. */
void make_narrow(int fd);

/* A stream for fd. */
struct eddy_stream *stream_of(int fd);
/* A stream, and the plain descriptor of its peer, which does not block: a pair
 * of UNIX sockets, or TCP. */
struct eddy_stream *new_stream(int *ret_peer);
struct eddy_stream *new_tcp_stream(int *ret_peer);
/* One whose socket, and that of its peer, are narrow. */
struct eddy_stream *new_narrow_stream(int *ret_peer);
/* One that writes into a pipe whose other end is *ret_reader. */
struct eddy_stream *new_pipe_stream(int *ret_reader);
/* Two streams that talk to each other. */
void new_streams(struct eddy_stream *ret_ends[2]);
/* Frees the stream, lets its operations tell their end, and closes its peer;
 * -1: no peer. */
void drop(struct eddy_stream *stream, int peer);

/* Writes all of a text to a plain descriptor. */
void put(int fd, const char *text);
/* What there is in a plain descriptor right now; 0: the end; -EAGAIN. */
int64_t get(int fd, void *buf, size_t size);
/* Sends data that the peer does not take until the system takes no more: then
 * writes wait. How many bytes that took. */
size_t clog_up(struct eddy_stream *stream);
/* Has the peer send a reset, and closes it. */
void reset(int peer);

/* ---- Items --------------------------------------------------------------- */

/* What was heard of an eddy_receive(). */
struct taker {
    struct eddy_stream *stream;
    struct eddy_request *request;
    void (*on_item)(struct taker *taker); /* NULL: nothing but noting it */
    int items, ends, most_in_a_turn, in_this_turn;
    uint64_t turn;
    size_t size; /* of all items together */
    int64_t last;
    char bytes[64]; /* the first ones */
};

/* An eddy_done_fn that fills one. */
void take_item(struct eddy_result result, void *arg);
void start_taking(struct taker *taker, struct eddy_stream *stream);
/* Until so many bytes have come, and no more. */
void wait_for_bytes(struct taker *taker, size_t size);
/* Until it is over; its last n. */
int64_t wait_for_end(struct taker *taker);

/* ---- Bytes -------------------------------------------------------------- */

/* The byte at `at` in an endless pattern that no shift leaves alike. */
unsigned char byte_at(uint64_t at);
/* Those from `at` on. */
void fill_pattern(void *buf, size_t size, uint64_t at);
void check_pattern(const void *buf, size_t size, uint64_t at);

/* Reads the peer until `size` bytes of the pattern, from `at` on, have come,
 * while the loop turns. */
void drain_pattern(int fd, size_t size, uint64_t at);

#endif
