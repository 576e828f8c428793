/* SPDX-License-Identifier: MIT */
/*
 * birth_signal.c - onto a new stack by a signal that is handled on it, where
 * there is no makecontext(). The handler returns; its frame stays as it is, for
 * nothing else runs there.
 *
 * Signals belong to the process: one thread at a time does this, and others
 * that get the signal meanwhile go on with what was set before. SIGURG is
 * ignored unless a program wants it.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "birth.h"

enum { SIGNAL = SIGURG };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t mother;
static struct birth *child;
static struct sigaction before;
static atomic_bool under_way;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    if (atomic_load(&under_way) && pthread_equal(mother, pthread_self())) {
        atomic_store(&under_way, false);
        eddy__be_born(child, NULL, NULL);
        return;
    }
    if ((before.sa_flags & SA_SIGINFO) != 0)
        before.sa_sigaction(signal, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(signal);
}

/* With all other signals blocked. */
static void take_signal(void)
{
    struct sigaction action = { .sa_sigaction = on_signal,
                                .sa_flags =
                                    SA_SIGINFO | SA_ONSTACK | SA_RESTART };
    sigset_t others;

    (void)sigfillset(&action.sa_mask);
    (void)sigfillset(&others);
    (void)sigdelset(&others, SIGNAL);
    (void)sigaction(SIGNAL, &action, &before);
    atomic_store(&under_way, true);
    (void)pthread_kill(pthread_self(), SIGNAL);
    while (atomic_load(&under_way))
        (void)sigsuspend(&others);
    (void)sigaction(SIGNAL, &before, NULL);
}

void eddy__give_birth(char *low, size_t size, struct birth *birth)
{
    stack_t stack = { .ss_sp = low, .ss_size = size }, own;
    sigset_t all, mask;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &mask);
    (void)pthread_mutex_lock(&mutex);
    mother = pthread_self();
    child = birth;
    (void)sigaltstack(&stack, &own);
    take_signal();
    (void)sigaltstack(&own, NULL);
    (void)pthread_mutex_unlock(&mutex);
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
}
