/* SPDX-License-Identifier: MIT */
/* eddy/net.h - addresses, endpoints and names. */
#ifndef EDDY_NET_H
#define EDDY_NET_H

#include <sys/socket.h>

#include <eddy/op.h>

EDDY_BEGIN_DECLS

/* ---- Addresses: where a socket is --------------------------------------- */

struct eddy_address {
    socklen_t size; /* 0: none (a socket that is not bound has no name) */
    struct sockaddr_storage storage;
};

/* A numeric address. -EINVAL if host is not one. [any thread] */
EDDY_API int eddy_address_parse(struct eddy_address *ret_address,
                                const char *host, uint16_t port);

/* Writes "127.0.0.1:80", "[::1]:80", "unix:/path", "unix:@name" (abstract) or
 * "unix:" (unnamed), "unknown" for anything else; cut to size and always ended
 * with a NUL. Returns the length of the whole text, as snprintf() does.
 * [any thread] */
EDDY_API int eddy_address_format(const struct eddy_address *address, char *buf,
                                 size_t size);

/* The port, or 0 where there is none. [any thread] */
EDDY_API uint16_t eddy_address_port(const struct eddy_address *address);

/* ---- Endpoints: where to connect or listen ------------------------------ */

#define EDDY_V4_ONLY (1u << 0)
#define EDDY_V6_ONLY (1u << 1)

/* Start from `= { 0 }`, or use the two constructors below. */
struct eddy_endpoint {
    /* A name or a number. NULL or "": this machine (to connect), all its
     * addresses (to listen). Ignored if path or address is set. */
    const char *host;
    uint16_t port; /* 0, to listen: the system picks one */
    /* A UNIX socket; "@name" is a name in Linux's abstract space. */
    const char *path;
    const struct eddy_address *address; /* ready made; wins over the others */
    unsigned flags;                     /* EDDY_V4_ONLY, EDDY_V6_ONLY */
};

static inline struct eddy_endpoint eddy_tcp(const char *host, uint16_t port)
{
    struct eddy_endpoint endpoint = { NULL, 0, NULL, NULL, 0 };

    endpoint.host = host;
    endpoint.port = port;
    return endpoint;
}

static inline struct eddy_endpoint eddy_unix(const char *path)
{
    struct eddy_endpoint endpoint = { NULL, 0, NULL, NULL, 0 };

    endpoint.path = path;
    return endpoint;
}

/* ---- Names -------------------------------------------------------------- */

/*
 * Looks a host up, on the pool unless it is a number. n: how many of out[0..n)
 * were filled, at most cap (1 or more), in the order to try them. -ENOENT: no
 * such host; -EAGAIN: the name server did not answer, later it may; or another
 * error of the system; -ENAMETOOLONG from 1024 bytes on. At most 64 are told.
 * out may be written to even so. A limit (eddy_within) ends the wait at once,
 * though a thread may be stuck in the look-up until the system lets it go.
 * flags: EDDY_V4_ONLY, EDDY_V6_ONLY. host and out belong to the operation.
 */
EDDY_OP struct eddy_op eddy_resolve(const char *host, uint16_t port,
                                    unsigned flags, struct eddy_address *out,
                                    size_t cap);

EDDY_END_DECLS

#endif
