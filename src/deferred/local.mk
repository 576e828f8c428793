# A way to wait: deferreds. They see the public headers only.
noinst_LTLIBRARIES += libdeferred.la
libdeferred_la_SOURCES = \
	%D%/call.c \
	%D%/chain.c \
	%D%/collect.c \
	%D%/completions.c \
	%D%/deferred.c \
	%D%/deferred.h \
	%D%/domain.c \
	%D%/error.c \
	%D%/future.c \
	%D%/group.c \
	%D%/group.h \
	%D%/looping.c \
	%D%/maybe.c \
	%D%/operation.c \
	%D%/queue.c \
	%D%/semaphore.c \
	%D%/shield.c \
	%D%/timing.c \
	%D%/value.c \
	%D%/waiters.c \
	%D%/waiters.h
