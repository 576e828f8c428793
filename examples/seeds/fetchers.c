/* SPDX-License-Identifier: MIT */
/* fetchers.c - programs that need many pages: not too many at once, and some of
 * them are not there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "session.h"

static struct session session;

/* Runs fn with a session of so many requests at once, each of a second. */
static void with_session(struct eddy_loop *loop, peer_page_fn *page,
                         size_t at_once, eddy_task_fn *fn)
{
    struct peer peer;

    peer_open(&peer, loop, page);
    peer.delay_ns = EDDY_SECOND;
    session_open(&session, loop, &peer.at, at_once);
    must(eddy_loop_run_task(loop, fn, NULL).n);
    say("over %d connections", session.connects);
    session_close(&session);
    peer_close(&peer);
}

/* ---- EG33: a list, then hundreds of details, then a file ----------------- */

enum { PLAYERS = 300, AT_ONCE = 10 };

static bool league(const char *path, char *body, size_t size)
{
    int id;

    if (strcmp(path, "/players") == 0) {
        for (id = 1; id <= PLAYERS; id++)
            snprintf(body + strlen(body) * (id > 1), size, "%d ", id);
        return true;
    }
    if (sscanf(path, "/players/%d", &id) != 1 || id % 97 == 0)
        return false;
    snprintf(body, size, "{\"id\": %d, \"points\": %d}", id, id * 7 % 40);
    return true;
}

struct player {
    int id;
    int64_t status; /* of the request, or an error */
    struct response response;
};

static struct eddy_result get_player(struct eddy_task *self, void *arg)
{
    struct player *player = arg;
    char path[32];

    snprintf(path, sizeof path, "/players/%d", player->id);
    player->status = session_get(self, &session, path, &player->response);
    return eddy_n(0); /* one that fails is no reason to end the others */
}

static struct player players[PLAYERS];

/* Blocks: on a thread of the pool. Returns how much was written. */
static int64_t write_file(void *arg)
{
    FILE *file = arg;
    const char *comma = "[";

    for (int i = 0; i < PLAYERS; i++) {
        if (players[i].status != 200)
            continue;
        fprintf(file, "%s%s", comma, players[i].response.body);
        comma = ",\n";
    }
    fprintf(file, "]\n");
    return fflush(file) == 0 ? ftell(file) : -EIO;
}

static struct eddy_result fetch_league(struct eddy_task *self, void *arg)
{
    FILE *file = tmpfile();
    struct response list;
    struct eddy_scope all;
    int failed = 0;
    char *next;

    (void)arg;
    must(file != NULL ? 0 : -EIO);
    must(session_get(self, &session, "/players", &list));
    next = list.body;
    must(eddy_scope_open(self, &all, NULL));
    for (int i = 0; i < PLAYERS; i++) {
        players[i].id = (int)strtol(next, &next, 10);
        must(eddy_spawn(&all, get_player, &players[i], NULL));
    }
    must(eddy_scope_close(&all, 0));
    for (int i = 0; i < PLAYERS; i++)
        failed += players[i].status != 200;
    say("%d players, %d of them unknown", PLAYERS, failed);
    say("a file of %d bytes",
        (int)must(eddy_await(self, eddy_offload(write_file, file))));
    fclose(file);
    return eddy_n(0);
}

static void eg33(struct eddy_loop *loop)
{
    /* Each request has a connection, and so a descriptor, of which there are
     * not so many; nor does the other side like hundreds at once. */
    with_session(loop, league, AT_ONCE, fetch_league);
}

/* ---- EG34: how often is there a word in the news? ------------------------ */

static bool press(const char *path, char *body, size_t size)
{
    static const char *const pages[][2] = {
        { "/sources", "herald mirror tattler courier " },
        { "/articles/herald", "async is news; no news is good news" },
        { "/articles/mirror", "old hats" },
        { "/articles/courier", "news of the day" },
    };

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (strcmp(path, pages[i][0]) == 0)
            return snprintf(body, size, "%s", pages[i][1]) > 0;
    return false;
}

struct source {
    char name[32];
    int count; /* of the word; -1: it was skipped */
};

static struct eddy_result count_news(struct eddy_task *self, void *arg)
{
    struct source *source = arg;
    struct response response;
    char path[64];

    snprintf(path, sizeof path, "/articles/%s", source->name);
    source->count = -1;
    if (session_get(self, &session, path, &response) != 200)
        return eddy_n(0);
    source->count = 0;
    for (char *at = response.body; (at = strstr(at, "news")) != NULL; at++)
        source->count++;
    return eddy_n(0);
}

