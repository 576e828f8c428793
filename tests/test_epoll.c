/* SPDX-License-Identifier: MIT */
/* test_epoll.c - the epoll poller, where the kernel has less than its headers.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#ifdef EDDY_HAVE_EPOLL
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#if defined(EDDY_HAVE_EPOLL) && defined(SYS_epoll_pwait2)

/* From now on epoll_pwait2() fails with err, as in some containers (T27). */
static bool forbid_pwait2(unsigned err)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = COUNT(code), .filter = code };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* In a child: what is forbidden stays so. Returns what went wrong, 0: nothing,
 * 77: no sandbox can be had here. */
static int wait_without_pwait2(const struct eddy_poller_ops *ops, unsigned err,
                               bool opened_before)
{
    const int64_t timeout = 2 * EDDY_MS - 1;
    struct eddy_poller *p = NULL;
    struct eddy_event ev;
    int64_t start;
    int ends[2];

    if (opened_before && ops->open(&p, counting_mem()) < 0)
        return 1;
    if (!forbid_pwait2(err))
        return 77;
    if (!opened_before && ops->open(&p, counting_mem()) < 0)
        return 2;
    if (!opened_before && (ops->features(p) & EDDY_CAN_NS))
        return 3;
    for (int i = 0; i < 20; i++) {
        start = now_ns();
        if (ops->wait(p, &ev, 1, timeout) != 0)
            return 4;
        if (now_ns() - start < timeout)
            return 5;
    }
    if (ops->features(p) & EDDY_CAN_NS)
        return 6;
    if (pipe(ends) < 0 || write(ends[1], "x", 1) != 1 ||
        ops->set(p, ends[0], 0, EDDY_READ) < 0)
        return 7;
    if (ops->wait(p, &ev, 1, EDDY_FOREVER) != 1)
        return 8;
    if (ops->wait(p, &ev, 1, INT64_MAX) != 1)
        return 9;
    return 0;
}

START_TEST(forbidden_pwait2_is_done_without)
{
    static const unsigned refusals[] = { ENOSYS, EPERM, EINVAL };
    const struct eddy_poller_ops *ops = eddy_poller_find("epoll");

    for (size_t i = 0; i < 2 * COUNT(refusals); i++) {
        pid_t child = fork();
        int status;

        if (child == 0)
            _exit(wait_without_pwait2(ops, refusals[i / 2], i % 2));
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
            return;
        ck_assert_int_eq(WEXITSTATUS(status), 0);
    }
}
END_TEST

#else

START_TEST(forbidden_pwait2_is_done_without)
{
}
END_TEST

#endif

int main(void)
{
    const TTest *const tests[] = { forbidden_pwait2_is_done_without };
    Suite *suite = suite_create("epoll");

    add_tests(suite, "epoll", tests, COUNT(tests), NULL, NULL);
    return run_suite(suite);
}
