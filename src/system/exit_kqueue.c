/* SPDX-License-Identifier: MIT */
/*
 * exit_kqueue.c - the end of a child as a descriptor: a kqueue of its own with
 * one EVFILT_PROC in it, for a kqueue can be watched like any descriptor. The
 * pid never shares a set with descriptors, so it cannot be taken for one (T14).
 */
#include "system.h"

#include <fcntl.h>
#include <sys/event.h>
#include <unistd.h>

int eddy__exit_kqueue(void *arg, pid_t pid)
{
    struct kevent change;
    int kq = eddy__above_stdio(kqueue());
    int err;

    (void)arg;
    if (kq < 0)
        return kq;
    EV_SET(&change, (uintptr_t)pid, EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT,
           0, 0);
    if (fcntl(kq, F_SETFD, FD_CLOEXEC) < 0 ||
        kevent(kq, &change, 1, NULL, 0, NULL) < 0) {
        err = -errno;
        (void)close(kq);
        return err;
    }
    return kq;
}
