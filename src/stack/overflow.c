/* SPDX-License-Identifier: MIT */
/*
 * overflow.c - last words about a stack that was too small.
 *
 * A signal handler is given an address and nothing else, and signals belong to
 * the process: hence a table of all slabs, the only writable thing here that
 * belongs to no object. A slab for which the table has no room is guarded all
 * the same, but its overflow goes unnamed.
 */
#include "stack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    PLACES = 4096,        /* slabs have up to 1024 stacks each */
    HANDLER_STACK = 65536 /* some processors save much when a signal comes */
};

struct place {
    atomic_uintptr_t base, end; /* end 0: free, or not yet filled in */
    atomic_size_t stride, guard;
};

static struct place places[PLACES];

void eddy__overflow_add(const struct slab *slab)
{
    for (int i = 0; i < PLACES; i++) {
        uintptr_t none = 0;

        if (!atomic_compare_exchange_strong(&places[i].base, &none,
                                            (uintptr_t)slab->base))
            continue;
        atomic_store(&places[i].stride, slab->stride);
        atomic_store(&places[i].guard, slab->guard);
        atomic_store(&places[i].end,
                     (uintptr_t)slab->base + slab->stride * slab->count);
        return;
    }
}

void eddy__overflow_remove(const struct slab *slab)
{
    for (int i = 0; i < PLACES; i++) {
        if (atomic_load(&places[i].base) != (uintptr_t)slab->base)
            continue;
        atomic_store(&places[i].end, 0);
        atomic_store(&places[i].base, 0);
        return;
    }
}

/* ---- The handler -------------------------------------------------------- */

/* A line that is put together where nothing but write() may be called. */
struct line {
    char text[256];
    size_t length;
};

static void say(struct line *line, const char *text)
{
    while (text != NULL && *text != '\0' &&
           line->length < sizeof line->text - 1)
        line->text[line->length++] = *text++;
}

static void say_number(struct line *line, size_t number)
{
    char digits[24];
    size_t first = sizeof digits - 1;

    digits[first] = '\0';
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say(line, digits + first);
}

static void tell(const struct label *label, size_t size)
{
    struct line line = { .length = 0 };

    say(&line, "eddy: stack overflow in ");
    say(&line, label->name != NULL ? label->name : "a coroutine");
    if (label->at != NULL) {
        say(&line, ", made at ");
        say(&line, label->at);
    }
    say(&line, ": all ");
    say_number(&line, size);
    say(&line, " bytes are used");
    line.text[line.length++] = '\n';
    if (write(STDERR_FILENO, line.text, line.length) < 0)
        return; /* nobody listens */
}

/* Does the address lie in the guard of a stack? Then it is told. */
static void look_for(uintptr_t address)
{
    for (int i = 0; i < PLACES; i++) {
        uintptr_t base = atomic_load(&places[i].base);
        size_t stride = atomic_load(&places[i].stride);
        size_t guard = atomic_load(&places[i].guard);

        if (base == 0 || address < base ||
            address >= atomic_load(&places[i].end))
            continue;
        if ((address - base) % stride < guard) {
            uintptr_t end = base + ((address - base) / stride + 1) * stride;

            tell((const struct label *)(end - sizeof(struct label)),
                 stride - guard - sizeof(struct label));
        }
        return;
    }
}

static const int signals[] = { SIGSEGV, SIGBUS };
enum { SIGNALS = sizeof signals / sizeof signals[0] };
static struct sigaction former[SIGNALS];

/* As if nobody had been asked: a fault comes again, what was sent is sent
 * again. */
static void by_default(int signal, const siginfo_t *info)
{
    struct sigaction fatal = { .sa_handler = SIG_DFL };

    (void)sigaction(signal, &fatal, NULL);
    if (info->si_code <= 0)
        (void)raise(signal);
}

/* What was set before is done next: by calling it, or by returning to the same
 * fault under it. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
    const struct sigaction *before = &former[signal == signals[0] ? 0 : 1];
    struct sigaction once_only = { .sa_handler = SIG_DFL };
    bool is_function =
        (before->sa_flags & SA_SIGINFO) != 0 ||
        (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN);

    if (is_function && (before->sa_flags & (int)SA_RESETHAND) != 0)
        (void)sigaction(signal, &once_only, NULL);
    if (!is_function) {
        if (before->sa_handler == SIG_DFL || info->si_code > 0)
            by_default(signal, info); /* faults cannot be ignored */
    } else if ((before->sa_flags & SA_SIGINFO) != 0) {
        before->sa_sigaction(signal, info, context);
    } else {
        before->sa_handler(signal);
    }
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    int before = errno;

    if (info->si_code > 0)
        look_for((uintptr_t)info->si_addr);
    errno = before;
    pass_on(signal, info, context);
}

/* ---- Being called ------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* of the stack for handlers, of a thread */
static atomic_bool caught;
static char theirs; /* the value of a thread that had one already */

static void free_handler_stack(void *base)
{
    stack_t none = { .ss_flags = SS_DISABLE }, now;

    if (base == &theirs)
        return;
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == base)
        (void)sigaltstack(&none, NULL);
    (void)munmap(base, HANDLER_STACK);
}

static void catch (void)
{
    struct sigaction action = { .sa_sigaction = on_fault,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK };

    if (pthread_key_create(&key, free_handler_stack) != 0)
        return;
    (void)sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNALS; i++)
        (void)sigaction(signals[i], &action, &former[i]);
    atomic_store(&caught, true);
}

void eddy__overflow_catch(void)
{
    (void)pthread_once(&once, catch);
    eddy__overflow_catch_here();
}

/* A thread that has a stack for handlers already keeps it. */
void eddy__overflow_catch_here(void)
{
    stack_t stack, before;
    void *base;

    if (!atomic_load(&caught) || pthread_getspecific(key) != NULL)
        return;
    if (sigaltstack(NULL, &before) < 0 || (before.ss_flags & SS_DISABLE) == 0) {
        (void)pthread_setspecific(key, &theirs);
        return;
    }
    base = mmap(NULL, HANDLER_STACK, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANON, -1, 0);
    if (base == MAP_FAILED)
        return;
    stack = (stack_t){ .ss_sp = base, .ss_size = HANDLER_STACK };
    if (pthread_setspecific(key, base) != 0 || sigaltstack(&stack, NULL) < 0)
        (void)munmap(base, HANDLER_STACK);
}
