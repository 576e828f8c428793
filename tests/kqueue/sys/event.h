/* SPDX-License-Identifier: MIT */
/*
 * sys/event.h - the kqueue of the tests: kqueue(2) of FreeBSD, on Linux.
 *
 * It exists so that backends/kqueue.c runs in the tests of a Linux machine. Put
 * the folder above this one on the include path, link its files into the
 * program, and write code for BSD. What the manual page says holds here; and
 * where the manual is silent, what FreeBSD does:
 *
 *   - kqueue() returns the lowest free number, without close-on-exec.
 *   - A call that reports a change (an error, or EV_RECEIPT) reports no events.
 *     Changes behind the one whose report has no room are not applied.
 *   - A filter that is added again keeps its flags (EV_CLEAR, EV_ONESHOT ...),
 *     and is not enabled by that; its fflags, data and udata are replaced, by
 *     EV_ENABLE and EV_DISABLE as well. Events carry the flags of EV_ADD.
 *   - After an event without EV_CLEAR the queue is readable until the next
 *     kevent() has looked, even if there is nothing more to tell.
 *   - NOTE_TRIGGER in the change that adds an EVFILT_USER does nothing.
 *   - An absolute timer, once expired, is told of until it is deleted. It
 *     counts on the clock of the wall, others on the monotonic clock.
 *   - EVFILT_WRITE has EV_EOF after our own shutdown() of writing, too.
 *   - A pipe without a reader is not watched for writing (EPIPE); when it loses
 *     its reader, that is told once, with EV_EOF and EV_ONESHOT, and the filter
 *     is gone. A filter upon the wrong end of a pipe never fires.
 *   - fork() closes the number in the child: somebody else may get it there.
 *
 * Where it is not faithful:
 *
 *   - fflags at EV_EOF of a socket: ECONNREFUSED if it was never connected and
 *     ECONNRESET otherwise, for Linux would clear the error by telling it.
 *   - data: of datagram sockets, the size of the first one; 1 of listeners that
 *     are not TCP, of kqueues, and of what has neither a size nor a buffer.
 *   - EVFILT_SIGNAL sees a signal only while it is blocked in every thread,
 *     takes it away, and counts those that the kernel merged as one.
 *   - EVFILT_PROC: NOTE_EXIT only (and NOTE_EXITSTATUS, of macOS); others are
 *     EINVAL. The status is 0 of what is no child of ours or was waited for. It
 *     is ENOSYS without pidfds: before Linux 5.3, and in some valgrinds.
 *   - EVFILT_VNODE: truncation is NOTE_WRITE; NOTE_REVOKE tells of an unmount
 *     only. It needs read permission and /proc.
 *   - EVFILT_READ of a regular file is woken by writes, by nothing else; on
 *     macOS and NetBSD files differ, see their pages.
 *   - Filter 0 is EINVAL, not skipped. Filters that are not listed below, and
 *     EV_KEEPUDATA and the like, are missing.
 *   - A descriptor may be missing where BSD needs none: ENOMEM or EMFILE.
 *   - Only close(), dup2() and dup3() are seen at once. A number closed by libc
 *     itself (fclose()) is found out when its filter is looked at, unless the
 *     same file is open under it again.
 *   - close() of a kqueue does not wake the threads that wait in it.
 *   - It takes a mutex: not for signal handlers, not even close().
 *   - A child of vfork() or clone() has no kqueue and can make none.
 *   - Kqueues within kqueues: four deep, epoll's limit.
 */
#ifndef FAKE_SYS_EVENT_H
#define FAKE_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned fflags;
    int64_t data;
    void *udata;
};

#define EV_SET(event, id, filt, flag, fflag, value, user)                      \
    do {                                                                       \
        *(event) = (struct kevent){                                            \
            .ident = (uintptr_t)(id),                                          \
            .filter = (short)(filt),                                           \
            .flags = (unsigned short)(flag),                                   \
            .fflags = (unsigned)(fflag),                                       \
            .data = (int64_t)(value),                                          \
            .udata = (void *)(user),                                           \
        };                                                                     \
    } while (0)

/* filter */
#define EVFILT_READ   (-1)
#define EVFILT_WRITE  (-2)
#define EVFILT_VNODE  (-4)
#define EVFILT_PROC   (-5)
#define EVFILT_SIGNAL (-6)
#define EVFILT_TIMER  (-7)
#define EVFILT_USER   (-11)

/* flags: what to do */
#define EV_ADD      0x0001
#define EV_DELETE   0x0002
#define EV_ENABLE   0x0004
#define EV_DISABLE  0x0008
#define EV_ONESHOT  0x0010
#define EV_CLEAR    0x0020
#define EV_RECEIPT  0x0040
#define EV_DISPATCH 0x0080

/* flags: what happened */
#define EV_ERROR 0x4000
#define EV_EOF   0x8000

/* fflags of EVFILT_READ and EVFILT_WRITE */
#define NOTE_LOWAT     0x0001
#define NOTE_FILE_POLL 0x0002

/* fflags of EVFILT_VNODE */
#define NOTE_DELETE 0x0001
#define NOTE_WRITE  0x0002
#define NOTE_EXTEND 0x0004
#define NOTE_ATTRIB 0x0008
#define NOTE_LINK   0x0010
#define NOTE_RENAME 0x0020
#define NOTE_REVOKE 0x0040

/* fflags of EVFILT_PROC */
#define NOTE_EXIT       0x80000000u
#define NOTE_EXITSTATUS 0x04000000u

/* fflags of EVFILT_TIMER; none is NOTE_MSECONDS */
#define NOTE_SECONDS  0x0001
#define NOTE_MSECONDS 0x0002
#define NOTE_USECONDS 0x0004
#define NOTE_NSECONDS 0x0008
#define NOTE_ABSTIME  0x0010

/* fflags of EVFILT_USER */
#define NOTE_FFNOP      0x00000000u
#define NOTE_FFAND      0x40000000u
#define NOTE_FFOR       0x80000000u
#define NOTE_FFCOPY     0xc0000000u
#define NOTE_FFCTRLMASK 0xc0000000u
#define NOTE_FFLAGSMASK 0x00ffffffu
#define NOTE_TRIGGER    0x01000000u

int kqueue(void);
int kevent(int kq, const struct kevent *changelist, int nchanges,
           struct kevent *eventlist, int nevents,
           const struct timespec *timeout);

/*
 * For tests only: in which order one call tells of the two filters of the same
 * descriptor. A program must not care; here it can be made to show.
 */
enum kqueue_order {
    KQUEUE_ORDER_AS_IT_COMES, /* as BSD: whichever was ready first */
    KQUEUE_ORDER_READ_FIRST,
    KQUEUE_ORDER_WRITE_FIRST,
    KQUEUE_ORDER_ALTERNATE, /* in turn, pair by pair */
};
void kqueue_set_order(enum kqueue_order order);

#ifdef __cplusplus
}
#endif

#endif
