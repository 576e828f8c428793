/* SPDX-License-Identifier: MIT */
/* histogram.c - counts in buckets of constant relative width. */
#include <stddef.h>

#include "histogram.h"

/* How far a value must be shifted to leave less than two times 64. */
static unsigned octave_of(uint64_t value)
{
    unsigned octave = 0;

    while (value >= 2 * HISTOGRAM_PARTS) {
        value >>= 1;
        octave++;
    }
    return octave;
}

static size_t bucket_of(uint64_t value)
{
    unsigned octave = octave_of(value);
    size_t bucket = octave * HISTOGRAM_PARTS + (size_t)(value >> octave);

    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The greatest value that falls into it. */
static int64_t top_of(size_t bucket)
{
    size_t octave = 0;
    uint64_t part; /* from 64 to 127, but in the first octave */

    if (bucket >= 2 * HISTOGRAM_PARTS)
        octave = bucket / HISTOGRAM_PARTS - 1;
    part = bucket - octave * HISTOGRAM_PARTS;
    return (int64_t)(((part + 1) << octave) - 1);
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    if (value < 0)
        value = 0;
    if (value > histogram->most)
        histogram->most = value;
    histogram->count++;
    histogram->buckets[bucket_of((uint64_t)value)]++;
}

int64_t histogram_value(const struct histogram *histogram, uint64_t rank)
{
    uint64_t seen = 0;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS && rank > 0; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank)
            return top_of(i) < histogram->most ? top_of(i) : histogram->most;
    }
    return 0;
}

int64_t histogram_quantile(const struct histogram *histogram, int per_mille)
{
    /* how many values are at or below it, rounded up */
    uint64_t rank = (histogram->count * (uint64_t)per_mille + 999) / 1000;

    return histogram_value(histogram, rank);
}
