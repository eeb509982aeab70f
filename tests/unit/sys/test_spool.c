#include "sys/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/postern-spool-XXXXXX";

static int make_directory(void **state)
{
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    return rmdir(directory); /* fails if a file was left */
}

/* Reads piece by piece, as a delivery does. */
static void assert_holds(struct spool *spool, struct span expected)
{
    struct buf all = {0};
    struct span piece;

    do {
        assert_true(spool_view(spool, all.n, &piece));
        buf_add(&all, piece);
    } while (piece.n);
    assert_true(span_eq(buf_span(&all), expected));
    assert_int_equal(spool->octets, expected.n);
    buf_fini(&all);
}

static void keeps_a_small_message_in_sealed_memory(void **state)
{
    const struct spool_settings settings = {"/nonexistent", 100};
    struct spool spool = SPOOL_EMPTY;
    int fd;

    assert_true(spool_write(&spool, &settings, SPAN("one\0")));
    assert_true(spool_write(&spool, &settings, SPAN("two")));
    assert_int_equal(spool.fd, -1);
    assert_holds(&spool, SPAN("one\0two"));
    fd = spool_share(&spool);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GET_SEALS) & (F_SEAL_WRITE | F_SEAL_SHRINK), F_SEAL_WRITE | F_SEAL_SHRINK);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_holds(&spool, SPAN("one\0two"));
    spool_fini(&spool);
    assert_int_equal(spool.fd, -1);
}

static void moves_a_large_one_to_a_file_without_a_name(void **state)
{
    const struct spool_settings settings = {directory, 5};
    struct spool spool = SPOOL_EMPTY;
    int fd;

    assert_true(spool_write(&spool, &settings, SPAN("12345")));
    assert_int_equal(spool.read_only, -1);
    assert_true(spool_write(&spool, &settings, SPAN("6789")));
    fd = spool_share(&spool);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_holds(&spool, SPAN("123456789"));
    spool_fini(&spool);
}

/* Larger than its blocks, and written in pieces that fit none: first the part in memory, then the rest. */
static void keeps_every_byte_of_a_file_in_order(void **state)
{
    const struct spool_settings settings = {directory, 100000};
    struct spool spool = SPOOL_EMPTY;
    struct buf all = {0};
    int fd;

    for (unsigned i = 0; i < 40000; i++) {
        size_t before = all.n;

        buf_add_format(&all, "%u ", i);
        assert_true(spool_write(&spool, &settings, span_from(buf_span(&all), before)));
    }
    fd = spool_share(&spool);
    assert_int_equal(lseek(fd, 0, SEEK_END), all.n);
    assert_int_equal(spool_share(&spool), fd);
    assert_holds(&spool, buf_span(&all));
    spool_fini(&spool);
    buf_fini(&all);
}

static void lets_go_of_its_end(void **state)
{
    const struct spool_settings small = {"/nonexistent", 100}, large = {directory, 5};
    static const char block[65536];
    struct spool spool = SPOOL_EMPTY;

    assert_true(spool_write(&spool, &small, SPAN("text\n.\n")));
    assert_true(spool_cut(&spool, 5));
    assert_int_equal(spool.octets, 5);
    assert_holds(&spool, SPAN("text\n"));
    spool_fini(&spool);
    /* what is already in the file, and what is not */
    assert_true(spool_write(&spool, &large, (struct span){block, sizeof block}));
    assert_true(spool_cut(&spool, sizeof block - 2));
    assert_holds(&spool, (struct span){block, sizeof block - 2});
    spool_fini(&spool);
    assert_true(spool_write(&spool, &large, (struct span){block, sizeof block}));
    assert_true(spool_write(&spool, &large, SPAN("x")));
    assert_true(spool_cut(&spool, sizeof block - 1));
    assert_holds(&spool, (struct span){block, sizeof block - 1});
    spool_fini(&spool);
}

static void tells_a_full_disk_at_the_latest_when_it_is_shared(void **state)
{
    const struct spool_settings settings = {directory, 5};
    struct spool spool = SPOOL_EMPTY;
    struct rlimit before, now;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    now = (struct rlimit){7, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
    assert_true(spool_write(&spool, &settings, SPAN("123456789")));
    assert_int_equal(spool_share(&spool), -1);
    assert_int_equal(errno, EFBIG);
    setrlimit(RLIMIT_FSIZE, &before);
    spool_fini(&spool);
}

static void shares_an_empty_message_too(void **state)
{
    struct spool spool = SPOOL_EMPTY;

    assert_true(spool_share(&spool) >= 0);
    assert_holds(&spool, SPAN(""));
    spool_fini(&spool);
}

static void fails_where_there_is_no_room(void **state)
{
    const struct spool_settings settings = {"/nonexistent", 0};
    struct spool spool = SPOOL_EMPTY;

    assert_false(spool_write(&spool, &settings, SPAN("x")));
    assert_int_equal(errno, ENOENT);
    spool_fini(&spool);
}

/* The memory of one message is reused for the next, without its content. */
static void knows_nothing_of_messages_before(void **state)
{
    const struct spool_settings settings = {"/nonexistent", 1 << 20};
    struct spool first = SPOOL_EMPTY, second = SPOOL_EMPTY;
    const char *memory;

    assert_true(spool_write(&first, &settings, SPAN("the message before, and longer")));
    memory = first.buffered.p;
    spool_fini(&first);
    assert_true(spool_write(&first, &settings, SPAN("one")));
    assert_ptr_equal(first.buffered.p, memory);
    assert_true(spool_write(&second, &settings, SPAN("two")));
    assert_ptr_not_equal(second.buffered.p, memory);
    assert_holds(&first, SPAN("one"));
    assert_holds(&second, SPAN("two"));
    spool_fini(&first);
    spool_fini(&second);
}

/* Keeping a large message's memory for each of many small ones that wait for a peer would be a multiple of
 * what they need. */
static void spares_little_where_many_wait(void **state)
{
    enum { MANY = 100, LARGE = 200000, EACH_BYTES = 32768 };
    const struct spool_settings settings = {"/nonexistent", 1 << 20};
    static const char large[LARGE];
    struct spool waiting[MANY];
    size_t bytes = 0;

    for (int i = 0; i < MANY; i++) {
        struct spool before = SPOOL_EMPTY;

        assert_true(spool_write(&before, &settings, (struct span){large, sizeof large}));
        spool_fini(&before);
        waiting[i] = SPOOL_EMPTY;
        assert_true(spool_write(&waiting[i], &settings, SPAN("small")));
        bytes += waiting[i].buffered.capacity;
    }
    assert_in_range(bytes, MANY, MANY * EACH_BYTES + LARGE * 10);
    for (int i = 0; i < MANY; i++) {
        assert_holds(&waiting[i], SPAN("small"));
        spool_fini(&waiting[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_small_message_in_sealed_memory),
        cmocka_unit_test(moves_a_large_one_to_a_file_without_a_name),
        cmocka_unit_test(keeps_every_byte_of_a_file_in_order),
        cmocka_unit_test(lets_go_of_its_end),
        cmocka_unit_test(tells_a_full_disk_at_the_latest_when_it_is_shared),
        cmocka_unit_test(shares_an_empty_message_too),
        cmocka_unit_test(fails_where_there_is_no_room),
        cmocka_unit_test(knows_nothing_of_messages_before),
        cmocka_unit_test(spares_little_where_many_wait),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
