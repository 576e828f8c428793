/* SPDX-License-Identifier: MIT */
/* test_uring.c - the io_uring poller: where it is forbidden, whose file it
 * holds, and which thread it belongs to. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/loop.h>

#include "loop_support.h"
#include "support.h"

#ifdef EDDY_HAVE_URING
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* ---- Where it is forbidden ----------------------------------------------- */

/* From now on io_uring_setup() fails with err, as in some containers (T57). */
static bool forbid_uring(unsigned err)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = COUNT(code), .filter = code };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static const char *reason_of(const struct eddy_loop *loop, const char *name)
{
    static struct eddy_poller_report report;

    for (size_t i = 0; eddy_loop_report(loop, i, &report) == 0; i++)
        if (strcmp(report.name, name) == 0)
            return report.reason;
    return "";
}

/* Only io_uring is wanted, so that what is said of it is why it is not there;
 * in a child, for what is forbidden stays so. 77: no sandbox to be had. */
static int open_forbidden(unsigned err, const char *words)
{
    const struct eddy_poller_ops *ops = eddy_poller_find("uring");
    struct eddy_loop_options options = { .flags = EDDY_LOOP_NO_ENV };
    struct eddy_poller *poller;
    struct eddy_loop *loop;

    if (!forbid_uring(err))
        return 77;
    if (ops->open(&poller, counting_mem()) != -(int)err)
        return 1;
    if (strstr(ops->why(-(int)err), words) == NULL)
        return 2;
    if (eddy_loop_new(&loop, &options) != 0) /* on another one */
        return eddy_poller_at(1) == NULL ? 0 : 3;
    if (strcmp(reason_of(loop, "uring"), "chosen") == 0)
        return 4;
    return eddy_loop_free(loop) == 0 ? 0 : 5;
}

START_TEST(where_it_is_forbidden_it_says_why_and_another_one_is_taken)
{
    static const struct {
        unsigned err;
        const char *words;
    } rows[] = {
        { ENOSYS, "no io_uring" },
        { EPERM, "forbidden" },
        { EACCES, "forbidden" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        pid_t child = fork();
        int status;

        if (child == 0)
            _exit(open_forbidden(rows[i].err, rows[i].words));
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFEXITED(status));
        if (WEXITSTATUS(status) != 77)
            ck_assert_int_eq(WEXITSTATUS(status), 0);
    }
}
END_TEST

/* ---- Files and threads --------------------------------------------------- */

static const struct eddy_poller_ops *uring(void)
{
    for (int i = 0; tested_poller(i) != NULL; i++)
        if (strcmp(tested_poller(i)->name, "uring") == 0)
            return use(i);
    return NULL; /* the system forbids it */
}

/* T63: what is armed in the ring holds the file. */
START_TEST(what_is_removed_and_closed_is_closed_at_once)
{
    const struct eddy_poller_ops *ops = uring();
    int pair[2];
    char byte;

    if (ops == NULL)
        return;
    for (int written = 0; written <= 1; written++) {
        make_pair(pair);
        set_nonblocking(pair[1]);
        set_interest(ops, pair[0], 0, EDDY_READ);
        ck_assert_uint_eq(report_of(ops, pair[0], 0), 0);
        if (written) /* it is about to be told */
            write_byte(pair[1]);
        set_interest(ops, pair[0], EDDY_READ, 0);
        ck_assert_int_eq(close(pair[0]), 0);
        ck_assert(read(pair[1], &byte, 1) == 0 || errno != EAGAIN);
        ck_assert_int_eq(close(pair[1]), 0);
        ck_assert_uint_eq(report_of(ops, pair[0], 0), 0);
    }
}
END_TEST

static void *wait_here(void *fd)
{
    const struct eddy_poller_ops *ops = eddy_poller_find("uring");

    ck_assert_uint_eq(report_of(ops, *(int *)fd, EDDY_SECOND), EDDY_READ);
    read_byte(*(int *)fd);
    ck_assert_uint_eq(report_of(ops, *(int *)fd, 0), 0);
    return NULL;
}

/* T66: the ring is one thread's, and what a thread has armed ends with it. */
START_TEST(it_follows_from_thread_to_thread)
{
    const struct eddy_poller_ops *ops = uring();
    int pair[2];

    if (ops == NULL)
        return;
    make_pair(pair);
    set_interest(ops, pair[0], 0, EDDY_READ);
    for (int i = 0; i < 3; i++) {
        write_byte(pair[1]);
        join_thread(start_thread(wait_here, &pair[0]));
        write_byte(pair[1]);
        ck_assert_uint_eq(report_of(ops, pair[0], EDDY_SECOND), EDDY_READ);
        read_byte(pair[0]);
    }
    set_interest(ops, pair[0], EDDY_READ, 0);
    close_both(pair);
}
END_TEST

/* ---- Small rings --------------------------------------------------------- */

/* T58, T59: in test_uring_tiny the rings hold 4 and 16. */
START_TEST(more_is_armed_and_told_than_the_rings_hold)
{
    enum { PAIRS = 400 };
    static int pairs[PAIRS][2];
    static struct eddy_event out[PAIRS];
    const struct eddy_poller_ops *ops = uring();
    int seen = 0;

    if (ops == NULL)
        return;
    for (int i = 0; i < PAIRS; i++) {
        make_pair(pairs[i]);
        set_interest(ops, pairs[i][0], 0, EDDY_READ);
    }
    ck_assert_int_eq(ops->wait(under_test, out, PAIRS, 0), 0);
    for (int i = 0; i < PAIRS; i++)
        write_byte(pairs[i][1]);
    for (int waits = 0; seen < PAIRS; waits++) {
        int n = ops->wait(under_test, out, PAIRS, EDDY_FOREVER);

        ck_assert_int_lt(waits, 4 * PAIRS);
        for (int e = 0; e < n; e++, seen++) {
            read_byte(out[e].fd);
            set_interest(ops, out[e].fd, EDDY_READ, 0);
        }
    }
    ck_assert_int_eq(ops->wait(under_test, out, PAIRS, 0), 0);
    for (int i = 0; i < PAIRS; i++)
        close_both(pairs[i]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        where_it_is_forbidden_it_says_why_and_another_one_is_taken,
        what_is_removed_and_closed_is_closed_at_once,
        it_follows_from_thread_to_thread,
        more_is_armed_and_told_than_the_rings_hold,
    };
    Suite *suite = suite_create("uring");

    add_tests(suite, "uring", tests, COUNT(tests), NULL, NULL);
    return run_suite(suite);
}

#else

int main(void)
{
    return 77; /* this build has no such poller */
}

#endif
