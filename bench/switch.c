/* SPDX-License-Identifier: MIT */
/*
 * switch.c - what going from one context to another costs, next to the least
 * that it can cost: see yardstick.h.
 *
 * jump_pair is to a context and back, in pairs; ring4 one of 16 contexts that
 * go each to the next, four calls deep, in turns by hand. In a build
 * --with-switch=portable they tell what the way in C costs.
 */
#include <stdlib.h>

#include <eddy.h>

#include "measure.h"
#include "yardstick.h"

static struct eddy_context here, there;

static void turns(struct eddy_context *context, void *passed)
{
    for (;;)
        passed = eddy_jump_back(context, &here, passed);
}

static int64_t time_jump_pairs(void *arg)
{
    int64_t start = now_ns();

    (void)arg;
    for (int i = 0; i < PAIRS; i++)
        (void)eddy_jump(&here, &there, NULL);
    return now_ns() - start;
}

int main(void)
{
    static struct measure measures[] = {
        { .name = "hand_pair", .run = time_pairs, .count = PAIRS },
        { .name = "jump_pair", .run = time_jump_pairs, .count = PAIRS },
        { .name = "hand_ring4", .run = time_ring, .count = TURNS },
        { .name = "ring4", .run = time_eddy_ring, .count = TURNS },
    };
    enum { MEASURES = sizeof measures / sizeof measures[0] };
    struct eddy_stacks *stacks;
    struct eddy_stack stack;

    if (eddy_stacks_new(&stacks, NULL) < 0 ||
        eddy_stack_take(stacks, 0, "bench", NULL, &stack) < 0)
        return 1;
    prepare_yardsticks(stacks);
    eddy_context_here(&here);
    eddy_context_init(&there, stack, turns, 0);
    measure(measures, MEASURES, 1);
    for (int i = 0; i < MEASURES; i++)
        print_ns(&measures[i]);
    print_ratio(&measures[1], &measures[0]);
    print_ratio(&measures[3], &measures[2]);
    return 0;
}
