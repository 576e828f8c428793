/* SPDX-License-Identifier: MIT */
/* deferred_main.c - CHAIN calls, each of which asks for the next one; and BATCH
 * calls, asked for a thousand at a time. */
#include "deferred.h"

#include "measure.h"

enum { AT_ONCE = 1000 };

static long left;

static void go_on(void *arg)
{
    if (--left > 0)
        deferred_call(go_on, arg);
}

static void count(void *arg)
{
    (void)arg;
    left--;
}

static void run_chain(long calls)
{
    int64_t start = now_ns();

    left = calls;
    deferred_call(go_on, NULL);
    deferred_run();
    must(left == 0, "all calls");
    print_since("chain_ns", start, calls);
}

static void run_batches(long calls)
{
    int64_t start = now_ns();

    for (long done = 0; done < calls; done += AT_ONCE) {
        left = calls - done < AT_ONCE ? calls - done : AT_ONCE;
        for (long i = left; i > 0; i--)
            deferred_call(count, NULL);
        deferred_run();
        must(left == 0, "all calls");
    }
    print_since("batch_ns", start, calls);
}

int main(int argc, char **argv)
{
    struct arguments arguments;

    read_arguments(&arguments, argc, argv, "CHAIN BATCH");
    must(arguments.number[0] > 0 && arguments.number[1] > 0, "numbers");
    deferred_open(&arguments);
    run_chain(arguments.number[0]);
    run_batches(arguments.number[1]);
    return 0;
}
