/* SPDX-License-Identifier: MIT */
/* each.c - going through a generator. */
#include "generator.h"

struct eddy_for_each eddy_for_each(struct eddy_generator *generator,
                                   struct eddy_value *value)
{
    struct eddy_for_each each = { generator, value };

    *value = eddy_none();
    return each;
}

bool eddy_for_each_next(struct eddy_for_each *each)
{
    eddy_value_free(each->value);
    return eddy_generator_next(each->generator, each->value) > 0;
}

void eddy_for_each_end(struct eddy_for_each *each)
{
    eddy_generator_free(each->generator);
}

int64_t eddy_generator_collect(struct eddy_generator *generator,
                               struct eddy_value *ret_values, size_t count)
{
    struct eddy_value value;
    size_t n = 0;
    int more = 1;

    if (ret_values == NULL || count > INT64_MAX)
        return -EINVAL;
    while (n < count) {
        more = eddy_generator_next(generator, &value);
        if (more <= 0)
            break;
        ret_values[n++] = value;
    }
    if (more <= 0)
        eddy_value_free(&value);
    while (more < 0 && n > 0)
        eddy_value_free(&ret_values[--n]);
    return more < 0 ? more : (int64_t)n;
}
