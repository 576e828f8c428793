/* SPDX-License-Identifier: MIT */
/*
 * eddy/task.h - tasks: functions that wait.
 *
 * A task is a function on a stack of its own. Where it waits for an operation,
 * the loop and other tasks go on; where it does not wait nobody else runs, so
 * nothing needs a lock that does not wait itself. A function that may wait says
 * so by taking `self`, the task it runs in:
 *
 *     static struct eddy_result greet(struct eddy_task *self, void *stream)
 *     {
 *         char line[80];
 *         int64_t n = eddy_await(self, eddy_read_line(stream, line, 80));
 *
 *         if (n > 0)
 *             n = eddy_await(self, eddy_write(stream, line, (size_t)n));
 *         return eddy_n(n);
 *     }
 *
 * Every task is spawned in a scope (eddy/scope.h), which waits for it. A loop
 * has one scope of its own.
 *
 * - An operation that is awaited lives on the task's stack and takes no memory.
 * - One that is done at once does not suspend: so many times in a turn, then it
 *   does. I/O and timers get their turn whatever tasks do that await.
 * - An await that is cancelled tells -ECANCELED when the operation has ended; a
 *   result that is there is delivered, and the cancelling waits for the next
 *   await (Z4).
 * - A task runs in the thread of its loop. errno is kept for each. (If another
 *   thread goes on with the loop, what a function has kept of the former one,
 *   and a compiler may keep the address of errno, is not its own any more.)
 * - A task ends by returning. There is nothing that ends it from outside; what
 *   it waits for can be made to end, again and again.
 * - Its stack has 48 KiB unless it asks for another size, a guard below, and
 *   gives its memory back. Functions of other libraries may need more: name
 *   look-ups, printing floating point, TLS; see eddy_on_big_stack().
 *
 * The semantics are those of asyncio's Task, with the scopes of Trio.
 */
#ifndef EDDY_TASK_H
#define EDDY_TASK_H

#include <eddy/front.h>
#include <eddy/iter.h>
#include <eddy/stack.h>
#include <eddy/value.h>

EDDY_BEGIN_DECLS

struct eddy_scope;
struct eddy_task;

/* What it returns is the result of the task: n < 0 is an error, which its scope
 * hears of. */
typedef struct eddy_result eddy_task_fn(struct eddy_task *self, void *arg);

/* ---- Spawning ----------------------------------------------------------- */

/* What eddy keeps of the task is not on its stack: see eddy_hibernate(). */
#define EDDY_MAY_HIBERNATE (1u << 8)

/* Zero is the default of every field. */
struct eddy_task_options {
    const char *name;       /* for logs and dumps; not copied; NULL: "a task" */
    size_t stack_size;      /* 0: 48 KiB; see eddy_stack_take() */
    unsigned flags;         /* EDDY_MAY_HIBERNATE; EDDY_KEEP_FP: see
                               eddy/stack.h */
    eddy_free_fn *free_arg; /* of arg, when the task is over, even if it
                               never ran */
    void (*drop)(void *made);    /* of a result.made that is not NULL, if
                                    nobody takes it; it cannot wait */
    struct eddy_task **ret_task; /* gets a handle: eddy_task_unref() it */
};

/*
 * Makes fn(self, arg) a task of this scope. It does not run before the caller
 * waits, or is done. Tasks run in the order in which they became ready.
 * options NULL: all defaults. -ENOMEM; -ECANCELED: the scope is being
 * cancelled; -ESHUTDOWN: it is closed, or the loop is being freed; -EINVAL;
 * -EPERM. If it fails, arg is still the caller's.
 */
EDDY_API int eddy_spawn_at(struct eddy_scope *scope, eddy_task_fn *fn,
                           void *arg, const struct eddy_task_options *options,
                           const char *at);
#define eddy_spawn(scope, fn, arg, options)                                    \
    eddy_spawn_at(scope, fn, arg, options, EDDY_HERE)

/* The scope of a loop: it is never cancelled and fails with none of its tasks,
 * whose errors go to the log, unless somebody has a handle. NULL: out of
 * memory, or no loop. */
EDDY_API struct eddy_scope *eddy_loop_scope(struct eddy_loop *loop);

/* From outside the loop: spawns a task in the loop's scope, and runs the loop
 * until it is over. Its result, or the error of either; -EBUSY in a loop that
 * runs. If the loop is stopped the task is cancelled, and waited for. */
EDDY_API struct eddy_result eddy_loop_run_task(struct eddy_loop *loop,
                                               eddy_task_fn *fn, void *arg);

/* ---- Waiting ------------------------------------------------------------ */

