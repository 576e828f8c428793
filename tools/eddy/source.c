/* SPDX-License-Identifier: MIT */
/* source.c - finds examples, and counts what is code in them. */
#include <stdbool.h>
#include <string.h>

#include "source.h"

const struct source *source_find(const char *example, const char *style)
{
    for (const struct source *s = sources; s->file != NULL; s++) {
        if (strcmp(s->example, example) == 0 && strcmp(s->style, style) == 0)
            return s;
    }
    return NULL;
}

/* Is there anything in the line but blanks and comment? Comments are those of
 * C, and begin in no string: so it is in the examples. */
static bool is_code(const char *line, bool *in_comment)
{
    bool code = false;

    while (*line != '\0') {
        if (*in_comment) {
            *in_comment = strncmp(line, "*/", 2) != 0;
            line += *in_comment ? 1 : 2;
        } else if (strncmp(line, "/*", 2) == 0) {
            *in_comment = true;
            line += 2;
        } else {
            code = code || (*line != ' ' && *line != '\t');
            line++;
        }
    }
    return code;
}

size_t source_lines(const struct source *source)
{
    bool in_comment = false;
    size_t lines = 0;

    for (size_t i = 0; source != NULL && i < source->count; i++)
        lines += is_code(source->lines[i], &in_comment);
    return lines;
}
