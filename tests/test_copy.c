/* SPDX-License-Identifier: MIT */
/* test_copy.c - what copying from one stream to another promises. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "stream_support.h"

/* source -> from ... to -> sink */
static struct eddy_stream *from, *to;
static int source, sink;

static void open_ends(int index)
{
    open_loop(index, REAL_TIME);
    from = new_narrow_stream(&source);
    to = new_narrow_stream(&sink);
}

static void drop_ends(void)
{
    drop(from, source);
    drop(to, sink);
}

/* Writes the next bytes of the pattern, as many as fit. */
static size_t feed(int fd, size_t at, size_t end)
{
    char block[4096];
    size_t size = end - at < sizeof block ? end - at : sizeof block;
    ssize_t n;

    fill_pattern(block, size, at);
    n = write(fd, block, size);
    ck_assert(n >= 0 || errno == EAGAIN);
    return n < 0 ? 0 : (size_t)n;
}

/* Has the stream read so much of the pattern ahead. */
static void preload(struct eddy_stream *stream, int peer, size_t size)
{
    char *buf = malloc(size);
    struct outcome reading;

    begin(&reading, eddy_read_until(stream, buf, size - 1, "not in it", 9));
    for (size_t at = 0; at < size; some_turns(1))
        at += feed(peer, at, size);
    ck_assert_int_eq(finish(&reading), -EMSGSIZE);
    free(buf);
}

/* ---- To the end, or the limit ------------------------------------------- */

START_TEST(copying_ends_with_what_it_copies_from)
{
    static const size_t sizes[] = { 0, 1, 4096, 65536, 100001, 1 << 20 };

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct outcome copying;
        size_t fed = 0;

        open_ends(_i);
        begin(&copying, eddy_copy(from, to, EDDY_TO_THE_END));
        for (size_t got = 0; got < sizes[i];) {
            size_t more = feed(source, fed, sizes[i]);

            some_turns(1);
            drain_pattern(sink, more, got);
            fed += more;
            got += more;
        }
        some_turns(2);
        ck_assert_int_eq(copying.calls, 0);
        ck_assert_int_eq(close(source), 0);
        ck_assert_int_eq(finish(&copying), (int64_t)sizes[i]);
        ck_assert_int_eq(perform(eddy_write(to, "x", 1)), 1); /* stays open */
        drop(from, -1);
        drop(to, sink);
        close_loop();
    }
}
END_TEST

START_TEST(what_is_beyond_the_limit_stays)
{
    struct outcome copying;
    char buf[16];

    open_ends(_i);
    ck_assert_int_eq(perform(eddy_copy(from, to, 0)), 0);
    begin(&copying, eddy_copy(from, to, 5));
    put(source, "12");
    some_turns(2);
    ck_assert_int_eq(copying.calls, 0);
    put(source, "345678");
    ck_assert_int_eq(finish(&copying), 5);
    ck_assert_int_eq(get(sink, buf, sizeof buf), 5);
    ck_assert_mem_eq(buf, "12345", 5);
    ck_assert_int_eq(perform(eddy_copy(from, to, 1)), 1);
    ck_assert_int_eq(perform(eddy_read(from, buf, sizeof buf)), 2);
    ck_assert_mem_eq(buf, "78", 2);
    drop_ends();
}
END_TEST

START_TEST(copying_begins_with_what_a_line_left)
{
    struct outcome copying;
    char buf[16];

    open_ends(_i);
    put(source, "head\nbody");
    ck_assert_int_eq(perform(eddy_read_line(from, buf, sizeof buf)), 5);
    begin(&copying, eddy_copy(from, to, EDDY_TO_THE_END));
    ck_assert_int_eq(get(sink, buf, sizeof buf), 4); /* at once */
    put(source, "+");
    some_turns(2);
    ck_assert_int_eq(get(sink, buf, sizeof buf), 1);
    ck_assert_int_eq(close(source), 0);
    ck_assert_int_eq(finish(&copying), 5);
    drop(from, -1);
    drop(to, sink);
}
END_TEST

