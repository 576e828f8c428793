/* SPDX-License-Identifier: MIT */
/* completion.h - what the poller does itself; the end of core.h. */
#ifndef EDDY_CORE_COMPLETION_H
#define EDDY_CORE_COMPLETION_H

#include "core.h"

/* submission.c */
void eddy__submissions_open(struct eddy_loop *loop);
bool eddy__submissions_running(const struct eddy_loop *loop);
/* After each wait, if the poller does anything: what it has found to be done.
 */
void eddy__submissions_reap(struct eddy_loop *loop);
void eddy__submissions_tell(struct eddy_loop *loop);
/* All of them, for the poller is gone. */
void eddy__submissions_end(struct eddy_loop *loop);

/* sending.c */
void eddy__sendings_open(struct eddy_loop *loop);
/* Each turn is followed by another; or no more: what was gathered goes. */
void eddy__gather(struct eddy_loop *loop);
void eddy__gather_no_more(struct eddy_loop *loop);
/* Before each wait; does somebody wait for their end? And after it. */
bool eddy__sendings_go(struct eddy_loop *loop);
void eddy__sendings_tell(struct eddy_loop *loop);

#endif
