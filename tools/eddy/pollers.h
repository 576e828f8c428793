/* SPDX-License-Identifier: MIT */
/* pollers.h - the pollers that eddy knows, as found here and now. */
#ifndef POLLERS_H
#define POLLERS_H

#include <stdbool.h>
#include <stddef.h>

/* One line for each on stdout, aligned. */
void pollers_print(void);

/* Does it open? */
struct eddy_poller_ops;
bool poller_opens(const struct eddy_poller_ops *ops);

#endif
