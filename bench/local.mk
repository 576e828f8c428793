# How fast: programs that print lines `name value`. Neither `make` nor `make check`
# builds them, `make bench` builds and runs them. A release build tells the truth:
#
#     ../configure CFLAGS=-O2 && make && taskset -c 0 make bench
#
# They are linked with the static library, so that it is measured and not the
# calls into a shared one; coroutine is there in both ways, to tell them apart.
#
# `make bench-coroutines` holds tasks to their goals, in a build with a shared
# library too, and takes a minute.
benchmarks = \
	%D%/chains \
	%D%/coroutine \
	%D%/coroutine_echo \
	%D%/generator \
	%D%/switch
slow_benchmarks = \
	%D%/coroutine_io \
	%D%/coroutine_memory \
	%D%/coroutine_static
EXTRA_PROGRAMS += $(benchmarks) $(slow_benchmarks)
EXTRA_DIST     += %D%/run-coroutines
CLEANFILES     += $(benchmarks) $(slow_benchmarks)

measuring   = %D%/measure.c %D%/measure.h
yardsticks  = %D%/yardstick.c %D%/yardstick.h $(measuring)
coroutining = %D%/channels.c %D%/channels.h %D%/coroutine.c $(yardsticks)

%C%_chains_SOURCES           = %D%/chains.c $(measuring)
%C%_chains_LDADD             = libeddy.la
%C%_chains_LDFLAGS           = $(AM_LDFLAGS) -static
%C%_coroutine_SOURCES        = $(coroutining)
%C%_coroutine_LDADD          = libeddy.la
%C%_coroutine_static_SOURCES = $(coroutining)
%C%_coroutine_static_LDADD   = libeddy.la
%C%_coroutine_static_LDFLAGS = $(AM_LDFLAGS) -static
%C%_coroutine_echo_SOURCES   = %D%/coroutine_echo.c $(measuring)
%C%_coroutine_echo_LDADD     = libeddy.la
%C%_coroutine_io_SOURCES     = %D%/coroutine_io.c $(measuring)
%C%_coroutine_io_LDADD       = libeddy.la
%C%_coroutine_memory_SOURCES = %D%/coroutine_memory.c $(measuring)
%C%_coroutine_memory_LDADD   = libeddy.la
%C%_generator_SOURCES        = %D%/generator.c $(yardsticks)
%C%_generator_LDADD          = libeddy.la
%C%_generator_LDFLAGS        = $(AM_LDFLAGS) -static
%C%_switch_SOURCES           = %D%/switch.c $(yardsticks)
%C%_switch_LDADD             = libeddy.la
%C%_switch_LDFLAGS           = $(AM_LDFLAGS) -static

.PHONY: bench bench-coroutines
bench: $(benchmarks)
	@for program in $(benchmarks); do ./$$program || exit; done
bench-coroutines: $(benchmarks) $(slow_benchmarks)
	$(srcdir)/%D%/run-coroutines %D%
