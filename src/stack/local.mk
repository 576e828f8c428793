# Stacks and going from one to another: the ground under coroutines. It sees the
# public headers only.
noinst_LTLIBRARIES += libstack.la
libstack_la_SOURCES = \
	%D%/annotate.h \
	%D%/birth.h \
	%D%/census.c \
	%D%/context.c \
	%D%/guard.c \
	%D%/overflow.c \
	%D%/slab.c \
	%D%/stack.h \
	%D%/stacks.c \
	%D%/switch.h \
	%D%/switch_asm.h

# One of these, as configure has found; with the portable one goes a birth.
EXTRA_libstack_la_SOURCES = \
	%D%/birth_signal.c \
	%D%/birth_ucontext.c \
	%D%/switch_aarch64.S \
	%D%/switch_arm.S \
	%D%/switch_i386.S \
	%D%/switch_portable.c \
	%D%/switch_ppc64le.S \
	%D%/switch_riscv64.S \
	%D%/switch_s390x.S \
	%D%/switch_x86_64.S
libstack_objects = %D%/switch_$(EDDY_SWITCH).lo
if PORTABLE_SWITCH
libstack_objects += %D%/birth_$(EDDY_BIRTH).lo
endif
libstack_la_LIBADD       = $(libstack_objects) $(EDDY_SWITCH_LIBS)
libstack_la_DEPENDENCIES = $(libstack_objects)
