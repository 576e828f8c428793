/* SPDX-License-Identifier: MIT */
/* op.h - what the operations of this room share; they are users of the public
 * headers like any other. */
#ifndef EDDY_OP_PRIVATE_H
#define EDDY_OP_PRIVATE_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include <eddy/front.h>
#include <eddy/loop.h>
#include <eddy/op.h>
#include <eddy/pool.h>
#include <eddy/process.h>
#include <eddy/signal.h>
#include <eddy/timer.h>
#include <eddy/watch.h>

static inline struct eddy_request *eddy__request_of(void *words)
{
    return eddy_request_of((uint64_t *)words);
}

#endif
