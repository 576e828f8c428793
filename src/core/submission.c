/* SPDX-License-Identifier: MIT */
/*
 * submission.c - what the poller does itself, and who is told.
 *
 * A submission is named by its address, which stays its own until its end was
 * told. All that are under way are in a ring of the loop's, for after a fork
 * they are the parent's and end without the poller.
 */
#include "core.h"

void eddy__submissions_open(struct eddy_loop *loop)
{
    loop->submissions.prev = loop->submissions.next = &loop->submissions;
    if (loop->settings.sys == eddy_sys_default())
        loop->io = loop->ops->completion;
}

static void link_in(struct eddy_loop *loop, struct eddy_submission *submission)
{
    submission->prev = &loop->submissions;
    submission->next = loop->submissions.next;
    submission->prev->next = submission->next->prev = submission;
}

static void link_out(struct eddy_submission *submission)
{
    submission->prev->next = submission->next;
    submission->next->prev = submission->prev;
    submission->prev = submission->next = NULL;
}

bool eddy__submissions_running(const struct eddy_loop *loop)
{
    return loop->submissions.next != &loop->submissions;
}

void eddy__submissions_reap(struct eddy_loop *loop)
{
    loop->done_count = 0;
    loop->gave_up = false;
    if (loop->poller != NULL)
        loop->done_count =
            loop->io->reap(loop->poller, &loop->dones, &loop->gave_up);
}

/* Those that are told may submit anew, so the lost ones are put aside before.
 */
static void put_aside(struct eddy_loop *loop, struct eddy_submission *lost)
{
    *lost = loop->submissions;
    lost->next->prev = lost->prev->next = lost;
    loop->submissions.prev = loop->submissions.next = &loop->submissions;
}

static void end_all(struct eddy_submission *lost)
{
    const struct eddy_io_done done = { .n = -ECANCELED };

    while (lost->next != lost) {
        struct eddy_submission *submission = lost->next;

        link_out(submission);
        submission->done(submission, &done);
    }
}

void eddy__submissions_tell(struct eddy_loop *loop)
{
    struct eddy_submission lost = { .prev = &lost, .next = &lost };

    if (loop->gave_up && eddy__submissions_running(loop))
        put_aside(loop, &lost);
    for (int i = 0; i < loop->done_count; i++) {
        const struct eddy_io_done *done = &loop->dones[i];
        struct eddy_submission *submission = eddy_pointer(done->token);

        if (!done->more)
            link_out(submission);
        submission->done(submission, done); /* it may be gone */
    }
    loop->stats.events += (uint64_t)loop->done_count;
    end_all(&lost);
}

void eddy__submissions_end(struct eddy_loop *loop)
{
    struct eddy_submission lost = { .prev = &lost, .next = &lost };

    if (eddy__submissions_running(loop))
        put_aside(loop, &lost);
    end_all(&lost);
}

/* ---- In public ---------------------------------------------------------- */

bool eddy_loop_completes(const struct eddy_loop *loop, enum eddy_io_what what)
{
    return loop != NULL && loop->io != NULL && loop->poller != NULL &&
           (loop->io->can(loop->poller) & 1u << what) != 0;
}

int eddy_submission_start(struct eddy_loop *loop,
                          struct eddy_submission *submission,
                          const struct eddy_io *io)
{
    int err = -EOPNOTSUPP;

    if (eddy_loop_completes(loop, io->what))
        err = loop->io->submit(loop->poller, io, eddy_word(submission));
    if (err == 0)
        link_in(loop, submission);
    return err;
}

void eddy_submission_cancel(struct eddy_loop *loop,
                            struct eddy_submission *submission)
{
    if (submission->next != NULL && loop->poller != NULL)
        loop->io->cancel(loop->poller, eddy_word(submission));
}

void eddy_submissions_settle(struct eddy_loop *loop)
{
    if (loop->io != NULL && loop->poller != NULL)
        loop->io->settle(loop->poller);
}

void eddy_buffer_give_back(struct eddy_loop *loop,
                           struct eddy_io_buffer *buffer)
{
    loop->io->give_back(buffer);
}
