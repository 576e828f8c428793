/* SPDX-License-Identifier: MIT */
/* test_unix.c - UNIX sockets: the file at the path, and names without one. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "net_support.h"

/* A directory for each test, gone with what should be gone. */
static char directory[64], path[96], other[96];

static void make_directory(void)
{
    (void)snprintf(directory, sizeof directory, "/tmp/eddy-unix.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/socket", directory);
    (void)snprintf(other, sizeof other, "%s/other", directory);
}

static void remove_directory(void)
{
    close_loop();
    (void)unlink(path);
    (void)unlink(other);
    ck_assert_int_eq(rmdir(directory), 0);
}

static bool is_there(const char *name)
{
    struct stat info;

    return lstat(name, &info) == 0;
}

static int listen_at(struct eddy_listener **ret_listener, const char *name,
                     unsigned flags)
{
    struct eddy_listen_options options = { .flags = flags };
    struct eddy_endpoint at = eddy_unix(name);

    return eddy_listen(ret_listener, loop, &at, &options);
}

static struct eddy_listener *must_listen_at(const char *name, unsigned flags)
{
    struct eddy_listener *listener;

    ck_assert_int_eq(listen_at(&listener, name, flags), 0);
    return listener;
}

/* There and back through a listener at `name`. */
static void check_echo(struct eddy_listener *listener, const char *name)
{
    struct eddy_endpoint to = eddy_unix(name);
    struct eddy_stream *client, *server;
    struct eddy_address address;
    char text[128], looks[128], buf[8];

    ck_assert_int_eq(perform(eddy_connect(&to, &client)), 0);
    ck_assert_int_eq(perform(eddy_accept(listener, &server)), 0);
    ck_assert_int_eq(eddy_send(client, "hello", 5), 0);
    ck_assert_int_eq(perform(eddy_read(server, buf, 8)), 5);
    (void)snprintf(looks, sizeof looks, "unix:%s", name);
    ck_assert_int_eq(eddy_listener_local(listener, &address), 0);
    (void)eddy_address_format(&address, text, sizeof text);
    ck_assert_str_eq(text, looks);
    ck_assert_int_eq(eddy_stream_peer(client, &address), 0);
    (void)eddy_address_format(&address, text, sizeof text);
    ck_assert_str_eq(text, looks);
    ck_assert_int_eq(eddy_stream_peer(server, &address), 0);
    (void)eddy_address_format(&address, text, sizeof text);
    ck_assert_str_eq(text, "unix:"); /* a client has no name */
    drop(client, -1);
    drop(server, -1);
}

START_TEST(file_comes_and_goes_with_the_listener) /* test idea 65 */
{
    struct eddy_listener *listener;

    open_loop(_i, REAL_TIME);
    listener = must_listen_at(path, 0);
    ck_assert(is_there(path));
    check_echo(listener, path);
    drop_listener(listener);
    ck_assert(!is_there(path));
    drop_listener(must_listen_at(path, EDDY_KEEP_PATH));
    ck_assert(is_there(path)); /* N10 */
}
END_TEST

START_TEST(dead_file_is_replaced_and_a_live_one_is_not) /* N10, idea 60 */
{
    struct eddy_listener *listener, *second;
    struct eddy_stream *stream;
    struct eddy_endpoint to = eddy_unix(path);

    open_loop(_i, REAL_TIME);
    drop_listener(must_listen_at(path, EDDY_KEEP_PATH));
    listener = must_listen_at(path, 0);
    ck_assert_int_eq(listen_at(&second, path, 0), -EADDRINUSE);
    ck_assert(is_there(path));
    ck_assert_int_eq(perform(eddy_connect(&to, &stream)), 0);
    drop(stream, -1);
    drop_listener(listener);
}
END_TEST

START_TEST(file_that_is_no_socket_is_never_touched) /* N10 */
{
    struct eddy_listener *listener;
    int fd;

    open_loop(_i, REAL_TIME);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    write_byte(fd);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(listen_at(&listener, path, 0), -EADDRINUSE);
    ck_assert_int_eq(symlink(path, other), 0);
    ck_assert_int_eq(listen_at(&listener, other, 0), -EADDRINUSE);
    ck_assert_int_eq(listen_at(&listener, directory, 0), -EADDRINUSE);
    ck_assert(is_there(path) && is_there(other));
}
END_TEST

