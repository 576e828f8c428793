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
EXTRA_DIST     += \
	%D%/README.md \
	%D%/RESULTS.md \
	%D%/budget \
	%D%/budgets \
	%D%/harness.py \
	%D%/peers/deferred_node.js \
	%D%/peers/deferred_uvloop.py \
	%D%/peers/echo_node.js \
	%D%/peers/echo_uvloop.py \
	%D%/run \
	%D%/run-coroutines
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
# other libraries where they are. One that measures a thing links the main() of
# that thing, and what it does itself is in the file of its name.
competitors = \
	%D%/client \
	%D%/deferred \
	%D%/echo \
	%D%/events \
	%D%/limits/deferred_array \
	%D%/limits/echo_epoll \
	%D%/limits/echo_poll \
	%D%/limits/events_epoll \
	%D%/limits/timers_heap \
	%D%/limits/timers_wheel \
	%D%/limits/wakeup_eventfd \
	%D%/timers \
	%D%/wakeup
if PEER_EV
competitors += %D%/peers/echo_ev %D%/peers/events_ev %D%/peers/timers_ev \
	%D%/peers/wakeup_ev
endif
if PEER_EVENT
competitors += %D%/peers/echo_event %D%/peers/events_event %D%/peers/timers_event
endif
if PEER_FCONTEXT
competitors += %D%/peers/echo_fcontext
endif
if PEER_ST
competitors += %D%/peers/echo_st
endif
if PEER_URING
competitors += %D%/limits/echo_uring
endif
if PEER_UV
competitors += %D%/peers/echo_uv %D%/peers/events_uv %D%/peers/timers_uv \
	%D%/peers/wakeup_uv
endif

parameters = %D%/arguments.c %D%/arguments.h $(measuring)
looping    = %D%/loop.c %D%/loop.h
serving    = %D%/connection.c %D%/connection.h $(parameters)
calling    = %D%/deferred.h %D%/deferred_main.c $(parameters)
racing     = %D%/events.h %D%/events_main.c $(parameters)
timing     = %D%/timers.h %D%/timers_main.c $(parameters)
waking     = %D%/wakeup.h %D%/wakeup_main.c $(parameters)
beside     = $(AM_CPPFLAGS) -I$(srcdir)/%D%

%C%_client_SOURCES = %D%/client.c $(parameters)
%C%_echo_SOURCES = \
	%D%/echo.c \
	%D%/echo.h \
	%D%/echo_callback.c \
	%D%/echo_coroutine.c \
	%D%/echo_deferred.c \
	$(looping) $(parameters)
%C%_echo_LDADD       = libeddy.la
%C%_echo_LDFLAGS     = $(AM_LDFLAGS) -static
%C%_deferred_SOURCES = %D%/deferred.c $(calling) $(looping)
%C%_deferred_LDADD   = libeddy.la
%C%_deferred_LDFLAGS = $(AM_LDFLAGS) -static
%C%_events_SOURCES   = %D%/events.c $(racing) $(looping)
%C%_events_LDADD     = libeddy.la
%C%_events_LDFLAGS   = $(AM_LDFLAGS) -static
%C%_timers_SOURCES   = %D%/timers.c $(timing) $(looping)
%C%_timers_LDADD     = libeddy.la
%C%_timers_LDFLAGS   = $(AM_LDFLAGS) -static
%C%_wakeup_SOURCES   = %D%/wakeup.c $(waking) $(looping)
%C%_wakeup_LDADD     = libeddy.la
%C%_wakeup_LDFLAGS   = $(AM_LDFLAGS) -static

