/* SPDX-License-Identifier: MIT */
/* blocking.c - calls that block: what they do to a loop, and where they belong.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer.h"

/* ---- EG28: small tasks beside a slow one --------------------------------- */

static void slow_function(int64_t duration_ns)
{
    block(duration_ns);
    say("slow task complete");
}

static struct eddy_result small_task(struct eddy_task *self, void *number)
{
    struct eddy_loop *loop = eddy_task_loop(self);

    for (int i = 1; i <= 4; i++) {
        int64_t due_ns = eddy_loop_now_ns(loop) + EDDY_SECOND;
        must(eddy_await(self, eddy_sleep_until(due_ns)));
        say("task %d runs, %d ms late", *(int *)number,
            (int)((eddy_loop_now_ns(loop) - due_ns) / EDDY_MS));
    }
    return eddy_n(0);
}

static struct eddy_result slow_task(struct eddy_task *self, void *arg)
{
    (void)arg;
    must(eddy_await(self, eddy_sleep(1500 * EDDY_MS)));
    say("running the slow task- blocking!");
    slow_function(2 * EDDY_SECOND);
    return eddy_n(0);
}

/* On a thread of the pool, until a byte comes from those who run meanwhile.
 * Were the loop blocked, it never would. */
static int64_t wait_for_byte(void *fd)
{
    char byte;

    return read(*(int *)fd, &byte, 1) == 1 ? 0 : -errno;
}

static struct eddy_result send_byte(struct eddy_task *self, void *fd)
{
    for (int i = 1; i <= 3; i++) {
        say("a small task runs");
        must(eddy_task_yield(self));
    }
    must(write(*(int *)fd, "x", 1) == 1 ? 0 : -errno);
    return eddy_n(0);
}

static struct eddy_result offload_slow(struct eddy_task *self, void *arg)
{
    struct eddy_scope scope;
    int ends[2];

    (void)arg;
    must(pipe(ends) == 0 ? 0 : -errno);
    must(eddy_scope_open(self, &scope, NULL));
    must(eddy_spawn(&scope, send_byte, &ends[1], NULL));
    must(eddy_await(self, eddy_offload(wait_for_byte, &ends[0])));
    say("slow task complete, on its thread");
    must(eddy_scope_close(&scope, 0));
    close(ends[0]);
    close(ends[1]);
    return eddy_n(0);
}

static void eg28(struct eddy_loop *loop)
{
    int numbers[] = { 1, 2 };

    must(eddy_loop_set_debug(loop, true)); /* tells of who blocks it */
    for (int i = 0; i < 2; i++)
        must(eddy_spawn(eddy_loop_scope(loop), small_task, &numbers[i], NULL));
    must(eddy_spawn(eddy_loop_scope(loop), slow_task, NULL, NULL));
    must(eddy_loop_run(loop));
    must(eddy_loop_run_task(loop, offload_slow, NULL).n);
}

/* ---- EG32: events for a window, from a thread that works ----------------- */

static void handle_event(void *name)
{
    say("event: %s", (const char *)name);
}

static char events[][16] = { "started", "half done", "done" };

static int64_t worker(void *loop)
{
    for (int i = 0; i < 3; i++)
        must(eddy_loop_post(loop, handle_event, events[i])); /* any thread */
    return 0;
}

static struct eddy_result work_outside(struct eddy_task *self, void *arg)
{
    static char click[] = "click";
    struct eddy_loop *loop = eddy_task_loop(self);

    (void)arg;
    must(eddy_loop_soon(loop, handle_event, click));
    must(eddy_task_yield(self));
    must(eddy_await(self, eddy_next_turn()));
    must(eddy_await(self, eddy_offload(worker, loop)));
    say("the worker has ended");
    return eddy_n(0);
}

static void eg32(struct eddy_loop *loop)
{
    must(eddy_loop_run_task(loop, work_outside, NULL).n);
}

/* ---- EG15: a map over a pool of threads ---------------------------------- */

struct page {
    const char *socket_path, *path;
    char text[256];
};

/* A GET with calls that block, as a library of others would make it. */
static int64_t blocking_get(void *arg)
{
    struct page *page = arg;
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t size = 0;
    ssize_t n;

    snprintf(to.sun_path, sizeof to.sun_path, "%s", page->socket_path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        return -errno;
    dprintf(fd, "GET %s HTTP/1.1\r\nConnection: close\r\n\r\n", page->path);
    while ((n = recv(fd, page->text + size, sizeof page->text - 1 - size, 0)) >
           0)
        size += (size_t)n;
    page->text[size] = '\0';
    close(fd);
    return (int64_t)size;
}

static const char *body(const struct page *page)
{
    const char *end = strstr(page->text, "\r\n\r\n");

    return end != NULL ? end + 4 : "nothing";
}

static void eg15(struct eddy_loop *loop)
{
    struct eddy_loop_options options = *eddy_loop_settings(loop);
    struct eddy_pool_options five = { .threads = 5 };
    struct page pages[] = { { .path = "/status/200" },
                            { .path = "/status/404" } };
    struct eddy_child jobs[2];
    struct eddy_loop *mapping;
    struct peer peer;

    must(eddy_pool_new(&options.pool, &five));
    options.poller = eddy_loop_poller(loop);
    must(eddy_loop_new(&mapping, &options));
    peer_open(&peer, mapping, NULL);
    for (int i = 0; i < 2; i++) {
        pages[i].socket_path = peer.at.path;
        jobs[i].op = eddy_offload(blocking_get, &pages[i]);
    }
    must(eddy_loop_run_until(mapping, eddy_all(jobs, 2)).n);
    for (int i = 0; i < 2; i++)
        say("%s", must(jobs[i].result.n) > 0 ? body(&pages[i]) : "");
    peer_close(&peer);
    must(eddy_loop_free(mapping));
    eddy_pool_free(options.pool);
}

/* ---- EG55: a file, a database, a page: all of them on threads ------------ */

static int64_t read_file(void *file)
{
    char text[64];

    rewind(file);
    return fgets(text, sizeof text, file) != NULL ? (int64_t)strlen(text)
                                                  : -EIO;
}

/* Stands for a client of a database that knows only calls that block. */
static int64_t find_in_database(void *page)
{
    return blocking_get(page);
}

static void eg55(struct eddy_loop *loop)
{
    struct page row = { .path = "/status/200" }, page = row;
    struct eddy_child calls[3];
    FILE *file = tmpfile();
    struct peer peer;

    must(file != NULL && fprintf(file, "large\n") > 0 ? 0 : -EIO);
    say("at once, in the way: %d bytes", (int)must(read_file(file)));

    /* That these two get an answer shows that the loop goes on: it is the loop
     * that gives it. */
    peer_open(&peer, loop, NULL);
    row.socket_path = page.socket_path = peer.at.path;
    calls[0].op = eddy_offload(read_file, file);
    calls[1].op = eddy_offload(find_in_database, &row);
    calls[2].op = eddy_offload(blocking_get, &page);
    must(eddy_loop_run_until(loop, eddy_all(calls, 3)).n);
    say("file: %d bytes", (int)must(calls[0].result.n));
    say("database: %s", must(calls[1].result.n) > 0 ? body(&row) : "");
    say("page: %s", must(calls[2].result.n) > 0 ? body(&page) : "");
    peer_close(&peer);
    fclose(file);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG15", "a map over a pool of threads", eg15 },
        { "EG28", "small tasks beside a slow one", eg28 },
        { "EG32", "events for a window, from a thread that works", eg32 },
        { "EG55", "a file, a database, a page: all on threads", eg55 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
