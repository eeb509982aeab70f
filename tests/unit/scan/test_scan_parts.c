#include "scan/scan_parts.h"

#include "base/buf.h"
#include "mail/mime_rewrite.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

enum { MANY = 3 * SCAN_PARTS_CHILDREN_MAX };

#define ODD \
    "Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\naGVsbG8=\r\n"

/* One message and what was found in it. */
struct message {
    int fd;
    uint64_t length;
    struct scan_parts *parts;
    unsigned answers;
    enum scan_parts_result result;
    int object;
    uint64_t size;
};

static struct event_base *base;
static struct scan_parts_maker *maker;

static void on_done(void *context, enum scan_parts_result result, int object, uint64_t size)
{
    struct message *message = context;

    message->parts = NULL;
    message->answers++;
    message->result = result;
    message->object = object;
    message->size = size;
}

static struct message message_of(struct span octets)
{
    struct message message = {.fd = memfd_create("message", MFD_CLOEXEC), .length = octets.n, .object = -1};

    assert_int_equal(write(message.fd, octets.p, octets.n), octets.n);
    return message;
}

static void find(struct message *message)
{
    message->parts = scan_parts_find(maker, message->fd, message->length, on_done, message);
    assert_non_null(message->parts);
}

static void await(const struct message *message)
{
    while (message->parts)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

static struct message found_in(struct span octets)
{
    struct message message = message_of(octets);

    find(&message);
    await(&message);
    close(message.fd);
    return message;
}

static int set_up(void **state)
{
    base = event_base_new();
    maker = scan_parts_maker_new(base);
    return 0;
}

static int tear_down(void **state)
{
    scan_parts_maker_free(&maker);
    event_base_free(base);
    return 0;
}

static void a_plain_message_needs_no_object(void **state)
{
    struct message message = found_in(SPAN("Subject: x\r\n\r\nhello\r\n"));

    assert_int_equal(message.result, SCAN_PARTS_ALL);
    assert_int_equal(message.size, 0);
    assert_int_equal(found_in(SPAN("")).size, 0);
}

static void an_odd_message_without_parts_needs_none(void **state)
{
    struct message message = found_in(SPAN("Subject : x\n\nhello\n"));

    assert_int_equal(message.result, SCAN_PARTS_ALL);
    assert_int_equal(message.size, 0);
}

/* A mail program may take either encoding. */
static void the_object_has_the_parts(void **state)
{
    struct message message = message_of(SPAN(ODD));
    struct buf expected = {0};
    char octets[2000];

    find(&message);
    await(&message);
    assert_int_equal(message.result, SCAN_PARTS_ALL);
    assert_true(message.size > 0 && message.size < sizeof octets);
    message.parts = scan_parts_make(maker, message.fd, message.length, message.size, on_done, &message);
    await(&message);
    mime_rewrite_begin(&expected);
    mime_rewrite_part(&expected, SPAN("hello"));
    mime_rewrite_part(&expected, SPAN("aGVsbG8")); /* a soft line break */
    mime_rewrite_end(&expected);
    assert_int_equal(message.size, expected.n);
    assert_int_equal(pread(message.object, octets, sizeof octets, 0), expected.n);
    assert_memory_equal(octets, expected.p, expected.n);
    assert_true(fcntl(message.object, F_GET_SEALS) & F_SEAL_WRITE);
    buf_fini(&expected);
    close(message.object);
    close(message.fd);
}

/* Most mail programs show what is encoded, and some the content. */
static void a_hidden_part_makes_a_message_ambiguous(void **state)
{
    struct message message =
        message_of(SPAN("Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                        "VGhlIGNvbnRlbnQgdGhhdCB0aGUgb3JkaW5hcnkgcmVhZGluZyBoaWRlcw==\r\n"));

    find(&message);
    await(&message);
    assert_int_equal(message.result, SCAN_PARTS_AMBIGUOUS);
    assert_true(message.size > 0);
    message.parts = scan_parts_make(maker, message.fd, message.length, message.size, on_done, &message);
    await(&message);
    assert_int_equal(message.result, SCAN_PARTS_ALL);
    close(message.object);
    close(message.fd);
}

/* The message has grown since its size was found, or the first child lied. */
static void an_object_is_never_larger_than_announced(void **state)
{
    struct message message = message_of(SPAN(ODD));

    message.parts = scan_parts_make(maker, message.fd, message.length, 100, on_done, &message);
    await(&message);
    assert_int_equal(message.result, SCAN_PARTS_LIMITS);
    assert_int_equal(message.object, -1);
    close(message.fd);
}

static void make(struct message *message)
{
    message->parts = scan_parts_make(maker, message->fd, message->length, 2000, on_done, message);
    assert_non_null(message->parts);
}

/* Cancels the first, which is running, and the last, which is waiting. */
static void all_but_two_end(void (*step)(struct message *))
{
    struct message messages[MANY];

    for (size_t i = 0; i < MANY; i++) {
        messages[i] = message_of(SPAN(ODD));
        step(&messages[i]);
    }
    scan_parts_cancel(&messages[0].parts);
    scan_parts_cancel(&messages[MANY - 1].parts);
    for (size_t i = 1; i < MANY - 1; i++)
        await(&messages[i]);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(messages[i].answers, i > 0 && i < MANY - 1);
        assert_true(messages[i].answers == 0 || messages[i].size > 0);
        close(messages[i].fd);
        if (messages[i].object >= 0)
            close(messages[i].object);
    }
}

static void many_wait_for_each_other(void **state)
{
    all_but_two_end(find);
    all_but_two_end(make);
}

/* Their sizes are only announced. */
static void large_messages_leave_children_for_others(void **state)
{
    struct message large[MANY], small = message_of(SPAN(ODD));
    unsigned ended = 0;

    for (size_t i = 0; i < MANY; i++) {
        large[i] = message_of(SPAN(ODD));
        large[i].length = SCAN_PARTS_LARGE_BYTES + 1;
        make(&large[i]);
    }
    make(&small);
    await(&small);
    for (size_t i = 0; i < MANY; i++)
        ended += large[i].answers;
    assert_true(ended <= MANY - SCAN_PARTS_CHILDREN_MAX); /* otherwise it would have waited for more */
    for (size_t i = 0; i < MANY; i++) {
        await(&large[i]);
        assert_int_equal(large[i].result, SCAN_PARTS_ALL);
        close(large[i].fd);
        close(large[i].object);
    }
    close(small.fd);
    close(small.object);
}

/* They are sorted, which needs memory. */
static void many_delimiters_are_no_reason_to_die(void **state)
{
    struct buf text = {0};
    struct message message;

    buf_add(&text, SPAN(ODD));
    for (unsigned i = 0; i < 10000; i++)
        buf_add_format(&text, "--%u\r\n", i);
    message = found_in(buf_span(&text));
    assert_int_equal(message.result, SCAN_PARTS_ALL);
    assert_true(message.size > 0);
    buf_fini(&text);
}

/* Too large for quick_check. */
static void a_large_message_has_a_child_of_its_own(void **state)
{
    enum { LARGE = 2 << 20 };
    struct buf text = {0};
    struct message message;

    buf_add(&text, SPAN("Subject: x\r\n\r\n"));
    while (text.n < LARGE)
        buf_add(&text, SPAN("hello\r\n"));
    message = found_in(buf_span(&text));
    assert_int_equal(message.result, SCAN_PARTS_ALL);
    assert_int_equal(message.size, 0);
    buf_add(&text, SPAN("\r\n" ODD));
    message = found_in(buf_span(&text));
    assert_int_equal(message.result, SCAN_PARTS_ALL);
    assert_true(message.size > 0);
    buf_fini(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_plain_message_needs_no_object),
        TEST(an_odd_message_without_parts_needs_none),
        TEST(the_object_has_the_parts),
        TEST(a_hidden_part_makes_a_message_ambiguous),
        TEST(an_object_is_never_larger_than_announced),
        TEST(many_wait_for_each_other),
        TEST(large_messages_leave_children_for_others),
        TEST(many_delimiters_are_no_reason_to_die),
        TEST(a_large_message_has_a_child_of_its_own),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
