/* SPDX-License-Identifier: MIT */
/* pollers.c - eddy pollers: which there are, and why not the others. */
#include <stdio.h>
#include <string.h>

#include <eddy/loop.h>

#include "options.h"
#include "pollers.h"

static const struct {
    unsigned bit;
    const char *name;
} features[] = {
    { EDDY_CAN_NS, "ns" },
    { EDDY_CAN_URGENT, "urgent" },
    { EDDY_CAN_HALFCLOSE, "halfclose" },
    { EDDY_CAN_SCALE, "scale" },
    { EDDY_CAN_NEST, "nest" },
};
enum { FEATURES = sizeof features / sizeof features[0] };

/* ---- Finding out -------------------------------------------------------- */

/* What a loop says of the poller called name; if there is no loop, nothing. */
static struct eddy_poller_report find_report(const struct eddy_loop *loop,
                                             const char *name)
{
    struct eddy_poller_report report;

    for (size_t i = 0; eddy_loop_report(loop, i, &report) == 0; i++) {
        if (strcmp(report.name, name) == 0)
            return report;
    }
    return (struct eddy_poller_report){
        .name = name,
        .err = -ENOENT,
        .reason = "not in this build",
    };
}

/* Opens it in a loop of its own, for the default loop tries no more than it
 * needs. `usual` is what the default loop says, if there is one. */
static struct eddy_poller_report try_poller(const char *name,
                                            const struct eddy_loop *usual)
{
    struct eddy_poller_report report = find_report(usual, name);
    struct eddy_loop_options options = { .flags = EDDY_LOOP_NO_ENV };
    struct eddy_loop *loop = NULL;
    const char *reason = report.err == 0 ? report.reason : "works";

    options.poller = eddy_poller_find(name);
    if (options.poller == NULL)
        return report;

    int err = eddy_loop_new(&loop, &options);
    if (err == 0) {
        bool chosen = report.chosen;

        report = find_report(loop, name);
        report.chosen = chosen;
        report.reason = reason;
    } else {
        report.built = true;
        report.err = err;
        report.reason = eddy_strerror(err);
    }
    eddy_loop_free(loop);
    return report;
}

bool poller_opens(const struct eddy_poller_ops *ops)
{
    return try_poller(ops->name, NULL).err == 0;
}

/* ---- Telling ------------------------------------------------------------ */

static void list_features(struct words *words, unsigned bits)
{
    for (size_t i = 0; i < FEATURES; i++) {
        if ((bits & features[i].bit) != 0)
            words_add(words, features[i].name);
    }
}

static const char *yes_or_no(bool yes)
{
    return yes ? "yes" : "no";
}

static void print_line(const struct eddy_poller_report *report)
{
    struct words words = { "", 0 };

    list_features(&words, report->features);
    printf("%-8s %-5s %-5s %-37s %s\n", report->name, yes_or_no(report->built),
           yes_or_no(report->err == 0), words.used > 0 ? words.text : "-",
           report->reason);
}

static const char *true_or_false(bool yes)
{
    return yes ? "true" : "false";
}

static void print_json(const struct eddy_poller_report *report)
{
    const char *comma = "";

    printf("{\"name\": \"%s\", \"built\": %s, \"opens\": %s, \"chosen\": %s, ",
           report->name, true_or_false(report->built),
           true_or_false(report->err == 0), true_or_false(report->chosen));
    printf("\"features\": [");
    for (size_t i = 0; i < FEATURES; i++) {
        if ((report->features & features[i].bit) == 0)
            continue;
        printf("%s\"%s\"", comma, features[i].name);
        comma = ", ";
    }
    printf("], \"reason\": ");
    print_string(report->reason);
    putchar('}');
}

static void print_all_json(const struct eddy_loop *usual)
{
    const char *name;

    for (size_t i = 0; (name = eddy_poller_known(i)) != NULL; i++) {
        struct eddy_poller_report report = try_poller(name, usual);

        fputs(i == 0 ? "[" : ",\n ", stdout);
        print_json(&report);
    }
    puts("]");
}

static void print_all(const struct eddy_loop *usual)
{
    const char *name;

    printf("%-8s %-5s %-5s %-37s %s\n", "poller", "built", "opens", "features",
           "reason");
    for (size_t i = 0; (name = eddy_poller_known(i)) != NULL; i++) {
        struct eddy_poller_report report = try_poller(name, usual);

        print_line(&report);
    }
}

/* Without a loop, because $EDDY_POLLER is wrong for instance, all the more
 * reason to tell what there is. */
static bool print_in(void (*print)(const struct eddy_loop *usual))
{
    struct eddy_loop *usual = loop_open(NULL);

    print(usual);
    eddy_loop_free(usual);
    return usual != NULL;
}

void pollers_print(void)
{
    (void)print_in(print_all);
}

static int run(const struct command *command, int argc, char **argv)
{
    bool json = false;
    /* clang-format off */
    const struct option options[] = {
        { "--json", NULL, "print it for programs",
          take_switch, &json, 0, 0, NULL },
    };
    /* clang-format on */
    int status;

    if (!options_parse(command, options, sizeof options / sizeof options[0],
                       argc, argv, &status))
        return status;

    return print_in(json ? print_all_json : print_all) ? TOOL_DONE
                                                       : TOOL_FAILED;
}

const struct command pollers_command = {
    .name = "pollers",
    .summary = "Lists the ways to wait: which are built, which open, and why.",
    .run = run,
};
