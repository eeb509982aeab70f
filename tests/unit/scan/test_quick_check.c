#include "scan/quick_check.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
static const bool is_sanitized = true; /* then there is no system call filter */
#else
static const bool is_sanitized = false;
#endif

enum { MANY = 40 };

/* One message, and what the child reported of it. */
struct message {
    int fd;
    uint64_t size;
    struct quick_check *check;
    unsigned answers;
    bool is_yes;
};

static struct event_base *base;
static struct quick_checker *checker;

/* The question of these tests: the message says what the child does. */
static bool does(struct span message)
{
    if (span_eq(message, SPAN("crash")))
        abort();
    while (span_eq(message, SPAN("loop")))
        __asm__ volatile("");
    if (span_eq(message, SPAN("leave")))
        _exit(0);
    if (span_eq(message, SPAN("lie")))
        return write(0, "?", 1) == 1;
    if (span_eq(message, SPAN("open")))
        return open("/", O_RDONLY) >= 0 || errno;
    if (span_eq(message, SPAN("connect")))
        return socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno;
    if (span_eq(message, SPAN("fork")))
        return fork() >= 0 || errno;
    if (span_eq(message, SPAN("allocate"))) {
        char *large = malloc(8 << 20);
        bool is_there = large && memset(large, 1, 8 << 20);

        free(large);
        return is_there;
    }
    if (span_eq(message, SPAN("look")))
        for (int fd = 2; fd < 64; fd++) /* 0 is the channel, 1 this message */
            if (write(fd, "", 0) == 0 || errno != EBADF)
                return false;
    return message.n == 0 || (message.p[message.n - 1] != '\n' && !span_eq(message, SPAN("no")));
}

static void on_done(void *context, bool is_yes)
{
    struct message *message = context;

    message->check = NULL;
    message->answers++;
    message->is_yes = is_yes;
}

static struct message message_of(struct span octets)
{
    struct message message = {.fd = memfd_create("message", MFD_CLOEXEC), .size = octets.n};

    assert_int_equal(write(message.fd, octets.p, octets.n), octets.n);
    return message;
}

static void ask(struct message *message)
{
    message->check = quick_check_new(checker, message->fd, message->size, on_done, message);
    assert_int_equal(message->answers, 0);
}

static void await(const struct message *message)
{
    while (message->check)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
    assert_int_equal(message->answers, 1);
}

static bool is_yes(struct span octets)
{
    struct message message = message_of(octets);

    ask(&message);
    await(&message);
    close(message.fd);
    return message.is_yes;
}

static int set_up(void **state)
{
    base = event_base_new();
    checker = quick_checker_new(base, does);
    return 0;
}

static int tear_down(void **state)
{
    quick_checker_free(&checker);
    event_base_free(base);
    return waitpid(-1, NULL, WNOHANG) == -1 ? 0 : -1;
}

static void gives_the_answer_of_a_child(void **state)
{
    for (int i = 0; i < 100; i++) {
        assert_true(is_yes(SPAN("yes")));
        assert_false(is_yes(SPAN("no")));
    }
    assert_true(is_yes(SPAN("")));
    assert_true(is_yes(SPAN("allocate")));
}

static void asks_one_child_for_many_messages(void **state)
{
    struct message messages[MANY];

    for (size_t i = 0; i < MANY; i++) {
        messages[i] = message_of(i % 2 ? SPAN("yes") : SPAN("no"));
        ask(&messages[i]);
    }
    for (size_t i = 0; i < MANY; i++) {
        await(&messages[i]);
        assert_int_equal(messages[i].is_yes, i % 2);
        close(messages[i].fd);
    }
}

/* Each of them ends a child, or must be ended; the next message gets another child. */
static void a_child_that_fails_is_replaced(void **state)
{
    static const char *const faults[] = {"crash", "leave", "lie", "loop"};

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct message bad = message_of(span_of(faults[i])), good = message_of(SPAN("yes"));

        ask(&bad);
        ask(&good);
        await(&bad);
        await(&good);
        assert_false(bad.is_yes);
        assert_true(good.is_yes);
        close(bad.fd);
        close(good.fd);
    }
}

static void a_message_that_is_shorter_than_announced_is_not_answered(void **state)
{
    struct message message = message_of(SPAN("yes"));

    message.size = QUICK_CHECK_MAX_BYTES;
    ask(&message);
    await(&message);
    assert_false(message.is_yes);
    close(message.fd);
    assert_true(is_yes(SPAN("yes")));
}

static void a_cancelled_check_has_no_answer(void **state)
{
    struct message first = message_of(SPAN("yes")), second = message_of(SPAN("yes"));
    struct message third = message_of(SPAN("no"));

    ask(&first);
    ask(&second);
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK); /* the first has a child */
    quick_check_cancel(&first.check);
    quick_check_cancel(&second.check);
    ask(&third);
    await(&third);
    assert_false(third.is_yes);
    assert_int_equal(first.answers + second.answers, 0);
    close(first.fd);
    close(second.fd);
    close(third.fd);
}

static void a_child_can_do_nothing_but_compute(void **state)
{
    assert_true(is_yes(SPAN("look")));
    if (is_sanitized)
        skip();
    assert_false(is_yes(SPAN("open")));
    assert_false(is_yes(SPAN("connect")));
    assert_false(is_yes(SPAN("fork")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(gives_the_answer_of_a_child),     TEST(asks_one_child_for_many_messages),
        TEST(a_child_that_fails_is_replaced),  TEST(a_message_that_is_shorter_than_announced_is_not_answered),
        TEST(a_cancelled_check_has_no_answer), TEST(a_child_can_do_nothing_but_compute),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
