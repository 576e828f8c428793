/* SPDX-License-Identifier: MIT */
/* exit_pidfd.c - the end of a child as a descriptor: Linux's pidfd. */
#include "system.h"

#include <sys/syscall.h>
#include <unistd.h>

int eddy__exit_pidfd(void *arg, pid_t pid)
{
    (void)arg;
#ifdef SYS_pidfd_open
    return eddy__above_stdio((int)syscall(SYS_pidfd_open, pid, 0));
#else
    (void)pid;
    return -ENOSYS;
#endif
}
