# The program `eddy`: a user of the library like any other, but installed. Beside
# it, the scripts that keep the tree in order.
bin_PROGRAMS += %D%/eddy/eddy
%C%_eddy_eddy_SOURCES = \
	%D%/eddy/audience.c \
	%D%/eddy/audience.h \
	%D%/eddy/broadcast.c \
	%D%/eddy/chain.c \
	%D%/eddy/client.c \
	%D%/eddy/compare.c \
	%D%/eddy/cpu.c \
	%D%/eddy/cpu.h \
	%D%/eddy/demo.c \
	%D%/eddy/descriptors.c \
	%D%/eddy/double.c \
	%D%/eddy/double.h \
	%D%/eddy/double_callback.c \
	%D%/eddy/double_coroutine.c \
	%D%/eddy/double_deferred.c \
	%D%/eddy/echo_callback.c \
	%D%/eddy/echo_coroutine.c \
	%D%/eddy/echo_deferred.c \
	%D%/eddy/exchange.c \
	%D%/eddy/exchange.h \
	%D%/eddy/fanout.c \
	%D%/eddy/histogram.c \
	%D%/eddy/histogram.h \
	%D%/eddy/html.c \
	%D%/eddy/html.h \
	%D%/eddy/listing.c \
	%D%/eddy/listing.h \
	%D%/eddy/load.c \
	%D%/eddy/loader.c \
	%D%/eddy/loader.h \
	%D%/eddy/machine.c \
	%D%/eddy/machine.h \
	%D%/eddy/main.c \
	%D%/eddy/matrix.c \
	%D%/eddy/matrix.h \
	%D%/eddy/measure.c \
	%D%/eddy/measure.h \
	%D%/eddy/options.c \
	%D%/eddy/options.h \
	%D%/eddy/page.c \
	%D%/eddy/page.h \
	%D%/eddy/parts.c \
	%D%/eddy/parts.h \
	%D%/eddy/plot.c \
	%D%/eddy/plot.h \
	%D%/eddy/pollers.c \
	%D%/eddy/pollers.h \
	%D%/eddy/print.c \
	%D%/eddy/print.h \
	%D%/eddy/process.c \
	%D%/eddy/process.h \
	%D%/eddy/progress.c \
	%D%/eddy/progress.h \
	%D%/eddy/report.c \
	%D%/eddy/say.c \
	%D%/eddy/serve.c \
	%D%/eddy/server.c \
	%D%/eddy/server.h \
	%D%/eddy/service.c \
	%D%/eddy/session.c \
	%D%/eddy/session.h \
	%D%/eddy/slow.c \
	%D%/eddy/source.c \
	%D%/eddy/source.h \
	%D%/eddy/take.c \
	%D%/eddy/timers.c \
	%D%/eddy/tool.h \
	%D%/eddy/traffic.c \
	%D%/eddy/traffic.h \
	%D%/eddy/traffic_parts.c \
	%D%/eddy/trial.c \
	%D%/eddy/trial.h \
	%D%/eddy/upstream.c \
	%D%/eddy/upstream.h \
	%D%/eddy/usage.c \
	%D%/eddy/usage.h \
	%D%/eddy/visit.c \
	%D%/eddy/visit.h \
	%D%/eddy/workload.c \
	%D%/eddy/workload.h
nodist_%C%_eddy_eddy_SOURCES = %D%/eddy/sources.c
%C%_eddy_eddy_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%/eddy
%C%_eddy_eddy_LDADD = libeddy.la $(LIBM)

# The examples and a style sheet, for `eddy compare`; in the build tree, and so the headers
# are to be found from there. Which there are the script finds, so
# it is asked each time; what it says is new only if it differs.
BUILT_SOURCES += %D%/eddy/sources.c
CLEANFILES    += %D%/eddy/sources.c
%D%/eddy/sources.c: FORCE
	@$(MKDIR_P) %D%/eddy
	@$(SHELL) $(srcdir)/%D%/eddy/embed $(srcdir)/%D%/eddy/page.css \
		$(srcdir)/examples >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
FORCE:

EXTRA_DIST += \
	%D%/ci \
	%D%/cross \
	%D%/eddy/embed \
	%D%/eddy/page.css \
	%D%/function-length \
	%D%/gdb/eddy.py \
	%D%/packages \
	%D%/summary
