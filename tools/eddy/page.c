/* SPDX-License-Identifier: MIT */
/* page.c - tables, plots and sources, one workload after the other. */
#include <math.h>
#include <string.h>

#include "cpu.h"
#include "html.h"
#include "listing.h"
#include "page.h"
#include "plot.h"
#include "source.h"

/* ---- Tables ------------------------------------------------------------- */

/* For people who read a page: "us" is for those who have no Greek. */
static void write_head(FILE *out, enum measure measure)
{
    const struct measure_info *info = &measure_info[measure];

    fputs("<th scope=\"col\" title=\"", out);
    html_text(out, info->what);
    fputs("\">", out);
    html_text(out, info->head);
    if (strcmp(info->unit, "us") == 0)
        fputs(" <small>\302\265s</small>", out);
    else if (*info->unit != '\0')
        fprintf(out, " <small>%s</small>", info->unit);
    fputs("</th>", out);
}

static void write_number(FILE *out, const struct cell *cell,
                         enum measure measure)
{
    struct summary summary = cell_summary(cell, measure);
    int decimals = measure_decimals(measure, summary.median);

    if (isnan(summary.median)) {
        fputs("<td>\342\200\223</td>", out);
        return;
    }
    fputs("<td", out);
    if (cell->of[measure].count > 1)
        fprintf(out, " title=\"%.*f to %.*f\"", decimals, summary.low, decimals,
                summary.high);
    fprintf(out, ">%.*f</td>", decimals, summary.median);
}

static void write_row(FILE *out, const struct cell *cell, bool first)
{
    fprintf(out, "<tr%s><th scope=\"row\">%s</th>",
            first ? " class=\"first\"" : "", cell->trial.poller->name);
    fprintf(out, "<th scope=\"row\"><i class=\"%s\"></i>%s</th>",
            cell->trial.service->style, cell->trial.service->style);
    if (cell->failed)
        fprintf(out, "<td colspan=\"%d\">failed</td>", MEASURES);
    for (enum measure m = RATE; m < MEASURES && !cell->failed; m++)
        write_number(out, cell, m);
    fputs("</tr>\n", out);
}

static void write_table(FILE *out, const struct cell *cells, size_t count)
{
    fputs("<div class=\"wide\" tabindex=\"0\"><table>\n<thead><tr>"
          "<th scope=\"col\">poller</th><th scope=\"col\">style</th>",
          out);
    for (enum measure m = RATE; m < MEASURES; m++)
        write_head(out, m);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < count; i++)
        write_row(out, &cells[i],
                  i > 0 && cells[i].trial.poller != cells[i - 1].trial.poller);
    fputs("</tbody></table></div>\n", out);
}

/* ---- A workload --------------------------------------------------------- */

static void write_key(FILE *out, const struct cell *cells, size_t count)
{
    fputs("<p class=\"key\">", out);
    for (size_t i = 0; i < count; i++) {
        if (cells[i].trial.poller == cells[0].trial.poller)
            fprintf(out, "<span><i class=\"%s\"></i>%s</span> ",
                    cells[i].trial.service->style,
                    cells[i].trial.service->style);
    }
    fputs("</p>\n", out);
}

static void write_bars(FILE *out, const struct cell *cells, size_t count,
                       enum measure measure, const char *title)
{
    fprintf(out, "<figure><figcaption>%s</figcaption>\n", title);
    plot_bars(out, cells, count, measure);
    fputs("</figure>\n", out);
}

static void write_plots(FILE *out, const struct cell *cells, size_t count)
{
    size_t drawn;

    fputs("<div class=\"plots\">\n", out);
    write_bars(out, cells, count, CPU,
               "CPU of the server for a request, \302\265s");
    write_bars(out, cells, count, RATE, "Requests in a second");
    write_bars(out, cells, count, CALLS, "System calls for a request");
    fputs("</div>\n<div class=\"plots\">\n", out);
    for (size_t i = 0; i < count; i += drawn) {
        fprintf(out,
                "<figure><figcaption>Latency on %s <small>%s</small>"
                "</figcaption>\n",
                cells[i].trial.poller->name,
                "up to which part of the requests");
        drawn = plot_latency(out, cells, count, i);
        fputs("</figure>\n", out);
    }
    fputs("</div>\n", out);
}

static bool has_sources(const char *example)
{
    const char *style;

    for (size_t s = 0; (style = style_at(s)) != NULL; s++) {
        if (source_find(example, style) != NULL)
            return true;
    }
    return false;
}

static void write_sources(FILE *out, const char *example)
{
    if (!has_sources(example))
        return;
    fputs("<details><summary>The examples side by side</summary>\n"
          "<div class=\"listing\">\n",
          out);
    (void)listing_write(out, example);
    fputs("</div></details>\n", out);
}

static void write_section(FILE *out, const struct cell *cells, size_t count)
{
    const struct trial *trial = &cells[0].trial;

    fprintf(out, "<section id=\"%s\"><h2>%s</h2>\n<p>", trial->workload->name,
            trial->workload->name);
    html_text(out, trial->workload->summary);
    fprintf(out, ". %zu connections, requests of %zu bytes", trial->connections,
            trial->size);
    if (trial->workload->parts)
        fprintf(out, ", each of %d parts", trial->parts);
    fputs(".</p>\n", out);
    write_key(out, cells, count);
    write_plots(out, cells, count);
    write_table(out, cells, count);
    write_sources(out, trial->workload->example);
    fputs("</section>\n", out);
}

