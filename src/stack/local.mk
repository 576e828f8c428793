# Stacks and going from one to another: the ground under coroutines. It sees the
# public headers only.
noinst_LTLIBRARIES += libstack.la
libstack_la_SOURCES = \
	%D%/annotate.h \
	%D%/census.c \
	%D%/context.c \
	%D%/frozen.c \
	%D%/guard.c \
	%D%/overflow.c \
	%D%/slab.c \
	%D%/stack.h \
	%D%/stacks.c \
	%D%/switch.h \
	%D%/switch_asm.h

# One of these, as configure has found.
EXTRA_libstack_la_SOURCES = \
	%D%/switch_aarch64.S \
	%D%/switch_arm.S \
	%D%/switch_i386.S \
	%D%/switch_ppc64le.S \
	%D%/switch_riscv64.S \
	%D%/switch_s390x.S \
	%D%/switch_x86_64.S

# The portable one goes with a birth. Without tables a C++ exception ends there,
# in std::terminate(), and does not go on to who gave birth.
if PORTABLE_SWITCH
noinst_LTLIBRARIES += libportable.la
libstack_switch = libportable.la
else
libstack_switch = %D%/switch_$(EDDY_SWITCH).lo
endif
libportable_la_SOURCES = \
	%D%/birth.h \
	%D%/switch_portable.c
EXTRA_libportable_la_SOURCES = \
	%D%/birth_signal.c \
	%D%/birth_ucontext.c
libportable_la_CFLAGS = $(AM_CFLAGS) -fno-unwind-tables \
	-fno-asynchronous-unwind-tables
libportable_la_LIBADD = %D%/libportable_la-birth_$(EDDY_BIRTH).lo
libportable_la_DEPENDENCIES = $(libportable_la_LIBADD)

libstack_la_LIBADD       = $(libstack_switch) $(EDDY_SWITCH_LIBS)
libstack_la_DEPENDENCIES = $(libstack_switch)
