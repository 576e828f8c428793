/* SPDX-License-Identifier: MIT */
/* gate.h - where threads wait until the test lets them go on. */
#ifndef EDDY_TESTS_GATE_H
#define EDDY_TESTS_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int inside; /* how many have come in */
    bool open;
};

void init_gate(struct gate *gate);
void open_gate(struct gate *gate);
/* Until so many have come in. */
void await_inside(struct gate *gate, int count);
/* Work: comes in, waits until the gate is open, and returns 7. */
int64_t pass(void *gate);

#endif
