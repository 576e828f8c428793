# The program `eddy`: a user of the library like any other, but installed. Beside
# it, the scripts that keep the tree in order.
bin_PROGRAMS += %D%/eddy/eddy
%C%_eddy_eddy_SOURCES = \
	%D%/eddy/client.c \
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
	%D%/eddy/histogram.c \
	%D%/eddy/histogram.h \
	%D%/eddy/load.c \
	%D%/eddy/loader.c \
	%D%/eddy/loader.h \
	%D%/eddy/main.c \
	%D%/eddy/options.c \
	%D%/eddy/options.h \
	%D%/eddy/pollers.c \
	%D%/eddy/pollers.h \
	%D%/eddy/process.c \
	%D%/eddy/process.h \
	%D%/eddy/report.c \
	%D%/eddy/say.c \
	%D%/eddy/serve.c \
	%D%/eddy/server.c \
	%D%/eddy/server.h \
	%D%/eddy/service.c \
	%D%/eddy/session.c \
	%D%/eddy/session.h \
	%D%/eddy/take.c \
	%D%/eddy/tool.h \
	%D%/eddy/traffic.c \
	%D%/eddy/traffic.h \
	%D%/eddy/visit.c \
	%D%/eddy/visit.h
%C%_eddy_eddy_LDADD = libeddy.la

EXTRA_DIST += \
	%D%/ci \
	%D%/cross \
	%D%/function-length \
	%D%/gdb/eddy.py \
	%D%/packages \
	%D%/summary
