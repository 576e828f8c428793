# What can be asked of a loop alone, and operations made of operations.
noinst_LTLIBRARIES += libop.la
libop_la_SOURCES = \
	%D%/child.c \
	%D%/combine.c \
	%D%/every.c \
	%D%/iter.c \
	%D%/job.c \
	%D%/offload.c \
	%D%/op.h \
	%D%/pool.c \
	%D%/pool.h \
	%D%/ready.c \
	%D%/signal.c \
	%D%/signals.c \
	%D%/sleep.c
