/* SPDX-License-Identifier: MIT */
/* test_uring_send.c - what an io_uring sends in the call that waits. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <pthread.h>
#include <sys/mman.h>

#include <eddy/front.h>

#include "stream_support.h"

/* ---- The poller --------------------------------------------------------- */

/* NULL: not here. */
static struct eddy_poller *open_poller(void)
{
    const struct eddy_poller_ops *ops = eddy_poller_find("uring");
    struct eddy_poller *poller;

    if (ops == NULL || ops->open(&poller, counting_mem()) < 0)
        return NULL;
    if ((ops->completion->can(poller) & 1u << EDDY_IO_SEND) != 0)
        return poller;
    ops->close(poller);
    return NULL;
}

static void fill_up(int fd)
{
    static char block[4096];

    make_narrow(fd);
    while (send(fd, block, sizeof block, MSG_DONTWAIT) > 0)
        continue;
}

/* More than a ring holds; and what fails is more than a tiny one has room for
 * the completions of. */
enum { PAIRS = 99, SENDS = 990 };

struct scene {
    struct eddy_io_send sends[SENDS];
    int near[PAIRS], far[PAIRS];
};

/* Every third pair is full, every third one broken. */
static void set_scene(struct scene *scene)
{
    for (int i = 0; i < PAIRS; i++) {
        int pair[2];

        make_pair(pair);
        scene->near[i] = pair[0];
        scene->far[i] = pair[1];
        if (i % 3 == 1)
            fill_up(pair[0]);
        if (i % 3 == 2)
            ck_assert_int_eq(shutdown(pair[1], SHUT_RD), 0);
    }
    for (int i = 0; i < SENDS; i++)
        scene->sends[i] = (struct eddy_io_send){
            .next = i + 1 < SENDS ? &scene->sends[i + 1] : NULL,
            .bytes = "hello",
            .size = 5,
            .n = 77,
            .fd = scene->near[i % PAIRS],
        };
}

static void check_outcomes(struct scene *scene)
{
    const int each = 5 * (SENDS / PAIRS);
    char buf[100];

    for (int i = 0; i < SENDS; i++)
        ck_assert_int_eq(scene->sends[i].n, i % 3 == 0   ? 5
                                            : i % 3 == 1 ? -EAGAIN
                                                         : -EPIPE);
    for (int i = 0; i < PAIRS; i++) {
        if (i % 3 == 0)
            ck_assert_int_eq(recv(scene->far[i], buf, 100, MSG_DONTWAIT), each);
        ck_assert_int_eq(close(scene->near[i]), 0);
        ck_assert_int_eq(close(scene->far[i]), 0);
    }
}

START_TEST(after_the_wait_each_send_has_its_outcome)
{
    const struct eddy_poller_ops *ops = eddy_poller_find("uring");
    struct eddy_poller *poller = open_poller();
    struct eddy_event out[4];
    static struct scene scene;

    if (poller == NULL)
        return;
    for (int cap = 1; cap <= 4; cap++) {
        set_scene(&scene);
        for (int i = 0; i < 3; i++) /* they can be written to */
            ck_assert_int_eq(ops->set(poller, scene.far[i], 0, EDDY_WRITE), 0);
        ops->completion->send(poller, scene.sends);
        ck_assert_int_ge(ops->wait(poller, out, cap, EDDY_FOREVER), 0);
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(ops->set(poller, scene.far[i], EDDY_WRITE, 0), 0);
        check_outcomes(&scene);
    }
    ops->close(poller);
}
END_TEST

