# What is promised. A Check program is one line in the list below: its source has
# its name, and it links LDADD.
if HAVE_CHECK
check_PROGRAMS += \
	%D%/test_accept \
	%D%/test_accept_full \
	%D%/test_accept_limit \
	%D%/test_address \
	%D%/test_barrier \
	%D%/test_call_when_done \
	%D%/test_channel \
	%D%/test_channel_threads \
	%D%/test_chaos \
	%D%/test_children \
	%D%/test_close \
	%D%/test_close_inside \
	%D%/test_collect \
	%D%/test_combine \
	%D%/test_comparing \
	%D%/test_completions \
	%D%/test_condition \
	%D%/test_connect \
	%D%/test_context \
	%D%/test_copy \
	%D%/test_debug \
	%D%/test_deferred_cancel \
	%D%/test_deferred_chain \
	%D%/test_deferred_chaos \
	%D%/test_deferred_deep \
	%D%/test_deferred_fire \
	%D%/test_deferred_ops \
	%D%/test_deferred_state \
	%D%/test_deferred_values \
	%D%/test_deferred_wait \
	%D%/test_deferred_when \
	%D%/test_double \
	%D%/test_embed \
	%D%/test_embedding \
	%D%/test_epoll \
	%D%/test_every \
	%D%/test_file \
	%D%/test_file_ends \
	%D%/test_flag \
	%D%/test_forking \
	%D%/test_forking_pool \
	%D%/test_front \
	%D%/test_future \
	%D%/test_generator \
	%D%/test_generator_ends \
	%D%/test_hangup \
	%D%/test_histogram \
	%D%/test_hibernate \
	%D%/test_iter \
	%D%/test_later \
	%D%/test_left \
	%D%/test_limiter \
	%D%/test_listen \
	%D%/test_lock \
	%D%/test_loop \
	%D%/test_looping \
	%D%/test_many \
	%D%/test_misuse_core \
	%D%/test_misuse_io \
	%D%/test_oom_collect \
	%D%/test_oom_core \
	%D%/test_oom_deferred \
	%D%/test_oom_io \
	%D%/test_oom_sync \
	%D%/test_op \
	%D%/test_op_cancel \
	%D%/test_op_type \
	%D%/test_overflow \
	%D%/test_pipe \
	%D%/test_poller \
	%D%/test_poller_closed \
	%D%/test_poller_events \
	%D%/test_poller_fds \
	%D%/test_poller_model \
	%D%/test_post \
	%D%/test_print \
	%D%/test_queue \
	%D%/test_read \
	%D%/test_read_ends \
	%D%/test_receive \
	%D%/test_resolve \
	%D%/test_scope \
	%D%/test_scope_cancel \
	%D%/test_scope_deadline \
	%D%/test_scope_model \
	%D%/test_semaphore \
	%D%/test_send \
	%D%/test_send_turn \
	%D%/test_settle \
	%D%/test_shield \
	%D%/test_shutdown \
	%D%/test_signal_ops \
	%D%/test_signal_wait \
	%D%/test_signals \
	%D%/test_stack \
	%D%/test_start \
	%D%/test_stream_rules \
	%D%/test_sync_model \
	%D%/test_sync_queue \
	%D%/test_sync_semaphore \
	%D%/test_task \
	%D%/test_task_cancel \
	%D%/test_task_chaos \
	%D%/test_task_dump \
	%D%/test_task_items \
	%D%/test_task_oom \
	%D%/test_task_styles \
	%D%/test_task_turns \
	%D%/test_threads \
	%D%/test_threads_ends \
	%D%/test_timer \
	%D%/test_timer_model \
	%D%/test_timing \
	%D%/test_turn \
	%D%/test_two_loops \
	%D%/test_unix \
	%D%/test_uring \
	%D%/test_uring_io \
	%D%/test_uring_send \
	%D%/test_waker \
	%D%/test_watch \
	%D%/test_watch_batch \
	%D%/test_watch_fd \
	%D%/test_write \
	%D%/test_yield_from
check_LTLIBRARIES += %D%/libsupport.la
else
check-local:
	@echo 'Only scripts were run: configure did not find Check >= 0.15.' >&2
endif

