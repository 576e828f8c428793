/* SPDX-License-Identifier: MIT */
/* waiters.h - deferreds that wait in line: first come, first served. */
#ifndef EDDY_DEFERRED_WAITERS_H
#define EDDY_DEFERRED_WAITERS_H

#include "deferred.h"

/* Those that are cancelled, or fired by somebody else, leave it at once,
 * wherever they stand. */
struct waiters {
    struct waiter *first, *last;
    size_t count;
};

/* May one more wait, if at most so many may? Makes room where nobody would ever
 * hear of it. */
bool eddy__has_room(struct waiters *line, size_t limit);

/* A pending deferred gets in line; its canceller becomes that of the line.
 * Without memory it fails instead. */
void eddy__wait_in(struct waiters *line, struct eddy_deferred *deferred);

/* Fires the first with this value, but for those of whom nobody would ever
 * hear. false: there is none, the value is not taken, and nothing has been set
 * going. After true the line may be gone. */
bool eddy__serve(struct waiters *line, struct eddy_value value);

/* All get -ECANCELED. */
void eddy__send_away(struct waiters *line);

#endif
