/* SPDX-License-Identifier: MIT */
/*
 * check.c - the functions of Check, empty: for systems that the tests are only
 * compiled and linked for. The header is Check's own, so a test that uses it
 * wrongly does not compile, and one that needs another function does not link.
 */
#include <check.h>
#include <stddef.h>
#include <stdlib.h>

Suite *suite_create(const char *name)
{
    (void)name;
    return NULL;
}

void suite_add_tcase(Suite *suite, TCase *tcase)
{
    (void)suite, (void)tcase;
}

TCase *tcase_create(const char *name)
{
    (void)name;
    return NULL;
}

const char *tcase_name(void)
{
    return "";
}

void tcase_set_timeout(TCase *tcase, double timeout)
{
    (void)tcase, (void)timeout;
}

void tcase_add_checked_fixture(TCase *tcase, SFun setup, SFun teardown)
{
    (void)tcase, (void)setup, (void)teardown;
}

void tcase_add_unchecked_fixture(TCase *tcase, SFun setup, SFun teardown)
{
    (void)tcase, (void)setup, (void)teardown;
}

void _tcase_add_test(TCase *tcase, const TTest *test, int signal, int exit,
                     int start, int end)
{
    (void)tcase, (void)test, (void)signal, (void)exit, (void)start, (void)end;
}

void _mark_point(const char *file, int line)
{
    (void)file, (void)line;
}

void _ck_assert_failed(const char *file, int line, const char *expr,
                       const char *message, ...)
{
    (void)file, (void)line, (void)expr, (void)message;
    abort();
}

SRunner *srunner_create(Suite *suite)
{
    (void)suite;
    return NULL;
}

void srunner_add_suite(SRunner *runner, Suite *suite)
{
    (void)runner, (void)suite;
}

enum fork_status srunner_fork_status(SRunner *runner)
{
    (void)runner;
    return CK_NOFORK;
}

void srunner_set_fork_status(SRunner *runner, enum fork_status status)
{
    (void)runner, (void)status;
}

void srunner_run_all(SRunner *runner, enum print_output mode)
{
    (void)runner, (void)mode;
}

int srunner_ntests_run(SRunner *runner)
{
    (void)runner;
    return 0;
}

int srunner_ntests_failed(SRunner *runner)
{
    (void)runner;
    return 0;
}

void srunner_free(SRunner *runner)
{
    (void)runner;
}