START_TEST(stream_copied_to_itself_is_an_echo)
{
    enum { SIZE = 300000, PIECE = 97 };
    struct eddy_stream *stream;
    struct outcome copying;
    size_t fed = 0, got = 0;
    int peer;

    open_loop(_i, REAL_TIME);
    stream = new_narrow_stream(&peer);
    begin(&copying, eddy_copy(stream, stream, EDDY_TO_THE_END));
    while (got < SIZE) {
        size_t more = feed(peer, fed, SIZE), some;

        fed += more;
        if (more > 0)
            continue; /* until nothing fits anywhere */
        some = fed - got < PIECE ? fed - got : PIECE;
        drain_pattern(peer, some, got);
        got += some;
    }
    ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
    ck_assert_int_eq(finish(&copying), SIZE);
    drop(stream, peer);
}
END_TEST

/* ---- Its place ---------------------------------------------------------- */

START_TEST(copying_reads_no_faster_than_it_writes)
{
    struct outcome copying;
    size_t fed = 0, more;
    int quiet = 0;

    open_ends(_i);
    begin(&copying, eddy_copy(from, to, EDDY_TO_THE_END));
    while (quiet < 5) {
        more = feed(source, fed, SIZE_MAX);
        fed += more;
        some_turns(1);
        quiet = more > 0 ? 0 : quiet + 1;
        ck_assert_uint_le(eddy_stream_queued(to), 65536);
        ck_assert_uint_lt(fed, 1 << 20);
    }
    ck_assert_uint_gt(eddy_stream_queued(to), 0);
    ck_assert_int_eq(close(source), 0);
    drain_pattern(sink, fed, 0);
    ck_assert_int_eq(finish(&copying), (int64_t)fed);
    drop(from, -1);
    drop(to, sink);
}
END_TEST

START_TEST(copying_queues_like_a_write)
{
    struct outcome before, after, copying;
    size_t stuck;
    char buf[8];

    open_ends(_i);
    stuck = clog_up(to);
    begin(&before, eddy_write(to, "1", 1));
    put(source, "23");
    begin(&copying, eddy_copy(from, to, 2));
    while (eddy_stream_queued(to) == 0 || copying.request == NULL)
        turn();
    some_turns(2);
    begin(&after, eddy_write(to, "4", 1));
    drain_pattern(sink, stuck, 0);
    ck_assert_int_eq(finish(&after), 1);
    ck_assert_int_eq(get(sink, buf, sizeof buf), 4);
    ck_assert_mem_eq(buf, "1234", 4);
    ck_assert_int_eq(before.place, 1);
    ck_assert_int_eq(finish(&copying), 2);
    drop_ends();
}
END_TEST

START_TEST(copying_is_the_one_reader_all_the_time)
{
    struct outcome copying;
    char byte;

    open_ends(_i);
    begin(&copying, eddy_copy(from, to, EDDY_TO_THE_END));
    ck_assert_int_eq(perform(eddy_read(from, &byte, 1)), -EBUSY);
    ck_assert_int_eq(perform(eddy_copy(from, from, 1)), -EBUSY);
    (void)clog_up(to);
    put(source, "waits to be written");
    some_turns(3);
    ck_assert_int_eq(perform(eddy_read(from, &byte, 1)), -EBUSY);
    ck_assert_int_eq(perform(eddy_receive(from)), -EBUSY);
    drop_ends();
    ck_assert_int_eq(copying.result.n, -ECANCELED);
}
END_TEST

START_TEST(streams_of_another_loop_are_refused)
{
    struct eddy_loop *home;
    struct eddy_stream *foreign;
    int peer;

    open_ends(_i);
    home = loop;
    open_loop(_i, REAL_TIME);
    foreign = new_stream(&peer);
    ck_assert_int_eq(perform(eddy_copy(foreign, to, 1)), -EXDEV);
    ck_assert_int_eq(perform(eddy_copy(from, foreign, 1)), -EXDEV);
    drop(foreign, peer);
    close_loop();
    loop = home;
    drop_ends();
}
END_TEST

/* ---- Cut short ---------------------------------------------------------- */

/* What it may be at. */
enum { BEGUN, WAITS_FOR_BYTES, WAITS_ITS_TURN, HALF_WAY, STATES };

struct scene {
    struct outcome copying;
    size_t stuck; /* bytes of the pattern that are before it */
    size_t size;  /* what there is to copy, also of the pattern */
    size_t fed;   /* so much of that has come */
};

static void open_scene(struct scene *scene, int index, int state)
{
    *scene = (struct scene){ .size = state == HALF_WAY ? 300000 : 1000 };
    open_ends(index);
    if (state == HALF_WAY)
        preload(from, source, scene->fed = scene->size);
    if (state == WAITS_ITS_TURN) {
        scene->stuck = clog_up(to);
        scene->fed = feed(source, 0, scene->size);
    }
    begin(&scene->copying, eddy_copy(from, to, EDDY_TO_THE_END));
    if (state != BEGUN)
        some_turns(3);
    ck_assert_int_eq(scene->copying.calls, 0);
    ck_assert_int_eq(eddy_stream_queued(to) > 0, state >= WAITS_ITS_TURN);
}

