# What every room leans on, and what leans on none.
noinst_LTLIBRARIES += libbase.la
libbase_la_SOURCES = \
	%D%/clock.c \
	%D%/error.c \
	%D%/memory.c \
	%D%/symbol.c \
	%D%/version.c
