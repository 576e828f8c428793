/* SPDX-License-Identifier: MIT */
/*
 * child.c - waiting for a child process.
 *
 * Where the system gives a descriptor that tells of a child's end, that is
 * watched. Elsewhere SIGCHLD makes us ask for each child that is waited for, by
 * its pid: never waitpid(-1), which would steal other code's children (T50).
 * Either way the first look comes after the subscription, so that a child that
 * is dead already is not missed.
 */
#include "op.h"

#include <signal.h>

#include <eddy/sys.h>

struct waiting { /* for one child; larger than the words of a request */
    struct waiting *next, *prev;
    struct eddy_request *request;
    struct eddy_watch watch;    /* of exit_fd, if that is >= 0 */
    struct eddy_signal sigchld; /* else */
    pid_t pid;
    int exit_fd;
};

struct family { /* all that wait in one loop */
    struct waiting head;
    struct eddy_loop *loop;
};

static struct waiting *waiting_of(struct eddy_request *request)
{
    return eddy_pointer(eddy_request_words(request)[0]);
}

static const struct eddy_sys *sys_of(const struct waiting *waiting)
{
    return eddy_loop_settings(eddy_request_loop(waiting->request))->sys;
}

static void close_exit_fd(struct waiting *waiting)
{
    const struct eddy_sys *sys = sys_of(waiting);

    (void)eddy_watch_stop(&waiting->watch);
    if (waiting->exit_fd < 0)
        return;
    (void)eddy_loop_forget(eddy_request_loop(waiting->request),
                           waiting->exit_fd);
    (void)sys->close(sys->arg, waiting->exit_fd);
    waiting->exit_fd = -1;
}

static void let_go(struct waiting *waiting)
{
    close_exit_fd(waiting);
    (void)eddy_signal_stop(&waiting->sigchld);
    waiting->prev->next = waiting->next;
    waiting->next->prev = waiting->prev;
    eddy_loop_expect(eddy_request_loop(waiting->request), false);
}

/* true: *ret_n is the status, or why there is none. */
static bool has_ended(const struct waiting *waiting, int64_t *ret_n)
{
    const struct eddy_sys *sys = sys_of(waiting);
    int status = 0;
    int pid = sys->waitpid(sys->arg, waiting->pid, &status);

    *ret_n = pid < 0 ? pid : status;
    return pid != 0;
}

static void look(struct waiting *waiting)
{
    int64_t n;

    if (!has_ended(waiting, &n))
        return;
    let_go(waiting);
    eddy_complete(waiting->request, eddy_n(n));
}

static void sigchld_came(struct eddy_signal *sub, int signum, unsigned count,
                         void *arg)
{
    (void)sub;
    (void)signum;
    (void)count;
    look(arg);
}

static int wait_for_sigchld(struct waiting *waiting)
{
    int err =
        eddy_signal_start(eddy_request_loop(waiting->request),
                          &waiting->sigchld, SIGCHLD, sigchld_came, waiting);

    if (err == 0)
        err = eddy_signal_background(&waiting->sigchld, true);
    return err;
}

/* A poller that will not take the descriptor leaves the older way. */
static void exit_fd_ready(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct waiting *waiting = arg;
    int err = 0;

    if ((ready & EDDY_ERROR) != 0 && eddy_watch_error(watch) < 0) {
        close_exit_fd(waiting);
        err = wait_for_sigchld(waiting);
    }
    if (err == 0) {
        look(waiting);
        return;
    }
    let_go(waiting);
    eddy_complete(waiting->request, eddy_n(err));
}

static int subscribe(struct waiting *waiting)
{
    const struct eddy_sys *sys = sys_of(waiting);
    int err;

    waiting->exit_fd = sys->exit_fd(sys->arg, waiting->pid);
    if (waiting->exit_fd < 0)
        return wait_for_sigchld(waiting);
    err = eddy_watch_start(eddy_request_loop(waiting->request), &waiting->watch,
                           waiting->exit_fd, EDDY_READ, exit_fd_ready, waiting);
    if (err == 0)
        err = eddy_watch_background(&waiting->watch, true);
    return err;
}

static void cancel_child(struct eddy_request *request)
{
    let_go(waiting_of(request));
    eddy_complete(request, eddy_n(-ECANCELED));
}

/* ---- All that wait in a loop, for fork() -------------------------------- */

static void free_family(void *value)
{
    struct family *family = value;
    const struct eddy_mem *mem = &eddy_loop_settings(family->loop)->mem;

    (void)mem->resize(mem->arg, family, 0);
}

/* The children are the parent's, not ours. Nor are the descriptors: no kqueue
 * is inherited, and its number may be somebody else's by now (T52); a pidfd is,
 * but is only a number until the next exec. */
static void family_forked(void *value, struct eddy_loop *loop)
{
    struct family *family = value;

    (void)loop;
    while (family->head.next != &family->head) {
        struct waiting *waiting = family->head.next;

        waiting->exit_fd = -1;
        let_go(waiting);
        eddy_complete(waiting->request, eddy_n(-ECHILD));
    }
}

static int get_family(struct eddy_loop *loop, struct family **ret_family)
{
    static const struct eddy_slot_type type = { "children", free_family,
                                                family_forked, NULL };
    const struct eddy_mem *mem = &eddy_loop_settings(loop)->mem;
    struct family *family = eddy_loop_slot(loop, &type);
    int err;

    if (family == NULL) {
        family = mem->resize(mem->arg, NULL, sizeof *family);
        if (family == NULL)
            return -ENOMEM;
        memset(family, 0, sizeof *family);
        family->head.next = family->head.prev = &family->head;
        family->loop = loop;
        err = eddy_loop_set_slot(loop, &type, family);
        if (err < 0) {
            (void)mem->resize(mem->arg, family, 0);
            return err;
        }
    }
    *ret_family = family;
    return 0;
}

/* ---- Starting ----------------------------------------------------------- */

static int start_waiting(struct eddy_request *request, int64_t *ret_n)
{
    pid_t pid = (pid_t)(int64_t)eddy_request_words(request)[0];
    struct family *family;
    struct waiting *waiting;
    int err;

    if (pid <= 0)
        return -EINVAL;
    err = get_family(eddy_request_loop(request), &family);
    if (err < 0)
        return err;
    waiting = eddy_request_alloc(request, sizeof *waiting);
    if (waiting == NULL)
        return -ENOMEM;
    eddy_request_words(request)[0] = eddy_word(waiting);
    waiting->request = request;
    waiting->pid = pid;
    waiting->next = &family->head;
    waiting->prev = family->head.prev;
    waiting->prev->next = waiting->next->prev = waiting;
    eddy_loop_expect(eddy_request_loop(request), true);
    err = subscribe(waiting);
    if (err == 0 && !has_ended(waiting, ret_n))
        return -EINPROGRESS;
    let_go(waiting);
    return err;
}

static bool start_child(struct eddy_request *request,
                        struct eddy_result *ret_result)
{
    int64_t n = 0;
    int err = start_waiting(request, &n);

    *ret_result = eddy_n(err < 0 ? err : n);
    return err != -EINPROGRESS;
}

struct eddy_op eddy_child_exit(pid_t pid)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "child exit",
        .start = start_child,
        .cancel = cancel_child,
    };

    return (struct eddy_op){ .type = &type,
                             .word = { (uint64_t)(int64_t)pid } };
}
