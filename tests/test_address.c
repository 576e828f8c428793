/* SPDX-License-Identifier: MIT */
/* test_address.c - addresses from words and into words. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include <eddy/net.h>

#include "support.h"

START_TEST(numbers_are_addresses)
{
    static const struct {
        const char *host;
        uint16_t port;
        const char *text;
    } rows[] = {
        { "127.0.0.1", 80, "127.0.0.1:80" },
        { "0.0.0.0", 0, "0.0.0.0:0" },
        { "255.255.255.255", 65535, "255.255.255.255:65535" },
        { "::1", 80, "[::1]:80" },
        { "::", 0, "[::]:0" },
        { "0:0:0:0:0:0:0:1", 1, "[::1]:1" },
        { "2001:DB8::0a", 443, "[2001:db8::a]:443" },
        { "::ffff:127.0.0.1", 7, "[::ffff:127.0.0.1]:7" },
        { "fe80::1", 9, "[fe80::1]:9" },
        { "fe80::1%lo", 9, "[fe80::1%lo]:9" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct eddy_address address;
        char text[64];
        int err = eddy_address_parse(&address, rows[i].host, rows[i].port);

        if (err < 0 && strchr(rows[i].host, '%') != NULL)
            continue; /* an interface that this system calls otherwise */
        ck_assert_int_eq(err, 0);
        ck_assert_int_eq(eddy_address_format(&address, text, sizeof text),
                         (int)strlen(rows[i].text));
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_uint_eq(eddy_address_port(&address), rows[i].port);
    }
}
END_TEST

START_TEST(what_is_no_number_is_no_address)
{
    static const char *const hosts[] = {
        "",
        "localhost",
        "127.0.0",
        "127.0.0.1.",
        "127.0.0.1 ",
        " 127.0.0.1",
        "127.0.0.256",
        "1.2.3.4.5",
        ":",
        ":::",
        "::1::",
        "[::1]",
        "::1%",
        "fe80::1%no such interface",
        "12345::",
        "127.0.0.1:80",
        "::ffff:1.2.3.4.5",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    struct eddy_address address, before;

    memset(&before, 'x', sizeof before);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        address = before;
        ck_assert_int_eq(eddy_address_parse(&address, hosts[i], 1), -EINVAL);
        ck_assert_mem_eq(&address, &before, sizeof address);
    }
    ck_assert_int_eq(eddy_address_parse(&address, NULL, 1), -EINVAL);
    ck_assert_int_eq(eddy_address_parse(NULL, "::1", 1), -EINVAL);
}
END_TEST

static struct eddy_address unix_address(const char *name, size_t length)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    struct eddy_address address = { 0 };

    memcpy(un.sun_path, name, length);
    memcpy(&address.storage, &un, sizeof un);
    address.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return address;
}

START_TEST(unix_addresses_have_words_too)
{
    static const struct {
        const char *name;
        size_t length;
        const char *text;
    } rows[] = {
        { "/run/x", 7, "unix:/run/x" },
        { "/run/x", 6, "unix:/run/x" }, /* the NUL is not always there */
        { "", 0, "unix:" },
        { "\0name", 5, "unix:@name" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct eddy_address address =
            unix_address(rows[i].name, rows[i].length);
        char text[64];

        ck_assert_int_eq(eddy_address_format(&address, text, sizeof text),
                         (int)strlen(rows[i].text));
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_uint_eq(eddy_address_port(&address), 0);
    }
}
END_TEST

START_TEST(path_that_fills_its_room_is_whole)
{
    char name[sizeof((struct sockaddr_un *)NULL)->sun_path];
    struct eddy_address address;
    char text[256];

    memset(name, 'x', sizeof name);
    address = unix_address(name, sizeof name);
    ck_assert_int_eq(eddy_address_format(&address, text, sizeof text),
                     (int)sizeof name + 5);
    ck_assert_mem_eq(text + 5, name, sizeof name);
}
END_TEST

START_TEST(text_is_cut_to_its_room)
{
    struct eddy_address address;
    char text[32];

    ck_assert_int_eq(eddy_address_parse(&address, "127.0.0.1", 80), 0);
    for (size_t size = 0; size < sizeof text; size++) {
        memset(text, '?', sizeof text);
        ck_assert_int_eq(eddy_address_format(&address, text, size), 12);
        ck_assert_int_eq(text[size], '?');
        if (size > 0)
            ck_assert_uint_eq(strlen(text), size <= 12 ? size - 1 : 12);
    }
    ck_assert_int_eq(eddy_address_format(&address, NULL, 0), 12);
    ck_assert_int_eq(eddy_address_format(&address, NULL, 1), -EINVAL);
    ck_assert_int_eq(eddy_address_format(NULL, text, sizeof text), -EINVAL);
}
END_TEST

START_TEST(no_address_is_no_secret)
{
    struct eddy_address none = { 0 }, odd = { .size = sizeof odd.storage };
    char text[32];

    odd.storage.ss_family = AF_UNSPEC;
    (void)eddy_address_format(&none, text, sizeof text);
    ck_assert_str_eq(text, "unknown");
    (void)eddy_address_format(&odd, text, sizeof text);
    ck_assert_str_eq(text, "unknown");
    ck_assert_uint_eq(eddy_address_port(&none), 0);
    ck_assert_uint_eq(eddy_address_port(&odd), 0);
    ck_assert_uint_eq(eddy_address_port(NULL), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        numbers_are_addresses,         what_is_no_number_is_no_address,
        unix_addresses_have_words_too, path_that_fills_its_room_is_whole,
        text_is_cut_to_its_room,       no_address_is_no_secret,
    };
    Suite *suite = suite_create("address");

    add_tests(suite, "address", tests, COUNT(tests), NULL, NULL);
    return run_suite(suite);
}
