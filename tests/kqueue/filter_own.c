/* SPDX-License-Identifier: MIT */
/*
 * filter_own.c - EVFILT_USER, _TIMER, _SIGNAL and _PROC: the filters that watch
 * no descriptor of the program. But for the first, each has one of its own.
 */
#include "fake.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void clears_itself(struct knote *kn)
{
    kn->told.flags |= EV_CLEAR;
}

/* ---- EVFILT_USER ------------------------------------------------------- */

static int user_attach(struct knote *kn)
{
    /* as FreeBSD does, NOTE_TRIGGER is for a filter that is already there */
    kn->wanted &= NOTE_FFLAGSMASK;
    return 0;
}

static int user_change(struct knote *kn, const struct kevent *change)
{
    unsigned flags = change->fflags & NOTE_FFLAGSMASK;

    if (change->fflags & NOTE_TRIGGER)
        kn->triggered = true;
    switch (change->fflags & NOTE_FFCTRLMASK) {
    case NOTE_FFAND:
        kn->wanted &= flags;
        break;
    case NOTE_FFOR:
        kn->wanted |= flags;
        break;
    case NOTE_FFCOPY:
        kn->wanted = flags;
        break;
    default: /* NOTE_FFNOP */
        break;
    }
    kn->given = change->data;
    if (change->flags & EV_CLEAR)
        kn->triggered = false;
    return 0;
}

static bool user_ready(struct knote *kn)
{
    kn->told.fflags = kn->wanted;
    kn->told.data = kn->given;
    return kn->triggered;
}

const struct filter kq_user = {
    .id = EVFILT_USER,
    .attach = user_attach,
    .change = user_change,
    .ready = user_ready,
};

/* ---- EVFILT_TIMER ------------------------------------------------------ */

/* clang-format off */
static const struct unit {
    unsigned note;
    int64_t per_second;
} units[] = {
    { 0,              1000       },
    { NOTE_SECONDS,   1          },
    { NOTE_MSECONDS,  1000       },
    { NOTE_USECONDS,  1000000    },
    { NOTE_NSECONDS,  1000000000 },
};
/* clang-format on */

static const struct unit *find_unit(unsigned notes)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].note == (notes & ~(unsigned)NOTE_ABSTIME))
            return &units[i];
    }
    return NULL;
}

static int timer_attach(struct knote *kn)
{
    const struct unit *unit = find_unit(kn->wanted);
    bool absolute = (kn->wanted & NOTE_ABSTIME) != 0;
    bool once = absolute || (kn->told.flags & EV_ONESHOT) != 0;
    struct itimerspec when = { .it_value = { 0, 0 } };
    int64_t count = kn->given;
    int err;

    if (unit == NULL || count < 0)
        return EINVAL;
    if (count == 0 && !once)
        count = 1;
    when.it_value.tv_sec = (time_t)(count / unit->per_second);
    when.it_value.tv_nsec =
        (long)(count % unit->per_second * (1000000000 / unit->per_second));
    if (count == 0)
        when.it_value.tv_nsec = 1; /* 0 would be never */
    if (!once)
        when.it_interval = when.it_value;
    if (!absolute)
        clears_itself(kn);
    err = kq_own(kn, timerfd_create(absolute ? CLOCK_REALTIME : CLOCK_MONOTONIC,
                                    TFD_NONBLOCK | TFD_CLOEXEC));
    if (err == 0 && timerfd_settime(kn->own, absolute ? TFD_TIMER_ABSTIME : 0,
                                    &when, NULL) < 0)
        err = errno;
    return err;
}

/* A timer that is added again starts anew and forgets what it had to tell; one
 * that is only enabled goes on. */
static int timer_change(struct knote *kn, const struct kevent *change)
{
    int err;

    if ((change->flags & EV_ADD) == 0)
        return 0;
    kq_take(kn, change);
    kn->told.data = 0;
    kq_dequeue(kn);
    err = timer_attach(kn);
    if (err == 0 && kn->enabled)
        err = kq_arm(kn);
    return err;
}

static bool timer_ready(struct knote *kn)
{
    uint64_t expired = 0;

    if (read(kn->own, &expired, sizeof expired) == (ssize_t)sizeof expired)
        kn->told.data += (int64_t)expired;
    return kn->told.data > 0;
}

const struct filter kq_timer = {
    .id = EVFILT_TIMER,
    .attach = timer_attach,
    .change = timer_change,
    .ready = timer_ready,
};

/* ---- EVFILT_SIGNAL ----------------------------------------------------- */

static int signal_attach(struct knote *kn)
{
    uintptr_t number = kn->told.ident;
    sigset_t set;

    sigemptyset(&set);
    if (number > INT_MAX || sigaddset(&set, (int)number) < 0)
        return EINVAL;
    clears_itself(kn);
    return kq_own(kn, signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

static bool signal_ready(struct knote *kn)
{
    struct signalfd_siginfo info;

    while (read(kn->own, &info, sizeof info) > 0)
        kn->told.data++;
    return kn->told.data > 0;
}

const struct filter kq_signal = {
    .id = EVFILT_SIGNAL,
    .attach = signal_attach,
    .change = kq_take,
    .ready = signal_ready,
};

/* ---- EVFILT_PROC ------------------------------------------------------- */

static int proc_attach(struct knote *kn)
{
    int fd;

    if (kn->wanted & ~(NOTE_EXIT | NOTE_EXITSTATUS))
        return EINVAL;
    if (kn->told.ident > INT_MAX)
        return ESRCH;
    fd = (int)syscall(SYS_pidfd_open, (pid_t)kn->told.ident, 0);
    if (fd < 0 && errno == EINVAL) /* 0, or a thread */
        return ESRCH;
    clears_itself(kn);
    return kq_own(kn, fd);
}

/* The status as wait() would give it, but the child is left for wait(). */
static int status_of(pid_t pid)
{
    siginfo_t info = { .si_pid = 0 };

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
        info.si_pid == 0)
        return 0; /* not our child, or waited for already */
    if (info.si_code == CLD_EXITED)
        return (info.si_status & 0xff) << 8;
    return info.si_status | (info.si_code == CLD_DUMPED ? 0x80 : 0);
}

static bool proc_ready(struct knote *kn)
{
    struct pollfd asked = { .fd = kn->own, .events = POLLIN };

    if ((kn->wanted & NOTE_EXIT) == 0 || poll(&asked, 1, 0) <= 0)
        return false;
    kn->told.flags |= EV_EOF | EV_ONESHOT;
    kn->told.fflags = kn->wanted;
    kn->told.data = status_of((pid_t)kn->told.ident);
    return true;
}

const struct filter kq_proc = {
    .id = EVFILT_PROC,
    .attach = proc_attach,
    .change = kq_take,
    .ready = proc_ready,
};
