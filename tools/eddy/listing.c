/* SPDX-License-Identifier: MIT */
/*
 * listing.c - finds what the sources have in common.
 *
 * The first one is compared with each other one, by the longest common
 * subsequence, in which a line weighs what is in it: a lone brace binds
 * nothing. What it shares with all others is common; between two common lines
 * each source has lines of its own, and the shorter ones are padded:
 *
 *     same        same        same
 *     diff        diff        diff
 *     diff        pad         diff
 *     same        same        same
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "listing.h"
#include "source.h"
#include "workload.h"

enum { SOURCES = 3 };

struct column {
    const struct source *source;
    size_t *match; /* for each line of the first source the line here that it
                      is, or NONE; of the first one itself not used */
    size_t next;   /* line to be written */
};

#define NONE SIZE_MAX

/* ---- Finding ------------------------------------------------------------ */

static size_t weight_of(const char *line)
{
    size_t size = strlen(line + strspn(line, " \t"));

    return size < 3 ? 1 : size + 10;
}

/* The table of sums: sums[a][b] is the weight of what is common to the lines
 * from a and from b on. */
static size_t *weigh(const struct source *a, const struct source *b)
{
    size_t width = b->count + 1;
    size_t *sums = calloc((a->count + 1) * width, sizeof *sums);

    for (size_t i = a->count; sums != NULL && i-- > 0;) {
        for (size_t j = b->count; j-- > 0;) {
            size_t *sum = &sums[i * width + j];

            *sum = sum[1] > sum[width] ? sum[1] : sum[width];
            if (strcmp(a->lines[i], b->lines[j]) == 0 &&
                sum[width + 1] + weight_of(a->lines[i]) > *sum)
                *sum = sum[width + 1] + weight_of(a->lines[i]);
        }
    }
    return sums;
}

/* Without memory nothing matches. */
static void find_matches(const struct source *first, struct column *column)
{
    const struct source *source = column->source;
    size_t width = source->count + 1, i = 0, j = 0;
    size_t *sums = weigh(first, source);

    column->match = malloc(first->count * sizeof *column->match);
    for (size_t n = 0; column->match != NULL && n < first->count; n++)
        column->match[n] = NONE;
    while (sums != NULL && column->match != NULL && i < first->count &&
           j < source->count) {
        const size_t *sum = &sums[i * width + j];

        if (*sum == sum[1]) {
            j++;
        } else if (*sum == sum[width]) {
            i++;
        } else {
            column->match[i++] = j++;
        }
    }
    free(sums);
}

/* ---- Writing ------------------------------------------------------------ */

static void write_line(FILE *out, const char *class, const char *text)
{
    fprintf(out, "<span class=\"%s\">", class);
    html_text(out, text);
    fputs("\n</span>", out);
}

/* What columns[i] has before the line `end`, and then padding, up to `room`
 * lines. */
static void write_own(FILE *out, struct column *column, size_t end, size_t room)
{
    for (; column->next < end; room--)
        write_line(out, "diff", column->source->lines[column->next++]);
    for (; room > 0; room--)
        write_line(out, "pad", "");
}

/* Where in a column the line of the first source is. */
static size_t place_in(const struct column *columns, size_t c, size_t line)
{
    if (line == columns[0].source->count)
        return columns[c].source->count;
    if (c == 0)
        return line;
    return columns[c].match != NULL ? columns[c].match[line] : NONE;
}

static bool is_common(const struct column *columns, size_t count, size_t line)
{
    for (size_t c = 0; c < count; c++) {
        if (place_in(columns, c, line) == NONE)
            return false;
    }
    return true;
}

/* How many rows the lines up to the common one take. A column has written all
 * that is common before. */
static size_t rows_before(const struct column *columns, const size_t *next,
                          size_t count, size_t line)
{
    size_t rows = 0;

    for (size_t c = 0; c < count; c++) {
        size_t own = place_in(columns, c, line) - next[c];

        if (own > rows)
            rows = own;
    }
    return rows;
}

static void write_column(FILE *out, struct column *columns, size_t count,
                         size_t c)
{
    size_t next[SOURCES] = { 0 }; /* of each column, at the same row */
    const struct source *first = columns[0].source;

    for (size_t line = 0; line <= first->count; line++) {
        if (!is_common(columns, count, line))
            continue;
        write_own(out, &columns[c], place_in(columns, c, line),
                  rows_before(columns, next, count, line));
        if (line < first->count)
            write_line(out, "same",
                       columns[c].source->lines[columns[c].next++]);
        for (size_t k = 0; k < count; k++)
            next[k] = place_in(columns, k, line) + 1;
    }
}

static size_t find_sources(const char *example, struct column *columns)
{
    const char *style;
    size_t count = 0;

    for (size_t s = 0; (style = style_at(s)) != NULL && count < SOURCES; s++) {
        const struct source *source = source_find(example, style);

        if (source != NULL)
            columns[count++].source = source;
    }
    return count;
}

bool listing_write(FILE *out, const char *example)
{
    struct column columns[SOURCES] = { { 0 } };
    size_t count = find_sources(example, columns);

    for (size_t c = 1; c < count; c++)
        find_matches(columns[0].source, &columns[c]);
    for (size_t c = 0; c < count; c++) {
        const struct source *source = columns[c].source;

        fprintf(out,
                "<figure class=\"%s\"><figcaption>%s, %zu lines of"
                " code</figcaption>\n<pre tabindex=\"0\"><code>",
                source->style, source->file, source_lines(source));
        write_column(out, columns, count, c);
        fputs("</code></pre></figure>\n", out);
    }
    for (size_t c = 1; c < count; c++)
        free(columns[c].match);
    return count > 0;
}
