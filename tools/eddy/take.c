/* SPDX-License-Identifier: MIT */
/* take.c - what a word of the command line can be. */
#include <stdio.h>
#include <string.h>

#include <eddy/poller.h>

#include "options.h"

bool take_switch(const struct option *option, const char *text)
{
    (void)text;
    *(bool *)option->into = true;
    return true;
}

bool take_text(const struct option *option, const char *text)
{
    if (*text == '\0') {
        complain("%s: it must not be empty", option->name);
        return false;
    }
    *(const char **)option->into = text;
    return true;
}

/* ---- Words -------------------------------------------------------------- */

/* The index among the words of text[0..size), or -1 after a complaint. */
static int find_choice(const struct option *option, const char *text,
                       size_t size)
{
    struct words words = { "", 0 };

    for (int i = 0; option->among[i] != NULL; i++) {
        if (strlen(option->among[i]) == size &&
            memcmp(option->among[i], text, size) == 0)
            return i;
        words_add(&words, option->among[i]);
    }
    complain("%s: unknown '%.*s': choose from %s", option->name, (int)size,
             text, words.text);
    return -1;
}

bool take_choice(const struct option *option, const char *text)
{
    int found = find_choice(option, text, strlen(text));

    if (found >= 0)
        *(const char **)option->into = option->among[found];
    return found >= 0;
}

bool take_choices(const struct option *option, const char *text)
{
    uint64_t set = 0;

    for (;;) {
        size_t size = strcspn(text, ",");
        int found = find_choice(option, text, size);

        if (found < 0)
            return false;
        set |= UINT64_C(1) << found;
        if (text[size] == '\0')
            break;
        text += size + 1;
    }
    *(uint64_t *)option->into = set;
    return true;
}

bool take_poller(const struct option *option, const char *text)
{
    const struct eddy_poller_ops **into = option->into;
    const struct eddy_poller_ops *ops = eddy_poller_find(text);
    const char *known = NULL;
    struct words words = { "", 0 };

    if (ops != NULL) {
        *into = ops;
        return true;
    }
    for (size_t i = 0; (ops = eddy_poller_at(i)) != NULL; i++)
        words_add(&words, ops->name);
    for (size_t i = 0; (known = eddy_poller_known(i)) != NULL; i++) {
        if (strcmp(known, text) == 0)
            break;
    }
    if (known != NULL)
        complain("poller '%s' is not in this build, which has %s", text,
                 words.text);
    else
        complain("unknown poller '%s': this build has %s", text, words.text);
    return false;
}

/* ---- Numbers ------------------------------------------------------------ */

/* Decimal digits, and with `fraction_digits` as many of them behind a dot: the
 * value in units of the last one. false: not a number, or a huge one. */
static bool read_decimal(const char *text, int fraction_digits,
                         int64_t *ret_value)
{
    const int64_t huge = INT64_MAX / 20; /* leaves room for one digit more */
    int64_t value = 0;
    int fraction = -1; /* digits behind the dot so far; -1: no dot yet */
    bool digits = false;

    for (; *text != '\0' && fraction < fraction_digits; text++) {
        if (*text == '.' && fraction < 0 && fraction_digits > 0) {
            fraction = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || value > huge)
            return false;
        value = value * 10 + (*text - '0');
        digits = true;
        fraction += fraction >= 0;
    }
    if (*text != '\0' || !digits)
        return false;
    for (fraction = fraction < 0 ? 0 : fraction; fraction < fraction_digits;
         fraction++) {
        if (value > huge)
            return false;
        value *= 10;
    }
    *ret_value = value;
    return true;
}

bool take_number(const struct option *option, const char *text)
{
    int64_t value = 0;

    if (!read_decimal(text, 0, &value) || value < option->least ||
        value > option->most) {
        complain("%s: '%s' is not a whole number from %lld to %lld",
                 option->name, text, (long long)option->least,
                 (long long)option->most);
        return false;
    }
    *(int64_t *)option->into = value;
    return true;
}

bool take_seconds(const struct option *option, const char *text)
{
    int64_t value = 0;

    if (!read_decimal(text, 9, &value) || value < option->least ||
        value > option->most) {
        complain("%s: '%s' is not a number of seconds from %.3g to %.9g",
                 option->name, text, (double)option->least / 1e9,
                 (double)option->most / 1e9);
        return false;
    }
    *(int64_t *)option->into = value;
    return true;
}
