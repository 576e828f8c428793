/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - how long things took: every value counted, none kept.
 *
 * Each power of two is cut into 64 equal parts, so a value is known to one part
 * in 64 (1.6 %) whether it is 200 ns or 2 s:
 *
 *     0 1 2 ... 127 | 128 130 132 ... 254 | 256 260 264 ... 508 | ...
 *      steps of 1      steps of 2            steps of 4
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_PARTS = 64,
    /* of the values below 2^42 ns, which is more than an hour; longer ones are
     * counted as the longest */
    HISTOGRAM_BUCKETS = (42 - 6 + 1) * HISTOGRAM_PARTS
};

/* Zero is an empty one. */
struct histogram {
    uint64_t count;
    int64_t most;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, int64_t value);

/* The value that `rank` of all values do not exceed; 0 if they are none. */
int64_t histogram_value(const struct histogram *histogram, uint64_t rank);

/* The value that `per_mille` of 1000 do not exceed; 0 if there are none. */
int64_t histogram_quantile(const struct histogram *histogram, int per_mille);

#endif
