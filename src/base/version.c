/* SPDX-License-Identifier: MIT */
/* version.c - which eddy this is. */
#include <eddy/base.h>

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

const char *eddy_version(void)
{
    return TEXT(EDDY_VERSION_MAJOR) "." TEXT(EDDY_VERSION_MINOR) "." TEXT(
        EDDY_VERSION_PATCH);
}
