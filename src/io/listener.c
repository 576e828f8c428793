/* SPDX-License-Identifier: MIT */
/* listener.c - listening: the socket, its address, its end; accept.c takes the
 * connections. */
#include "listener.h"

#include <netinet/in.h>

enum { BACKLOG = 128, BUDGET = 16 };

/* ---- The end ------------------------------------------------------------ */

static void bury(struct eddy_call *call)
{
    struct eddy_listener *listener =
        EDDY_CONTAINER_OF(call, struct eddy_listener, burial);
    const struct eddy_mem *mem = &eddy_loop_settings(listener->loop)->mem;

    (void)mem->resize(mem->arg, listener, 0);
}

/* Only our own socket file: somebody may have put another one there since. */
static void remove_path(const struct eddy_listener *listener)
{
    const struct eddy_sys *sys = listener->sys;
    uint64_t id[2];

    if (listener->path[0] == '\0' ||
        (listener->options.flags & EDDY_KEEP_PATH) != 0 ||
        sys->socket_id(sys->arg, listener->path, id) < 0)
        return;
    if (id[0] == listener->id[0] && id[1] == listener->id[1])
        (void)sys->unlink(sys->arg, listener->path);
}

void eddy_listener_free(struct eddy_listener *listener)
{
    if (listener == NULL || listener->fd < 0 ||
        eddy_loop_check(listener->loop) < 0)
        return;
    (void)eddy_timer_stop(&listener->rest);
    (void)eddy_watch_stop(&listener->watch);
    (void)eddy_loop_forget(listener->loop, listener->fd);
    remove_path(listener);
    (void)listener->sys->close(listener->sys->arg, listener->fd);
    listener->fd = -1;
    eddy_loop_disown(listener->loop, &listener->owned);
    eddy__accept_end(listener, -ECANCELED);
    eddy_complete_call(listener->loop, &listener->burial);
}

static void close_owned(struct eddy_owned *owned)
{
    eddy_listener_free(EDDY_CONTAINER_OF(owned, struct eddy_listener, owned));
}

/* ---- The socket --------------------------------------------------------- */

