/* SPDX-License-Identifier: MIT */
/*
 * filter_vnode.c - EVFILT_VNODE: what happens to a file or a directory.
 *
 * BSD watches the file that a descriptor has open, inotify watches a path; the
 * path /proc/self/fd/N leads to the very file, also when its name is gone. What
 * inotify does not tell apart, the file's status does: each change of the link
 * count is an IN_ATTRIB, and the end of a directory is told to its parent only.
 */
#include "fake.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
    OF_THE_FILE = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF,
    OF_AN_ENTRY = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO,
};

int kq_watch_file(struct knote *kn, uint32_t mask)
{
    char path[64];
    int err = kq_own(kn, inotify_init1(IN_NONBLOCK | IN_CLOEXEC));

    if (err != 0)
        return err;
    snprintf(path, sizeof path, "/proc/self/fd/%d", (int)kn->told.ident);
    kn->watch = inotify_add_watch(kn->own, path, mask);
    return kn->watch < 0 ? errno : 0;
}

/* May fail: what cannot be seen then is that the directory was removed. */
static void watch_parent(struct knote *kn)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d/..", (int)kn->told.ident);
    (void)inotify_add_watch(kn->own, path, IN_DELETE | IN_MASK_ADD);
}

static int attach(struct knote *kn)
{
    int err;

    if (S_ISSOCK(kn->seen.st_mode) || S_ISFIFO(kn->seen.st_mode))
        return EINVAL;
    err = kq_watch_file(kn, OF_THE_FILE | OF_AN_ENTRY);
    if (err == 0 && S_ISDIR(kn->seen.st_mode))
        watch_parent(kn);
    return err;
}

/* clang-format off */
static const struct word {
    uint32_t theirs;
    unsigned ours;
} words[] = {
    { IN_MODIFY,                   NOTE_WRITE               },
    { IN_MOVE_SELF,                NOTE_RENAME              },
    { IN_UNMOUNT,                  NOTE_REVOKE              },
    { IN_CREATE | IN_DELETE,       NOTE_WRITE               },
    { IN_MOVED_FROM | IN_MOVED_TO, NOTE_WRITE | NOTE_EXTEND },
};
/* clang-format on */

static unsigned translate(uint32_t mask)
{
    unsigned notes = 0;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (mask & words[i].theirs)
            notes |= words[i].ours;
    }
    if ((mask & IN_ISDIR) && (mask & (IN_CREATE | IN_DELETE)))
        notes |= NOTE_LINK; /* the ".." of a subdirectory comes or goes */
    return notes;
}

/* Reads all the news there are. Returns what they say; *ret_mask is what there
 * was of the file itself. */
static unsigned hear(const struct knote *kn, uint32_t *ret_mask)
{
    alignas(struct inotify_event) char news[4096];
    unsigned notes = 0;
    ssize_t size;

    *ret_mask = 0;
    while ((size = read(kn->own, news, sizeof news)) > 0) {
        for (const char *at = news; at < news + size;) {
            const struct inotify_event *event = (const void *)at;
            uint32_t mask = event->mask;
            at += sizeof *event + event->len;
            if (event->len > 0)
                mask &= ~(uint32_t)OF_THE_FILE; /* of a file in a directory */
            if (event->wd != kn->watch)
                mask = 0; /* of the parent: something is gone, maybe it is us */
            notes |= translate(mask);
            *ret_mask |= mask;
        }
    }
    return notes;
}

/* What the status tells, against what it told last. */
static unsigned compare(const struct stat *was, const struct stat *is,
                        uint32_t mask)
{
    bool dir = S_ISDIR(is->st_mode);
    unsigned notes = 0;

    if (was->st_nlink > is->st_nlink && (!dir || is->st_nlink == 0))
        notes |= NOTE_DELETE;
    if (was->st_nlink < is->st_nlink && !dir)
        notes |= NOTE_LINK;
    if ((mask & IN_MODIFY) && is->st_size > was->st_size)
        notes |= NOTE_EXTEND;
    if ((mask & IN_ATTRIB) &&
        (was->st_nlink == is->st_nlink || was->st_mode != is->st_mode ||
         was->st_uid != is->st_uid || was->st_gid != is->st_gid))
        notes |= NOTE_ATTRIB;
    return notes;
}

static bool is_ready(struct knote *kn)
{
    uint32_t mask;
    unsigned notes = hear(kn, &mask);
    struct stat now;

    if (fstat((int)kn->told.ident, &now) == 0) {
        notes |= compare(&kn->seen, &now, mask);
        kn->seen = now;
    }
    kn->told.fflags |= notes & kn->wanted;
    return kn->told.fflags != 0;
}

const struct filter kq_vnode = {
    .id = EVFILT_VNODE,
    .takes_fd = true,
    .attach = attach,
    .change = kq_take,
    .ready = is_ready,
};
