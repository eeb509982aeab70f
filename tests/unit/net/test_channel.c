#include "net/channel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static int ends[2];

static int open_pair(void **state)
{
    return channel_pair(ends) ? 0 : -1;
}

static int close_pair(void **state)
{
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static size_t count_descriptors(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void send_raw(struct span bytes, size_t descriptors)
{
    alignas(struct cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = {0};
    struct iovec iov = {(void *)(uintptr_t)bytes.p, bytes.n};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_SPACE(descriptors * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int fds[16] = {0};

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
    memcpy(CMSG_DATA(header), fds, descriptors * sizeof(int));
    assert_int_equal(sendmsg(ends[0], &message, 0), bytes.n);
}

static void carries_bytes_and_one_descriptor_close_on_exec(void **state)
{
    char *buffer = malloc(8);
    size_t n;
    int carried, tube[2];
    char got;

    assert_int_equal(pipe(tube), 0);
    assert_int_equal(channel_send(ends[0], SPAN("eight by"), tube[0]), CHANNEL_OK);
    close(tube[0]);
    assert_int_equal(channel_receive(ends[1], buffer, 8, &n, &carried), CHANNEL_OK);
    assert_int_equal(n, 8);
    assert_memory_equal(buffer, "eight by", 8);
    assert_true(fcntl(carried, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(write(tube[1], "x", 1), 1);
    assert_int_equal(read(carried, &got, 1), 1);
    close(carried);
    close(tube[1]);
    free(buffer);
}

static void distinguishes_no_packet_from_the_end(void **state)
{
    char buffer[8];
    size_t n;
    int carried;

    assert_int_equal(channel_receive(ends[1], buffer, sizeof buffer, &n, &carried), CHANNEL_FULL);
    assert_int_equal(shutdown(ends[0], SHUT_RDWR), 0);
    assert_int_equal(channel_receive(ends[1], buffer, sizeof buffer, &n, &carried), CHANNEL_CLOSED);
    assert_int_equal(channel_send(ends[1], SPAN("x"), -1), CHANNEL_CLOSED);
}

static void refuses_a_packet_larger_than_the_buffer(void **state)
{
    char *buffer = malloc(4);
    size_t n, before = count_descriptors();
    int carried;

    assert_int_equal(channel_send(ends[0], SPAN("12345"), STDIN_FILENO), CHANNEL_OK);
    assert_int_equal(channel_receive(ends[1], buffer, 4, &n, &carried), CHANNEL_BROKEN);
    assert_int_equal(carried, -1);
    assert_int_equal(count_descriptors(), before);
    free(buffer);
}

static void refuses_and_closes_several_descriptors(void **state)
{
    size_t n, before = count_descriptors();
    char buffer[8];
    int carried;

    for (size_t descriptors = 2; descriptors <= 16; descriptors++) {
        send_raw(SPAN("x"), descriptors);
        assert_int_equal(channel_receive(ends[1], buffer, sizeof buffer, &n, &carried), CHANNEL_BROKEN);
        assert_int_equal(carried, -1);
        assert_int_equal(count_descriptors(), before);
    }
}

static void refuses_a_descriptor_on_an_empty_packet(void **state)
{
    size_t n, before = count_descriptors();
    char buffer[8];
    int carried;

    send_raw(SPAN(""), 1);
    assert_int_equal(channel_receive(ends[1], buffer, sizeof buffer, &n, &carried), CHANNEL_BROKEN);
    assert_int_equal(count_descriptors(), before);
}

/* Sets the limit so that no descriptor is free. Returns the earlier limit. */
static struct rlimit use_all_descriptors(void)
{
    struct rlimit before;
    int free_fd = dup(STDIN_FILENO);

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)free_fd, before.rlim_max}), 0);
    close(free_fd);
    return before;
}

static void knows_that_no_descriptor_is_free_for_the_next_packet(void **state)
{
    struct rlimit before;
    char buffer[8];
    size_t n;
    int carried;

    assert_int_equal(channel_send(ends[0], SPAN("without"), -1), CHANNEL_OK);
    assert_int_equal(channel_send(ends[0], SPAN("with"), STDIN_FILENO), CHANNEL_OK);
    before = use_all_descriptors();
    assert_false(channel_must_wait(ends[1], 0));
    assert_int_equal(channel_receive(ends[1], buffer, sizeof buffer, &n, &carried), CHANNEL_OK);
    assert_int_equal(n, 7);
    assert_true(channel_must_wait(ends[1], 0));
    assert_true(channel_must_wait(ends[1], 0));
    setrlimit(RLIMIT_NOFILE, &before);
    assert_false(channel_must_wait(ends[1], 0));
    assert_int_equal(channel_receive(ends[1], buffer, sizeof buffer, &n, &carried), CHANNEL_OK);
    assert_memory_equal(buffer, "with", 4);
    assert_true(carried >= 0);
    close(carried);
    use_all_descriptors();
    assert_false(channel_must_wait(ends[1], 0)); /* nothing has arrived */
    setrlimit(RLIMIT_NOFILE, &before);
}

static void leaves_descriptors_for_other_work(void **state)
{
    struct rlimit before, few;
    int next = dup(STDIN_FILENO);

    close(next);
    assert_int_equal(channel_send(ends[0], SPAN("with"), STDIN_FILENO), CHANNEL_OK);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){(rlim_t)next + 4, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_false(channel_must_wait(ends[1], 0));
    assert_false(channel_must_wait(ends[1], 3));
    assert_true(channel_must_wait(ends[1], 4));
    setrlimit(RLIMIT_NOFILE, &before);
}

static void distinguishes_a_lost_descriptor_from_a_violation(void **state)
{
    struct rlimit before;
    char buffer[8];
    size_t n;
    int carried;

    assert_int_equal(channel_send(ends[0], SPAN("lost"), STDIN_FILENO), CHANNEL_OK);
    send_raw(SPAN("x"), 5);
    before = use_all_descriptors();
    assert_int_equal(channel_receive(ends[1], buffer, sizeof buffer, &n, &carried), CHANNEL_LOST);
    assert_int_equal(carried, -1);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(channel_receive(ends[1], buffer, sizeof buffer, &n, &carried), CHANNEL_BROKEN);
}

static void refuses_credentials(void **state)
{
    size_t n;
    char buffer[8];
    int carried, on = 1;

    assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
    assert_int_equal(channel_send(ends[0], SPAN("x"), -1), CHANNEL_OK);
    assert_int_equal(channel_receive(ends[1], buffer, sizeof buffer, &n, &carried), CHANNEL_BROKEN);
}

static void reports_a_full_socket(void **state)
{
    static char bytes[4096];
    struct span packet = {bytes, sizeof bytes};
    enum channel_result result;
    size_t n;
    int carried;

    for (int i = 0; (result = channel_send(ends[0], packet, -1)) == CHANNEL_OK; i++)
        assert_in_range(i, 0, 100000);
    assert_int_equal(result, CHANNEL_FULL);
    while ((result = channel_receive(ends[1], bytes, sizeof bytes, &n, &carried)) == CHANNEL_OK)
        assert_int_equal(n, sizeof bytes);
    assert_int_equal(result, CHANNEL_FULL);
    assert_int_equal(channel_send(ends[0], packet, -1), CHANNEL_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)
    const struct CMUnitTest tests[] = {
        T(carries_bytes_and_one_descriptor_close_on_exec),
        T(distinguishes_no_packet_from_the_end),
        T(refuses_a_packet_larger_than_the_buffer),
        T(refuses_and_closes_several_descriptors),
        T(refuses_a_descriptor_on_an_empty_packet),
        T(knows_that_no_descriptor_is_free_for_the_next_packet),
        T(leaves_descriptors_for_other_work),
        T(distinguishes_a_lost_descriptor_from_a_violation),
        T(refuses_credentials),
        T(reports_a_full_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
