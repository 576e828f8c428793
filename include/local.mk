# The contract: what is installed, and all that a program may include.
include_HEADERS = %D%/eddy.h

pkginclude_HEADERS = \
	%D%/eddy/base.h \
	%D%/eddy/channel.h \
	%D%/eddy/collect.h \
	%D%/eddy/deferred.h \
	%D%/eddy/deferredlock.h \
	%D%/eddy/file.h \
	%D%/eddy/front.h \
	%D%/eddy/future.h \
	%D%/eddy/generator.h \
	%D%/eddy/iter.h \
	%D%/eddy/loop.h \
	%D%/eddy/net.h \
	%D%/eddy/op.h \
	%D%/eddy/poller.h \
	%D%/eddy/pool.h \
	%D%/eddy/process.h \
	%D%/eddy/scope.h \
	%D%/eddy/signal.h \
	%D%/eddy/stack.h \
	%D%/eddy/stream.h \
	%D%/eddy/sync.h \
	%D%/eddy/sys.h \
	%D%/eddy/task.h \
	%D%/eddy/timer.h \
	%D%/eddy/timing.h \
	%D%/eddy/value.h \
	%D%/eddy/watch.h
