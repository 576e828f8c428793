# What can be asked of the world: streams, listeners, names.
noinst_LTLIBRARIES += libio.la
libio_la_SOURCES = \
	%D%/accept.c \
	%D%/address.c \
	%D%/buffer.c \
	%D%/connect.c \
	%D%/copy.c \
	%D%/delimiter.c \
	%D%/file.c \
	%D%/file.h \
	%D%/file_call.c \
	%D%/file_io.c \
	%D%/fitted.h \
	%D%/inlet.c \
	%D%/io.h \
	%D%/listener.c \
	%D%/listener.h \
	%D%/name.c \
	%D%/outlet.c \
	%D%/print.c \
	%D%/queue.c \
	%D%/read.c \
	%D%/receive.c \
	%D%/room.c \
	%D%/send.c \
	%D%/stream.c \
	%D%/write.c
