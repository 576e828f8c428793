/* SPDX-License-Identifier: MIT */
/* test_watch_fd.c - descriptors that are closed, reused, refused, or files. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "loop_support.h"

struct seen {
    struct eddy_watch watch;
    int times;
    unsigned ready;
    int error;
};

static void see(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct seen *seen = arg;

    seen->times++;
    seen->ready = ready;
    seen->error = eddy_watch_error(watch);
}

static void start(struct eddy_loop *loop, struct seen *seen, int fd,
                  unsigned interest)
{
    *seen = (struct seen){ .times = 0 };
    ck_assert_int_eq(
        eddy_watch_start(loop, &seen->watch, fd, interest, see, seen), 0);
}

static void stop(struct seen *seen)
{
    ck_assert_int_eq(eddy_watch_stop(&seen->watch), 0);
}

/* ---- A number that is used again ----------------------------------------- */

/* Between two turns: the loop sees only that a watch stopped and one started.
 */
START_TEST(a_number_may_change_hands_between_turns) /* T5 */
{
    static const unsigned paths[][2] = {
        { EDDY_READ, EDDY_READ },  { 0, EDDY_READ },
        { EDDY_WRITE, EDDY_READ }, { EDDY_READ | EDDY_WRITE, EDDY_READ },
        { 0, EDDY_WRITE },
    };
    struct eddy_loop *loop = virtual_loop(_i);

    for (size_t i = 0; i < COUNT(paths); i++) {
        struct seen seen;
        int old[2], fresh[2];

        make_pair(old);
        make_pair(fresh);
        write_byte(fresh[1]);
        start(loop, &seen, old[0], EDDY_READ);
        turns(loop, 1);
        stop(&seen);
        ck_assert_int_eq(dup2(fresh[0], old[0]), old[0]); /* closes the old */
        start(loop, &seen, old[0], paths[i][0]);
        turns(loop, 1);
        ck_assert_int_eq(eddy_watch_set(&seen.watch, paths[i][1]), 0);
        turns(loop, 1);
        ck_assert_uint_eq(seen.ready, paths[i][1]);
        stop(&seen);
        turns(loop, 1);
        close_both(old);
        close_both(fresh);
    }
}
END_TEST

START_TEST(forgetting_takes_effect_at_once) /* T1 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen seen;
    uint64_t events;
    int pair[2], copy;

    make_pair(pair);
    start(loop, &seen, pair[0], EDDY_READ);
    turns(loop, 1);
    ck_assert_int_eq(eddy_loop_forget(loop, -1), -EINVAL);
    ck_assert_int_eq(eddy_loop_forget(loop, 60000), 0);
    stop(&seen);
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_loop_forget(loop, pair[0]), 0);
    copy = dup(pair[0]); /* the file lives on, with a byte to read */
    write_byte(pair[1]);
    close_both(pair);
    events = stats_of(loop).events;
    turns(loop, 5);
    ck_assert_uint_eq(stats_of(loop).events, events);
    ck_assert_int_eq(close(copy), 0);
}
END_TEST

START_TEST(forgetting_what_is_watched_is_an_error_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen seen;
    int pair[2];

    make_pair(pair);
    start(loop, &seen, pair[0], EDDY_WRITE);
    turns(loop, 1);
    ck_assert_uint_eq(seen.ready, EDDY_WRITE);
    ck_assert_int_eq(eddy_loop_forget(loop, pair[0]), 0);
    turns(loop, 3);
    ck_assert_int_eq(seen.times, 2);
    ck_assert(seen.ready & EDDY_ERROR);
    ck_assert_int_eq(seen.error, -EBADF);
    stop(&seen);
    close_both(pair);
}
END_TEST

/* ---- Closed behind the loop's back --------------------------------------- */

START_TEST(a_closed_descriptor_is_an_error_once_or_silence) /* L38, T21 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen gone, other;
    int pair[2], healthy[2];

    make_pair(pair);
    make_pair(healthy);
    start(loop, &gone, pair[0], EDDY_READ);
    start(loop, &other, healthy[0], EDDY_READ);
    turns(loop, 1);
    close_both(pair);
    write_byte(healthy[1]);
    turns(loop, 10);
    ck_assert_int_le(gone.times, 1);
    if (gone.times == 1) {
        ck_assert(gone.ready & EDDY_ERROR);
        ck_assert_int_eq(gone.error, -EBADF);
    }
    ck_assert_int_ge(other.times, 9); /* and nobody else suffers */
    stop(&gone);
    stop(&other);
    close_both(healthy);
}
END_TEST

