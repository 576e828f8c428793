/* SPDX-License-Identifier: MIT */
/* symbol.c - addresses of code in words, as far as the system tells. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdio.h>

#ifdef HAVE_DLFCN_H
#include <dlfcn.h>
#endif

#include <eddy/base.h>

#ifdef HAVE_DLADDR
/* Where it is in its file; false: in none. */
static bool describe(char *text, size_t size, const char *address)
{
    Dl_info at;
    size_t offset, within;

    if (dladdr(address, &at) == 0 || at.dli_fname == NULL)
        return false;
    offset = (size_t)(address - (const char *)at.dli_fbase);
    within = (size_t)(address - (const char *)at.dli_saddr);
    if (at.dli_sname == NULL)
        (void)snprintf(text, size, "%s+0x%zx", at.dli_fname, offset);
    else if (within == 0)
        (void)snprintf(text, size, "%s (%s+0x%zx)", at.dli_sname, at.dli_fname,
                       offset);
    else
        (void)snprintf(text, size, "%s+%zu (%s+0x%zx)", at.dli_sname, within,
                       at.dli_fname, offset);
    return true;
}
#else
static bool describe(char *text, size_t size, const char *address)
{
    (void)text;
    (void)size;
    (void)address;
    return false;
}
#endif

const char *eddy_symbol(char *text, size_t size, const void *address)
{
    if (address == NULL)
        (void)snprintf(text, size, "an unknown place");
    else if (!describe(text, size, address))
        (void)snprintf(text, size, "%p", address);
    return text;
}
