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
#include <unistd.h>

#if defined(__linux__) && defined(HAVE_SYS_SYSCALL_H)
#include <sys/syscall.h>
#endif

#if defined(SYS_process_madvise) && defined(SYS_pidfd_open)
#include <sys/uio.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

enum { BATCH = 256 }; /* 4 KiB of stack */

/* How many of the guards were marked in one call; the system may stop early. */
static size_t mark_some(int self, const struct slab *slab, size_t first)
{
    struct iovec guards[BATCH];
    size_t n = slab->count - first;
    long done = -1;

    if (n > BATCH)
        n = BATCH;
    for (size_t i = 0; i < n; i++)
        guards[i] = (struct iovec){ slab->base + (first + i) * slab->stride,
                                    slab->guard };
    if (self >= 0)
        done = syscall(SYS_process_madvise, self, guards, n, MADV_GUARD_INSTALL,
                       0);
    return done > 0 ? (size_t)done / slab->guard : 0;
}

/* Emulators are known that agree to any advice, and take none: a guard is where
 * pages cannot be had. */
static bool is_guarded(char *guard, size_t size)
{
    return madvise(guard, size, MADV_POPULATE_READ) < 0 && errno == EFAULT;
}

/* How many of the guards are marked. */
static size_t mark(const struct slab *slab)
{
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    size_t done = 0;

    while (done < slab->count) {
        char *guard = slab->base + done * slab->stride;
        size_t n = mark_some(self, slab, done);

        if (n == 0 && madvise(guard, slab->guard, MADV_GUARD_INSTALL) == 0)
            n = 1;
        if (n == 0 || (done == 0 && !is_guarded(guard, slab->guard)))
            break;
        done += n;
    }
    if (self >= 0)
        (void)close(self);
    return done;
}
#else
static size_t mark(const struct slab *slab)
{
    (void)slab;
    return 0;
}
#endif

size_t eddy__guard_size(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return page > GUARD ? page : GUARD;
}

int eddy__guard_all(const struct slab *slab, bool *heavy)
{
    size_t done = *heavy ? 0 : mark(slab);

    *heavy = done < slab->count;
    for (; done < slab->count; done++)
        if (mprotect(slab->base + done * slab->stride, slab->guard, PROT_NONE) <
            0)
            return -ENOMEM;
    return 0;
}