/* ---- In short ----------------------------------------------------------- */

static void write_short_row(FILE *out, const struct cell *cells, size_t count)
{
    const char *name = cells[0].trial.workload->name;

    fprintf(out, "<tr><th scope=\"row\"><a href=\"#%s\">%s</a></th>", name,
            name);
    for (size_t i = 0; i < count; i++) {
        struct summary tax = cell_summary(&cells[i], TAX);

        if (cells[i].trial.poller != cells[0].trial.poller)
            break;
        if (isnan(tax.median))
            fputs("<td>\342\200\223</td>", out);
        else if (cells[i].callback == &cells[i])
            fputs("<td>1</td>", out);
        else
            fprintf(out, "<td title=\"%.3f to %.3f\">%.2f</td>", tax.low,
                    tax.high, tax.median);
    }
    fputs("</tr>\n", out);
}

/* Of the best poller: what the styles cost beside each other. */
static void write_short(FILE *out, const struct matrix *matrix)
{
    const struct cell *cells = matrix->cells;
    size_t count = matrix->count > 0 ? matrix_section(matrix, 0) : 0;

    if (count == 0)
        return;
    fprintf(out,
            "<section id=\"short\"><h2>In short</h2>\n<p>CPU for a request on"
            " %s, as a multiple of what callbacks take.</p>\n<div class=\"wide"
            "\" tabindex=\"0\"><table class=\"short\"><thead><tr><th"
            " scope=\"col\">workload</th>",
            cells[0].trial.poller->name);
    for (size_t i = 0; i < count; i++) {
        if (cells[i].trial.poller == cells[0].trial.poller)
            fprintf(out, "<th scope=\"col\"><i class=\"%s\"></i>%s</th>",
                    cells[i].trial.service->style,
                    cells[i].trial.service->style);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < matrix->count; i += count) {
        count = matrix_section(matrix, i);
        write_short_row(out, &cells[i], count);
    }
    fputs("</tbody></table></div></section>\n", out);
}

/* ---- The page ----------------------------------------------------------- */

static void write_fact(FILE *out, const char *name, const char *text)
{
    if (*text == '\0')
        return;
    fprintf(out, "<div><dt>%s</dt><dd>", name);
    html_text(out, text);
    fputs("</dd></div>\n", out);
}

static void write_facts(FILE *out, const struct matrix *matrix,
                        const struct machine *machine)
{
    const struct settings *settings = &matrix->settings;
    char text[200];

    fputs("<dl>\n", out);
    write_fact(out, "system", machine->system);
    snprintf(text, sizeof text, "%ld \303\227 %s", machine->processors,
             machine->processor);
    write_fact(out, "processors", text);
    write_fact(out, "compiler", machine->compiler);
    snprintf(text, sizeof text,
             "%lld of %g s for each cell, in turn; medians are told",
             (long long)settings->rounds, (double)settings->duration_ns / 1e9);
    write_fact(out, "rounds", text);
    write_fact(out, "pinned",
               settings->server_cpu == ANY_CPU
                   ? "no: there is one processor, or the system cannot"
                   : "the server and the load have a processor each");
    write_fact(out, "date", machine->date);
    fputs("</dl>\n", out);
}

static void write_legend(FILE *out)
{
    fputs("<section id=\"legend\"><h2>What the columns are</h2>\n<dl>\n", out);
    for (enum measure m = RATE; m < MEASURES; m++)
        write_fact(out, measure_info[m].head, measure_info[m].what);
    fputs("</dl>\n<p>Where there is a value for each round, the tables tell the"
          " median, and the quartiles to those who point at it; bars have a"
          " mark from the one to the other. Latency is that of all rounds"
          " together. Calls and allocations are counted in a run of their own"
          " which is not timed; a poller that can complete operations by itself"
          " only waits there. The examples do what the workload does, but are"
          " not what was measured: that has to stop in good time, too.</p>"
          "</section>\n",
          out);
}

static void write_begin(FILE *out)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width,"
          " initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
          "<title>eddy compare</title>\n<style>\n",
          out);
    for (size_t i = 0; page_style[i] != NULL; i++)
        fprintf(out, "%s\n", page_style[i]);
    fputs("</style>\n</head>\n<body>\n", out);
}

void page_write(FILE *out, const struct matrix *matrix,
                const struct machine *machine)
{
    size_t count;

    write_begin(out);
    fprintf(out,
            "<header><h1>eddy compare</h1>\n<p>One server in three styles, and"
            " what each costs: callbacks, deferreds, coroutines on the loop of"
            " eddy %s.</p>\n",
            eddy_version());
    write_facts(out, matrix, machine);
    fputs("</header>\n<main>\n", out);
    write_short(out, matrix);
    for (size_t i = 0; i < matrix->count; i += count) {
        count = matrix_section(matrix, i);
        write_section(out, &matrix->cells[i], count);
    }
    write_legend(out);
    fputs("</main>\n</body>\n</html>\n", out);
}