/* The rest of what there is to copy can be read. */
static void check_rest(struct scene *scene)
{
    size_t done = (size_t)scene->copying.result.done;
    size_t left = scene->size - done;
    char *buf = malloc(left);

    if (scene->fed == 0)
        (void)feed(source, 0, scene->size);
    ck_assert_int_eq(perform(eddy_read_exactly(from, buf, left)),
                     (int64_t)left);
    check_pattern(buf, left, done);
    free(buf);
}

/* Nobody hears of an end but of what went out. */
static void check_done(const struct scene *scene, int state)
{
    ck_assert_int_eq(scene->copying.calls, 1);
    ck_assert_int_eq(scene->copying.result.done > 0, state == HALF_WAY);
    ck_assert_uint_lt(scene->copying.result.done, scene->size);
}

START_TEST(cancelled_in_any_state_it_can_go_on)
{
    for (int state = 0; state < STATES; state++) {
        struct scene scene;
        struct outcome rest;
        int64_t left;

        open_scene(&scene, _i, state);
        eddy_request_cancel(scene.copying.request);
        ck_assert_int_eq(finish(&scene.copying), -ECANCELED);
        check_done(&scene, state);
        if (scene.fed == 0)
            (void)feed(source, 0, scene.size);
        left = (int64_t)(scene.size - scene.copying.result.done);
        begin(&rest, eddy_copy(from, to, (uint64_t)left));
        drain_pattern(sink, scene.stuck, 0);
        drain_pattern(sink, scene.size, 0);
        ck_assert_int_eq(finish(&rest), left);
        drop_ends();
        close_loop();
    }
}
END_TEST

START_TEST(limit_tells_how_much_went_out)
{
    struct eddy_result result;

    open_loop(_i, VIRTUAL_TIME);
    from = new_stream(&source);
    to = new_stream(&sink);
    put(source, "four");
    result = perform_fully(
        eddy_within(EDDY_SECOND, eddy_copy(from, to, EDDY_TO_THE_END)));
    ck_assert_int_eq(result.n, -ETIME);
    ck_assert_uint_eq(result.done, 4);
    drop_ends();
}
END_TEST

START_TEST(closing_what_it_reads_ends_it)
{
    for (int state = 0; state < STATES; state++) {
        struct scene scene;
        struct outcome closing, writing;
        char byte;

        open_scene(&scene, _i, state);
        begin(&closing, eddy_close(from));
        ck_assert_int_eq(finish(&closing), 0);
        ck_assert_int_eq(finish(&scene.copying), -ECANCELED);
        check_done(&scene, state);
        ck_assert_int_lt(scene.copying.place, closing.place);
        begin(&writing, eddy_write(to, "x", 1));
        drain_pattern(sink, scene.stuck, 0);
        drain_pattern(sink, (size_t)scene.copying.result.done, 0);
        ck_assert_int_eq(finish(&writing), 1);
        ck_assert_int_eq(get(sink, &byte, 1), 1);
        ck_assert_int_eq(byte, 'x');
        drop(to, sink);
        close_loop();
        ck_assert_int_eq(close(source), 0);
    }
}
END_TEST

START_TEST(closing_what_it_writes_ends_it)
{
    for (int state = 0; state < STATES; state++) {
        struct scene scene;
        struct outcome closing;
        char byte;

        open_scene(&scene, _i, state);
        begin(&closing, eddy_close(to));
        ck_assert_int_eq(finish(&scene.copying), -ECANCELED);
        check_done(&scene, state);
        drain_pattern(sink, scene.stuck, 0);
        ck_assert_int_eq(finish(&closing), 0);
        ck_assert_int_lt(scene.copying.place, closing.place);
        drain_pattern(sink, (size_t)scene.copying.result.done, 0);
        ck_assert_int_eq(get(sink, &byte, 1), 0);
        check_rest(&scene);
        drop(from, source);
        close_loop();
        ck_assert_int_eq(close(sink), 0);
    }
}
END_TEST

enum { FREE_FROM, FREE_TO, FREE_BOTH, FREE_LOOP, FREES };

