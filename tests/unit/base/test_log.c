#include "base/log.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>

static unsigned interruptions; /* the next calls fail with EINTR */

static bool is_interrupted(void)
{
    if (interruptions == 0)
        return false;
    interruptions--;
    errno = EINTR;
    return true;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return is_interrupted() ? -1 : __real_sendmsg(fd, message, flags);
}

ssize_t __real_writev(int fd, const struct iovec *parts, int n);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int n);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int n)
{
    return is_interrupted() ? -1 : __real_writev(fd, parts, n);
}

/* Standard error is a socket that preserves the boundaries of writes. */
struct world {
    int real, heard;
    unsigned woken;
};

static int set_up(void **state)
{
    struct world *world = mem_alloc_zero(sizeof *world);
    int ends[2], size = 1 << 20;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    world->real = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    world->heard = ends[0];
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    log_buffer_start(NULL, NULL);
    log_set_level(LOG_LEVEL_INFO);
    dup2(world->real, STDERR_FILENO);
    close(world->real);
    close(world->heard);
    free(world);
    return 0;
}

static void wake(void *context)
{
    struct world *world = context;

    world->woken++;
}

/* Returns the next write; empty: none. */
static struct span heard(struct world *world)
{
    static char text[PIPE_BUF + 1];
    ssize_t n = recv(world->heard, text, sizeof text, 0);

    return (struct span){text, n > 0 ? (size_t)n : 0};
}

static bool has(struct span text, const char *what)
{
    return memmem(text.p, text.n, what, strlen(what)) != NULL;
}

static unsigned lines_of(struct span text)
{
    unsigned count = 0;

    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == '\n';
    return count;
}

static void say(enum log_level level, enum log_event event, struct span value)
{
    struct log_line line;

    log_begin_at(&line, level, event);
    log_span(&line, "value", value);
    log_end(&line);
}

static void writes_a_line_at_its_end(void **state)
{
    struct world *world = *state;
    struct span text;

    say(LOG_LEVEL_INFO, EVENT_session, SPAN("plain"));
    text = heard(world);
    assert_true(span_starts_nocase(text, SPAN("ts=20")));
    assert_true(has(text, " level=info event=session value=plain\n"));
    assert_int_equal(lines_of(text), 1);
    assert_int_equal(heard(world).n, 0);
}

static void takes_the_level_of_the_event(void **state)
{
    struct world *world = *state;

    log_text(EVENT_child_hung, "%d", 1);
    assert_true(has(heard(world), " level=error event=child_hung text=1\n"));
    log_text(EVENT_phase, "off");
    assert_int_equal(heard(world).n, 0);
    log_text_at(LOG_LEVEL_WARNING, EVENT_phase, "on");
    assert_true(has(heard(world), " level=warning event=phase text=on\n"));
}

static void says_nothing_of_a_level_that_is_off(void **state)
{
    struct world *world = *state;

    log_set_level(LOG_LEVEL_WARNING);
    say(LOG_LEVEL_INFO, EVENT_session, SPAN("plain"));
    assert_int_equal(heard(world).n, 0);
}

static void quotes_what_peers_say(void **state)
{
    struct world *world = *state;

    say(LOG_LEVEL_INFO, EVENT_session, SPAN("a \"b\\\n\x7f\xff\xc3\xa9"));
    assert_true(has(heard(world), " value=\"a \\\"b\\\\\\x0a\\x7f\\xff\xc3\xa9\"\n"));
    say(LOG_LEVEL_INFO, EVENT_session, SPAN(""));
    assert_true(has(heard(world), " value=\"\"\n"));
}

static void cuts_values_and_lines(void **state)
{
    struct world *world = *state;
    static char large[LOG_VALUE_MAX + 1];
    struct log_line line;
    struct span text;

    memset(large, 'x', sizeof large);
    say(LOG_LEVEL_INFO, EVENT_session, (struct span){large, sizeof large});
    text = heard(world);
    assert_int_equal(text.n - (size_t)((char *)memchr(text.p, 'x', text.n) - text.p), LOG_VALUE_MAX + 1);

    log_begin(&line, EVENT_message);
    for (int i = 0; i < 10; i++)
        log_span(&line, "value", (struct span){large, sizeof large});
    log_end(&line);
    text = heard(world);
    assert_int_equal(text.n, LOG_LINE_MAX);
    assert_int_equal(text.p[text.n - 1], '\n');
}

static void buffers_lines_until_they_are_flushed(void **state)
{
    struct world *world = *state;
    struct span text;

    log_buffer_start(wake, world);
    say(LOG_LEVEL_INFO, EVENT_session, SPAN("1"));
    say(LOG_LEVEL_INFO, EVENT_message, SPAN("2"));
    assert_int_equal(heard(world).n, 0);
    assert_int_equal(world->woken, 1);
    log_flush();
    text = heard(world);
    assert_int_equal(lines_of(text), 2);
    assert_true(has(text, "event=session value=1\nts="));
    assert_true(has(text, "event=message value=2\n"));
    log_flush();
    assert_int_equal(heard(world).n, 0);

    say(LOG_LEVEL_INFO, EVENT_refused, SPAN("3"));
    assert_int_equal(world->woken, 2);
    log_buffer_start(NULL, NULL);
    assert_true(has(heard(world), "event=refused"));
    say(LOG_LEVEL_INFO, EVENT_spool, SPAN("4"));
    assert_true(has(heard(world), "event=spool"));
}

static void does_not_let_a_warning_wait(void **state)
{
    struct world *world = *state;
    struct span text;

    log_buffer_start(wake, world);
    say(LOG_LEVEL_INFO, EVENT_session, SPAN("1"));
    say(LOG_LEVEL_WARNING, EVENT_message, SPAN("2"));
    text = heard(world);
    assert_int_equal(lines_of(text), 2);
    assert_true(has(text, "event=session value=1\nts="));
    say(LOG_LEVEL_ERROR, EVENT_refused, SPAN("3"));
    assert_true(has(heard(world), "event=refused"));
}

/* A pipe accepts PIPE_BUF bytes atomically; longer writes may be interleaved. */
static void buffers_no_more_than_a_pipe_takes_whole(void **state)
{
    enum { LINES = 500 };
    struct world *world = *state;
    static char value[LOG_VALUE_MAX];
    unsigned lines = 0;
    struct span text;

    memset(value, 'x', sizeof value);
    log_buffer_start(wake, world);
    for (unsigned i = 0; i < LINES; i++)
        say(LOG_LEVEL_INFO, EVENT_session, (struct span){value, i % sizeof value});
    log_flush();
    while ((text = heard(world)).n) {
        assert_in_range(text.n, 1, PIPE_BUF);
        assert_int_equal(text.p[text.n - 1], '\n');
        assert_true(span_starts_nocase(text, SPAN("ts=")));
        lines += lines_of(text);
    }
    assert_int_equal(lines, LINES);
}

static void repeats_an_interrupted_write(void **state)
{
    struct world *world = *state;

    interruptions = 2;
    say(LOG_LEVEL_INFO, EVENT_session, SPAN("kept"));
    assert_int_equal(interruptions, 0);
    assert_int_equal(lines_of(heard(world)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_a_line_at_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_the_level_of_the_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_nothing_of_a_level_that_is_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quotes_what_peers_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cuts_values_and_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(buffers_lines_until_they_are_flushed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_not_let_a_warning_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeats_an_interrupted_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(buffers_no_more_than_a_pipe_takes_whole, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
