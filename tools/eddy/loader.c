/* SPDX-License-Identifier: MIT */
/*
 * loader.c - many conversations at once.
 *
 *     open    connect one --> the others, some at a time
 *     talk    the clock runs: ask, hear, ask, hear ... --> time is over: wait
 *             for the last replies
 *     close   all of them
 */
#include <stdio.h>
#include <stdlib.h>

#include "audience.h"
#include "loader.h"
#include "tool.h"

#define CONNECT_NS (10 * EDDY_SECOND)
/* For what is on its way when the time is over. */
#define LAST_REPLY_NS (2 * EDDY_SECOND)

/* Connects on their way: fewer than a listener's usual backlog, for a connect
 * that does not fit in there is tried again by the system a second later. */
enum { CONNECTING = 64 };

struct talk {
    struct load *load;
    struct eddy_stream *stream;
    struct eddy_request request; /* one at a time */
    bool hearing;
    int64_t asked_ns;
    uint64_t seed;
    char *asked, *heard;
};

struct load {
    struct eddy_loop *loop;
    const struct load_plan *plan;
    struct load_report *report;
    struct talk *talks;
    char *buffers;
    struct eddy_endpoint to;
    struct eddy_address address;
    size_t begun;   /* connects */
    size_t settled; /* of them connected, or failed */
    int64_t start_ns;
    bool over;
    bool broken; /* the loop is, and requests are as they were */
    struct audience audience;
    struct eddy_request duration, last_reply, progress;
};

static void run(struct talk *talk, struct eddy_op op, eddy_done_fn *on_done)
{
    eddy_begin(talk->load->loop, &talk->request, &op, on_done, talk);
}

/* For what is timed beside the talks, and ends with them. */
static void run_beside(struct load *load, struct eddy_request *request,
                       struct eddy_op op, eddy_done_fn *on_done)
{
    eddy_begin(load->loop, request, &op, on_done, load);
    eddy_request_background(request, true);
}

/* ---- The end of a talk -------------------------------------------------- */

static void hang_up(struct talk *talk)
{
    struct eddy_stream *stream = talk->stream;

    talk->stream = NULL;
    run(talk, eddy_within(LAST_REPLY_NS, eddy_close(stream)), NULL);
}

static void fail(struct talk *talk, const char *at, int64_t err)
{
    struct load_report *report = talk->load->report;

    if (report->failed++ == 0) {
        report->first_err = (int)err;
        report->failed_at = at;
    }
    if (talk->stream != NULL)
        hang_up(talk);
}

/* ---- Talking ------------------------------------------------------------ */

static void on_heard(struct eddy_result result, void *arg);

static void ask(struct talk *talk, int64_t now_ns)
{
    const struct load_plan *plan = talk->load->plan;
    int err;

    plan->traffic->ask(talk->asked, plan->size, plan->parts, &talk->seed);
    talk->asked_ns = now_ns;
    err = eddy_send(talk->stream, talk->asked, plan->size);
    if (err < 0) {
        fail(talk, "asking", err);
        return;
    }
    talk->hearing = true;
    run(talk, plan->traffic->hear(talk->stream, talk->heard, plan->size),
        on_heard);
}

static bool is_right(const struct talk *talk, size_t heard_size)
{
    const struct load_plan *plan = talk->load->plan;

    return plan->traffic->right(talk->asked, plan->size, talk->heard,
                                heard_size);
}

static void on_heard(struct eddy_result result, void *arg)
{
    struct talk *talk = arg;
    struct load *load = talk->load;
    struct load_report *report = load->report;
    int64_t now_ns;

    talk->hearing = false;
    if (result.n <= 0) {
        fail(talk, "waiting for a reply", result.n == 0 ? -ENODATA : result.n);
        return;
    }
    now_ns = eddy_loop_update_now(load->loop);
    histogram_add(&report->latency, now_ns - talk->asked_ns);
    report->elapsed_ns = now_ns - load->start_ns;
    report->requests++;
    if (!is_right(talk, (size_t)result.n))
        report->wrong++;
    if (!load->over)
        ask(talk, now_ns);
    else if (load->plan->traffic->audience)
        audience_expect(&load->audience, report->requests * load->plan->size);
}

static void on_last_reply_over(struct eddy_result result, void *arg)
{
    struct load *load = arg;

    if (result.n < 0)
        return;
    for (size_t i = 0; i < load->plan->connections; i++) {
        if (load->talks[i].hearing)
            eddy_request_cancel(&load->talks[i].request);
    }
    audience_leave(&load->audience);
}

static void on_time_over(struct eddy_result result, void *arg)
{
    struct load *load = arg;

    if (result.n < 0)
        return;
    load->over = true;
    run_beside(load, &load->last_reply, eddy_sleep(LAST_REPLY_NS),
               on_last_reply_over);
}

