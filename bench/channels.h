/* SPDX-License-Identifier: MIT */
/* channels.h - messages from task to task. */
#ifndef EDDY_BENCH_CHANNELS_H
#define EDDY_BENCH_CHANNELS_H

#include <stddef.h>
#include <stdint.h>

#include <eddy/loop.h>

enum { MESSAGES = 4000 };

/* One task sends MESSAGES to another: the time. 0: this eddy has no channels.
 */
int64_t time_channel(struct eddy_loop *loop, size_t capacity);

#endif
