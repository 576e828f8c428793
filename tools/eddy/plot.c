/* SPDX-License-Identifier: MIT */
/* plot.c - draws bars and lines. */
#include <math.h>

#include "plot.h"

enum { WIDTH = 380 };

/* ---- Bars --------------------------------------------------------------- */

enum {
    BAR = 14,
    PITCH = 19,  /* from bar to bar */
    TITLE = 20,  /* of a group */
    BARS_X = 76, /* after the name of the style */
    NUMBER = 62  /* room for the number behind the longest bar */
};

static size_t count_groups(const struct cell *cells, size_t count)
{
    size_t groups = count > 0;

    for (size_t i = 1; i < count; i++)
        groups += cells[i].trial.poller != cells[i - 1].trial.poller;
    return groups;
}

static double find_longest(const struct cell *cells, size_t count,
                           enum measure measure)
{
    double longest = 0;

    for (size_t i = 0; i < count; i++) {
        double high = cell_summary(&cells[i], measure).high;

        if (!isnan(high) && high > longest)
            longest = high;
    }
    return longest > 0 ? longest : 1;
}

/* Where a value ends, in pixels. */
static double bar_end(double value, double scale)
{
    const int begin = BARS_X;

    return begin + value * scale;
}

static void draw_bar(FILE *out, const struct cell *cell, enum measure measure,
                     int y, double scale)
{
    struct summary summary = cell_summary(cell, measure);
    double length = summary.median * scale;
    double low = bar_end(summary.low, scale);
    double high = bar_end(summary.high, scale);
    int middle = y + BAR / 2;

    fprintf(out, "<text class=\"label\" x=\"%d\" y=\"%d\">%s</text>",
            BARS_X - 6, y + BAR - 3, cell->trial.service->style);
    if (isnan(summary.median)) {
        fprintf(out, "<text class=\"value\" x=\"%d\" y=\"%d\">none</text>\n",
                BARS_X + 4, y + BAR - 3);
        return;
    }
    fprintf(out,
            "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\""
            " height=\"%d\" rx=\"2\"/>",
            cell->trial.service->style, BARS_X, y, length, BAR);
    fprintf(out, "<path class=\"spread\" d=\"M%.1f %dH%.1f\"/>", low, middle,
            high);
    fprintf(out, "<text class=\"value\" x=\"%.1f\" y=\"%d\">%.*f</text>\n",
            high + 5, y + BAR - 3, measure_decimals(measure, summary.median),
            summary.median);
}

void plot_bars(FILE *out, const struct cell *cells, size_t count,
               enum measure measure)
{
    size_t groups = count_groups(cells, count);
    double longest = find_longest(cells, count, measure);
    const int room = WIDTH - BARS_X - NUMBER;
    double scale = room / longest;
    int y = 0;

    fprintf(out, "<svg viewBox=\"0 0 %d %zu\" role=\"img\">\n", WIDTH,
            groups * TITLE + count * PITCH);
    for (size_t i = 0; i < count; i++) {
        const char *poller = cells[i].trial.poller->name;

        if (i == 0 || cells[i].trial.poller != cells[i - 1].trial.poller) {
            y += TITLE;
            fprintf(out, "<text class=\"group\" x=\"0\" y=\"%d\">%s</text>\n",
                    y - 6, poller);
        }
        draw_bar(out, &cells[i], measure, y, scale);
        y += PITCH;
    }
    fputs("</svg>\n", out);
}

/* ---- Latency ------------------------------------------------------------ */

enum { LEFT = 46, RIGHT = 22, TOP = 8, BOTTOM = 22, HEIGHT = 190 };

/* How far the tail is shown: each step is a nine more. */
#define NINES 3.0
#define STEP  0.05

struct axis {
    double from, to; /* logarithms of us */
};

/* Of `ns`; what is less than 1 ns counts as that. */
static double log_us(int64_t ns)
{
    return log10(ns > 1 ? (double)ns : 1) - 3;
}

/* To whole powers of ten, at least one apart. */
static struct axis find_axis(const struct cell *cells, size_t count)
{
    int64_t least = INT64_MAX, most = 1;

    for (size_t i = 0; i < count; i++) {
        const struct histogram *latency = &cells[i].latency;
        int64_t first = histogram_value(latency, 1);

        if (latency->count > 0 && first < least)
            least = first;
        if (latency->most > most)
            most = latency->most;
    }
    if (least > most)
        return (struct axis){ 0, 1 };
    struct axis axis = { floor(log_us(least)), ceil(log_us(most)) };
    if (axis.to <= axis.from)
        axis.to = axis.from + 1;
    return axis;
}

static double x_of(double nines)
{
    const int begin = LEFT, width = WIDTH - LEFT - RIGHT;

    return begin + nines / NINES * width;
}

static double y_of(const struct axis *axis, double at)
{
    const int begin = TOP, height = HEIGHT - TOP - BOTTOM;
    double part = (at - axis->from) / (axis->to - axis->from);

    return begin + (1 - part) * height;
}

static void draw_axes(FILE *out, const struct axis *axis)
{
    static const struct {
        double nines;
        const char *name;
    } marks[] = {
        { 0, "0" },    { 0.30103, "50" },   { 1, "90 %" },
        { 2, "99 %" }, { NINES, "99.9 %" },
    };
    static const char *const units[] = { "ns", "\302\265s", "ms", "s" };

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        double x = x_of(marks[i].nines);

        fprintf(out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>", x, TOP,
                HEIGHT - BOTTOM);
        fprintf(out, "<text class=\"tick\" x=\"%.1f\" y=\"%d\">%s</text>\n", x,
                HEIGHT - 6, marks[i].name);
    }
    for (int power = (int)axis->from; power <= (int)axis->to; power++) {
        double y = y_of(axis, power);
        int place = power + 3; /* as a power of ns */

        fprintf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y,
                WIDTH - RIGHT);
        fprintf(out, "<text class=\"label\" x=\"%d\" y=\"%.1f\">", LEFT - 5,
                y + 4);
        fprintf(out, "%.0f %s</text>\n", pow(10, place % 3),
                units[place / 3 < 4 ? place / 3 : 3]);
    }
}

static void draw_line(FILE *out, const struct cell *cell,
                      const struct axis *axis)
{
    const struct histogram *latency = &cell->latency;

    if (latency->count == 0)
        return;
    fprintf(out, "<polyline class=\"%s\" points=\"",
            cell->trial.service->style);
    for (double nines = 0; nines <= NINES + STEP / 2; nines += STEP) {
        double part = 1 - pow(10, -nines);
        uint64_t rank = (uint64_t)(part * (double)latency->count) + 1;

        fprintf(out, "%.1f,%.1f ", x_of(nines),
                y_of(axis, log_us(histogram_value(latency, rank))));
    }
    fputs("\"/>\n", out);
}

size_t plot_latency(FILE *out, const struct cell *cells, size_t count,
                    size_t first)
{
    struct axis axis = find_axis(cells, count);
    size_t next = first;

    fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\">\n", WIDTH, HEIGHT);
    draw_axes(out, &axis);
    while (next < count &&
           cells[next].trial.poller == cells[first].trial.poller)
        draw_line(out, &cells[next++], &axis);
    fputs("</svg>\n", out);
    return next - first;
}