%C%_limits_deferred_array_SOURCES  = %D%/limits/deferred_array.c $(calling)
%C%_limits_deferred_array_CPPFLAGS = $(beside)
%C%_limits_echo_epoll_SOURCES  = %D%/limits/echo_epoll.c $(serving)
%C%_limits_echo_epoll_CPPFLAGS = $(beside)
%C%_limits_echo_poll_SOURCES  = %D%/limits/echo_poll.c $(serving)
%C%_limits_echo_poll_CPPFLAGS = $(beside)
%C%_limits_echo_uring_SOURCES  = %D%/limits/echo_uring.c $(serving)
%C%_limits_echo_uring_CPPFLAGS = $(beside)
%C%_limits_echo_uring_LDADD    = -luring
%C%_limits_events_epoll_SOURCES  = %D%/limits/events_epoll.c $(racing)
%C%_limits_events_epoll_CPPFLAGS = $(beside)
%C%_limits_timers_heap_SOURCES  = %D%/limits/timers_heap.c $(timing)
%C%_limits_timers_heap_CPPFLAGS = $(beside)
%C%_limits_timers_wheel_SOURCES  = %D%/limits/timers_wheel.c $(timing)
%C%_limits_timers_wheel_CPPFLAGS = $(beside)
%C%_limits_wakeup_eventfd_SOURCES  = %D%/limits/wakeup_eventfd.c $(waking)
%C%_limits_wakeup_eventfd_CPPFLAGS = $(beside)
%C%_peers_echo_ev_SOURCES  = %D%/peers/echo_ev.c $(serving)
%C%_peers_echo_ev_CPPFLAGS = $(beside)
%C%_peers_echo_ev_LDADD    = -lev
%C%_peers_echo_event_SOURCES  = %D%/peers/echo_event.c $(serving)
%C%_peers_echo_event_CPPFLAGS = $(beside)
%C%_peers_echo_event_LDADD    = -levent_core
%C%_peers_echo_fcontext_SOURCES  = %D%/peers/echo_fcontext.c $(serving)
%C%_peers_echo_fcontext_CPPFLAGS = $(beside)
%C%_peers_echo_fcontext_LDADD    = -lboost_context
%C%_peers_echo_st_SOURCES  = %D%/peers/echo_st.c $(serving)
%C%_peers_echo_st_CPPFLAGS = $(beside)
%C%_peers_echo_st_LDADD    = -lst
%C%_peers_echo_uv_SOURCES  = %D%/peers/echo_uv.c $(serving)
%C%_peers_echo_uv_CPPFLAGS = $(beside)
%C%_peers_echo_uv_LDADD    = -luv
%C%_peers_events_ev_SOURCES  = %D%/peers/events_ev.c $(racing)
%C%_peers_events_ev_CPPFLAGS = $(beside)
%C%_peers_events_ev_LDADD    = -lev
%C%_peers_events_event_SOURCES  = %D%/peers/events_event.c $(racing)
%C%_peers_events_event_CPPFLAGS = $(beside)
%C%_peers_events_event_LDADD    = -levent_core
%C%_peers_events_uv_SOURCES  = %D%/peers/events_uv.c $(racing)
%C%_peers_events_uv_CPPFLAGS = $(beside)
%C%_peers_events_uv_LDADD    = -luv
%C%_peers_timers_ev_SOURCES  = %D%/peers/timers_ev.c $(timing)
%C%_peers_timers_ev_CPPFLAGS = $(beside)
%C%_peers_timers_ev_LDADD    = -lev
%C%_peers_timers_event_SOURCES  = %D%/peers/timers_event.c $(timing)
%C%_peers_timers_event_CPPFLAGS = $(beside)
%C%_peers_timers_event_LDADD    = -levent_core
%C%_peers_timers_uv_SOURCES  = %D%/peers/timers_uv.c $(timing)
%C%_peers_timers_uv_CPPFLAGS = $(beside)
%C%_peers_timers_uv_LDADD    = -luv
%C%_peers_wakeup_ev_SOURCES  = %D%/peers/wakeup_ev.c $(waking)
%C%_peers_wakeup_ev_CPPFLAGS = $(beside)
%C%_peers_wakeup_ev_LDADD    = -lev
%C%_peers_wakeup_uv_SOURCES  = %D%/peers/wakeup_uv.c $(waking)
%C%_peers_wakeup_uv_CPPFLAGS = $(beside)
%C%_peers_wakeup_uv_LDADD    = -luv

.PHONY: bench bench-build bench-budget bench-compare bench-coroutines bench-results
bench-build: $(competitors)
# All contests, or those that CONTESTS names parts of; the table of a full run goes
# into the sources. A result of 1 is a bar that was missed.
bench-compare: bench-build
	$(srcdir)/%D%/run --build %D% $(CONTESTS)
bench-results: bench-build
	$(srcdir)/%D%/run --build %D% >RESULTS.md.new || test $$? = 1
	mv RESULTS.md.new $(srcdir)/%D%/RESULTS.md
bench-budget: %D%/client %D%/echo
	$(srcdir)/%D%/budget --build %D%
bench: $(benchmarks)
	@for program in $(benchmarks); do ./$$program || exit; done
bench-coroutines: $(benchmarks) $(slow_benchmarks)
	$(srcdir)/%D%/run-coroutines %D%