START_TEST(freeing_anything_ends_it)
{
    for (int way = 0; way < FREES * STATES; way++) {
        struct scene scene;
        int what = way % FREES;

        open_scene(&scene, _i, way / FREES);
        if (what == FREE_FROM || what == FREE_BOTH)
            eddy_stream_free(from, false);
        if (what == FREE_TO || what == FREE_BOTH)
            eddy_stream_free(to, false);
        if (what != FREE_LOOP)
            some_turns(1);
        close_loop();
        ck_assert_int_eq(scene.copying.result.n, -ECANCELED);
        check_done(&scene, way / FREES);
        ck_assert_int_eq(close(source), 0);
        ck_assert_int_eq(close(sink), 0);
    }
}
END_TEST

START_TEST(closing_an_echo_ends_it)
{
    for (int half_way = 0; half_way <= 1; half_way++) {
        struct eddy_stream *stream;
        struct outcome copying, closing;
        int peer;

        open_loop(_i, REAL_TIME);
        stream = new_narrow_stream(&peer);
        if (half_way)
            preload(stream, peer, 300000);
        begin(&copying, eddy_copy(stream, stream, EDDY_TO_THE_END));
        some_turns(2);
        begin(&closing, eddy_close(stream));
        ck_assert_int_eq(finish(&closing), 0);
        ck_assert_int_eq(copying.result.n, -ECANCELED);
        ck_assert_int_eq(copying.result.done > 0, half_way);
        ck_assert_int_lt(copying.place, closing.place);
        ck_assert_int_eq(close(peer), 0);
        close_loop();
    }
}
END_TEST

START_TEST(what_is_behind_a_cancelled_copy_goes_on)
{
    struct scene scene;
    struct outcome ending;
    char byte;

    open_scene(&scene, _i, HALF_WAY);
    begin(&ending, eddy_shutdown(to));
    eddy_request_cancel(scene.copying.request);
    ck_assert_int_eq(finish(&scene.copying), -ECANCELED);
    drain_pattern(sink, (size_t)scene.copying.result.done, 0);
    ck_assert_int_eq(finish(&ending), 0);
    ck_assert_int_eq(get(sink, &byte, 1), 0);
    drop_ends();
}
END_TEST

/* ---- Errors ------------------------------------------------------------- */

START_TEST(dead_sink_ends_it_and_what_did_not_go_out_is_kept)
{
    for (int state = 0; state < STATES; state++) {
        struct scene scene;
        int64_t n;

        open_scene(&scene, _i, state);
        ck_assert_int_eq(close(sink), 0);
        if (scene.fed == 0)
            scene.fed = feed(source, 0, scene.size);
        n = finish(&scene.copying);
        ck_assert(n == -EPIPE || n == -ECONNRESET);
        check_done(&scene, state);
        check_rest(&scene);
        ck_assert_int_eq(perform(eddy_copy(from, to, 1)), -EPIPE);
        drop(from, source);
        drop(to, -1);
        close_loop();
    }
}
END_TEST

START_TEST(reset_source_ends_it_with_its_error)
{
    struct outcome copying;

    open_loop(_i, REAL_TIME);
    from = new_tcp_stream(&source);
    to = new_stream(&sink);
    begin(&copying, eddy_copy(from, to, EDDY_TO_THE_END));
    put(source, "abc");
    while (get(sink, (char[4]){ 0 }, 4) != 3)
        turn();
    reset(source);
    ck_assert_int_eq(finish(&copying), -ECONNRESET);
    ck_assert_uint_eq(copying.result.done, 3);
    ck_assert_int_eq(perform(eddy_copy(from, to, 1)), -ECONNRESET);
    ck_assert_int_eq(perform(eddy_write(to, "x", 1)), 1);
    drop(from, -1);
    drop(to, sink);
}
END_TEST

/* ---- What it costs ------------------------------------------------------ */

static size_t largest; /* single allocation */

static void *watch_sizes(void *arg, void *ptr, size_t size)
{
    largest = size > largest ? size : largest;
    return counting_mem()->resize(arg, ptr, size);
}

START_TEST(copying_holds_no_buffer_before_bytes_come)
{
    struct eddy_loop_options options = { .mem = { watch_sizes, NULL } };
    struct outcome copying;

    open_loop_with(_i, &options);
    from = new_stream(&source);
    to = new_stream(&sink);
    ck_assert_int_eq(perform(eddy_next_turn()), 0); /* has made requests */
    largest = 0;
    begin(&copying, eddy_copy(from, to, EDDY_TO_THE_END));
    some_turns(2);
    ck_assert_uint_lt(largest, 256);
    put(source, "x");
    some_turns(2);
    ck_assert_uint_lt(largest, 8192);
    drop_ends();
}
END_TEST

