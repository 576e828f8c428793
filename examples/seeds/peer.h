/* SPDX-License-Identifier: MIT */
/* peer.h - somebody to talk HTTP to: a small server in the same loop. */
#ifndef PEER_H
#define PEER_H

#include "stage.h"

/* Writes the page at path; false: there is none. */
typedef bool peer_page_fn(const char *path, char *body, size_t size);

struct peer {
    struct eddy_endpoint at;
    struct eddy_listener *listener;
    peer_page_fn *page;
    int64_t delay_ns; /* how long a page takes; 0 at first */
};

/* Answers GET, also several on one connection: /delay/N after N seconds,
 * /status/N with that status, anything else with what page() gives, or 404.
 * page NULL: there are no pages. */
void peer_open(struct peer *peer, struct eddy_loop *loop, peer_page_fn *page);
/* The same at the door of that number; the other one's is 0. */
void peer_open_at(struct peer *peer, struct eddy_loop *loop, int door,
                  peer_page_fn *page);
void peer_close(struct peer *peer);

#endif
