/* SPDX-License-Identifier: MIT */
/*
 * eddy/generator.h - functions that yield values, one after the other.
 *
 * A generator is a function on a stack of its own. Who asks for the next value
 * lets it run until it yields one; then it stands still, with all its locals,
 * until it is asked again. No loop is needed.
 *
 *     static struct eddy_value count(struct eddy_generator *self, void *arg)
 *     {
 *         for (int64_t i = 0; i < 3; i++)
 *             eddy_yield(self, eddy_int(i));
 *         return eddy_none();
 *     }
 *
 * The semantics are Python's. Here errors are values: one that is thrown in is
 * what eddy_yield() returns, one that the body returns comes out. The end is no
 * error, so no error can look like it.
 *
 * A value given to a call is taken, whatever the call says; one that a call
 * gives is the caller's to free. One thread at a time uses a generator, and
 * other generators in it as well.
 */
#ifndef EDDY_GENERATOR_H
#define EDDY_GENERATOR_H

#include <eddy/stack.h>
#include <eddy/value.h>

EDDY_BEGIN_DECLS

struct eddy_generator;

/* The body. What it returns is its return value, or an error. */
typedef struct eddy_value eddy_generator_fn(struct eddy_generator *self,
                                            void *arg);

/* ---- Making one --------------------------------------------------------- */

/* Zero is the default of every field. */
struct eddy_generator_options {
    const char *name;       /* for tools; must live as long as the generator */
    size_t stack_size;      /* 0: as the pool has it */
    unsigned flags;         /* EDDY_KEEP_FP */
    eddy_free_fn *free_arg; /* frees arg when the body is over, or never was */
};

/*
 * Makes one that has not begun: the body runs when it is first asked. Its only
 * memory is the stack, which holds its books too. options NULL: all defaults.
 * -ENOMEM; -EINVAL: no pool, no fn, another flag, more than 1 GiB. arg is freed
 * then, too.
 */
EDDY_API int eddy_generator_new_at(struct eddy_generator **ret_generator,
                                   struct eddy_stacks *stacks,
                                   eddy_generator_fn *fn, void *arg,
                                   const struct eddy_generator_options *options,
                                   const char *at);
#define eddy_generator_new(ret_generator, stacks, fn, arg, options)            \
    eddy_generator_new_at(ret_generator, stacks, fn, arg, options, EDDY_HERE)

/* Closes it, and gives its stack back. One that runs, or that another one
 * delegates to, is left alone: nothing happens. */
EDDY_API void eddy_generator_free(struct eddy_generator *generator);

/* ---- Asking it ---------------------------------------------------------- */

/* A value from where it lies. It was stored word by word a moment ago: to load
 * it as a whole, as compilers would, makes processors wait for the stores. */
static inline struct eddy_value eddy_passed(const struct eddy_value *value)
{
    struct eddy_value passed = eddy_int(*(const volatile int64_t *)&value->n);

    passed.free = value->free;
    return passed;
}

/* The two halves of next and send, for bindings: where the value lies that it
 * yielded, to be moved out at once; NULL: eddy_generator_end() says why. */
EDDY_API struct eddy_value *
eddy_generator_resume(struct eddy_generator *generator,
                      struct eddy_value value);
EDDY_API int eddy_generator_end(struct eddy_generator *generator,
                                struct eddy_value *ret_value);

/*
 * Lets it run until it yields; eddy_yield() returns `value` in it. An error
 * that is sent is thrown, see there.
 *
 *      1   it yielded *ret_value
 *      0   it has ended; *ret_value is what it returned, and from the second
 *          time on eddy_none()
 *    < 0   the code of an error, which is *ret_value: that of the body, then it
 *          has ended; or it was not resumed: -EBUSY, it is running, or another
 *          one delegates to it; -EINVAL, it has not begun, so nothing but
 *          eddy_none() can be sent, or there is none. -EIO stands for all
 *          codes of a domain other than eddy's own.
 *
 * ret_value NULL: what would have been stored there is freed.
 */
