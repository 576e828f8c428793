/* SPDX-License-Identifier: MIT */
/* eddy/process.h - signals and children as operations. */
#ifndef EDDY_PROCESS_H
#define EDDY_PROCESS_H

#include <sys/types.h>

#include <eddy/op.h>

EDDY_BEGIN_DECLS

/* Multishot: an item when signum has arrived; n: how often since the last one
 * (the kernel merges what comes faster than it delivers). Any number of loops
 * may wait for one signal: each is told. While nobody waits the signal has its
 * old effect. -EINVAL for SIGKILL, SIGSTOP and what is no signal. */
EDDY_OP struct eddy_op eddy_signals(int signum);

/* Waits until signum arrives. n: how often it has, at least 1. Before and after
 * it has its old effect: so a program that ends at SIGINT, but slowly, is
 * killed by a second one. The first of several: eddy_any(). Errors as above. */
EDDY_OP struct eddy_op eddy_signal_wait(int signum);

/*
 * Waits for a child of this process, by its pid alone, so that other code may
 * wait for its own children; one that has ended already is fine. n: its status
 * as waitpid() gives it, for WIFEXITED() and the like. -ECHILD: no such child,
 * or somebody else has waited for it. Cancelling leaves the child as it is.
 * Uses a pidfd or kqueue, else SIGCHLD.
 */
EDDY_OP struct eddy_op eddy_child_exit(pid_t pid);

EDDY_END_DECLS

#endif
