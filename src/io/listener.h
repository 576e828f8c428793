/* SPDX-License-Identifier: MIT */
/* listener.h - what listener.c and accept.c share. */
#ifndef EDDY_IO_LISTENER_H
#define EDDY_IO_LISTENER_H

#include "io.h"

struct acceptor { /* in the words of its request; word[0] is ret_stream */
    uint64_t ret_stream;
    struct acceptor *next;
};

EDDY_FITS_REQUEST(struct acceptor);

struct eddy_listener {
    struct eddy_owned owned;
    struct eddy_watch watch;
    struct eddy_timer rest; /* while out of descriptors */
    struct eddy_loop *loop;
    const struct eddy_sys *sys;
    int fd; /* -1: closed */
    bool is_unix, paused;
    struct acceptor *acceptors;
    struct eddy_request *incoming;
    struct eddy_listen_options options;
    struct eddy_call burial;
    uint64_t id[2]; /* of the socket file */
    char path[];    /* "": none to remove */
};

void eddy__accept_ready(struct eddy_watch *watch, unsigned ready, void *arg);
void eddy__accept_rested(struct eddy_timer *timer, void *arg);
/* Ends all that wait. */
void eddy__accept_end(struct eddy_listener *listener, int err);

#endif
