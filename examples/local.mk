# Users of the library, built with it so that they cannot rot. Two lines each.
# noinst_PROGRAMS += %D%/name
# %C%_name_LDADD = libeddy.la

noinst_PROGRAMS += \
	%D%/double \
	%D%/double_coroutine \
	%D%/double_deferred \
	%D%/echo
%C%_double_LDADD           = libeddy.la
%C%_double_coroutine_LDADD = libeddy.la
%C%_double_deferred_LDADD  = libeddy.la
%C%_echo_LDADD             = libeddy.la
