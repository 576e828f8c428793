/* SPDX-License-Identifier: MIT */
/* tasks.h - the part of check.c that is about generators and tasks. */
#ifndef EDDY_TESTS_ARCH_TASKS_H
#define EDDY_TESTS_ARCH_TASKS_H

void check_tasks(void);

#endif
