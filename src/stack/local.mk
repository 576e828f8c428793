# Stacks and going from one to another: the ground under coroutines. It sees the
# public headers only.
noinst_LTLIBRARIES += libstack.la
libstack_la_SOURCES = \
	%D%/annotate.h \
	%D%/census.c \
	%D%/context.c \
	%D%/guard.c \
	%D%/overflow.c \
	%D%/slab.c \
	%D%/stack.h \
	%D%/stacks.c \
	%D%/switch.h \
	%D%/switch_asm.h

# One of these, as configure has found.
EXTRA_libstack_la_SOURCES = \
	%D%/switch_portable.c \
	%D%/switch_x86_64.S
libstack_la_LIBADD       = %D%/switch_$(EDDY_SWITCH).lo
libstack_la_DEPENDENCIES = $(libstack_la_LIBADD)
