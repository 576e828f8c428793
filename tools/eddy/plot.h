/* SPDX-License-Identifier: MIT */
/*
 * plot.h - plots as SVG, in a page.
 *
 * By hand, for they are bars and lines, and part of a page: they take its font
 * and its colours, light or dark, and nobody needs a plotting program where
 * eddy runs. The classes are those of page.css.
 */
#ifndef PLOT_H
#define PLOT_H

#include <stdio.h>

#include "matrix.h"

/* A bar for each of cells[0..count), in a group for each poller, with a mark
 * from the lower to the upper quartile. */
void plot_bars(FILE *out, const struct cell *cells, size_t count,
               enum measure measure);

/* Latency over the part of the requests that it is not exceeded by: a line for
 * each of the cells that have the poller of the first one. The axis has room
 * for all of cells[0..count). Returns how many cells that were. */
size_t plot_latency(FILE *out, const struct cell *cells, size_t count,
                    size_t first);

#endif
