/* SPDX-License-Identifier: MIT */
/*
 * guard.c - guards.
 *
 * Light ones are marks in the page table (Linux 6.13): no mapping each, so
 * there may be millions, and a process may advise itself of many at a time.
 * Others take a mapping each, and of those a process has some 65,000.
 */
#include "stack.h"

#include <errno.h>
#include <sys/mman.h>

#if defined(__linux__) && defined(HAVE_SYS_SYSCALL_H)
#include <sys/syscall.h>
#endif

#if defined(SYS_process_madvise) && defined(SYS_pidfd_open)
#include <sys/uio.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum { BATCH = 256 }; /* 4 KiB of stack */

/* How many bytes of so many guards were marked; the system may stop early. */
static size_t mark_some(int self, char *base, size_t stride, size_t count)
{
    struct iovec guards[BATCH];
    size_t n = count < BATCH ? count : BATCH;
    long done;

    for (size_t i = 0; i < n; i++)
        guards[i] = (struct iovec){ base + i * stride, GUARD };
    done = self < 0 ? -1
                    : syscall(SYS_process_madvise, self, guards, n,
                              MADV_GUARD_INSTALL, 0);
    return done > 0 ? (size_t)done / GUARD : 0;
}

/* How many of the guards are marked. */
static size_t mark(char *base, size_t stride, size_t count)
{
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    size_t done = 0;

    while (done < count) {
        size_t n = mark_some(self, base + done * stride, stride, count - done);

        if (n == 0 &&
            madvise(base + done * stride, GUARD, MADV_GUARD_INSTALL) == 0)
            n = 1;
        if (n == 0)
            break;
        done += n;
    }
    if (self >= 0)
        (void)close(self);
    return done;
}
#else
static size_t mark(char *base, size_t stride, size_t count)
{
    (void)base;
    (void)stride;
    (void)count;
    return 0;
}
#endif

int eddy__guard_all(char *base, size_t stride, size_t count, bool *heavy)
{
    size_t done = *heavy ? 0 : mark(base, stride, count);

    *heavy = done < count;
    for (; done < count; done++)
        if (mprotect(base + done * stride, GUARD, PROT_NONE) < 0)
            return -ENOMEM;
    return 0;
}