START_TEST(the_wait_goes_on_when_all_has_gone)
{
    const struct eddy_poller_ops *ops = eddy_poller_find("uring");
    struct eddy_poller *poller = open_poller();
    struct eddy_io_send it = { .bytes = "hello", .size = 5 };
    struct eddy_event out;
    int pair[2];

    if (poller == NULL)
        return;
    make_pair(pair);
    it.fd = pair[0];
    ck_assert_int_eq(ops->set(poller, pair[1], 0, EDDY_READ), 0);
    ops->completion->send(poller, &it);
    ck_assert_int_eq(ops->wait(poller, &out, 1, EDDY_FOREVER), 1);
    ck_assert_int_eq(out.fd, pair[1]);
    ck_assert_int_eq(it.n, 5);
    ck_assert_int_eq(ops->set(poller, pair[1], EDDY_READ, 0), 0);
    ops->close(poller);
    ck_assert_int_eq(close(pair[0]), 0);
    ck_assert_int_eq(close(pair[1]), 0);
}
END_TEST

/* ---- Streams ------------------------------------------------------------ */

enum { CROWD = 100 };

struct member {
    struct eddy_stream *stream;
    int peer;
    struct outcome reading, writing;
    char bytes[8];
};
static struct member crowd[CROWD];
static bool cancels;
static int answered;

static int bytes_at(int fd)
{
    char buf[64];
    int64_t n = get(fd, buf, sizeof buf);

    return n == -EAGAIN ? 0 : (int)n;
}

static void answer(struct eddy_result result, void *arg)
{
    struct member *member = arg;

    ck_assert_int_gt(result.n, 0);
    begin(&member->writing, eddy_write(member->stream, member->bytes, 5));
    if (cancels && member->writing.request != NULL)
        eddy_request_cancel(member->writing.request);
    if (++answered == CROWD)
        ck_assert_int_eq(eddy_loop_stop(loop), 0);
}

/* All are asked at once, and answer in the turn that brings it. */
static void have_a_crowd_answer(void)
{
    answered = 0;
    for (int i = 0; i < CROWD; i++) {
        struct member *member = &crowd[i];

        member->stream = new_stream(&member->peer);
        memcpy(member->bytes, "hello", 6);
        ck_assert_int_eq(eddy_start(loop,
                                    eddy_read(member->stream, member->bytes, 8),
                                    answer, member, NULL),
                         0);
        put(member->peer, "hello");
    }
    ck_assert_int_eq(eddy_loop_run(loop), 1);
}

START_TEST(a_crowd_is_answered)
{
    if (!open_uring_loop(EDDY_IO_SEND))
        return;
    cancels = false;
    have_a_crowd_answer();
    for (int i = 0; i < CROWD; i++) {
        ck_assert_int_eq(finish(&crowd[i].writing), 5);
        ck_assert_int_eq(bytes_at(crowd[i].peer), 5);
        drop(crowd[i].stream, crowd[i].peer);
    }
}
END_TEST

START_TEST(a_crowd_takes_it_back)
{
    if (!open_uring_loop(EDDY_IO_SEND))
        return;
    cancels = true;
    have_a_crowd_answer();
    for (int i = 0; i < CROWD; i++) {
        int64_t n = finish(&crowd[i].writing);

        ck_assert_int_eq(bytes_at(crowd[i].peer), n == 5 ? 5 : 0);
        ck_assert(n == 5 || n == -ECANCELED);
        drop(crowd[i].stream, crowd[i].peer);
    }
}
END_TEST

static void send_to_all(void *unused)
{
    (void)unused;
    for (int i = 0; i < CROWD; i++)
        ck_assert_int_eq(eddy_send(crowd[i].stream, "world", 5), 0);
    for (int i = 1; i < CROWD; i += 2) /* it waits for the others */
        ck_assert_int_eq(bytes_at(crowd[i].peer), 0);
    for (int i = 0; i < CROWD; i += 7)
        ck_assert_int_eq(shutdown(crowd[i].peer, SHUT_RD), 0);
}