static inline int eddy_generator_send(struct eddy_generator *generator,
                                      struct eddy_value value,
                                      struct eddy_value *ret_value)
{
    struct eddy_value *yielded = eddy_generator_resume(generator, value);

    if (yielded == NULL)
        return eddy_generator_end(generator, ret_value);
    if (ret_value != NULL)
        *ret_value = eddy_passed(yielded);
    else
        eddy_value_free(yielded);
    return 1;
}

/* Sends eddy_none(). */
static inline int eddy_generator_next(struct eddy_generator *generator,
                                      struct eddy_value *ret_value)
{
    return eddy_generator_send(generator, eddy_none(), ret_value);
}

/* Has eddy_yield() return an error in it. One that has not begun never will; it
 * and one that has ended give the error back. -EINVAL: it is no error. */
EDDY_API int eddy_generator_throw(struct eddy_generator *generator,
                                  struct eddy_value error,
                                  struct eddy_value *ret_value);

/*
 * Throws -ECANCELED in, and it has ended afterwards. 0: it did so by itself, by
 * returning a value, which is freed, or that error; or had done so before. Else
 * the code of the error that it returned, as above. One that yields all the
 * same is not resumed again: what was pushed with eddy_generator_cleanup()
 * runs, and that is -EBUSY; the same happens to each one that it delegates to,
 * and the delegator gets -EBUSY as their error. -EBUSY, too, and nothing
 * happens, if it is running.
 */
EDDY_API int eddy_generator_close(struct eddy_generator *generator);

/* The next `count` values; fewer: it has ended, and what it returned is freed.
 * If it fails, the values are freed, too, and its error's code is returned. */
EDDY_API int64_t eddy_generator_collect(struct eddy_generator *generator,
                                        struct eddy_value *ret_values,
                                        size_t count);

enum eddy_generator_state {
    EDDY_GENERATOR_FRESH,     /* has not begun */
    EDDY_GENERATOR_SUSPENDED, /* stands in eddy_yield() */
    EDDY_GENERATOR_RUNNING,   /* runs, or is part of one that delegates to it */
    EDDY_GENERATOR_DONE       /* has ended; NULL is that, too */
};
EDDY_API enum eddy_generator_state
eddy_generator_state(const struct eddy_generator *generator);
/* Never NULL. */
EDDY_API const char *
eddy_generator_name(const struct eddy_generator *generator);

/* ---- Going through all of it -------------------------------------------- */

#ifdef __GNUC__

/* eddy's */
struct eddy_for_each {
    struct eddy_generator *generator;
    struct eddy_value *value;
};
EDDY_API struct eddy_for_each eddy_for_each(struct eddy_generator *generator,
                                            struct eddy_value *value);
EDDY_API bool eddy_for_each_next(struct eddy_for_each *each);
EDDY_API void eddy_for_each_end(struct eddy_for_each *each);

/*
 * Runs what follows for each value, and frees the generator afterwards, also
 * when the loop is left by break, return or goto.
 *
 *     struct eddy_value value;
 *
 *     EDDY_FOR_EACH(value, generator)
 *         sum += value.n;
 *
 * What is left in `value` is freed when the next one comes; eddy_take() it to
 * keep it. After the loop it is what the generator returned, or its error;
 * after a break, the value of that round. One loop to a line. A generator that
 * is to live on is asked in a plain loop: while (eddy_generator_next() > 0).
 */
#define EDDY_FOR_EACH(value, generator)                                        \
    for (struct eddy_for_each EDDY_FOR_EACH_AT(__LINE__)                       \
             __attribute__((cleanup(eddy_for_each_end))) =                     \
                 eddy_for_each(generator, &(value));                           \
         eddy_for_each_next(&EDDY_FOR_EACH_AT(__LINE__));)
#define EDDY_FOR_EACH_AT(line)   EDDY_FOR_EACH_NAME(line)
#define EDDY_FOR_EACH_NAME(line) eddy_for_each_##line