/*
 * Waits for an operation: its result. -ECANCELED without having begun it, if
 * the task has been cancelled, or is in a scope that is being cancelled (but an
 * operation that ends what it is about, as eddy_close(), is begun, cancelled,
 * and waited for). -EPERM: self is not the running task; -EINVAL: multishot.
 */
EDDY_API struct eddy_result eddy_await_op(struct eddy_task *self,
                                          const struct eddy_op *op);

/* int64_t eddy_await(struct eddy_task *self, struct eddy_op op): the same, n
 * alone. It waits for the operation where that was made: a copy, which
 * compilers do not spare an inline function, costs more than all the rest of
 * waiting for what is done at once. */
#if defined(__cplusplus)
static inline int64_t eddy_await(struct eddy_task *self,
                                 const struct eddy_op &op)
{
    return eddy_await_op(self, &op).n;
}
#elif defined(__GNUC__)
#define eddy_await(self, ...)                                                  \
    __extension__({                                                            \
        const struct eddy_op eddy_awaited_ = __VA_ARGS__;                      \
        eddy_await_op((self), &eddy_awaited_).n;                               \
    })
#else
static inline int64_t eddy_await(struct eddy_task *self, struct eddy_op op)
{
    return eddy_await_op(self, &op).n;
}
#endif

/*
 * Waits as eddy_await() does, for long: meanwhile the task's stack takes no
 * memory. What is in use of it is copied to where the loop has its memory, so
 * that an idle client costs about 1 KiB in place of a page; to fall asleep and
 * to wake up take some microseconds.
 *
 * For that nothing may point into the stack. eddy sees for itself if op does,
 * or if a scope is open on it, and waits as usual then, as it does if the task
 * was spawned without EDDY_MAY_HIBERNATE, uses more than 2 KiB of its stack, is
 * in a generator, or if there is no memory for the copy, or tools look on. What
 * else others may know of its local variables, it must know itself. So wait for
 * the news, not for the data: eddy_readable(), say, and then eddy_read().
 */
EDDY_API struct eddy_result eddy_hibernate_op(struct eddy_task *self,
                                              const struct eddy_op *op);
static inline int64_t eddy_hibernate(struct eddy_task *self, struct eddy_op op)
{
    return eddy_hibernate_op(self, &op).n;
}

/* Lets everything else that is ready run first. 0, or -ECANCELED. */
EDDY_API int eddy_task_yield(struct eddy_task *self);

/* 0, or -ECANCELED if the next await would be refused; for long loops that do
 * not wait. */
EDDY_API int eddy_task_check(struct eddy_task *self);

/* Calls fn(arg) on the stack of the loop's thread, which is as large as stacks
 * are: for code of others that needs much. fn cannot wait. Returns 0; -EPERM.
 */
EDDY_API int eddy_on_big_stack(struct eddy_task *self, void (*fn)(void *arg),
                               void *arg);

/* From now on awaits are refused with -EPERM, and told of in debug mode, until
 * as many eddy_task_allow_await(): for callbacks out of code that must not be
 * entered twice. Closing a scope that has tasks, or an iteration, waits all the
 * same. */
EDDY_API void eddy_task_forbid_await(struct eddy_task *self);
EDDY_API void eddy_task_allow_await(struct eddy_task *self);

/* ---- Iterating ---------------------------------------------------------- */

/* The items of a multishot operation, awaited one by one: see eddy/iter.h. */
struct eddy_items {
    struct eddy_iter iter; /* iter.item: the last one, whole */
    struct eddy_task *self;
    int64_t n; /* of the last one; when it is over, why: 0, or an error */
};

/* false: self may not wait here; n is -EPERM, and nothing has begun. */
EDDY_API bool eddy_items_open(struct eddy_items *items, struct eddy_task *self,
                              struct eddy_op op);
/* Waits for the next one: is there one? */
EDDY_API bool eddy_items_next(struct eddy_items *items);
/* Ends the operation, and waits for that, even where it is forbidden. */
EDDY_API void eddy_items_close(struct eddy_items *items);

#ifdef __GNUC__
/* A loop over them, left by its end, break, return or goto, and closed then:
 *
 *     EDDY_FOR_ITEMS(items, self, eddy_every(EDDY_SECOND, EDDY_SKIP))
 *         printf("%lld\n", (long long)items.n);
 */
