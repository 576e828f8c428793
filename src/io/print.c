/* SPDX-License-Identifier: MIT */
/* print.c - text that is made while it is sent. */
#include "io.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHORT_TEXT = 512 }; /* with its NUL; on stacks that may be small */

/* Its length, as vsnprintf() has it; or what is wrong with the format. */
EDDY_PRINTF(3, 0)
static int format_text(char *text, size_t size, const char *format,
                       va_list args)
{
    va_list again;
    int length;

    va_copy(again, args);
    errno = 0;
    length = vsnprintf(text, size, format, again);
    va_end(again);
    if (length >= 0)
        return length;
    return errno > 0 ? -errno : -EINVAL;
}

/* Formats it where it may have to wait: nothing is copied, and once a part is
 * out, memory cannot fail. */
EDDY_PRINTF(3, 0)
static int send_long(struct eddy_stream *stream, size_t size,
                     const char *format, va_list args)
{
    char *text;
    struct chunk *chunk = eddy__copy_new(stream, size, &text);
    int n;

    if (chunk == NULL)
        return -ENOMEM;
    n = format_text(text, size, format, args);
    if (n >= 0 && (size_t)n < size)
        return eddy__copy_send(stream, chunk, (size_t)n);
    eddy__copy_free(stream, chunk);
    return n < 0 ? n : -EINVAL; /* it has grown meanwhile */
}

int eddy_vprintf(struct eddy_stream *stream, const char *format, va_list args)
{
    char text[SHORT_TEXT];
    int n = eddy__send_check(stream, format, 1);

    if (n < 0)
        return n;
    n = format_text(text, sizeof text, format, args);
    if (n < 0)
        return n;
    if ((size_t)n < sizeof text)
        return eddy_send(stream, text, (size_t)n);
    return send_long(stream, (size_t)n + 1, format, args);
}

int eddy_printf(struct eddy_stream *stream, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = eddy_vprintf(stream, format, args);
    va_end(args);
    return n;
}
