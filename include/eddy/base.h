/* SPDX-License-Identifier: MIT */
/*
 * eddy/base.h - what every other header leans on: marks, errors, memory, time.
 *
 * True of every function of eddy, and therefore said only once:
 *   result   >= 0 on success, a negative errno value on failure; errno itself
 *            is not used. A call that fails has changed nothing, and ret_x is
 *            written on success only. A NULL where an object is needed gives
 *            -EINVAL (from a void function: nothing happens).
 *   time     int64_t nanoseconds. timeout_ns counts from now, deadline_ns is a
 *            point on the loop's clock; a sum past the end of time stays there,
 *            and that is EDDY_FOREVER. A negative timeout_ns means forever to
 *            what waits at most so long, and 0 to what happens after it.
 *   threads  a loop, and all that belongs to it, is used by one thread at a
 *            time; only functions marked [any thread] may be called from
 *            another one. EDDY_DEBUG=1 makes a trespass -EPERM.
 *   memory   what x_new() or x_open() gave, x_free() or x_close() takes back;
 *            NULL is welcome there. Strings and structs given to a call are
 *            copied unless the call says that it keeps them.
 *   storage  of a timer, watch, hook, waker or signal is the caller's. It is
 *            zeroed, or set by x_init(), before any other call sees it; to
 *            start what is started already, or to move it, is undefined.
 *   output   the library prints nothing, aborts never, raises no SIGPIPE, and
 *            leaves no descriptor that it made open across exec.
 *
 * The headers are C11 and C++98. An exception or a longjmp() out of a callback
 * is undefined, and so is cancelling a thread that runs a loop.
 */
#ifndef EDDY_BASE_H
#define EDDY_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define EDDY_BEGIN_DECLS extern "C" {
#define EDDY_END_DECLS   }
#else
#define EDDY_BEGIN_DECLS
#define EDDY_END_DECLS
#endif

#if defined(__GNUC__)
#define EDDY_API                 __attribute__((visibility("default")))
#define EDDY_NODISCARD           __attribute__((warn_unused_result))
#define EDDY_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define EDDY_API
#define EDDY_NODISCARD
#define EDDY_PRINTF(text, first)
#endif

EDDY_BEGIN_DECLS

/* The struct that holds `member`, from a pointer to the member. */
#define EDDY_CONTAINER_OF(pointer, type, member)                               \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* ---- Version ------------------------------------------------------------ */

#define EDDY_VERSION_MAJOR 0
#define EDDY_VERSION_MINOR 1
#define EDDY_VERSION_PATCH 0

/* The version of the library in use, "1.2.3". [any thread] */
EDDY_API const char *eddy_version(void);

/* ---- Errors ------------------------------------------------------------- */

/* Two errors of POSIX that eddy gives and some systems lack. */
#ifndef ETIME
#define ETIME 10001 /* a limit of the program's own ran out */
#endif
#ifndef ENODATA
#define ENODATA 10002 /* the end came before the data */
#endif

/*
 * Both take an error as eddy gives it (-ECANCELED) or as errno has it
 * (ECANCELED), and return text that is never NULL and lives for ever:
 * "operation cancelled" and "ECANCELED". An error eddy has no words for is
 * "unknown error" and "EUNKNOWN". [any thread]
 */
EDDY_API const char *eddy_strerror(int err);
EDDY_API const char *eddy_errname(int err);

/*
 * An address of code in words, for logs: "name+12 (./prog+0x11d4)", or without
 * the name where the system knows none: of static functions, and of all in a
 * program that was not linked with -rdynamic. What is in brackets tells
 * addr2line(1) the line. Cut to size bytes; returns text. [any thread]
 */
EDDY_API const char *eddy_symbol(char *text, size_t size, const void *address);

/* ---- Memory ------------------------------------------------------------- */

/*
 * An allocator: resize(arg, NULL, n) allocates, resize(arg, p, 0) frees (p may
 * be NULL) and returns NULL, anything else is realloc(). NULL for a non-zero
 * size means out of memory, and p is then still valid. What it gives is aligned
 * for any type.
 */
struct eddy_mem {
    void *(*resize)(void *arg, void *ptr, size_t size);
    void *arg;
};

/* malloc(), realloc() and free(). [any thread] */
EDDY_API const struct eddy_mem *eddy_mem_default(void);

/*
 * Makes room for `need` elements in an array of *capacity, at least doubling.
 * Returns the array, which may have moved, with *capacity raised and the new
 * elements zeroed; or NULL (out of memory, or a size past SIZE_MAX), with both
 * untouched.
 */
EDDY_API void *eddy_mem_reserve(const struct eddy_mem *mem, void *array,
                                size_t *capacity, size_t need,
                                size_t element_size);

/* ---- Time --------------------------------------------------------------- */

#define EDDY_FOREVER INT64_MAX /* as a timeout_ns or a deadline_ns: never */
#define EDDY_US      INT64_C(1000)
#define EDDY_MS      INT64_C(1000000)
#define EDDY_SECOND  INT64_C(1000000000)

EDDY_END_DECLS

#endif