static void on_progress(struct eddy_result result, void *arg)
{
    struct load *load = arg;

    if (result.n > 0)
        fprintf(stderr, "\r%3lld s %12llu requests",
                (long long)(load->report->elapsed_ns / EDDY_SECOND),
                (unsigned long long)load->report->requests);
}

static void start_talk(struct load *load, struct talk *talk)
{
    if (talk->stream == NULL)
        return;
    if (load->plan->traffic->audience && talk != load->talks)
        audience_join(&load->audience, talk->stream);
    else
        ask(talk, eddy_loop_update_now(load->loop));
}

static void start_talking(struct load *load)
{
    load->start_ns = eddy_loop_update_now(load->loop);
    run_beside(load, &load->duration, eddy_sleep(load->plan->duration_ns),
               on_time_over);
    if (load->plan->progress)
        run_beside(load, &load->progress, eddy_every(EDDY_SECOND, EDDY_SKIP),
                   on_progress);
    for (size_t i = load->plan->connections; i > 0; i--)
        start_talk(load, &load->talks[i - 1]); /* first the audience, if any */
}

/* ---- Connecting --------------------------------------------------------- */

static void connect_next(struct load *load);

/* All go to the address that the first one found behind the name. */
static void on_connected(struct eddy_result result, void *arg)
{
    struct talk *talk = arg;
    struct load *load = talk->load;

    load->settled++;
    if (result.n < 0) {
        fail(talk, "connecting", result.n);
    } else {
        talk->stream = result.stream;
        if (load->to.address == NULL &&
            eddy_stream_peer(talk->stream, &load->address) == 0)
            load->to.address = &load->address;
    }
    connect_next(load);
}

static void connect_one(struct load *load)
{
    struct talk *talk = &load->talks[load->begun++];

    run(talk, eddy_within(CONNECT_NS, eddy_connect(&load->to, NULL)),
        on_connected);
}

static void connect_next(struct load *load)
{
    while (load->begun < load->plan->connections &&
           load->begun - load->settled < CONNECTING)
        connect_one(load);
}

/* ---- The whole ---------------------------------------------------------- */

static bool set_up(struct load *load)
{
    const struct load_plan *plan = load->plan;
    size_t heard = plan->size + plan->traffic->growth;

    size_t audience = plan->traffic->audience ? plan->connections : 0;

    load->talks = calloc(plan->connections, sizeof *load->talks);
    load->buffers = calloc(plan->connections, plan->size + heard);
    if (load->talks == NULL || load->buffers == NULL ||
        audience_init(&load->audience, load->loop, audience) < 0) {
        complain("no memory for so many connections");
        return false;
    }
    for (size_t i = 0; i < plan->connections; i++) {
        struct talk *talk = &load->talks[i];

        talk->load = load;
        talk->asked = load->buffers + i * (plan->size + heard);
        talk->heard = talk->asked + plan->size;
        talk->seed = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
    }
    return true;
}

/* Runs what was begun to its end. */
static bool run_all(struct load *load)
{
    int err = eddy_loop_run(load->loop);

    if (err < 0)
        complain("the load broke off: %s", eddy_strerror(err));
    load->broken = err < 0;
    return !load->broken;
}

struct load *load_open(const struct load_plan *plan,
                       struct load_report *ret_report)
{
    struct load *load = calloc(1, sizeof *load);

    if (load == NULL) {
        complain("the load broke off: %s", eddy_strerror(-ENOMEM));
        return NULL;
    }
    load->loop = loop_open(plan->poller);
    load->plan = plan;
    load->report = ret_report;
    load->to = eddy_tcp(plan->host, plan->port);
    *ret_report = (struct load_report){ 0 };
    if (load->loop != NULL && set_up(load)) {
        connect_one(load);
        if (run_all(load))
            return load;
    }
    load_close(load);
    return NULL;
}

bool load_talk(struct load *load)
{
    struct load_report *report = load->report;
    bool ran;

    start_talking(load);
    ran = run_all(load);
    if (load->plan->progress)
        fprintf(stderr, "\r%32s\r", "");
    report->wrong += audience_missed(&load->audience);
    return ran;
}

bool load_close(struct load *load)
{
    size_t opened = load->broken ? 0 : load->begun;
    bool ran = true;

    for (size_t i = 0; i < opened; i++) {
        if (load->talks[i].stream != NULL)
            hang_up(&load->talks[i]);
    }
    if (opened > 0)
        ran = run_all(load);
    eddy_loop_free(load->loop); /* ends the clocks, too, that are in `load` */
    audience_done(&load->audience);
    free(load->buffers);
    free(load->talks);
    free(load);
    return ran;
}

bool load_run(const struct load_plan *plan, struct load_report *ret_report)
{
    struct load *load = load_open(plan, ret_report);
    bool talked;

    if (load == NULL)
        return false;
    talked = load_talk(load);
    return load_close(load) && talked;
}