/* A socket file that nobody listens behind is the rest of a dead process. */
static int clear_path(const struct eddy_sys *sys, const char *path,
                      const struct eddy_address *address)
{
    uint64_t id[2];
    int err = sys->socket_id(sys->arg, path, id);
    int fd;

    if (err < 0)
        return err == -ENOENT ? 0 : err;
    fd = sys->socket(sys->arg, AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return fd;
    err = sys->connect(sys->arg, fd, (const void *)&address->storage,
                       address->size);
    (void)sys->close(sys->arg, fd);
    if (err != -ECONNREFUSED)
        return -EADDRINUSE;
    err = sys->unlink(sys->arg, path);
    return err == -ENOENT ? 0 : err;
}

/* A system that keeps IPv4 out of IPv6 sockets will not be told otherwise; that
 * matters only where the socket was to take both. */
static int set_v6_only(const struct eddy_sys *sys, int fd, bool only, bool both)
{
    int value = only;
    int err = sys->setsockopt(sys->arg, fd, IPPROTO_IPV6, IPV6_V6ONLY, &value,
                              sizeof value);

    if (err < 0 && !only)
        return both ? -EAFNOSUPPORT : 0;
    return err;
}

static int set_options(const struct eddy_sys *sys, int fd, int family,
                       const struct eddy_endpoint *at, unsigned flags)
{
    bool only = (at->flags & EDDY_V6_ONLY) != 0;
    bool both =
        !only && at->address == NULL && (at->host == NULL || *at->host == '\0');
    int yes = 1;
    int err;

    if (family == AF_UNIX)
        return 0;
    err = sys->setsockopt(sys->arg, fd, SOL_SOCKET, SO_REUSEADDR, &yes,
                          sizeof yes);
    if (err == 0 && family == AF_INET6)
        err = set_v6_only(sys, fd, only, both);
    if (err == 0 && (flags & EDDY_REUSEPORT) != 0)
        err = sys->setsockopt(sys->arg, fd, SOL_SOCKET, SO_REUSEPORT, &yes,
                              sizeof yes);
    return err;
}

static int open_socket(const struct eddy_sys *sys,
                       const struct eddy_address *address,
                       const struct eddy_endpoint *at,
                       const struct eddy_listen_options *options)
{
    const struct sockaddr *where = (const void *)&address->storage;
    int fd = sys->socket(sys->arg, where->sa_family, SOCK_STREAM, 0);
    int err;

    if (fd < 0)
        return fd;
    err = set_options(sys, fd, where->sa_family, at, options->flags);
    if (err == 0)
        err = sys->bind(sys->arg, fd, where, address->size);
    if (err == 0)
        err = sys->listen(sys->arg, fd, options->backlog);
    if (err < 0) {
        (void)sys->close(sys->arg, fd);
        return err;
    }
    return fd;
}

/* Every address of the machine: one IPv6 socket that takes both, if there is
 * IPv6. */
static int open_any(const struct eddy_sys *sys, struct eddy_address *address,
                    const struct eddy_endpoint *at,
                    const struct eddy_listen_options *options)
{
    int fd = -EAFNOSUPPORT;

    if ((at->flags & EDDY_V4_ONLY) == 0) {
        (void)eddy_address_parse(address, "::", at->port);
        fd = open_socket(sys, address, at, options);
    }
    if ((fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL) ||
        (at->flags & EDDY_V6_ONLY) != 0)
        return fd;
    (void)eddy_address_parse(address, "0.0.0.0", at->port);
    return open_socket(sys, address, at, options);
}

static int open_at(const struct eddy_sys *sys, struct eddy_address *address,
                   const struct eddy_endpoint *at,
                   const struct eddy_listen_options *options)
{
    int err = 0;

    if (at->address != NULL) {
        if (at->address->size == 0)
            return -EINVAL;
        *address = *at->address;
    } else if (at->path != NULL) {
        err = eddy__address_unix(address, at->path);
        if (err == 0 && at->path[0] != '@')
            err = clear_path(sys, at->path, address);
    } else if (at->host != NULL && *at->host != '\0') {
        err = eddy_address_parse(address, at->host, at->port);
        if (err == 0 && !eddy__family_fits(address, at->flags))
            err = -ENOENT;
    } else {
        return open_any(sys, address, at, options);
    }
    return err < 0 ? err : open_socket(sys, address, at, options);
}

/* ---- Birth -------------------------------------------------------------- */

static struct eddy_listen_options
with_defaults(const struct eddy_listen_options *options)
{
    struct eddy_listen_options all = { 0 };

    if (options != NULL)
        all = *options;
    if (all.backlog <= 0)
        all.backlog = BACKLOG;
    if (all.accept_budget <= 0)
        all.accept_budget = BUDGET;
    if (all.back_off_ns <= 0)
        all.back_off_ns = EDDY_SECOND;
    return all;
}

static struct eddy_listener *
new_listener(struct eddy_loop *loop, const struct eddy_endpoint *at,
             const struct eddy_listen_options *options)
{
    const struct eddy_loop_options *settings = eddy_loop_settings(loop);
    bool has_path =
        at->address == NULL && at->path != NULL && at->path[0] != '@';
    size_t length = has_path ? strlen(at->path) : 0;
    struct eddy_listener *listener = settings->mem.resize(
        settings->mem.arg, NULL, sizeof *listener + length + 1);

    if (listener == NULL)
        return NULL;
    memset(listener, 0, sizeof *listener);
    memcpy(listener->path, has_path ? at->path : "", length + 1);
    listener->loop = loop;
    listener->sys = settings->sys;
    listener->options = with_defaults(options);
    listener->burial.run = bury;
    (void)eddy_timer_init(&listener->rest, loop, eddy__accept_rested, listener);
    (void)eddy_timer_background(&listener->rest, true); /* requests count */
    return listener;
}

static int open_listener(struct eddy_listener *listener,
                         const struct eddy_endpoint *at)
{
    const struct eddy_sys *sys = listener->sys;
    struct eddy_address address;
    int err;

    listener->fd = open_at(sys, &address, at, &listener->options);
    if (listener->fd < 0)
        return listener->fd;
    listener->is_unix = address.storage.ss_family == AF_UNIX;
    if (listener->path[0] != '\0')
        (void)sys->socket_id(sys->arg, listener->path, listener->id);
    err = eddy_watch_start(listener->loop, &listener->watch, listener->fd, 0,
                           eddy__accept_ready, listener);
    if (err < 0) {
        remove_path(listener);
        (void)sys->close(sys->arg, listener->fd);
        return err;
    }
    return eddy_watch_background(&listener->watch, true); /* requests count */
}

int eddy_listen(struct eddy_listener **ret_listener, struct eddy_loop *loop,
                const struct eddy_endpoint *at,
                const struct eddy_listen_options *options)
{
    static const struct eddy_owned_type type = { "listener", close_owned };
    struct eddy_listener *listener;
    int err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (ret_listener == NULL || at == NULL ||
        (at->flags & ~(EDDY_V4_ONLY | EDDY_V6_ONLY)) != 0 ||
        (options != NULL &&
         (options->flags & ~(EDDY_REUSEPORT | EDDY_KEEP_PATH)) != 0))
        return -EINVAL;
    listener = new_listener(loop, at, options);
    if (listener == NULL)
        return -ENOMEM;
    err = open_listener(listener, at);
    if (err < 0) {
        const struct eddy_mem *mem = &eddy_loop_settings(loop)->mem;

        (void)mem->resize(mem->arg, listener, 0);
        return err;
    }
    eddy_loop_own(loop, &listener->owned, &type);
    eddy_loop_note_origin(loop, &listener->owned, __builtin_return_address(0));
    *ret_listener = listener;
    return 0;
}

/* ---- Looking at it ------------------------------------------------------ */

int eddy_listener_local(const struct eddy_listener *listener,
                        struct eddy_address *ret_address)
{
    struct eddy_address address = { .size = sizeof address.storage };
    int err;

    if (listener == NULL || ret_address == NULL)
        return -EINVAL;
    if (listener->fd < 0)
        return -EBADF;
    err = listener->sys->getsockname(listener->sys->arg, listener->fd,
                                     (struct sockaddr *)&address.storage,
                                     &address.size);
    if (err == 0)
        *ret_address = address;
    return err;
}

int eddy_listener_fd(const struct eddy_listener *listener)
{
    if (listener == NULL)
        return -EINVAL;
    return listener->fd < 0 ? -EBADF : listener->fd;
}

struct eddy_loop *eddy_listener_loop(const struct eddy_listener *listener)
{
    return listener == NULL ? NULL : listener->loop;
}