static int busy_fd, receives, in_this_turn;
static size_t most_at_once;

static int64_t endless_recv(void *arg, int fd, bool socket, void *buf,
                            size_t size)
{
    if (fd != busy_fd)
        return eddy_sys_default()->recv(arg, fd, socket, buf, size);
    receives++;
    in_this_turn++;
    most_at_once = size > most_at_once ? size : most_at_once;
    memset(buf, 'x', size);
    return (int64_t)size;
}

static int64_t swallow(void *arg, int fd, bool socket, const struct iovec *iov,
                       int count)
{
    int64_t n = 0;

    (void)arg;
    (void)fd;
    (void)socket;
    for (int i = 0; i < count; i++)
        n += (int64_t)iov[i].iov_len;
    return n;
}

/* Between two that are faster than the loop. */
static void open_torrent(int index, struct outcome *copying)
{
    static struct eddy_sys sys;
    struct eddy_loop_options options = { .sys = &sys };

    sys = *eddy_sys_default();
    sys.recv = endless_recv;
    sys.send = swallow;
    open_loop_with(index, &options);
    from = new_stream(&source);
    to = new_stream(&sink);
    busy_fd = eddy_stream_fd(from);
    most_at_once = 0;
    receives = 0;
    put(source, "x"); /* never read: always ready */
    begin(copying, eddy_copy(from, to, EDDY_TO_THE_END));
}

START_TEST(copying_without_end_starves_nobody)
{
    struct outcome copying;

    open_torrent(_i, &copying);
    for (int i = 0; i < 20; i++) {
        in_this_turn = 0;
        some_turns(1);
        ck_assert_int_le(in_this_turn, 4);
    }
    ck_assert_int_ge(receives, 50);
    ck_assert_uint_eq(most_at_once, 65536); /* and no more */
    drop_ends();
}
END_TEST

START_TEST(without_memory_for_more_room_it_goes_on)
{
    struct outcome copying;

    open_torrent(_i, &copying);
    fail_allocation(2); /* the first one it cannot do without */
    some_turns(5);
    ck_assert(allocation_failed());
    ck_assert_int_eq(copying.calls, 0);
    ck_assert_int_ge(receives, 10);
    drop_ends();
}
END_TEST

START_TEST(no_memory_to_copy_loses_nothing)
{
    struct outcome copying;
    char byte;

    open_ends(_i);
    ck_assert_int_eq(perform(eddy_next_turn()), 0); /* has made requests */
    fail_allocation(1);
    ck_assert_int_eq(perform(eddy_copy(from, to, 1)), -ENOMEM);
    begin(&copying, eddy_copy(from, to, 1));
    some_turns(1);
    fail_allocation(1);
    put(source, "x");
    ck_assert_int_eq(finish(&copying), -ENOMEM);
    ck_assert_int_eq(perform(eddy_read(from, &byte, 1)), 1);
    ck_assert_int_eq(get(sink, &byte, 1), -EAGAIN);
    drop_ends();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        copying_ends_with_what_it_copies_from,
        what_is_beyond_the_limit_stays,
        copying_begins_with_what_a_line_left,
        stream_copied_to_itself_is_an_echo,
        copying_reads_no_faster_than_it_writes,
        copying_queues_like_a_write,
        copying_is_the_one_reader_all_the_time,
        streams_of_another_loop_are_refused,
        cancelled_in_any_state_it_can_go_on,
        limit_tells_how_much_went_out,
        closing_what_it_reads_ends_it,
        closing_what_it_writes_ends_it,
        freeing_anything_ends_it,
        closing_an_echo_ends_it,
        what_is_behind_a_cancelled_copy_goes_on,
        dead_sink_ends_it_and_what_did_not_go_out_is_kept,
        reset_source_ends_it_with_its_error,
        copying_holds_no_buffer_before_bytes_come,
        copying_without_end_starves_nobody,
        without_memory_for_more_room_it_goes_on,
        no_memory_to_copy_loses_nothing,
    };
    Suite *suite = suite_create("copy");

    add_per_poller(suite, tests, COUNT(tests), NULL, close_loop);
    return run_suite(suite);
}
