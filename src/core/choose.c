/* SPDX-License-Identifier: MIT */
/* choose.c - on which poller a loop runs, and why not on another. */
#include "core.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *eddy__environment(const char *name)
{
#if defined(HAVE_SECURE_GETENV)
    return secure_getenv(name);
#elif defined(HAVE_ISSETUGID)
    return issetugid() ? NULL : getenv(name);
#else
    return getuid() != geteuid() || getgid() != getegid() ? NULL : getenv(name);
#endif
}

static struct eddy_poller_report *add_report(struct eddy_loop *loop,
                                             const char *name, bool built)
{
    struct eddy_poller_report *report = &loop->reports[loop->report_count];

    if (loop->report_count < REPORTS)
        loop->report_count++;
    else
        report--; /* more than eddy knows: the last one is overwritten */
    *report = (struct eddy_poller_report){ .name = name, .built = built };
    return report;
}

static int refuse(struct eddy_poller_report *report, int err,
                  const char *reason)
{
    report->err = err;
    report->reason = reason;
    return err;
}

static const char *words_for(const struct eddy_poller_ops *ops, int err)
{
    const char *why = ops->why != NULL ? ops->why(err) : NULL;

    return why != NULL ? why : eddy_strerror(err);
}

static int try_poller(struct eddy_loop *loop, const struct eddy_poller_ops *ops,
                      struct eddy_poller_report *report)
{
    struct eddy_poller *poller;
    int err;

    if (ops->abi != EDDY_POLLER_ABI)
        return refuse(report, -EINVAL, "made for another version of eddy");
    err = ops->open(&poller, &loop->settings.mem);
    if (err < 0)
        return refuse(report, err, words_for(ops, err));
    report->features = ops->features(poller);
    if ((loop->settings.require & ~report->features) != 0) {
        ops->close(poller);
        return refuse(report, -ENOTSUP, "cannot do what the program requires");
    }
    report->chosen = true;
    report->reason = "chosen";
    loop->ops = ops;
    loop->poller = poller;
    loop->features = report->features;
    return 0;
}

/* What the program or the environment insists on; 0 and NULL: nothing. */
static int insisted(const struct eddy_loop *loop,
                    const struct eddy_poller_ops **ret_ops)
{
    const char *name;

    *ret_ops = loop->settings.poller;
    if (*ret_ops != NULL || (loop->settings.flags & EDDY_LOOP_NO_ENV) != 0)
        return 0;
    name = eddy__environment("EDDY_POLLER");
    if (name == NULL || *name == '\0')
        return 0;
    *ret_ops = eddy_poller_find(name);
    return *ret_ops == NULL ? -ENOENT : 0;
}

static int consider(struct eddy_loop *loop, const struct eddy_poller_ops *ops,
                    const struct eddy_poller_ops *only)
{
    bool built = eddy_poller_find(ops->name) == ops;
    struct eddy_poller_report *report = add_report(loop, ops->name, built);

    if (only != NULL && only != ops)
        report->reason = "not asked for";
    else if (loop->ops != NULL)
        report->reason = "works, but a better one was there";
    else
        return try_poller(loop, ops, report);
    return 0;
}

/* The verdict on all of this build; the first error counts, that of the best.
 */
static int consider_all(struct eddy_loop *loop,
                        const struct eddy_poller_ops *only)
{
    const struct eddy_poller_ops *ops;
    int first = 0, err;

    for (size_t i = 0; (ops = eddy_poller_at(i)) != NULL; i++) {
        err = consider(loop, ops, only);
        first = first != 0 ? first : err;
    }
    return first;
}

int eddy__choose(struct eddy_loop *loop)
{
    const struct eddy_poller_ops *only;
    const char *name;
    int err = insisted(loop, &only);

    if (err == 0)
        err = consider_all(loop, only);
    for (size_t i = 0; (name = eddy_poller_known(i)) != NULL; i++)
        if (eddy_poller_find(name) == NULL)
            (void)refuse(add_report(loop, name, false), -ENOENT,
                         "not in this build");
    if (only != NULL && eddy_poller_find(only->name) != only)
        err = consider(loop, only, only);
    if (loop->ops != NULL)
        return 0;
    return err != 0 ? err : -ENOSYS;
}

int eddy_loop_report(const struct eddy_loop *loop, size_t index,
                     struct eddy_poller_report *ret_report)
{
    if (loop == NULL || ret_report == NULL)
        return -EINVAL;
    if (index >= loop->report_count)
        return -ENOENT;
    *ret_report = loop->reports[index];
    return 0;
}
