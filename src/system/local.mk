# The real system calls, behind struct eddy_sys. The only room that makes them
# for operations.
noinst_LTLIBRARIES += libsystem.la
libsystem_la_SOURCES = \
	%D%/file.c \
	%D%/resolve.c \
	%D%/socket.c \
	%D%/sys.c \
	%D%/system.h \
	%D%/transfer.c
if EXIT_PIDFD
libsystem_la_SOURCES += %D%/exit_pidfd.c
endif
if EXIT_KQUEUE
libsystem_la_SOURCES += %D%/exit_kqueue.c
endif
