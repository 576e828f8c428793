/* SPDX-License-Identifier: MIT */
/* echo_support.h - a server that says everything back, for the tests. */
#ifndef EDDY_TESTS_ECHO_SUPPORT_H
#define EDDY_TESTS_ECHO_SUPPORT_H

#include <eddy.h>

/* How it echoes: reads and writes in turn, receives and sends, or copies. */
enum echo_kind { ECHO_BY_OPERATIONS, ECHO_BY_ITEMS, ECHO_BY_COPY };

struct echo_server {
    enum echo_kind kind;
    struct eddy_listener *listener;
    int accepted, live; /* connections, ever and now */
};

/* Accepts at the server's listener, from now until that is freed. Connections
 * end when their peers have said all. 0 or an error. */
int echo_start(struct echo_server *server);
/* One more connection, from elsewhere. */
void echo_serve(struct echo_server *server, struct eddy_stream *stream);

#endif