#endif

/* ---- Inside ------------------------------------------------------------- */

/* Half of a yield: where the value lies that was sent; NULL: wrong place. */
EDDY_API struct eddy_value *eddy_yield_value(struct eddy_generator *self,
                                             struct eddy_value value);

/* Hands a value out and waits to be asked again. Returns what was sent, or the
 * error that was thrown in. self must be the generator that this is called in:
 * else -EPERM, at once, and the value is freed. An error that is yielded is a
 * value like any other. */
static inline struct eddy_value eddy_yield(struct eddy_generator *self,
                                           struct eddy_value value)
{
    struct eddy_value *sent = eddy_yield_value(self, value);

    return sent != NULL ? eddy_passed(sent)
                        : eddy_fail(self != NULL ? -EPERM : -EINVAL);
}

/*
 * Yields what `inner` yields, until it ends; what is sent and thrown goes
 * straight to it, however deep it delegates in turn. Returns what it returned,
 * or its error; when self is being closed, at least -ECANCELED. It may have
 * been asked for values before. It is taken over: freed when it has ended,
 * before this returns. -EBUSY: inner is running, and stays what it is; -EPERM
 * as above; -EINVAL: there is none.
 */
EDDY_API struct eddy_value eddy_yield_from(struct eddy_generator *self,
                                           struct eddy_generator *inner);

/* What is to be done when the body is over. */
struct eddy_cleanup {
    struct eddy_cleanup *next, **stack; /* eddy's */
    eddy_call_fn *fn;
    void *arg;
};

/*
 * Has fn(arg) called once: in eddy_cleanup_run(), or after the body has ended,
 * in whatever way, the last one first. There it runs on the stack of whoever
 * asked, while the body's own is still there if the body did not return. It
 * must neither yield nor use self. The storage must live until then: in the
 * body's own frame only with eddy_cleanup_run() before the body returns, which
 * EDDY_CLEANUP does by itself. -EPERM as above; fn is called at once then.
 */
EDDY_API int eddy_generator_cleanup(struct eddy_generator *self,
                                    struct eddy_cleanup *cleanup,
                                    eddy_call_fn *fn, void *arg);
/* Runs it now, after those that were pushed later; once: what has run does not
 * run again. NULL, or one of zeroes: nothing happens. */
EDDY_API void eddy_cleanup_run(struct eddy_cleanup *cleanup);

#ifdef __GNUC__
/* A declaration: fn(arg) is called when its scope is left, or the generator is
 * closed in it. struct eddy_cleanup of_file; EDDY_CLEANUP(of_file, self, ...).
 */
#define EDDY_CLEANUP(name, self, fn, arg)                                      \
    struct eddy_cleanup name                                                   \
        __attribute__((cleanup(eddy_cleanup_run))) = { 0, 0, 0, 0 };           \
    (void)eddy_generator_cleanup(self, &name, fn, arg)
#endif

/* ---- Being driven ------------------------------------------------------- */

/*
 * A body may wait for what only somebody outside can: it runs on behalf of
 * whoever asked it. A task that asks says so with its own self as `driver`; the
 * body fetches that and awaits with it, and the task waits. Until it goes on,
 * the generator is running for everybody else.
 */

/* What eddy_generator_driver() will give inside. -EBUSY: it is running. */
EDDY_API int eddy_generator_drive(struct eddy_generator *generator,
                                  void *driver);
/* Inside: what was given last to this one, or to the one that delegates to it,
 * outermost; NULL: nothing, or called in the wrong place. */
EDDY_API void *eddy_generator_driver(const struct eddy_generator *self);

/* Next, driven. */
static inline int eddy_generator_next_by(struct eddy_generator *generator,
                                         void *driver,
                                         struct eddy_value *ret_value)
{
    (void)eddy_generator_drive(generator, driver); /* next says the same */
    return eddy_generator_next(generator, ret_value);
}

EDDY_END_DECLS

#endif
