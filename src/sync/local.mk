# What those share who wait in one loop, and channels between loops. They see
# the public headers only.
noinst_LTLIBRARIES += libsync.la
libsync_la_SOURCES = \
	%D%/barrier.c \
	%D%/channel.c \
	%D%/channel.h \
	%D%/condition.c \
	%D%/end.c \
	%D%/exchange.c \
	%D%/exchange.h \
	%D%/flag.c \
	%D%/limiter.c \
	%D%/line.c \
	%D%/lock.c \
	%D%/put.c \
	%D%/queue.c \
	%D%/queue.h \
	%D%/semaphore.c \
	%D%/store.c \
	%D%/sync.h
