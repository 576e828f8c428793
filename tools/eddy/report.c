/* SPDX-License-Identifier: MIT */
/* report.c - what can be said of a load when it is over. */
#include <stdio.h>

#include "loader.h"

double load_per_second(const struct load_report *report)
{
    if (report->elapsed_ns <= 0)
        return 0;
    return (double)report->requests * 1e9 / (double)report->elapsed_ns;
}

const char *load_quantile(const struct load_report *report, int per_mille,
                          char *buf, size_t size)
{
    int64_t ns = histogram_quantile(&report->latency, per_mille);

    if (report->requests == 0)
        return "-";
    snprintf(buf, size, "%.1f us", (double)ns / 1e3);
    return buf;
}

const char *load_first_failure(const struct load_report *report)
{
    if (report->first_err == -ECANCELED)
        return "no reply in time"; /* on_last_reply_over() waits no longer */
    return eddy_strerror(report->first_err);
}

bool load_passed(const struct load_report *report)
{
    return report->wrong == 0 && report->failed == 0 && report->requests > 0;
}
