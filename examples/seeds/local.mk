# The programs of the tutorials. stage.c is what each is played on; peer.c is
# somebody to talk HTTP to, and session.c does.
%C%_stage   = %D%/stage.c %D%/stage.h
%C%_peer    = $(%C%_stage) %D%/peer.c %D%/peer.h
%C%_session = $(%C%_peer) %D%/session.c %D%/session.h

noinst_PROGRAMS += \
	%D%/blocking \
	%D%/deferreds \
	%D%/dispatchers \
	%D%/fetchers \
	%D%/gathering \
	%D%/generators \
	%D%/http \
	%D%/protocols \
	%D%/servers \
	%D%/service \
	%D%/sleeping \
	%D%/structured
%C%_blocking_SOURCES = %D%/blocking.c $(%C%_peer)
%C%_blocking_LDADD = libeddy.la
%C%_deferreds_SOURCES = %D%/deferreds.c $(%C%_stage)
%C%_deferreds_LDADD = libeddy.la
%C%_dispatchers_SOURCES = %D%/dispatchers.c $(%C%_peer)
%C%_dispatchers_LDADD = libeddy.la
%C%_fetchers_SOURCES = %D%/fetchers.c $(%C%_session)
%C%_fetchers_LDADD = libeddy.la
%C%_gathering_SOURCES = %D%/gathering.c $(%C%_stage)
%C%_gathering_LDADD = libeddy.la
%C%_generators_SOURCES = %D%/generators.c $(%C%_stage)
%C%_generators_LDADD = libeddy.la
%C%_http_SOURCES = %D%/http.c $(%C%_session)
%C%_http_LDADD = libeddy.la
%C%_protocols_SOURCES = %D%/protocols.c $(%C%_peer)
%C%_protocols_LDADD = libeddy.la
%C%_servers_SOURCES = %D%/servers.c $(%C%_stage)
%C%_servers_LDADD = libeddy.la
%C%_service_SOURCES = %D%/service.c $(%C%_stage)
%C%_service_LDADD = libeddy.la
%C%_sleeping_SOURCES = %D%/sleeping.c $(%C%_stage)
%C%_sleeping_LDADD = libeddy.la
%C%_structured_SOURCES = %D%/structured.c $(%C%_stage)
%C%_structured_LDADD = libeddy.la