# What is promised on every processor, by a program that needs no Check: so that
# tools/ci archs can build it for those that have none.
check_PROGRAMS += %D%/arch/check
%C%_arch_check_SOURCES = \
	%D%/arch/check.c \
	%D%/arch/promises.h \
	%D%/arch/tasks.c \
	%D%/arch/tasks.h \
	%D%/registers.h \
	%D%/sanitized.h
%C%_arch_check_CFLAGS = $(AM_CFLAGS) -fexceptions
%C%_arch_check_LDADD  = libwhole.la $(LIBM)

# What test_gdb.sh looks at.
check_PROGRAMS += %D%/parked
%C%_parked_LDADD = libwhole.la

# Exceptions, and stacks that are switched between them.
if HAVE_CXX
check_PROGRAMS += %D%/test_cxx
endif
%C%_test_cxx_SOURCES  = %D%/test_cxx.cc %D%/arch/promises.h
%C%_test_cxx_CXXFLAGS = -std=c++17 -Wall -Wextra $(EDDY_THREADS) $(EDDY_SANITIZE)
%C%_test_cxx_LDADD    = libwhole.la

# What uses kqueue, where there is none: the same sources, against a kqueue that
# is written for the tests. They hand the poller to eddy as one of their own.
if TEST_KQUEUE
test_kqueue = %D%/libtestkqueue.la
check_LTLIBRARIES += %D%/libtestkqueue.la
check_PROGRAMS += \
	%D%/test_fake_kqueue \
	%D%/test_fake_kqueue_fds \
	%D%/test_fake_kqueue_filters \
	%D%/test_fake_kqueue_queue
endif

# The same, and the promises of every poller, with rings that hold next to
# nothing: these objects take the place of the library's own.
if POLLER_URING
check_PROGRAMS += \
	%D%/test_uring_tiny \
	%D%/test_uring_tiny_file \
	%D%/test_uring_tiny_io \
	%D%/test_uring_tiny_send \
	%D%/test_uring_tiny_model
endif
tiny_uring = \
	backends/ring.c backends/uring.c backends/uring_file.c \
	backends/uring_io.c backends/uring_polls.c backends/uring_pool.c \
	backends/uring_send.c
tiny_cppflags = $(AM_CPPFLAGS) -DEDDY_RING_ENTRIES=4
%C%_test_uring_tiny_SOURCES        = %D%/test_uring.c $(tiny_uring)
%C%_test_uring_tiny_CPPFLAGS       = $(tiny_cppflags)
%C%_test_uring_tiny_file_SOURCES   = %D%/test_file_ends.c $(tiny_uring)
%C%_test_uring_tiny_file_CPPFLAGS  = $(tiny_cppflags)
%C%_test_uring_tiny_io_SOURCES     = %D%/test_uring_io.c $(tiny_uring)
%C%_test_uring_tiny_io_CPPFLAGS    = $(tiny_cppflags)
%C%_test_uring_tiny_send_SOURCES   = %D%/test_uring_send.c $(tiny_uring)
%C%_test_uring_tiny_send_CPPFLAGS  = $(tiny_cppflags)
%C%_test_uring_tiny_model_SOURCES  = %D%/test_poller_model.c $(tiny_uring)
%C%_test_uring_tiny_model_CPPFLAGS = $(tiny_cppflags)

# Check's flags go to every compilation: it is that, or a line for each test. They
# are a path at most.
AM_CFLAGS += $(CHECK_CFLAGS)
LDADD = %D%/libsupport.la $(test_kqueue) libwhole.la $(CHECK_LIBS)

%C%_test_context_LDADD = $(LDADD) $(LIBM)

# The promises of pollers are kept by the one of the examples, too.
check_LTLIBRARIES += %D%/libownpoller.la
%C%_libownpoller_la_SOURCES = examples/own_poller.c examples/own_poller.h
own_poller_test = $(LDADD) %D%/libownpoller.la
%C%_test_poller_LDADD        = $(own_poller_test)
%C%_test_poller_closed_LDADD = $(own_poller_test)
%C%_test_poller_events_LDADD = $(own_poller_test)
%C%_test_poller_fds_LDADD    = $(own_poller_test)
%C%_test_poller_model_LDADD  = $(own_poller_test)
%C%_test_uring_tiny_model_LDADD = $(own_poller_test)

# Those that test what is no part of the library compile it themselves.
%C%_test_comparing_SOURCES = \
	%D%/test_comparing.c tools/eddy/html.c tools/eddy/listing.c \
	tools/eddy/measure.c tools/eddy/source.c tools/eddy/workload.c
