/* SPDX-License-Identifier: MIT */
/*
 * test_fake_kqueue_filters.c - the filters of the tests' kqueue that are not
 * about reading and writing.
 */
#include "kqueue/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- EVFILT_TIMER ------------------------------------------------------ */

START_TEST(a_timer_counts_its_periods)
{
    struct kevent told;
    int64_t start = time_ns(CLOCK_MONOTONIC);
    int64_t count = 0;

    ck_assert_int_eq(set_notes(9, EVFILT_TIMER, EV_ADD, 0, 5), 0);
    while (count < 4) {
        told = next();
        ck_assert_uint_eq(told.ident, 9);
        ck_assert_int_eq(told.flags, EV_CLEAR);
        ck_assert_int_ge(told.data, 1);
        count += told.data;
        ck_assert_int_ge(time_ns(CLOCK_MONOTONIC) - start, count * 5 * MS);
    }
    sleep_ms(30);
    ck_assert_int_ge(next().data, 5);
    ck_assert_int_eq(set(9, EVFILT_TIMER, EV_DELETE), 0);
    sleep_ms(SOON_MS);
    ck_assert(is_silent());
}
END_TEST

START_TEST(a_timer_knows_its_unit)
{
    static const struct {
        unsigned unit;
        int64_t data, ns;
    } rows[] = {
        { 0, 20, 20 * MS },
        { NOTE_MSECONDS, 20, 20 * MS },
        { NOTE_SECONDS, 1, 1000 * MS },
        { NOTE_USECONDS, 20000, 20 * MS },
        { NOTE_NSECONDS, 20 * MS, 20 * MS },
        { 0, 0, 0 },
    };

    for (size_t r = 0; r < COUNT(rows); r++) {
        int64_t start = time_ns(CLOCK_MONOTONIC);
        ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD | EV_ONESHOT,
                                   rows[r].unit, rows[r].data),
                         0);
        ck_assert_int_eq(next().data, 1);
        ck_assert_int_ge(time_ns(CLOCK_MONOTONIC) - start, rows[r].ns);
        ck_assert_int_eq(set(1, EVFILT_TIMER, EV_DELETE), ENOENT);
    }
}
END_TEST

START_TEST(an_impossible_timer_is_einval)
{
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, -1), EINVAL);
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0x100, 1), EINVAL);
    ck_assert_int_eq(
        set_notes(1, EVFILT_TIMER, EV_ADD, NOTE_SECONDS | NOTE_NSECONDS, 1),
        EINVAL);
    ck_assert_int_eq(set(1, EVFILT_TIMER, EV_DELETE), ENOENT);
}
END_TEST

START_TEST(an_absolute_timer_is_told_until_it_is_deleted)
{
    int64_t due = time_ns(CLOCK_REALTIME) + 20 * MS;

    ck_assert_int_eq(
        set_notes(1, EVFILT_TIMER, EV_ADD, NOTE_ABSTIME | NOTE_NSECONDS, due),
        0);
    ck_assert_int_eq(next().data, 1);
    ck_assert_int_ge(time_ns(CLOCK_REALTIME), due);
    ck_assert_int_eq(next().data, 1);
    ck_assert_int_eq(set(1, EVFILT_TIMER, EV_DELETE), 0);
    ck_assert(is_silent());
}
END_TEST

START_TEST(an_absolute_timer_in_the_past_fires_at_once)
{
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD | EV_ONESHOT,
                               NOTE_ABSTIME | NOTE_SECONDS, 1),
                     0);
    ck_assert_int_eq(next().data, 1);
    ck_assert(is_silent());
}
END_TEST

START_TEST(a_timer_added_again_starts_anew)
{
    for (int seen = 0; seen < 2; seen++) {
        ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, 1), 0);
        sleep_ms(SOON_MS);
        if (seen)
            ck_assert_int_eq(set(1, EVFILT_TIMER, EV_ENABLE), 0);
        ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, 100000), 0);
        ck_assert(is_silent());
    }
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD, 0, 1), 0);
    ck_assert_int_ge(next().data, 1);
}
END_TEST

