# Users of the library, built with it so that they cannot rot. Each is one file.
noinst_PROGRAMS += \
	%D%/chain_callback \
	%D%/chain_coroutine \
	%D%/chain_deferred \
	%D%/chat_callback \
	%D%/chat_coroutine \
	%D%/chat_deferred \
	%D%/copy_file_callback \
	%D%/copy_file_coroutine \
	%D%/copy_file_deferred \
	%D%/double_callback \
	%D%/double_coroutine \
	%D%/double_deferred \
	%D%/echo_callback \
	%D%/echo_coroutine \
	%D%/echo_deferred \
	%D%/fan_out_callback \
	%D%/fan_out_coroutine \
	%D%/fan_out_deferred \
	%D%/periodic_callback \
	%D%/periodic_coroutine \
	%D%/periodic_deferred \
	%D%/producer_consumer_callback \
	%D%/producer_consumer_coroutine \
	%D%/producer_consumer_deferred \
	%D%/shutdown_callback \
	%D%/shutdown_coroutine \
	%D%/shutdown_deferred \
	%D%/embed_in_poll \
	%D%/own_operation \
	%D%/own_poller_echo \
	%D%/select_scheduler
%C%_chain_callback_LDADD              = libeddy.la
%C%_chain_coroutine_LDADD             = libeddy.la
%C%_chain_deferred_LDADD              = libeddy.la
%C%_chat_callback_LDADD               = libeddy.la
%C%_chat_coroutine_LDADD              = libeddy.la
%C%_chat_deferred_LDADD               = libeddy.la
%C%_copy_file_callback_LDADD          = libeddy.la
%C%_copy_file_coroutine_LDADD         = libeddy.la
%C%_copy_file_deferred_LDADD          = libeddy.la
%C%_double_callback_LDADD             = libeddy.la
%C%_double_coroutine_LDADD            = libeddy.la
%C%_double_deferred_LDADD             = libeddy.la
%C%_echo_callback_LDADD               = libeddy.la
%C%_echo_coroutine_LDADD              = libeddy.la
%C%_echo_deferred_LDADD               = libeddy.la
%C%_fan_out_callback_LDADD            = libeddy.la
%C%_fan_out_coroutine_LDADD           = libeddy.la
%C%_fan_out_deferred_LDADD            = libeddy.la
%C%_periodic_callback_LDADD           = libeddy.la
%C%_periodic_coroutine_LDADD          = libeddy.la
%C%_periodic_deferred_LDADD           = libeddy.la
%C%_producer_consumer_callback_LDADD  = libeddy.la
%C%_producer_consumer_coroutine_LDADD = libeddy.la
%C%_producer_consumer_deferred_LDADD  = libeddy.la
%C%_shutdown_callback_LDADD           = libeddy.la
%C%_shutdown_coroutine_LDADD          = libeddy.la
%C%_shutdown_deferred_LDADD           = libeddy.la
%C%_embed_in_poll_LDADD               = libeddy.la
%C%_own_operation_LDADD               = libeddy.la
%C%_select_scheduler_LDADD            = libeddy.la
%C%_own_poller_echo_LDADD             = libeddy.la
%C%_own_poller_echo_SOURCES = \
	%D%/own_poller.c %D%/own_poller.h %D%/own_poller_echo.c
# Its own flags give it objects of its own: the tests make others of that file.
%C%_own_poller_echo_CFLAGS = $(AM_CFLAGS)
