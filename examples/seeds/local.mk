# The programs of the tutorials. stage.c is what each is played on.
%C%_stage = %D%/stage.c %D%/stage.h

noinst_PROGRAMS += \
	%D%/deferreds \
	%D%/gathering \
	%D%/generators \
	%D%/sleeping
%C%_deferreds_SOURCES  = %D%/deferreds.c $(%C%_stage)
%C%_deferreds_LDADD    = libeddy.la
%C%_gathering_SOURCES  = %D%/gathering.c $(%C%_stage)
%C%_gathering_LDADD    = libeddy.la
%C%_generators_SOURCES = %D%/generators.c $(%C%_stage)
%C%_generators_LDADD   = libeddy.la
%C%_sleeping_SOURCES   = %D%/sleeping.c $(%C%_stage)
%C%_sleeping_LDADD     = libeddy.la
