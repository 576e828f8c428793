/* SPDX-License-Identifier: MIT */
/*
 * testing.h - words that the tests of the kqueue are written in.
 *
 * Around each test a kqueue is opened and closed, in a folder made for it, and
 * the number of open descriptors must balance.
 */
#ifndef FAKE_KQUEUE_TESTING_H
#define FAKE_KQUEUE_TESTING_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <check.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "sys/event.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MS           INT64_C(1000000)

enum { SOON_MS = 10 }; /* long enough for what shall not happen to happen */

/* ---- Around each test -------------------------------------------------- */

/* The queue that all these words are about; -1 if the test has closed it. */
extern int kq;
/* How many descriptors there were before the test. */
extern int fds_before;

/* Runs each test `times` times, with _i counting. */
void add_case(Suite *suite, const char *name, const TTest *const *tests,
              size_t count, size_t times);
/* Returns what main() returns. */
int run_cases(Suite *suite);

/* ---- Changes and events ------------------------------------------------ */

struct kevent event(uintptr_t ident, int filter, int flags);
/* Each applies one change, and returns 0 or an errno value. */
int change(struct kevent ev);
int set(int ident, int filter, int flags);
int set_notes(int ident, int filter, int flags, unsigned fflags, int64_t data);

/* kevent() for what there is now. */
int look(struct kevent *events, int room);
bool is_silent(void);
/* The one event that there is, or that comes; a second one fails the test. */
struct kevent next(void);
/* As poll() sees it. */
bool is_readable(int fd);

/* ---- Time, descriptors, children --------------------------------------- */

void sleep_ms(long ms);
int64_t time_ns(clockid_t clock);

int count_fds(void);
void close_ends(const int ends[2]);
void put(int fd, const char *text);
/* For a thread: puts a byte into *(int *)fd, before long. */
void *put_soon(void *fd);
void drain(int fd);
void fill(int fd);

/* In the folder of the test, with the file offset at 0. */
int open_file(const char *name, const char *content);
int listen_tcp(struct sockaddr_in *ret_address);
void open_tcp(int ends[2]);
void open_unix(int ends[2]);
void open_pipe(int ends[2]);

/* What can be read from ends[0] and written to ends[1], tcp and unix first. The
 * first WITH_END of them have an end of input. */
enum { KINDS = 4, WITH_END = 3 };
extern const struct kind {
    void (*open)(int ends[2]);
    bool is_socket;
} kinds[KINDS];

/* A child that lives until ends[1] is closed, and exits with 7. */
pid_t make_child(int ends[2]);
/* Waits for all children. */
void reap(void);
/* Without pidfds, EVFILT_PROC is ENOSYS. */
bool can_watch_processes(void);

#endif
