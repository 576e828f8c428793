/* SPDX-License-Identifier: MIT */
/* eddy.h - all of eddy; each header can also be included alone. */
#ifndef EDDY_H
#define EDDY_H

#include <eddy/base.h>
#include <eddy/channel.h>
#include <eddy/collect.h>
#include <eddy/deferred.h>
#include <eddy/deferredlock.h>
#include <eddy/file.h>
#include <eddy/front.h>
#include <eddy/future.h>
#include <eddy/generator.h>
#include <eddy/iter.h>
#include <eddy/loop.h>
#include <eddy/net.h>
#include <eddy/op.h>
#include <eddy/poller.h>
#include <eddy/pool.h>
#include <eddy/process.h>
#include <eddy/scope.h>
#include <eddy/signal.h>
#include <eddy/stack.h>
#include <eddy/stream.h>
#include <eddy/sync.h>
#include <eddy/sys.h>
#include <eddy/task.h>
#include <eddy/timer.h>
#include <eddy/timing.h>
#include <eddy/value.h>
#include <eddy/watch.h>

#endif
