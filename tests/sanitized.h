/* SPDX-License-Identifier: MIT */
/* sanitized.h - what watches this program: some of it cannot be done under all
 * tools. */
#ifndef EDDY_TESTS_SANITIZED_H
#define EDDY_TESTS_SANITIZED_H

#ifdef HAVE_VALGRIND_VALGRIND_H
#include <valgrind/valgrind.h>
#define ON_VALGRIND (RUNNING_ON_VALGRIND != 0)
#else
#define ON_VALGRIND 0
#endif

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ON_ASAN 1
#elif __has_feature(thread_sanitizer)
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
#define SANITIZED (ON_ASAN || ON_TSAN)

#endif
