# Generators: functions that yield, on stacks of their own. They see the public
# headers only.
noinst_LTLIBRARIES += libgenerator.la
libgenerator_la_SOURCES = \
	%D%/delegate.c \
	%D%/each.c \
	%D%/end.c \
	%D%/generator.c \
	%D%/generator.h \
	%D%/make.c
