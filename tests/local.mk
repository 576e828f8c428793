# What is promised. A Check program is one line in the list below: its source has
# its name, and it links LDADD.
if HAVE_CHECK
check_PROGRAMS += \
	%D%/test_double \
	%D%/test_histogram \
	%D%/test_poller \
	%D%/test_poller_events \
	%D%/test_poller_fds
check_LTLIBRARIES += %D%/libsupport.la
else
check-local:
	@echo 'Only scripts were run: configure did not find Check >= 0.15.' >&2
endif

# What uses kqueue, where there is none: the same sources, against a kqueue that
# is written for the tests. They hand the poller to eddy as one of their own.
if TEST_KQUEUE
test_kqueue = %D%/libtestkqueue.la
check_LTLIBRARIES += %D%/libtestkqueue.la
check_PROGRAMS += %D%/test_fake_kqueue
endif

# Check's flags go to every compilation: it is that, or a line for each test. They
# are a path at most.
AM_CFLAGS += $(CHECK_CFLAGS)
LDADD = %D%/libsupport.la $(test_kqueue) libwhole.la $(CHECK_LIBS)

# Those that test a part of the tool link that part.
%C%_test_double_SOURCES    = %D%/test_double.c tools/eddy/double.c
%C%_test_histogram_SOURCES = %D%/test_histogram.c tools/eddy/histogram.c

%C%_libsupport_la_SOURCES = \
	%D%/support.c \
	%D%/support.h

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
	%D%/test_headers.sh \
	%D%/test_layers.sh \
	%D%/test_symbols.sh \
	%D%/tool_command.py \
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
	%D%/cross/check.c \
	%D%/python \
	%D%/test_installed.sh \
	%D%/toolkit.py
