/* SPDX-License-Identifier: MIT */
/* html.c - writes what would be markup in other words. */
#include "html.h"

void html_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else if ((unsigned char)*text >= ' ' || *text == '\t')
            fputc(*text, out);
    }
}
