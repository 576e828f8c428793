/* SPDX-License-Identifier: MIT */
/* workload.c - the table of what `eddy compare` has servers do. */
#include "workload.h"
#include "parts.h"

static const struct workload workloads[] = {
    { .name = "echo",
      .example = "echo",
      .summary = "what comes goes back",
      .connections = 50,
      .size = 64 },
    { .name = "double",
      .example = "double",
      .summary = "each line is a number, and is answered by twice that number",
      .connections = 50,
      .size = 32 },
    { .name = "fanout",
      .example = "fan_out",
      .summary = "each request asks another server many times at once; the "
                 "slowest answer takes 2 ms",
      .connections = 5,
      .size = PARTS_SIZE,
      .parts = true,
      .asks = true },
    { .name = "chain",
      .example = "chain",
      .summary = "each request asks another server again and again, each time "
                 "with the last answer",
      .connections = 10,
      .size = PARTS_SIZE,
      .parts = true,
      .asks = true },
    { .name = "timers",
      .example = "periodic",
      .summary = "each request starts many timers at once; the last one takes "
                 "1 ms",
      .connections = 20,
      .size = PARTS_SIZE,
      .parts = true },
    { .name = "broadcast",
      .example = "chat",
      .summary = "what one client says goes to all the others, one in ten of "
                 "whom reads slowly",
      .connections = 20,
      .size = 4096 },
};

const struct workload *workload_at(size_t index)
{
    return index < sizeof workloads / sizeof workloads[0] ? &workloads[index]
                                                          : NULL;
}

const char *style_at(size_t index)
{
    static const char *const styles[] = { "callback", "deferred", "coroutine" };

    return index < sizeof styles / sizeof styles[0] ? styles[index] : NULL;
}
