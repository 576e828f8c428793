/* SPDX-License-Identifier: MIT */
/*
 * registers.h - work that needs all registers, and gives way in the middle of
 * it: whoever runs meanwhile must not be seen in the result.
 */
#ifndef EDDY_TESTS_REGISTERS_H
#define EDDY_TESTS_REGISTERS_H

#include <stdint.h>

typedef void give_way_fn(void *arg);

/* Twelve whole numbers and twelve others that are alive when it gives way; more
 * than any processor has registers for that a call must keep. */
static uint64_t keep_busy(unsigned rounds, uint64_t seed, give_way_fn *give_way,
                          void *arg)
{
    uint64_t a = seed + 1, b = seed + 2, c = seed + 3, d = seed + 4;
    uint64_t e = seed + 5, f = seed + 6, g = seed + 7, h = seed + 8;
    uint64_t i = seed + 9, j = seed + 10, k = seed + 11, l = seed + 12;
    double s = 1, t = 2, u = 3, v = 4, w = 5, x = 6;
    double m = 7, n = 8, o = 9, p = 10, q = 11, r = (double)(seed % 1000);

    while (rounds-- > 0) {
        give_way(arg);
        a = a * 3 + l;
        b = b * 5 + a;
        c = c * 7 + b;
        d = d * 11 + c;
        e = e * 13 + d;
        f = f * 17 + e;
        g = g * 19 + f;
        h = h * 23 + g;
        i = i * 29 + h;
        j = j * 31 + i;
        k = k * 37 + j;
        l = l * 41 + k;
        s = s / 2 + r;
        t = t / 3 + s;
        u = u / 4 + t;
        v = v / 5 + u;
        w = w / 6 + v;
        x = x / 7 + w;
        m = m / 8 + x;
        n = n / 9 + m;
        o = o / 10 + n;
        p = p / 11 + o;
        q = q / 12 + p;
        r = r / 13 + q / 100;
    }
    s += t + u + v + w + x + m + n + o + p + q + r;
    return (a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l) +
           (uint64_t)(s * 1000);
}

#endif
