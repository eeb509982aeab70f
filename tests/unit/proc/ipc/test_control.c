/* The packets between a command and the service. */
#include "proc/ipc/control.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static int ends[2];

static int open_ends(void **state)
{
    return channel_pair(ends) ? 0 : -1;
}

static int close_ends(void **state)
{
    close(ends[0]);
    return close(ends[1]);
}

static void carries_a_request_and_its_descriptor(void **state)
{
    struct control_message message;
    int fd = memfd_create("message", MFD_CLOEXEC);

    assert_int_equal(
        control_send(ends[0], CONTROL_TEST_SCAN, &(struct control_scan){77, MESSAGE_FILE, 1}, fd),
        CHANNEL_OK);
    close(fd);
    assert_int_equal(control_receive(ends[1], CONTROL_COMMAND, &message), CHANNEL_OK);
    assert_int_equal(message.kind, CONTROL_TEST_SCAN);
    assert_int_equal(message.as.TEST_SCAN.size, 77);
    assert_int_equal(message.as.TEST_SCAN.kind, MESSAGE_FILE);
    assert_int_equal(message.as.TEST_SCAN.undeliverable, 1);
    assert_true(message.carried >= 0);
    assert_int_equal(fcntl(message.carried, F_GETFD), FD_CLOEXEC);
    close(message.carried);
}

static void refuses_an_answer_from_the_side_of_the_command(void **state)
{
    struct control_message message;

    control_send(ends[0], CONTROL_DONE, &(struct control_done){1}, -1);
    assert_int_equal(control_receive(ends[1], CONTROL_COMMAND, &message), CHANNEL_BROKEN);
    control_send(ends[0], CONTROL_STATUS, &(struct control_none){0}, -1);
    assert_int_equal(control_receive(ends[1], CONTROL_SERVICE, &message), CHANNEL_BROKEN);
}

/* Captures one of our packets as bytes, to corrupt it. */
static size_t capture(char bytes[64])
{
    ssize_t n;

    control_send(ends[0], CONTROL_STATUS, &(struct control_none){0}, -1);
    n = recv(ends[1], bytes, 64, 0);
    assert_true(n > 8 && n < 64);
    return (size_t)n;
}

static enum channel_result hear(const char *bytes, size_t n, int carried)
{
    struct control_message message;

    assert_int_equal(channel_send(ends[0], (struct span){bytes, n}, carried), CHANNEL_OK);
    return control_receive(ends[1], CONTROL_COMMAND, &message);
}

static void refuses_every_other_size_mark_and_kind(void **state)
{
    char bytes[65] = {0}, spoilt[65];
    size_t n = capture(bytes);

    assert_int_equal(hear(bytes, n, -1), CHANNEL_OK);
    for (size_t other = 1; other < sizeof bytes; other++)
        if (other != n)
            assert_int_equal(hear(bytes, other, -1), CHANNEL_BROKEN);
    for (size_t at = 0; at < 8; at++) {
        memcpy(spoilt, bytes, sizeof bytes);
        spoilt[at] = (char)(spoilt[at] ^ 0x55);
        assert_int_equal(hear(spoilt, n, -1), CHANNEL_BROKEN);
    }
}

static void refuses_a_descriptor_where_none_belongs_and_closes_it(void **state)
{
    char bytes[64];
    size_t n = capture(bytes);
    int before = dup(0);

    close(before);
    assert_int_equal(hear(bytes, n, 0), CHANNEL_BROKEN);
    assert_int_equal(dup(0), before);
    close(before);
}

static void reports_that_the_other_side_has_disconnected(void **state)
{
    struct control_message message;

    shutdown(ends[0], SHUT_RDWR);
    assert_int_equal(control_receive(ends[1], CONTROL_SERVICE, &message), CHANNEL_CLOSED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_ends, close_ends)
    const struct CMUnitTest tests[] = {
        T(carries_a_request_and_its_descriptor),
        T(refuses_an_answer_from_the_side_of_the_command),
        T(refuses_every_other_size_mark_and_kind),
        T(refuses_a_descriptor_where_none_belongs_and_closes_it),
        T(reports_that_the_other_side_has_disconnected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
