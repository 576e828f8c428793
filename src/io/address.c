/* SPDX-License-Identifier: MIT */
/* address.c - addresses from words and into words. */
#include "io.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

/* "fe80::1%eth0": the part behind the percent sign is an interface. */
static int parse_v6(struct sockaddr_in6 *in6, const char *host)
{
    char text[INET6_ADDRSTRLEN];
    const char *percent = strchr(host, '%');
    size_t length = percent != NULL ? (size_t)(percent - host) : strlen(host);

    if (length >= sizeof text)
        return -EINVAL;
    memcpy(text, host, length);
    text[length] = '\0';
    if (inet_pton(AF_INET6, text, &in6->sin6_addr) != 1)
        return -EINVAL;
    if (percent == NULL)
        return 0;
    in6->sin6_scope_id = if_nametoindex(percent + 1);
    return in6->sin6_scope_id == 0 ? -EINVAL : 0;
}

int eddy_address_parse(struct eddy_address *ret_address, const char *host,
                       uint16_t port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                .sin6_port = htons(port) };

    if (ret_address == NULL || host == NULL)
        return -EINVAL;
    if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
        memset(ret_address, 0, sizeof *ret_address);
        memcpy(&ret_address->storage, &in, sizeof in);
        ret_address->size = sizeof in;
        return 0;
    }
    if (parse_v6(&in6, host) < 0)
        return -EINVAL;
    memset(ret_address, 0, sizeof *ret_address);
    memcpy(&ret_address->storage, &in6, sizeof in6);
    ret_address->size = sizeof in6;
    return 0;
}

int eddy__address_unix(struct eddy_address *ret_address, const char *path)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    size_t length = strlen(path);
    bool abstract = path[0] == '@';

    if (length == 0 || (abstract && length == 1))
        return -EINVAL;
    /* an abstract name is not ended by a NUL, but begins with one */
    if (length >= sizeof un.sun_path + (abstract ? 1 : 0))
        return -ENAMETOOLONG;
    memcpy(un.sun_path, path, length);
    if (abstract)
        un.sun_path[0] = '\0';
    memset(ret_address, 0, sizeof *ret_address);
    memcpy(&ret_address->storage, &un, sizeof un);
    ret_address->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                    length + (abstract ? 0 : 1));
    return 0;
}

bool eddy__family_fits(const struct eddy_address *address, unsigned flags)
{
    return !((flags & EDDY_V4_ONLY) != 0 &&
             address->storage.ss_family != AF_INET) &&
           !((flags & EDDY_V6_ONLY) != 0 &&
             address->storage.ss_family != AF_INET6);
}

static int format_unix(const struct eddy_address *address, char *buf,
                       size_t size)
{
    const struct sockaddr_un *un = (const void *)&address->storage;
    size_t offset = offsetof(struct sockaddr_un, sun_path);
    size_t length = address->size > offset ? address->size - offset : 0;

    if (length > sizeof un->sun_path)
        length = sizeof un->sun_path;
    if (length > 0 && un->sun_path[0] == '\0')
        return snprintf(buf, size, "unix:@%.*s", (int)length - 1,
                        un->sun_path + 1);
    return snprintf(buf, size, "unix:%.*s", (int)length, un->sun_path);
}

static int format_v6(const struct sockaddr_in6 *in6, char *buf, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    char zone[IF_NAMESIZE];
    bool zoned = in6->sin6_scope_id != 0 &&
                 if_indextoname(in6->sin6_scope_id, zone) != NULL;

    (void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
    return snprintf(buf, size, "[%s%s%s]:%u", host, zoned ? "%" : "",
                    zoned ? zone : "", (unsigned)ntohs(in6->sin6_port));
}

int eddy_address_format(const struct eddy_address *address, char *buf,
                        size_t size)
{
    const struct sockaddr_in *in;
    char host[INET_ADDRSTRLEN];

    if (address == NULL || (buf == NULL && size > 0))
        return -EINVAL;
    switch (address->size == 0 ? AF_UNSPEC : address->storage.ss_family) {
    case AF_INET:
        in = (const void *)&address->storage;
        (void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        return snprintf(buf, size, "%s:%u", host,
                        (unsigned)ntohs(in->sin_port));
    case AF_INET6:
        return format_v6((const void *)&address->storage, buf, size);
    case AF_UNIX:
        return format_unix(address, buf, size);
    default:
        return snprintf(buf, size, "unknown");
    }
}

uint16_t eddy_address_port(const struct eddy_address *address)
{
    const struct sockaddr_in *in;
    const struct sockaddr_in6 *in6;

    if (address == NULL || address->size == 0)
        return 0;
    in = (const void *)&address->storage;
    in6 = (const void *)&address->storage;
    switch (address->storage.ss_family) {
    case AF_INET:
        return ntohs(in->sin_port);
    case AF_INET6:
        return ntohs(in6->sin6_port);
    default:
        return 0;
    }
}
