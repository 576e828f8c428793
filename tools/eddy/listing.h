/* SPDX-License-Identifier: MIT */
/* listing.h - the sources of an example, side by side, in a page. */
#ifndef LISTING_H
#define LISTING_H

#include <stdbool.h>
#include <stdio.h>

/* Those there are of an example, one for each style. Lines that all of them
 * have stand at the same height, the others are marked. false: there are none.
 */
bool listing_write(FILE *out, const char *example);

#endif
