/* SPDX-License-Identifier: MIT */
/*
 * double.h - the doubling service without the service: what becomes of a line.
 *
 * Every way to serve shares it.
 */
#ifndef DOUBLE_H
#define DOUBLE_H

#include <stddef.h>

#include <eddy/stream.h>

/* The longest line, its end not counted, and the memory that a line and the
 * reply to it need: "999...9" grows by a digit, and both have a '\n'. It is
 * also what eddy_read_line() needs: the line, '\n', and a NUL. */
enum { DOUBLE_LINE = 4096, DOUBLE_ROOM = DOUBLE_LINE + 2 };

#define DOUBLE_ERROR "ERROR\n"

/*
 * Turns a line of `size` bytes, '\n' included if it has one, into the reply, in
 * place: text has DOUBLE_ROOM bytes. Returns the size of the reply; 0 for a
 * blank line, which ends the conversation.
 *
 * An integer is what Python's int() takes in bytes, but without underscores:
 * blanks, a sign, ASCII digits, blanks. Its double has no leading zero and no
 * sign but '-'. Everything else, a line that is too long too, is an ERROR.
 */
size_t double_line(char *text, size_t size);

/* Sends the replies to the lines among the last bytes of a client, up to a
 * blank one. What is left of another one is not waited for. */
void double_last_lines(struct eddy_stream *stream, const char *lines,
                       size_t size);

#endif
