/* SPDX-License-Identifier: MIT */
/* html.h - text for a page, in which nothing is markup. */
#ifndef HTML_H
#define HTML_H

#include <stdio.h>

void html_text(FILE *out, const char *text);

#endif