static struct eddy_result read_the_news(struct eddy_task *self, void *arg)
{
    static struct source sources[8];
    struct response list;
    struct eddy_scope all;
    int count = 0, used, sum = 0;

    (void)arg;
    must(session_get(self, &session, "/sources", &list));
    must(eddy_scope_open(self, &all, NULL));
    for (char *at = list.body;
         sscanf(at, "%31s %n", sources[count].name, &used) == 1; at += used)
        must(eddy_spawn(&all, count_news, &sources[count++], NULL));
    must(eddy_scope_close(&all, 0));
    for (int i = 0; i < count; i++) {
        if (sources[i].count < 0)
            say("%s: skipped", sources[i].name);
        else
            say("%s: %d", sources[i].name, sources[i].count);
        sum += sources[i].count > 0 ? sources[i].count : 0;
    }
    say("in all: %d", sum);
    return eddy_n(0);
}

static void eg34(struct eddy_loop *loop)
{
    with_session(loop, press, 100, read_the_news);
}

/* ---- EG61: a crawler: a queue, workers, and a join ----------------------- */

static bool site(const char *path, char *body, size_t size)
{
    static const char *const links[][2] = {
        { "/", "/a /b /c" },  { "/a", "/b /d /" }, { "/b", "/d /e /f" },
        { "/c", "/missing" }, { "/d", "/" },       { "/e", "/g" },
        { "/f", "/g /a" },    { "/g", "" },
    };

    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (strcmp(path, links[i][0]) == 0)
            return snprintf(body, size, "%s", links[i][1]) >= 0;
    return false;
}

enum { WORKERS = 4, MOST_PAGES = 32 };

struct page {
    char path[32];
    int status;
};

struct crawl {
    struct eddy_queue *todo;
    struct page seen[MOST_PAGES]; /* what was put into it */
    int count;
};

static void visit_later(struct crawl *crawl, const char *path)
{
    int i = 0;

    while (i < crawl->count && strcmp(crawl->seen[i].path, path) != 0)
        i++;
    if (i < crawl->count || i == MOST_PAGES)
        return;
    snprintf(crawl->seen[i].path, sizeof crawl->seen[i].path, "%s", path);
    crawl->count++;
    must(eddy_queue_try_put(crawl->todo, eddy_lend(&crawl->seen[i])));
}

static struct eddy_result work(struct eddy_task *self, void *arg)
{
    struct crawl *crawl = arg;
    struct eddy_value next;
    struct response response;
    char link[32];
    int used;

    while (eddy_await(self, eddy_queue_get(crawl->todo, &next)) > 0) {
        struct page *page = next.ptr;
        page->status = (int)session_get(self, &session, page->path, &response);
        for (char *at = response.body;
             page->status == 200 && sscanf(at, "%31s%n", link, &used) == 1;
             at += used)
            visit_later(crawl, link);
        must(eddy_queue_task_done(crawl->todo));
    }
    return eddy_n(0); /* it is shut down */
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct page *)a)->path,
                  ((const struct page *)b)->path);
}

static struct eddy_result crawl_site(struct eddy_task *self, void *arg)
{
    static struct crawl crawl;
    struct eddy_scope workers;

    (void)arg;
    must(eddy_queue_new(&crawl.todo, eddy_task_loop(self), NULL));
    crawl.count = 0;
    visit_later(&crawl, "/");
    must(eddy_scope_open(self, &workers, NULL));
    for (int i = 0; i < WORKERS; i++)
        must(eddy_spawn(&workers, work, &crawl, NULL));
    must(eddy_await(self, eddy_queue_join(crawl.todo)));
    must(eddy_queue_shutdown(crawl.todo, false)); /* nothing is left to do */
    must(eddy_scope_close(&workers, 0));
    qsort(crawl.seen, (size_t)crawl.count, sizeof crawl.seen[0], by_path);
    for (int i = 0; i < crawl.count; i++)
        say("%s: %d", crawl.seen[i].path, crawl.seen[i].status);
    eddy_queue_free(crawl.todo);
    return eddy_n(0);
}

static void eg61(struct eddy_loop *loop)
{
    with_session(loop, site, 100, crawl_site);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG33", "a list, then hundreds of details, then a file", eg33 },
        { "EG34", "how often is there a word in the news?", eg34 },
        { "EG61", "a crawler: a queue, workers, and a join", eg61 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
