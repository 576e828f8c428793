/* SPDX-License-Identifier: MIT */
/* net_support.h - listeners for the tests, and plain clients that knock. */
#ifndef EDDY_TESTS_NET_SUPPORT_H
#define EDDY_TESTS_NET_SUPPORT_H

#include "stream_support.h"

/* One that listens at a free port of 127.0.0.1; options may be NULL. */
struct eddy_listener *new_listener(const struct eddy_listen_options *options);
uint16_t port_of(const struct eddy_listener *listener);
/* Frees it and lets its operations tell their end. */
void drop_listener(struct eddy_listener *listener);

/* A plain descriptor that is connected, or -errno. */
int knock_at(const char *host, uint16_t port);
/* The same at 127.0.0.1, where it must succeed. */
int knock(uint16_t port);
/* A port of this machine where nobody listens. */
uint16_t dead_port(void);

/* As many descriptors as the system allows; how many that is. */
size_t raise_fd_limit(void);

/* Runs turns until *what is at least so much. */
void wait_for_count(const int *what, int count);

#endif
