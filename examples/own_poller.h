/* SPDX-License-Identifier: MIT */
/* own_poller.h - a poller of a program's own; see own_poller.c. */
#ifndef OWN_POLLER_H
#define OWN_POLLER_H

#include <eddy/poller.h>

extern const struct eddy_poller_ops own_poller;

#endif