/* Half of them are full, and some break before it goes. */
START_TEST(what_does_not_go_with_the_wait_goes_when_it_can)
{
    if (!open_uring_loop(EDDY_IO_SEND))
        return;
    for (int i = 0; i < CROWD; i++) {
        crowd[i].stream = new_stream(&crowd[i].peer);
        if (i % 2 == 0)
            fill_up(eddy_stream_fd(crowd[i].stream));
    }
    ck_assert_int_eq(eddy_loop_soon(loop, send_to_all, NULL), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(eddy_loop_run_until(loop, eddy_next_turn()).n, 0);
    for (int i = 0; i < CROWD; i++) {
        static char buf[4096];
        int64_t n, last = 0;

        if (i % 7 == 0) {
            ck_assert_int_eq(eddy_send(crowd[i].stream, "!", 1), -EPIPE);
            drop(crowd[i].stream, crowd[i].peer);
            continue;
        }
        do {
            while ((n = get(crowd[i].peer, buf, sizeof buf)) > 0)
                last = n;
            turn();
        } while (eddy_stream_queued(crowd[i].stream) > 0 || n > 0);
        n = get(crowd[i].peer, buf, sizeof buf);
        last = n > 0 ? n : last;
        ck_assert_int_ge(last, 5);
        ck_assert_mem_eq(buf + last - 5, "world", 5);
        drop(crowd[i].stream, crowd[i].peer);
    }
}
END_TEST

/* ---- What breaks the writing before the wait ----------------------------- */

static void *nowhere;
static struct outcome lost;

/* The one in the middle cannot be read, of which the third is told: it finds
 * out, as it does not fit behind the others. */
static void send_behind_a_failure(void *unused)
{
    (void)unused;
    ck_assert_int_eq(eddy_send(crowd[0].stream, "one", 3), 0);
    begin(&lost, eddy_write(crowd[0].stream, nowhere, 1));
    ck_assert_int_eq(eddy_send(crowd[0].stream, "three", 5), -EPIPE);
}

START_TEST(nothing_is_sent_behind_what_was_lost)
{
    if (!open_uring_loop(EDDY_IO_SEND))
        return;
    nowhere = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(nowhere != MAP_FAILED);
    crowd[0].stream = new_stream(&crowd[0].peer);
    ck_assert_int_eq(eddy_loop_soon(loop, send_behind_a_failure, NULL), 0);
    ck_assert_int_eq(eddy_loop_run(loop), 0);
    ck_assert_int_lt(lost.result.n, 0);
    ck_assert_int_lt(bytes_at(crowd[0].peer), 5);
    drop(crowd[0].stream, crowd[0].peer);
    ck_assert_int_eq(munmap(nowhere, 1), 0);
}
END_TEST

/* ---- Another thread ------------------------------------------------------ */

static void send_once(void *unused)
{
    (void)unused;
    ck_assert_int_eq(eddy_send(crowd[0].stream, "hello", 5), 0);
}

static void *run_loop(void *unused)
{
    (void)unused;
    ck_assert_int_eq(eddy_loop_soon(loop, send_once, NULL), 0);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_next_turn()).n, 0);
    return NULL;
}

/* T66: the ring it is handed to first is the other thread's. */
START_TEST(a_loop_that_has_moved_sends_in_its_first_turn)
{
    pthread_t thread;

    if (!open_uring_loop(EDDY_IO_SEND))
        return;
    crowd[0].stream = new_stream(&crowd[0].peer);
    run_loop(NULL);
    ck_assert_int_eq(bytes_at(crowd[0].peer), 5);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_loop, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(bytes_at(crowd[0].peer), 5);
    drop(crowd[0].stream, crowd[0].peer);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        after_the_wait_each_send_has_its_outcome,
        the_wait_goes_on_when_all_has_gone,
        a_crowd_is_answered,
        a_crowd_takes_it_back,
        what_does_not_go_with_the_wait_goes_when_it_can,
        nothing_is_sent_behind_what_was_lost,
        a_loop_that_has_moved_sends_in_its_first_turn,
    };
    Suite *suite = suite_create("uring sends");

    add_tests(suite, "uring", tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
