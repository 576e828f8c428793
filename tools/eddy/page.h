/* SPDX-License-Identifier: MIT */
/* page.h - what was measured as a page of its own, which needs no network. */
#ifndef PAGE_H
#define PAGE_H

#include <stdio.h>

#include "machine.h"
#include "matrix.h"

void page_write(FILE *out, const struct matrix *matrix,
                const struct machine *machine);

#endif
