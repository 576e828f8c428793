/* SPDX-License-Identifier: MIT */
/* gate.c - where threads wait until the test lets them go on. */
#include "gate.h"

void init_gate(struct gate *gate)
{
    (void)pthread_mutex_init(&gate->mutex, NULL);
    (void)pthread_cond_init(&gate->changed, NULL);
    gate->inside = 0;
    gate->open = false;
}

int64_t pass(void *arg)
{
    struct gate *gate = arg;

    (void)pthread_mutex_lock(&gate->mutex);
    gate->inside++;
    (void)pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        (void)pthread_cond_wait(&gate->changed, &gate->mutex);
    (void)pthread_mutex_unlock(&gate->mutex);
    return 7;
}

void await_inside(struct gate *gate, int count)
{
    (void)pthread_mutex_lock(&gate->mutex);
    while (gate->inside < count)
        (void)pthread_cond_wait(&gate->changed, &gate->mutex);
    (void)pthread_mutex_unlock(&gate->mutex);
}

void open_gate(struct gate *gate)
{
    (void)pthread_mutex_lock(&gate->mutex);
    gate->open = true;
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->mutex);
}
