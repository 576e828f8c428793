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
EXTRA_PROGRAMS += $(benchmarks) $(slow_benchmarks) $(competitors)
EXTRA_DIST     += %D%/peers/echo_node.js %D%/peers/echo_uvloop.py %D%/run-coroutines
CLEANFILES     += $(benchmarks) $(slow_benchmarks) $(competitors)

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

# What bench/run sets against each other: eddy's own, limits written by hand, and
# other libraries where they are. See bench/README.md.
competitors = \
	%D%/client \
	%D%/echo \
	%D%/limits/echo_epoll \
	%D%/limits/echo_poll

parameters = %D%/arguments.c %D%/arguments.h $(measuring)
looping    = %D%/loop.c %D%/loop.h $(parameters)
serving    = %D%/connection.c %D%/connection.h $(parameters)
beside     = $(AM_CPPFLAGS) -I$(srcdir)/%D%

%C%_client_SOURCES = %D%/client.c $(parameters)
%C%_echo_SOURCES = \
	%D%/echo.c \
	%D%/echo.h \
	%D%/echo_callback.c \
	%D%/echo_coroutine.c \
	%D%/echo_deferred.c \
	$(looping)
%C%_echo_LDADD   = libeddy.la
%C%_echo_LDFLAGS = $(AM_LDFLAGS) -static

%C%_limits_echo_epoll_SOURCES  = %D%/limits/echo_epoll.c $(serving)
%C%_limits_echo_epoll_CPPFLAGS = $(beside)
%C%_limits_echo_poll_SOURCES   = %D%/limits/echo_poll.c $(serving)
%C%_limits_echo_poll_CPPFLAGS  = $(beside)

if PEER_URING
competitors += %D%/limits/echo_uring
endif
%C%_limits_echo_uring_SOURCES  = %D%/limits/echo_uring.c $(serving)
%C%_limits_echo_uring_CPPFLAGS = $(beside)
%C%_limits_echo_uring_LDADD    = -luring
if PEER_EV
competitors += %D%/peers/echo_ev
endif
%C%_peers_echo_ev_SOURCES  = %D%/peers/echo_ev.c $(serving)
%C%_peers_echo_ev_CPPFLAGS = $(beside)
%C%_peers_echo_ev_LDADD    = -lev
if PEER_EVENT
competitors += %D%/peers/echo_event
endif
%C%_peers_echo_event_SOURCES  = %D%/peers/echo_event.c $(serving)
%C%_peers_echo_event_CPPFLAGS = $(beside)
%C%_peers_echo_event_LDADD    = -levent_core
if PEER_FCONTEXT
competitors += %D%/peers/echo_fcontext
endif
%C%_peers_echo_fcontext_SOURCES  = %D%/peers/echo_fcontext.c $(serving)
%C%_peers_echo_fcontext_CPPFLAGS = $(beside)
%C%_peers_echo_fcontext_LDADD    = -lboost_context
if PEER_ST
competitors += %D%/peers/echo_st
endif
%C%_peers_echo_st_SOURCES  = %D%/peers/echo_st.c $(serving)
%C%_peers_echo_st_CPPFLAGS = $(beside)
%C%_peers_echo_st_LDADD    = -lst
if PEER_UV
competitors += %D%/peers/echo_uv
endif
%C%_peers_echo_uv_SOURCES  = %D%/peers/echo_uv.c $(serving)
%C%_peers_echo_uv_CPPFLAGS = $(beside)
%C%_peers_echo_uv_LDADD    = -luv

.PHONY: bench bench-coroutines bench-build
bench-build: $(competitors)
bench: $(benchmarks)
	@for program in $(benchmarks); do ./$$program || exit; done
bench-coroutines: $(benchmarks) $(slow_benchmarks)
	$(srcdir)/%D%/run-coroutines %D%
