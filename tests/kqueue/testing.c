/* SPDX-License-Identifier: MIT */
/* testing.c - words that the tests of the kqueue are written in. */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MOST_FDS = 32768, /* twenty thousand, and some */
    TIMEOUT_S = 30,   /* of a test */
    PATIENCE_S = 10   /* how long an event may take that shall come */
};

/* ---- Around each test -------------------------------------------------- */

int kq = -1;
int fds_before;
static char folder[32];

/* By asking, for /proc also lists what belongs to valgrind. */
int count_fds(void)
{
    long limit = sysconf(_SC_OPEN_MAX);
    int n = 0;

    for (int fd = 0; fd < MOST_FDS && fd < limit; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void setup(void)
{
    fds_before = count_fds();
    strcpy(folder, "/tmp/fake-kqueue-XXXXXX");
    kqueue_set_order(KQUEUE_ORDER_AS_IT_COMES);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    kq = kqueue();
    ck_assert_int_ge(kq, 0);
}

static void teardown(void)
{
    char command[64];

    if (kq >= 0)
        ck_assert_int_eq(close(kq), 0);
    kq = -1;
    ck_assert_int_eq(count_fds(), fds_before);
    ck_assert_int_eq(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

void add_case(Suite *suite, const char *name, const TTest *const *tests,
              size_t count, size_t times)
{
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, TIMEOUT_S);
    tcase_add_checked_fixture(tc, setup, teardown);
    for (size_t i = 0; i < count; i++)
        tcase_add_loop_test(tc, tests[i], 0, (int)times);
    suite_add_tcase(suite, tc);
}

int run_cases(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- Changes and events ------------------------------------------------ */

struct kevent event(uintptr_t ident, int filter, int flags)
{
    struct kevent ev;

    EV_SET(&ev, ident, filter, flags, 0, 0, NULL);
    return ev;
}

int change(struct kevent ev)
{
    return kevent(kq, &ev, 1, NULL, 0, NULL) == 0 ? 0 : errno;
}

int set(int ident, int filter, int flags)
{
    return change(event((uintptr_t)ident, filter, flags));
}

int set_notes(int ident, int filter, int flags, unsigned fflags, int64_t data)
{
    struct kevent ev = event((uintptr_t)ident, filter, flags);

    ev.fflags = fflags;
    ev.data = data;
    return change(ev);
}

int look(struct kevent *events, int room)
{
    static const struct timespec at_once = { 0, 0 };

    return kevent(kq, NULL, 0, events, room, &at_once);
}

bool is_silent(void)
{
    struct kevent ev;

    return look(&ev, 1) == 0;
}

struct kevent next(void)
{
    const struct timespec patience = { PATIENCE_S, 0 };
    struct kevent ev[2];

    ck_assert_int_eq(kevent(kq, NULL, 0, ev, 2, &patience), 1);
    return ev[0];
}

bool is_readable(int fd)
{
    struct pollfd asked = { fd, POLLIN, 0 };

    return poll(&asked, 1, 0) == 1 && asked.revents == POLLIN;
}

/* ---- Time, descriptors, children --------------------------------------- */

void sleep_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&time, NULL);
}

int64_t time_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 * MS + now.tv_nsec;
}

void close_ends(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

void put(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

void *put_soon(void *fd)
{
    sleep_ms(SOON_MS);
    put(*(int *)fd, "x");
    return NULL;
}

void drain(int fd)
{
    char buffer[4096];
    ssize_t n;

    do
        n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    while (n > 0);
    if (n < 0 && errno == ENOTSOCK)
        n = read(fd, buffer, sizeof buffer);
}

void fill(int fd)
{
    static const char block[4096];

    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    while (write(fd, block, sizeof block) > 0)
        continue;
}

int open_file(const char *name, const char *content)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);

    ck_assert_int_ge(fd, 0);
    put(fd, content);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

int listen_tcp(struct sockaddr_in *ret_address)
{
    socklen_t size = sizeof *ret_address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(ret_address, 0, sizeof *ret_address);
    ret_address->sin_family = AF_INET;
    ret_address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)ret_address, size), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    getsockname(fd, (struct sockaddr *)ret_address, &size);
    return fd;
}

void open_tcp(int ends[2])
{
    struct sockaddr_in address;
    int listener = listen_tcp(&address);

    ends[1] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(
        connect(ends[1], (struct sockaddr *)&address, sizeof address), 0);
    ends[0] = accept(listener, NULL, NULL);
    ck_assert_int_ge(ends[0], 0);
    close(listener);
}

void open_unix(int ends[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void open_datagram(int ends[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
}

void open_pipe(int ends[2])
{
    ck_assert_int_eq(pipe(ends), 0);
}

const struct kind kinds[KINDS] = {
    { open_tcp, true },
    { open_unix, true },
    { open_pipe, false },
    { open_datagram, true },
};

pid_t make_child(int ends[2])
{
    pid_t pid;

    open_pipe(ends);
    pid = fork();
    if (pid == 0) {
        char c;
        close(ends[1]);
        (void)!read(ends[0], &c, 1);
        _exit(7);
    }
    return pid;
}

void reap(void)
{
    while (waitpid(-1, NULL, 0) > 0)
        continue;
}

bool can_watch_processes(void)
{
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

    if (fd < 0)
        return false;
    close(fd);
    return true;
}
