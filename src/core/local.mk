# Who is told: the loop.
noinst_LTLIBRARIES += libcore.la
libcore_la_SOURCES = \
	%D%/choose.c \
	%D%/completion.h \
	%D%/core.h \
	%D%/debug.c \
	%D%/debug.h \
	%D%/embed.c \
	%D%/extra.c \
	%D%/front.c \
	%D%/hook.c \
	%D%/item.c \
	%D%/loop.c \
	%D%/order.c \
	%D%/origin.c \
	%D%/post.c \
	%D%/request.c \
	%D%/run.c \
	%D%/sending.c \
	%D%/slot.c \
	%D%/submission.c \
	%D%/timer.c \
	%D%/turn.c \
	%D%/wake.c \
	%D%/waker.c \
	%D%/watch.c \
	%D%/wheel.c \
	%D%/wheel.h
