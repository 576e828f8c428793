# How to wait: one file a mechanism. A tarball has them all, whatever the system
# it was made on has.
noinst_LTLIBRARIES += libbackends.la
libbackends_la_SOURCES = \
	%D%/backend.c \
	%D%/backend.h \
	%D%/registry.c
if POLLER_EPOLL
libbackends_la_SOURCES += %D%/epoll.c
endif
if POLLER_KQUEUE
libbackends_la_SOURCES += %D%/kqueue.c
endif
if POLLER_POLL
libbackends_la_SOURCES += %D%/poll.c
endif
if POLLER_SELECT
libbackends_la_SOURCES += %D%/select.c
endif
if POLLER_URING
libbackends_la_SOURCES += \
	%D%/ring.c %D%/ring.h %D%/uring.c %D%/uring.h \
	%D%/uring_file.c %D%/uring_io.c %D%/uring_polls.c \
	%D%/uring_pool.c %D%/uring_send.c
endif
