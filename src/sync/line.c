/* SPDX-License-Identifier: MIT */
/* line.c - lines of those who wait, and the objects they wait for. */
#include "sync.h"

void eddy__line_end(struct link *line, int64_t n)
{
    while (!line_is_empty(line)) {
        struct link *first = line->next;

        line_leave(first);
        eddy_complete(eddy__request_of(first), eddy_n(n));
    }
}

int eddy__object_init(void *storage, size_t size, struct eddy_loop *loop)
{
    struct object *object = storage;
    int err = object == NULL ? -EINVAL : eddy_loop_check(loop);

    if (err < 0)
        return err;
    memset(object, 0, size);
    object->loop = loop;
    line_init(&object->waiting);
    line_init(&object->chosen);
    return 0;
}

bool eddy__object_done(void *storage)
{
    struct object *object = storage;

    if (object == NULL || object->loop == NULL)
        return false;
    object->loop = NULL;
    eddy__line_end(&object->waiting, -ECANCELED);
    while (!line_is_empty(&object->chosen))
        line_leave(object->chosen.next);
    return true;
}

int eddy__object_check(const void *object)
{
    return object == NULL
               ? -EINVAL
               : eddy_loop_check(((const struct object *)object)->loop);
}

bool eddy__object_admits(struct eddy_request *request,
                         struct eddy_result *ret_result)
{
    const struct object *object = eddy_request_on(request);
    const struct eddy_loop *loop = object != NULL ? object->loop : NULL;

    if (loop != NULL && loop == eddy_request_loop(request))
        return true;
    *ret_result = eddy_n(loop == NULL ? -EINVAL : -EXDEV);
    return false;
}

void eddy__object_choose(struct object *object)
{
    struct link *first = object->waiting.next;

    line_leave(first);
    line_join(&object->chosen, first);
    eddy_complete(eddy__request_of(first), eddy_n(0));
}

void eddy__object_cancel(struct eddy_request *request)
{
    line_leave((struct link *)eddy_request_words(request));
    eddy_complete(request, eddy_n(-ECANCELED));
}