START_TEST(a_disabled_timer_counts_on)
{
    ck_assert_int_eq(set_notes(1, EVFILT_TIMER, EV_ADD | EV_DISABLE, 0, 1), 0);
    sleep_ms(SOON_MS);
    ck_assert(is_silent());
    ck_assert_int_eq(set(1, EVFILT_TIMER, EV_ENABLE), 0);
    ck_assert_int_ge(next().data, SOON_MS);
}
END_TEST

/* ---- EVFILT_SIGNAL, EVFILT_PROC ---------------------------------------- */

START_TEST(a_blocked_signal_is_counted)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    ck_assert_int_eq(set(SIGUSR2, EVFILT_SIGNAL, EV_ADD), 0);
    ck_assert(is_silent());
    for (int i = 0; i < 2; i++) {
        struct kevent told;
        kill(getpid(), SIGUSR2);
        told = next();
        ck_assert_uint_eq(told.ident, SIGUSR2);
        ck_assert_int_eq(told.flags, EV_CLEAR);
        ck_assert_int_eq(told.data, 1);
        ck_assert(is_silent());
    }
}
END_TEST

START_TEST(an_exit_is_told_once_with_its_status)
{
    static const struct {
        int signal, status;
    } rows[] = {
        { 0, 7 << 8 },
        { SIGKILL, SIGKILL },
    };

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct kevent told;
        int ends[2];
        int status;
        pid_t pid = make_child(ends);
        ck_assert_int_eq(
            set_notes(pid, EVFILT_PROC, EV_ADD, NOTE_EXIT | NOTE_EXITSTATUS, 0),
            0);
        ck_assert(is_silent());
        if (rows[r].signal != 0)
            kill(pid, rows[r].signal);
        close_ends(ends);
        told = next();
        ck_assert_uint_eq(told.ident, (uintptr_t)pid);
        ck_assert_int_ne(told.flags & EV_EOF, 0);
        ck_assert_uint_eq(told.fflags, NOTE_EXIT | NOTE_EXITSTATUS);
        ck_assert_int_eq(told.data, rows[r].status);
        ck_assert_int_eq(set(pid, EVFILT_PROC, EV_DELETE), ENOENT);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, rows[r].status);
    }
}
END_TEST

START_TEST(a_process_that_is_dead_already_is_told)
{
    int ends[2];
    pid_t pid = make_child(ends);
    siginfo_t info;

    close_ends(ends);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(set_notes(pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0), 0);
    ck_assert_int_eq(next().data, 7 << 8);
    reap();
    ck_assert_int_eq(set_notes(pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0), ESRCH);
}
END_TEST

/* ---- EVFILT_USER ------------------------------------------------------- */

START_TEST(a_user_event_waits_for_its_trigger)
{
    ck_assert_int_eq(
        set_notes(1, EVFILT_USER, EV_ADD | EV_CLEAR, NOTE_TRIGGER, 0), 0);
    ck_assert(is_silent()); /* it was not there to be triggered */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, i), 0);
        ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, i), 0);
        ck_assert_int_eq(next().data, i);
        ck_assert(is_silent());
        ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, 0, i), 0);
        ck_assert(is_silent());
    }
}
END_TEST

START_TEST(a_user_event_without_clear_is_told_until_cleared)
{
    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD), 0);
    ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
    ck_assert_uint_eq(next().ident, 1);
    ck_assert_uint_eq(next().ident, 1);
    ck_assert_int_eq(set(1, EVFILT_USER, EV_CLEAR), 0);
    ck_assert(is_silent());
}
END_TEST