START_TEST(a_descriptor_closed_before_the_first_wait_is_an_error_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen seen;
    int pair[2];

    make_pair(pair);
    start(loop, &seen, pair[0], EDDY_READ);
    close_both(pair);
    turns(loop, 5);
    ck_assert_int_eq(seen.times, 1);
    ck_assert(seen.ready & EDDY_ERROR);
    ck_assert_int_eq(seen.error, -EBADF);
    stop(&seen);
}
END_TEST

START_TEST(a_refused_number_may_be_tried_again)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen first, second;
    int pair[2], fresh[2], fd;

    make_pair(pair);
    make_pair(fresh);
    fd = pair[0];
    start(loop, &first, fd, EDDY_WRITE);
    close_both(pair);
    turns(loop, 3);
    ck_assert_int_eq(first.times, 1);
    ck_assert_int_eq(dup2(fresh[0], fd), fd);
    start(loop, &second, fd, EDDY_WRITE); /* while the first still stands */
    turns(loop, 1);
    ck_assert_uint_eq(second.ready, EDDY_WRITE);
    stop(&second);
    ck_assert_int_eq(eddy_watch_set(&first.watch, EDDY_WRITE), 0);
    turns(loop, 1);
    ck_assert_uint_eq(first.ready, EDDY_WRITE);
    stop(&first);
    ck_assert_int_eq(close(fd), 0);
    close_both(fresh);
}
END_TEST

START_TEST(a_watch_that_was_told_is_silent_when_its_number_is_used_again)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct seen former, other;
    int pair[2];

    make_pair(pair);
    start(loop, &former, pair[0], EDDY_READ);
    turns(loop, 1);
    ck_assert_int_eq(eddy_loop_forget(loop, pair[0]), 0);
    turns(loop, 1);
    ck_assert_int_eq(former.error, -EBADF);
    start(loop, &other, pair[0], EDDY_READ | EDDY_WRITE);
    write_byte(pair[1]);
    turns(loop, 3);
    ck_assert_int_eq(former.times, 1);
    ck_assert_uint_eq(other.ready, EDDY_READ | EDDY_WRITE);
    ck_assert_int_eq(other.error, 0);
    ck_assert_int_eq(eddy_watch_set(&former.watch, EDDY_READ), 0);
    turns(loop, 1);
    ck_assert_int_eq(former.times, 2); /* it asked for more */
    ck_assert_int_eq(former.error, 0);
    stop(&former);
    stop(&other);
    close_both(pair);
}
END_TEST

/* ---- Regular files ------------------------------------------------------- */

START_TEST(a_regular_file_is_always_ready_everywhere) /* L39, T6 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    FILE *file = tmpfile();
    struct seen reader, writer, late;
    int fd = fileno(file);

    start(loop, &reader, fd, EDDY_READ);
    turns(loop, 5);
    ck_assert_int_eq(reader.times, 5);
    ck_assert_uint_eq(reader.ready, EDDY_READ);
    start(loop, &writer, fd, EDDY_WRITE);
    turns(loop, 1);
    ck_assert_uint_eq(writer.ready, EDDY_WRITE);
    ck_assert_int_eq(eddy_watch_set(&reader.watch, 0), 0);
    stop(&writer);
    turns(loop, 3);
    ck_assert_int_eq(reader.times, 6);
    start(loop, &late, fd, EDDY_READ); /* beside one that is paused */
    turns(loop, 3);
    ck_assert_int_eq(late.times, 3);
    stop(&late);
    ck_assert_int_eq(eddy_watch_set(&reader.watch, EDDY_READ), 0);
    turns(loop, 1);
    ck_assert_int_eq(reader.times, 7);
    stop(&reader);
    (void)fclose(file);
}
END_TEST

START_TEST(a_paused_file_lets_the_loop_sleep)
{
    struct eddy_loop *loop = virtual_loop(_i);
    FILE *file = tmpfile();
    struct seen seen;

    start(loop, &seen, fileno(file), EDDY_READ);
    turns(loop, 2);
    ck_assert_int_eq(eddy_watch_set(&seen.watch, 0), 0);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(EDDY_SECOND)).n, 0);
    ck_assert_int_eq(seen.times, 2);
    ck_assert_uint_le(stats_of(loop).turns, 6);
    stop(&seen);
    (void)fclose(file);
}
END_TEST

