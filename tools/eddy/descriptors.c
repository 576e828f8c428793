/* SPDX-License-Identifier: MIT */
/* descriptors.c - how many descriptors this process may have. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/resource.h>

#include "tool.h"

int64_t descriptors_raise(int64_t want)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return want; /* nobody counts */
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= (rlim_t)want)
        return want;

    /* Not to the hard limit, but to what is wanted: some systems call the hard
     * one infinite and refuse to set the soft one to it. */
    struct rlimit raised = limit;
    raised.rlim_cur = (rlim_t)want;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < (rlim_t)want)
        raised.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) < 0)
        return (int64_t)limit.rlim_cur;
    return (int64_t)raised.rlim_cur;
}

bool descriptors_suffice(int64_t connections, int64_t spare)
{
    int64_t need = connections + spare;
    int64_t have = descriptors_raise(need);

    if (have < need)
        complain("%lld connections need %lld descriptors, and this process may"
                 " have %lld: see 'ulimit -Hn'",
                 (long long)connections, (long long)need, (long long)have);
    return have >= need;
}
