/* SPDX-License-Identifier: MIT */
/* semaphore.c - tokens, and who waits for one. */
#include "waiters.h"

struct eddy_deferred_semaphore {
    struct eddy_domain *domain; /* with a reference */
    struct waiters waiters;     /* none while there are tokens */
    size_t tokens, limit;
    size_t refs; /* its owner's, and one of each eddy_deferred_run_with() */
};

int eddy_deferred_semaphore_new(struct eddy_deferred_semaphore **ret_semaphore,
                                struct eddy_domain *domain, size_t tokens)
{
    struct eddy_deferred_semaphore *semaphore;

    if (ret_semaphore == NULL || domain == NULL || tokens == 0)
        return -EINVAL;
    semaphore = domain->mem.resize(domain->mem.arg, NULL, sizeof *semaphore);
    if (semaphore == NULL)
        return -ENOMEM;
    *semaphore = (struct eddy_deferred_semaphore){
        .domain = domain, .tokens = tokens, .limit = tokens, .refs = 1
    };
    domain->refs++;
    *ret_semaphore = semaphore;
    return 0;
}

static void unref(struct eddy_deferred_semaphore *semaphore)
{
    struct eddy_domain *domain = semaphore->domain;

    if (--semaphore->refs > 0)
        return;
    domain->mem.resize(domain->mem.arg, semaphore, 0);
    eddy__domain_unref(domain);
}

void eddy_deferred_semaphore_free(struct eddy_deferred_semaphore *semaphore)
{
    if (semaphore == NULL)
        return;
    eddy__send_away(&semaphore->waiters);
    unref(semaphore);
}

size_t
eddy_deferred_semaphore_tokens(const struct eddy_deferred_semaphore *semaphore)
{
    return semaphore != NULL ? semaphore->tokens : 0;
}

/* ---- Acquiring and releasing -------------------------------------------- */

/* Fires it with the next token that is to be had. */
static void acquire(struct eddy_deferred_semaphore *semaphore,
                    struct eddy_deferred *deferred)
{
    if (semaphore->tokens == 0) {
        eddy__wait_in(&semaphore->waiters, deferred);
    } else if (eddy__is_real(deferred)) {
        semaphore->tokens--;
        deferred->flags |= DEFERRED_SERVED;
        (void)eddy_fire(deferred, eddy_none());
    }
}

struct eddy_deferred *
eddy_deferred_acquire(struct eddy_deferred_semaphore *semaphore)
{
    struct eddy_deferred *deferred;

    if (semaphore == NULL)
        return eddy_no_memory();
    deferred = eddy_deferred_new(semaphore->domain, NULL, NULL);
    acquire(semaphore, deferred);
    return deferred;
}

int eddy_deferred_release(struct eddy_deferred_semaphore *semaphore)
{
    if (semaphore == NULL || semaphore->tokens == semaphore->limit)
        return -EINVAL;
    if (!eddy__serve(&semaphore->waiters, eddy_none()))
        semaphore->tokens++;
    return 0;
}

/* ---- Running with one --------------------------------------------------- */

/* Lives in the memory of a link. */
struct run {
    struct eddy_deferred_semaphore *semaphore; /* with a reference */
    struct eddy_deferred *deferred;            /* whose links it belongs to */
    eddy_make_fn *fn;
    void *arg;
    bool holds; /* a token */
};

static_assert(sizeof(struct run) <= sizeof(struct link),
              "a run lives in the memory of a link");

static struct eddy_value call(struct eddy_value *result, void *arg)
{
    struct run *run = arg;

    run->holds = (run->deferred->flags & DEFERRED_SERVED) != 0;
    if (!run->holds)
        return eddy_take(result); /* somebody else has fired it */
    return run->fn(run->arg);
}

static struct eddy_value give_back(struct eddy_value *result, void *arg)
{
    struct run *run = arg;

    if (run->holds)
        (void)eddy_deferred_release(run->semaphore);
    return eddy_take(result);
}

static void run_over(void *arg)
{
    struct run *run = arg;
    struct eddy_deferred_semaphore *semaphore = run->semaphore;

    eddy__pool_put(semaphore->domain, &semaphore->domain->links, run);
    unref(semaphore);
}

/* The links are there before it is its turn: then nothing can fail any more. */
static int add_links(struct run *run)
{
    struct eddy_link first = { .then = call, .then_arg = run };
    struct eddy_link last = { .then = give_back,
                              .then_arg = run,
                              .rescue = give_back,
                              .rescue_arg = run,
                              .free_then = run_over };
    int err = eddy__add(run->deferred, &first);

    return err < 0 ? err : eddy__add(run->deferred, &last);
}

struct eddy_deferred *
eddy_deferred_run_with(struct eddy_deferred_semaphore *semaphore,
                       eddy_make_fn *fn, void *arg)
{
    struct eddy_domain *domain = semaphore != NULL ? semaphore->domain : NULL;
    struct eddy_deferred *deferred;
    struct run *run;

    if (domain != NULL && fn == NULL)
        return eddy_fired(domain, eddy_fail(-EINVAL));
    deferred = eddy_deferred_new(domain, NULL, NULL);
    if (!eddy__is_real(deferred))
        return deferred;
    run = eddy__pool_get(domain, &domain->links);
    if (run != NULL) {
        *run = (struct run){ semaphore, deferred, fn, arg, false };
        semaphore->refs++;
        if (add_links(run) == 0) {
            acquire(semaphore, deferred);
            return deferred;
        }
        run_over(run);
    }
    eddy_unref(deferred);
    return eddy_no_memory();
}
