/* SPDX-License-Identifier: MIT */
/*
 * name.c - looking names up, on the pool, for the system's resolver blocks.
 *
 * The look-up owns all that its thread touches: an operation that is cancelled
 * ends at once, and leaves a thread that may be stuck to find out later that
 * nobody waits any more.
 */
#include "io.h"

#include <eddy/pool.h>

struct lookup {
    struct eddy_job job;
    struct eddy_loop *loop;
    struct eddy_request *request; /* NULL: nobody waits any more */
    bool took_back;               /* before a thread had it */
    const struct eddy_sys *sys;
    struct eddy_address *out; /* the user's */
    uint16_t port;
    unsigned flags;
    int cap;
    int64_t since_ns;
    char *host; /* behind the addresses */
    struct eddy_address found[];
};

static void free_lookup(struct lookup *lookup)
{
    const struct eddy_mem *mem = &eddy_loop_settings(lookup->loop)->mem;

    (void)mem->resize(mem->arg, lookup, 0);
}

/* In a thread of the pool. */
static int64_t look_up(void *arg)
{
    struct lookup *lookup = arg;

    return lookup->sys->resolve(lookup->sys->arg, lookup->host, lookup->port,
                                lookup->flags, lookup->found, lookup->cap);
}

static void looked_up(struct eddy_job *job, int64_t n, void *arg)
{
    struct lookup *lookup = arg;

    (void)job;
    if (eddy_loop_debug(lookup->loop))
        eddy_log_write(lookup->loop, EDDY_LOG_DEBUG, "looked %s up in %lld ms",
                       lookup->host,
                       (long long)((eddy_loop_read_clock(lookup->loop) -
                                    lookup->since_ns) /
                                   EDDY_MS));
    if (lookup->request != NULL) {
        if (n > 0)
            memcpy(lookup->out, lookup->found,
                   (size_t)n * sizeof lookup->found[0]);
        eddy_complete(lookup->request, eddy_n(n == 0 ? -ENOENT : n));
    } else if (!lookup->took_back) {
        eddy_loop_count(lookup->loop, true); /* as the job counts one down */
    }
    free_lookup(lookup);
}

static void cancel_resolve(struct eddy_request *request)
{
    struct lookup *lookup = eddy_pointer(eddy_request_words(request)[0]);

    lookup->request = NULL;
    if (eddy_job_cancel(&lookup->job) < 0)
        eddy_loop_count(lookup->loop, false); /* nobody lives for it */
    else
        lookup->took_back = true;
    eddy_complete(request, eddy_n(-ECANCELED));
}

enum { MAX_FOUND = 64, MAX_HOST = 1024 };

static int new_lookup(struct lookup **ret_lookup, struct eddy_loop *loop,
                      const char *host, size_t cap)
{
    const struct eddy_mem *mem = &eddy_loop_settings(loop)->mem;
    size_t addresses = cap * sizeof(struct eddy_address);
    size_t length = strlen(host);
    struct lookup *lookup;

    if (length >= MAX_HOST)
        return -ENAMETOOLONG;
    lookup =
        mem->resize(mem->arg, NULL, sizeof *lookup + addresses + length + 1);
    if (lookup == NULL)
        return -ENOMEM;
    memset(lookup, 0, sizeof *lookup);
    lookup->loop = loop;
    lookup->sys = eddy_loop_settings(loop)->sys;
    lookup->cap = (int)cap;
    lookup->host = (char *)lookup->found + addresses;
    memcpy(lookup->host, host, length + 1);
    *ret_lookup = lookup;
    return 0;
}

/* word: host, port | flags << 16, out, cap; then the look-up in word[0]. */
static int begin_lookup(struct eddy_request *request)
{
    uint64_t *words = eddy_request_words(request);
    struct eddy_loop *loop = eddy_request_loop(request);
    size_t cap = words[3] > MAX_FOUND ? MAX_FOUND : (size_t)words[3];
    struct eddy_pool *pool;
    struct lookup *lookup = NULL;
    int err = eddy_loop_pool(loop, &pool);

    if (err == 0)
        err = new_lookup(&lookup, loop, eddy_pointer(words[0]), cap);
    if (err < 0)
        return err;
    lookup->request = request;
    lookup->since_ns = eddy_loop_read_clock(loop);
    lookup->port = (uint16_t)(words[1] & 0xffff);
    lookup->flags = (unsigned)(words[1] >> 16);
    lookup->out = eddy_pointer(words[2]);
    words[0] = eddy_word(lookup);
    err = eddy_job_submit(pool, loop, &lookup->job, look_up, looked_up, lookup);
    if (err < 0)
        free_lookup(lookup);
    return err;
}

static bool start_resolve(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);
    const char *host = eddy_pointer(words[0]);
    unsigned flags = (unsigned)(words[1] >> 16);
    struct eddy_address *out = eddy_pointer(words[2]);
    int err;

    *ret_result = eddy_n(-EINVAL);
    if (host == NULL || *host == '\0' || out == NULL || words[3] == 0 ||
        (flags & ~(EDDY_V4_ONLY | EDDY_V6_ONLY)) != 0)
        return true;
    if (eddy_address_parse(out, host, (uint16_t)(words[1] & 0xffff)) == 0) {
        *ret_result = eddy_n(eddy__family_fits(out, flags) ? 1 : -ENOENT);
        return true;
    }
    err = begin_lookup(request);
    *ret_result = eddy_n(err);
    return err < 0;
}

struct eddy_op eddy_resolve(const char *host, uint16_t port, unsigned flags,
                            struct eddy_address *out, size_t cap)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "resolve",
        .start = start_resolve,
        .cancel = cancel_resolve,
    };

    return (struct eddy_op){ .type = &type,
                             .word = { eddy_word(host),
                                       (uint64_t)port | (uint64_t)flags << 16,
                                       eddy_word(out), cap } };
}