#define EDDY_FOR_ITEMS(items, self, op)                                        \
    for (struct eddy_items items __attribute__((cleanup(eddy_items_close))),   \
         *items##_open = eddy_items_open(&items, self, op) ? &items : 0;       \
         eddy_items_next(items##_open);)
#endif

/* ---- Ending ------------------------------------------------------------- */

/* Has fn(arg) called when the task's function has returned, on the task's
 * stack, last one first; it may wait. -ENOMEM, and -EPERM (self does not run):
 * then it is called at once. */
EDDY_API int eddy_task_cleanup(struct eddy_task *self, void (*fn)(void *arg),
                               void *arg);

/* Waits until the task is over. n and made are its result; made is for the
 * first who joins, others get NULL. Cancelling a join leaves the task alone
 * (Z5). -EDEADLK: a task cannot join itself. A join as a deferred gives n
 * alone: for tasks that make nothing. */
EDDY_OP struct eddy_op eddy_join(struct eddy_task *task);

/* Waits until the task calls eddy_task_started(self, n); n is that. If it ends
 * before: its error, which its scope then does not hear of, or -ENODATA.
 * Cancelling this cancels the task, whose end is for its scope to wait for. */
EDDY_OP struct eddy_op eddy_started(struct eddy_task *task);
/* Once: -EALREADY. n >= 0. */
EDDY_API int eddy_task_started(struct eddy_task *self, int64_t n);

/* ---- Cancelling --------------------------------------------------------- */

/*
 * Asks it to end: what it waits for is cancelled, or else the next await; one,
 * not all (Z6): what it does then is its own affair. If it closes a scope, what
 * is in that is cancelled. Behind a shield it is asked when it has left that.
 * One that has not begun does not, and ends with -ECANCELED. reason: words for
 * eddy_task_reason(); not copied; may be NULL. Returns how many times it has
 * been asked; -EALREADY: it is over.
 */
EDDY_API int eddy_task_cancel(struct eddy_task *task, const char *reason);
/* How many times it has been asked; and one less, for who has dealt with it. */
EDDY_API int eddy_task_cancelling(const struct eddy_task *task);
EDDY_API int eddy_task_uncancel(struct eddy_task *task);
/* Why it was cancelled last, or the scope it is in; NULL: it was not, or nobody
 * said. */
EDDY_API const char *eddy_task_reason(const struct eddy_task *task);

/* ---- Handles ------------------------------------------------------------ */

/* Tasks are counted: a handle is good as long as it has not been given back.
 * One that is over keeps its stack for as long. */
EDDY_API struct eddy_task *eddy_task_ref(struct eddy_task *task);
EDDY_API void eddy_task_unref(struct eddy_task *task);

/* ---- Looking ------------------------------------------------------------ */

enum eddy_task_state {
    EDDY_TASK_NEW,   /* has not begun */
    EDDY_TASK_READY, /* would run if it were its turn */
    EDDY_TASK_RUNNING,
    EDDY_TASK_WAITING, /* for an operation, or for the tasks of a scope */
    EDDY_TASK_OVER
};
EDDY_API enum eddy_task_state eddy_task_state(const struct eddy_task *task);
EDDY_API const char *eddy_task_name(const struct eddy_task *task);
EDDY_API struct eddy_loop *eddy_task_loop(const struct eddy_task *task);
/* The innermost scope it has open, or the one it was spawned in; NULL: it is
 * over. */
EDDY_API struct eddy_scope *eddy_task_scope(struct eddy_task *task);
/* The task that runs now, for callbacks that are given no `self`; NULL: none.
 */
EDDY_API struct eddy_task *eddy_loop_task(const struct eddy_loop *loop);

/* How many tasks of the loop there are that are not over. */
EDDY_API size_t eddy_loop_task_count(const struct eddy_loop *loop);

/* One task, as eddy_task_dump() sees it. */
struct eddy_task_info {
    const struct eddy_task *task;
    const char *name, *at; /* at: where it was spawned */
    enum eddy_task_state state;
    const char *waits_for; /* the name of the operation, or NULL */
    int64_t since_ns;      /* when it began to wait, on the loop's clock */
    int depth;             /* of the scopes around it */
    size_t frames;         /* how far its backtrace is known */
    const void *const *frame;
};
typedef void eddy_task_info_fn(const struct eddy_task_info *info, void *arg);

/* Calls fn for each task that is not over, parents first; info is valid during
 * the call, in which nothing may be spawned or run. */
EDDY_API int eddy_task_each(struct eddy_loop *loop, eddy_task_info_fn *fn,
                            void *arg);
/* Says it all by write(arg, line): the tree of tasks, and where each is. */
EDDY_API int eddy_task_dump(struct eddy_loop *loop,
                            void (*write)(void *arg, const char *line),
                            void *arg);

EDDY_END_DECLS

#endif