%C%_test_comparing_LDADD   = $(LDADD) $(LIBM)
%C%_test_double_SOURCES    = %D%/test_double.c tools/eddy/double.c
%C%_test_histogram_SOURCES = %D%/test_histogram.c tools/eddy/histogram.c

fake_kqueue_testing = %D%/kqueue/testing.c %D%/kqueue/testing.h
%C%_test_fake_kqueue_SOURCES = \
	%D%/test_fake_kqueue.c $(fake_kqueue_testing)
%C%_test_fake_kqueue_fds_SOURCES = \
	%D%/test_fake_kqueue_fds.c $(fake_kqueue_testing)
%C%_test_fake_kqueue_filters_SOURCES = \
	%D%/test_fake_kqueue_filters.c $(fake_kqueue_testing)
%C%_test_fake_kqueue_queue_SOURCES = \
	%D%/test_fake_kqueue_queue.c $(fake_kqueue_testing)

%C%_libsupport_la_SOURCES = \
	%D%/deferred_support.c \
	%D%/deferred_support.h \
	%D%/echo_support.c \
	%D%/echo_support.h \
	%D%/file_support.c \
	%D%/file_support.h \
	%D%/fork_support.c \
	%D%/fork_support.h \
	%D%/gate.c \
	%D%/gate.h \
	%D%/generator_support.c \
	%D%/generator_support.h \
	%D%/job_support.c \
	%D%/job_support.h \
	%D%/loop_support.c \
	%D%/loop_support.h \
	%D%/net_support.c \
	%D%/net_support.h \
	%D%/oom_support.c \
	%D%/oom_support.h \
	%D%/registers.h \
	%D%/sanitized.h \
	%D%/scope_support.c \
	%D%/scope_support.h \
	%D%/stream_support.c \
	%D%/stream_support.h \
	%D%/support.c \
	%D%/support.h \
	%D%/sync_support.c \
	%D%/sync_support.h \
	%D%/task_support.c \
	%D%/task_support.h

%C%_libtestkqueue_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%/kqueue
%C%_libtestkqueue_la_SOURCES = \
	backends/kqueue.c \
	src/system/exit_kqueue.c \
	%D%/kqueue/descriptors.c \
	%D%/kqueue/fake.h \
	%D%/kqueue/filter_fd.c \
	%D%/kqueue/filter_own.c \
	%D%/kqueue/filter_vnode.c \
	%D%/kqueue/harvest.c \
	%D%/kqueue/knote.c \
	%D%/kqueue/kqueue.c \
	%D%/kqueue/registry.c \
	%D%/kqueue/sys/event.h

dist_check_SCRIPTS += \
	%D%/test_deep.sh \
	%D%/test_gdb.sh \
	%D%/test_headers.sh \
	%D%/test_layers.sh \
	%D%/test_promises.sh \
	%D%/test_seeds.py \
	%D%/test_symbols.sh \
	%D%/tool_command.py \
	%D%/tool_compare.py \
	%D%/tool_double.py \
	%D%/tool_echo.py \
	%D%/tool_examples.py \
	%D%/tool_load.py \
	%D%/tool_nc.sh \
	%D%/tool_stop.py

TESTS = $(check_PROGRAMS) $(dist_check_SCRIPTS)
TEST_EXTENSIONS = .sh .py
SH_LOG_COMPILER = $(SHELL)
PY_LOG_COMPILER = $(SHELL) $(srcdir)/%D%/python
AM_TESTS_ENVIRONMENT = \
	NM='$(NM)' EDDY='$(abs_builddir)/tools/eddy/eddy'; export NM EDDY;

# make installcheck: the copy that was installed, as a stranger would use it.
installcheck-local:
	CC='$(CC)' CFLAGS='$(CFLAGS) $(EDDY_SANITIZE)' PKG_CONFIG='$(PKG_CONFIG)' \
	DESTDIR='$(DESTDIR)' bindir='$(bindir)' libdir='$(libdir)' \
	pkgconfigdir='$(pkgconfigdir)' mandir='$(mandir)' \
	$(SHELL) $(srcdir)/%D%/test_installed.sh

EXTRA_DIST += \
	%D%/promises.txt \
	%D%/seeds \
	%D%/seeds.txt \
	%D%/cross/check.c \
	%D%/python \
	%D%/test_installed.sh \
	%D%/toolkit.py
