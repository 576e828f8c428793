/* SPDX-License-Identifier: MIT */
/* print.h - what was measured, on stdout: for people, and for programs. */
#ifndef PRINT_H
#define PRINT_H

#include "machine.h"
#include "matrix.h"

void print_table(const struct matrix *matrix, const struct machine *machine);
void print_json(const struct matrix *matrix, const struct machine *machine);
void print_csv(const struct matrix *matrix);

#endif
