/* SPDX-License-Identifier: MIT */
/* usage.c - counts, and asks the system. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "usage.h"

/* ---- Counting ----------------------------------------------------------- */

static const struct eddy_sys *count_call(void *arg)
{
    struct counter *counter = arg;

    counter->calls++;
    return eddy_sys_default();
}

static int64_t count_recv(void *arg, int fd, bool socket, void *buf,
                          size_t size)
{
    const struct eddy_sys *sys = count_call(arg);

    return sys->recv(sys->arg, fd, socket, buf, size);
}

static int64_t count_send(void *arg, int fd, bool socket,
                          const struct iovec *iov, int count)
{
    const struct eddy_sys *sys = count_call(arg);

    return sys->send(sys->arg, fd, socket, iov, count);
}

static int count_accept(void *arg, int fd)
{
    const struct eddy_sys *sys = count_call(arg);

    return sys->accept(sys->arg, fd);
}

static int count_close(void *arg, int fd)
{
    const struct eddy_sys *sys = count_call(arg);

    return sys->close(sys->arg, fd);
}

static void *count_resize(void *arg, void *ptr, size_t size)
{
    struct counter *counter = arg;
    const struct eddy_mem *mem = eddy_mem_default();

    counter->allocations += size > 0;
    return mem->resize(mem->arg, ptr, size);
}

/* The calls that open and describe sockets are left alone: no request makes
 * any. */
void counter_init(struct counter *counter)
{
    *counter = (struct counter){ .sys = *eddy_sys_default() };
    counter->sys.arg = counter;
    counter->sys.recv = count_recv;
    counter->sys.send = count_send;
    counter->sys.accept = count_accept;
    counter->sys.close = count_close;
    counter->mem = (struct eddy_mem){ .resize = count_resize, .arg = counter };
}

/* ---- Asking ------------------------------------------------------------- */

/* Each turn waits once. Where the kernel keeps what is watched, and a wait
 * costs by what is ready, a change of it is a call, too. */
static int64_t calls_of_poller(const struct eddy_loop *loop)
{
    struct eddy_loop_stats stats;
    struct eddy_poller_report report = { 0 };

    if (eddy_loop_stats(loop, &stats) < 0)
        return 0;
    for (size_t i = 0; !report.chosen; i++) {
        if (eddy_loop_report(loop, i, &report) < 0)
            break;
    }
    if ((report.features & EDDY_CAN_SCALE) == 0)
        stats.sets = 0;
    return (int64_t)(stats.turns + stats.sets);
}

static int64_t ns_of(struct timeval time)
{
    return (int64_t)time.tv_sec * EDDY_SECOND + (int64_t)time.tv_usec * EDDY_US;
}

/* What Linux tells, by a walk through its page tables: what it keeps ready,
 * /proc/self/statm, lags behind by some hundred pages. */
static int64_t resident(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[128];
    long long kib = -1;

    while (file != NULL && kib < 0 && fgets(line, sizeof line, file) != NULL)
        (void)sscanf(line, "Anonymous: %lld kB", &kib);
    if (file != NULL)
        fclose(file);
    return kib < 0 ? -1 : (int64_t)kib * 1024;
}

void usage_take(struct usage *usage, const struct counter *counter,
                const struct eddy_loop *loop)
{
    struct rusage rusage = { 0 };

    getrusage(RUSAGE_SELF, &rusage);
    *usage = (struct usage){
        .cpu_ns = ns_of(rusage.ru_utime) + ns_of(rusage.ru_stime),
        .resident = resident(),
    };
    if (counter != NULL) {
        usage->calls = counter->calls + calls_of_poller(loop);
        usage->allocations = counter->allocations;
    }
}

/* ---- As a line ---------------------------------------------------------- */

void usage_format(const struct usage *usage, char *buf, size_t size)
{
    snprintf(buf, size,
             "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n",
             usage->cpu_ns, usage->calls, usage->allocations, usage->resident,
             usage->clients);
}

bool usage_parse(struct usage *usage, const char *line)
{
    return sscanf(line,
                  "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64,
                  &usage->cpu_ns, &usage->calls, &usage->allocations,
                  &usage->resident, &usage->clients) == 5;
}