/* ---- Pollers that refuse ------------------------------------------------- */

/* The poller under test, but it refuses a descriptor for all that is not in
 * `granted`. */
static const struct eddy_poller_ops *real;
static int moody_fd, moody_error;
static unsigned granted;

static int moody_set(struct eddy_poller *poller, int fd, unsigned from,
                     unsigned to)
{
    if (fd == moody_fd && (to & ~granted) != 0)
        return moody_error;
    return real->set(poller, fd, from, to);
}

static struct eddy_loop *moody_loop(int index)
{
    static struct eddy_poller_ops ops;
    struct eddy_loop_options options = virtual_options(index);

    real = options.poller;
    ops = *real;
    ops.name = "moody";
    ops.set = moody_set;
    options.poller = &ops;
    moody_fd = -1; /* not the loop's own */
    return loop_with(options);
}

START_TEST(what_the_poller_cannot_take_is_an_error_once) /* L40, T26 */
{
    static const int errors[] = { -ERANGE, -ENOMEM, -ENOSPC };
    struct eddy_loop *loop = moody_loop(_i);
    struct seen seen;
    int pair[2];

    make_pair(pair);
    moody_fd = pair[0];
    for (size_t i = 0; i < COUNT(errors); i++) {
        moody_error = errors[i];
        granted = 0;
        start(loop, &seen, pair[0], EDDY_WRITE);
        turns(loop, 5);
        ck_assert_int_eq(seen.times, 1);
        ck_assert(seen.ready & EDDY_ERROR);
        ck_assert_int_eq(seen.error, errors[i]);
        granted = EDDY_WRITE; /* setting it tries again */
        ck_assert_int_eq(eddy_watch_set(&seen.watch, EDDY_WRITE), 0);
        turns(loop, 1);
        ck_assert_uint_eq(seen.ready, EDDY_WRITE);
        stop(&seen);
    }
    close_both(pair);
}
END_TEST

START_TEST(a_refused_change_leaves_no_interest_behind)
{
    struct eddy_loop *loop = moody_loop(_i);
    struct seen seen;
    uint64_t events;
    int pair[2];

    make_pair(pair);
    moody_fd = pair[0];
    moody_error = -ENOMEM;
    granted = EDDY_READ;
    start(loop, &seen, pair[0], EDDY_READ);
    write_byte(pair[1]);
    turns(loop, 1);
    ck_assert_uint_eq(seen.ready, EDDY_READ);
    ck_assert_int_eq(eddy_watch_set(&seen.watch, EDDY_READ | EDDY_WRITE), 0);
    turns(loop, 1);
    ck_assert(seen.ready & EDDY_ERROR);
    ck_assert_int_eq(seen.error, -ENOMEM);
    events = stats_of(loop).events;
    turns(loop, 5); /* the byte is still there: it must not spin */
    ck_assert_int_eq(seen.times, 2);
    ck_assert_uint_eq(stats_of(loop).events, events);
    stop(&seen);
    close_both(pair);
}
END_TEST

START_TEST(waiting_for_a_bad_descriptor_tells_why)
{
    struct eddy_loop *loop = moody_loop(_i);
    int pair[2];

    make_pair(pair);
    moody_fd = pair[0];
    moody_error = -ERANGE;
    granted = 0;
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_writable(pair[0])).n,
                     -ERANGE);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_writable(pair[1])).n,
                     EDDY_WRITE);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_ready(pair[1], 0)).n,
                     -EINVAL);
    close_both(pair);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_readable(pair[1])).n,
                     -EBADF);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_number_may_change_hands_between_turns,
        forgetting_takes_effect_at_once,
        forgetting_what_is_watched_is_an_error_once,
        a_closed_descriptor_is_an_error_once_or_silence,
        a_descriptor_closed_before_the_first_wait_is_an_error_once,
        a_refused_number_may_be_tried_again,
        a_watch_that_was_told_is_silent_when_its_number_is_used_again,
        a_regular_file_is_always_ready_everywhere,
        a_paused_file_lets_the_loop_sleep,
        what_the_poller_cannot_take_is_an_error_once,
        a_refused_change_leaves_no_interest_behind,
        waiting_for_a_bad_descriptor_tells_why,
    };
    Suite *suite = suite_create("watch fd");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