START_TEST(a_user_event_carries_flags)
{
    static const struct {
        unsigned control, flags, result;
    } rows[] = {
        { NOTE_FFCOPY, 0x0f0f0f, 0x0f0f0f },
        { NOTE_FFNOP, 0x111111, 0x0f0f0f },
        { NOTE_FFOR, 0x100001, 0x1f0f0f },
        { NOTE_FFAND, 0xff0000, 0x1f0000 },
        { NOTE_FFCOPY, 0, 0 },
    };

    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD | EV_CLEAR), 0);
    for (size_t r = 0; r < COUNT(rows); r++) {
        unsigned fflags = NOTE_TRIGGER | rows[r].control | rows[r].flags;
        ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, fflags, 0), 0);
        ck_assert_uint_eq(next().fflags, rows[r].result);
    }
}
END_TEST

static void *trigger_soon(void *unused)
{
    (void)unused;
    sleep_ms(SOON_MS);
    ck_assert_int_eq(set_notes(1, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
    return NULL;
}

START_TEST(a_trigger_wakes_another_thread)
{
    pthread_t thread;

    ck_assert_int_eq(set(1, EVFILT_USER, EV_ADD | EV_CLEAR), 0);
    pthread_create(&thread, NULL, trigger_soon, NULL);
    ck_assert_int_eq(next().filter, EVFILT_USER);
    pthread_join(thread, NULL);
}
END_TEST

/* ---- EVFILT_VNODE ------------------------------------------------------ */

static void append(int fd)
{
    put(fd, "more");
}

static void overwrite(int fd)
{
    (void)fd;
    fd = open("file", O_WRONLY);
    put(fd, "C");
    close(fd);
}

static void change_mode(int fd)
{
    ck_assert_int_eq(fchmod(fd, 0600), 0);
}

static void add_link(int fd)
{
    (void)fd;
    ck_assert_int_eq(link("file", "second"), 0);
}

static void remove_link(int fd)
{
    (void)fd;
    ck_assert_int_eq(unlink("second"), 0);
}

static void rename_file(int fd)
{
    (void)fd;
    ck_assert_int_eq(rename("file", "renamed"), 0);
}

static void replace_file(int fd)
{
    (void)fd;
    close(open_file("other", "x"));
    ck_assert_int_eq(rename("other", "renamed"), 0);
}

static void add_entry(int fd)
{
    (void)fd;
    close(open_file("dir/entry", ""));
}

static void write_entry(int fd)
{
    (void)fd;
    fd = open("dir/entry", O_WRONLY);
    put(fd, "x");
    fchmod(fd, 0600);
    close(fd);
}

static void rename_entry(int fd)
{
    (void)fd;
    ck_assert_int_eq(rename("dir/entry", "entry"), 0);
}

static void add_subdir(int fd)
{
    (void)fd;
    ck_assert_int_eq(mkdir("dir/sub", 0755), 0);
}

static void remove_subdir(int fd)
{
    (void)fd;
    ck_assert_int_eq(rmdir("dir/sub"), 0);
}

static void add_sibling(int fd)
{
    (void)fd;
    ck_assert_int_eq(mkdir("sibling", 0755), 0);
    ck_assert_int_eq(rmdir("sibling"), 0);
}

static void remove_dir(int fd)
{
    (void)fd;
    ck_assert_int_eq(rmdir("dir"), 0);
}

struct deed {
    void (*commit)(int fd);
    unsigned notes;
};

static const unsigned ALL_NOTES = NOTE_DELETE | NOTE_WRITE | NOTE_EXTEND |
                                  NOTE_ATTRIB | NOTE_LINK | NOTE_RENAME |
                                  NOTE_REVOKE;

static void check_deeds(int fd, const struct deed *deeds, size_t count)
{
    ck_assert_int_eq(
        set_notes(fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, ALL_NOTES, 0), 0);
    for (size_t i = 0; i < count; i++) {
        ck_assert(is_silent());
        deeds[i].commit(fd);
        if (deeds[i].notes != 0)
            ck_assert_uint_eq(next().fflags, deeds[i].notes);
    }
    ck_assert(is_silent());
    close(fd);
}

START_TEST(what_happens_to_a_file_is_told)
{
    static const struct deed deeds[] = {
        { append, NOTE_WRITE | NOTE_EXTEND }, { overwrite, NOTE_WRITE },
        { change_mode, NOTE_ATTRIB },         { add_link, NOTE_LINK },
        { remove_link, NOTE_DELETE },         { rename_file, NOTE_RENAME },
        { replace_file, NOTE_DELETE },
    };

    check_deeds(open_file("file", "content"), deeds, COUNT(deeds));
}
END_TEST

START_TEST(what_happens_to_a_directory_is_told)
{
    static const struct deed deeds[] = {
        { add_entry, NOTE_WRITE },
        { write_entry, 0 },
        { rename_entry, NOTE_WRITE | NOTE_EXTEND },
        { add_subdir, NOTE_WRITE | NOTE_LINK },
        { remove_subdir, NOTE_WRITE | NOTE_LINK },
        { add_sibling, 0 },
        { remove_dir, NOTE_DELETE },
    };

    ck_assert_int_eq(mkdir("dir", 0755), 0);
    check_deeds(open("dir", O_RDONLY), deeds, COUNT(deeds));
}
END_TEST

START_TEST(only_the_notes_that_were_asked_for_are_told)
{
    int fd = open_file("file", "content");

    ck_assert_int_eq(
        set_notes(fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, NOTE_ATTRIB, 0), 0);
    append(fd);
    ck_assert(is_silent());
    change_mode(fd);
    append(fd);
    ck_assert_uint_eq(next().fflags, NOTE_ATTRIB);
    close(fd);
}
END_TEST

START_TEST(notes_add_up_and_stay_without_clear)
{
    int fd = open_file("file", "content");

    ck_assert_int_eq(set_notes(fd, EVFILT_VNODE, EV_ADD, ALL_NOTES, 0), 0);
    overwrite(fd);
    ck_assert_uint_eq(next().fflags, NOTE_WRITE);
    change_mode(fd);
    ck_assert_uint_eq(next().fflags, NOTE_WRITE | NOTE_ATTRIB);
    ck_assert_uint_eq(next().fflags, NOTE_WRITE | NOTE_ATTRIB);
    close(fd);
}
END_TEST

START_TEST(what_is_no_file_has_no_vnode)
{
    for (size_t k = 0; k < COUNT(kinds); k++) {
        int ends[2];
        kinds[k].open(ends);
        ck_assert_int_eq(set_notes(ends[0], EVFILT_VNODE, EV_ADD, ALL_NOTES, 0),
                         EINVAL);
        close_ends(ends);
    }
}
END_TEST

int main(void)
{
    const TTest *const timer[] = {
        a_timer_counts_its_periods,
        a_timer_knows_its_unit,
        an_impossible_timer_is_einval,
        an_absolute_timer_is_told_until_it_is_deleted,
        an_absolute_timer_in_the_past_fires_at_once,
        a_timer_added_again_starts_anew,
        a_disabled_timer_counts_on,
    };
    const TTest *const process[] = {
        a_blocked_signal_is_counted,
        an_exit_is_told_once_with_its_status,
        a_process_that_is_dead_already_is_told,
    };
    const TTest *const user[] = {
        a_user_event_waits_for_its_trigger,
        a_user_event_without_clear_is_told_until_cleared,
        a_user_event_carries_flags,
        a_trigger_wakes_another_thread,
    };
    const TTest *const vnode[] = {
        what_happens_to_a_file_is_told,
        what_happens_to_a_directory_is_told,
        only_the_notes_that_were_asked_for_are_told,
        notes_add_up_and_stay_without_clear,
        what_is_no_file_has_no_vnode,
    };
    Suite *suite = suite_create("fake kqueue: filters");

    add_case(suite, "timer", timer, COUNT(timer), 1);
    if (can_watch_processes())
        add_case(suite, "process", process, COUNT(process), 1);
    add_case(suite, "user", user, COUNT(user), 1);
    add_case(suite, "vnode", vnode, COUNT(vnode), 1);
    return run_cases(suite);
}