START_TEST(file_that_another_put_there_stays) /* test idea 65 */
{
    struct eddy_listener *former, *latter;

    open_loop(_i, REAL_TIME);
    former = must_listen_at(path, 0);
    ck_assert_int_eq(rename(path, other), 0);
    latter = must_listen_at(path, 0);
    drop_listener(former);
    ck_assert(is_there(path));
    check_echo(latter, path);
    drop_listener(latter);
    ck_assert(!is_there(path));
}
END_TEST

START_TEST(abstract_name_leaves_no_file)
{
    struct eddy_listener *listener, *second;
    char name[64];

    open_loop(_i, REAL_TIME);
    (void)snprintf(name, sizeof name, "@eddy-test-%d-%d", (int)getpid(), _i);
    if (listen_at(&listener, name, 0) < 0)
        return; /* a system without */
    ck_assert_int_eq(listen_at(&second, name, 0), -EADDRINUSE);
    check_echo(listener, name);
    ck_assert(!is_there(name));
    drop_listener(listener);
    drop_listener(must_listen_at(name, 0));
}
END_TEST

START_TEST(paths_have_a_length) /* test idea 60 */
{
    enum { ROOM = sizeof((struct sockaddr_un *)NULL)->sun_path };
    char name[ROOM + 2];
    struct eddy_endpoint to = eddy_unix(name);
    struct eddy_listener *listener;

    open_loop(_i, REAL_TIME);
    memset(name, 'x', sizeof name);
    name[ROOM] = '\0';
    ck_assert_int_eq(listen_at(&listener, name, 0), -ENAMETOOLONG);
    ck_assert_int_eq(perform(eddy_connect(&to, NULL)), -ENAMETOOLONG);
    ck_assert_int_eq(chdir(directory), 0);
    name[ROOM - 1] = '\0'; /* and with its NUL it just fits */
    drop_listener(must_listen_at(name, 0));
    name[0] = '@';
    name[ROOM - 1] = 'x'; /* this one needs none */
    if (listen_at(&listener, name, 0) == 0)
        drop_listener(listener);
    name[ROOM] = 'x';
    name[ROOM + 1] = '\0';
    ck_assert_int_eq(listen_at(&listener, name, 0), -ENAMETOOLONG);
    ck_assert_int_eq(listen_at(&listener, "", 0), -EINVAL);
    ck_assert_int_eq(listen_at(&listener, "@", 0), -EINVAL);
}
END_TEST

START_TEST(connecting_to_no_listener_fails)
{
    struct eddy_endpoint to = eddy_unix(path);
    int fd;

    open_loop(_i, REAL_TIME);
    ck_assert_int_eq(perform(eddy_connect(&to, NULL)), -ENOENT);
    drop_listener(must_listen_at(path, EDDY_KEEP_PATH));
    ck_assert_int_eq(perform(eddy_connect(&to, NULL)), -ECONNREFUSED);
    ck_assert_int_eq(unlink(path), 0);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(perform(eddy_connect(&to, NULL)), -ECONNREFUSED);
}
END_TEST

START_TEST(loop_takes_its_files_along)
{
    open_loop(_i, REAL_TIME);
    (void)must_listen_at(path, 0);
    close_loop();
    ck_assert(!is_there(path));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        file_comes_and_goes_with_the_listener,
        dead_file_is_replaced_and_a_live_one_is_not,
        file_that_is_no_socket_is_never_touched,
        file_that_another_put_there_stays,
        abstract_name_leaves_no_file,
        paths_have_a_length,
        connecting_to_no_listener_fails,
        loop_takes_its_files_along,
    };
    Suite *suite = suite_create("unix");

    add_per_poller(suite, tests, COUNT(tests), make_directory,
                   remove_directory);
    return run_suite(suite);
}
