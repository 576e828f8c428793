/* SPDX-License-Identifier: MIT */
/*
 * annotate.h - telling sanitizers and valgrind of stacks. What a build has no
 * use for is a function that does nothing.
 */
#ifndef EDDY_ANNOTATE_H
#define EDDY_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ON_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define ON_TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ON_ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define ON_TSAN 1
#endif
#ifndef ON_ASAN
#define ON_ASAN 0
#endif
#ifndef ON_TSAN
#define ON_TSAN 0
#endif

/* What these tools know of a context. */
struct annotation {
    void *fake_stack; /* AddressSanitizer's, while it is left */
    const void *low;  /* of its stack; NULL: not known yet */
    size_t size;
    struct annotation *came_from; /* who went to it last */
    void *fiber;                  /* ThreadSanitizer's */
    unsigned long registered;     /* valgrind's */
};

#if ON_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if ON_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef HAVE_VALGRIND_VALGRIND_H
#include <valgrind/memcheck.h>
#include <valgrind/valgrind.h>
#endif

/* Never a function of its own, even if nothing is optimised: what is entered on
 * one stack and left on another confuses those it is for. */
#define ANNOTATION static inline __attribute__((always_inline)) void

/* Does a tool look on that wants to hear of it? To tell one that is not there
 * takes time, too. */
static inline bool annotate_wanted(void)
{
#ifdef HAVE_VALGRIND_VALGRIND_H
    return ON_ASAN || RUNNING_ON_VALGRIND != 0;
#else
    return ON_ASAN;
#endif
}

/* A stack is given back, or about to be used by others: what functions that
 * never returned have marked there is no longer so. */
ANNOTATION annotate_clean(char *low, size_t size)
{
    (void)low;
    (void)size;
#if ON_ASAN
    __asan_unpoison_memory_region(low, size);
#endif
#ifdef HAVE_VALGRIND_VALGRIND_H
    (void)VALGRIND_MAKE_MEM_DEFINED(low, size);
#endif
}

ANNOTATION annotate_begin(struct annotation *a, char *low, size_t size)
{
    a->low = low;
    a->size = size;
    annotate_clean(low, size);
#if ON_TSAN
    a->fiber = __tsan_create_fiber(0);
#endif
#ifdef HAVE_VALGRIND_VALGRIND_H
    a->registered = VALGRIND_STACK_REGISTER(low, low + size);
#endif
}

/* It runs, on a stack of its own. */
ANNOTATION annotate_here(struct annotation *a)
{
    (void)a;
#if ON_TSAN
    a->fiber = __tsan_get_current_fiber();
#endif
}

ANNOTATION annotate_end(struct annotation *a)
{
    (void)a;
#if ON_TSAN
    __tsan_destroy_fiber(a->fiber);
#endif
#ifdef HAVE_VALGRIND_VALGRIND_H
    VALGRIND_STACK_DEREGISTER(a->registered);
#endif
}

ANNOTATION annotate_leave(struct annotation *from, struct annotation *to,
                          int for_good)
{
    (void)from;
    (void)to;
    (void)for_good;
#if ON_ASAN
    to->came_from = from;
    __sanitizer_start_switch_fiber(for_good ? NULL : &from->fake_stack, to->low,
                                   to->size);
#endif
#if ON_TSAN
    from->fiber = __tsan_get_current_fiber(); /* it may have moved */
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
}

/* In the one that was gone to. Where a thread's own stack lies is learned by
 * leaving it. */
ANNOTATION annotate_arrive(struct annotation *a)
{
    (void)a;
#if ON_ASAN
    __sanitizer_finish_switch_fiber(a->fake_stack, &a->came_from->low,
                                    &a->came_from->size);
    a->fake_stack = NULL;
#endif
}

#endif
