# How fast: programs that print lines `name value`. Neither `make` nor `make check`
# builds them, `make bench` builds and runs them. A release build tells the truth:
#
#     ../configure --disable-shared CFLAGS=-O2 && make && taskset -c 0 make bench
benchmarks = \
	%D%/chains \
	%D%/generator
EXTRA_PROGRAMS += $(benchmarks)
CLEANFILES     += $(benchmarks)
%C%_chains_SOURCES    = %D%/chains.c %D%/rounds.h
%C%_chains_LDADD      = libeddy.la
%C%_generator_SOURCES = %D%/generator.c %D%/rounds.h
%C%_generator_LDADD   = libeddy.la

.PHONY: bench
bench: $(benchmarks)
	@for program in $(benchmarks); do ./$$program || exit; done
