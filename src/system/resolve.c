/* SPDX-License-Identifier: MIT */
/* resolve.c - names by the system's resolver; it blocks, so it runs on a pool.
 */
#include "system.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static int errno_of(int gai_error)
{
    switch (gai_error) {
    case EAI_AGAIN:
        return -EAGAIN;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_FAMILY:
        return -EAFNOSUPPORT;
    case EAI_SYSTEM:
        return errno != 0 ? -errno : -EIO;
    case EAI_FAIL:
        return -EIO;
    default: /* EAI_NONAME, EAI_NODATA, EAI_ADDRFAMILY ... */
        return -ENOENT;
    }
}

static int copy_out(const struct addrinfo *list, struct eddy_address *out,
                    int cap)
{
    int n = 0;

    for (; list != NULL && n < cap; list = list->ai_next) {
        if (list->ai_addrlen > sizeof out[n].storage)
            continue;
        memcpy(&out[n].storage, list->ai_addr, list->ai_addrlen);
        out[n++].size = list->ai_addrlen;
    }
    return n;
}

int eddy__resolve(void *arg, const char *host, uint16_t port, unsigned flags,
                  struct eddy_address *out, int cap)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICSERV };
    struct addrinfo *list;
    char service[8];
    int err, n;

    (void)arg;
    if ((flags & EDDY_V4_ONLY) != 0)
        hints.ai_family = AF_INET;
    if ((flags & EDDY_V6_ONLY) != 0)
        hints.ai_family = AF_INET6;
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    err = getaddrinfo(host, service, &hints, &list);
    if (err != 0)
        return errno_of(err);
    n = copy_out(list, out, cap);
    freeaddrinfo(list);
    return n > 0 ? n : -ENOENT;
}
