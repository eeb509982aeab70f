#include "sys/log_output.h"

#include "base/buf.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

/* Standard error is replaced by one end of a channel whose other end is not read. */
struct world {
    int real, ours, theirs;
    struct log_output output;
};

enum { LINES = 40000, ALARM_S = 300, SETTLE_MS = 200 };

static void begin(struct world *world, int ours, int theirs)
{
    *world = (struct world){.ours = ours, .theirs = theirs};
    world->real = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    dup2(theirs, STDERR_FILENO);
    alarm(ALARM_S); /* a blocking write ends the test */
    log_output_open(&world->output);
}

static void finish(struct world *world)
{
    log_output_close(&world->output);
    alarm(0);
    dup2(world->real, STDERR_FILENO);
    close(world->real);
    close(world->ours);
    close(world->theirs);
}

static void say(unsigned lines)
{
    for (unsigned i = 0; i < lines; i++)
        log_text(EVENT_session, "%u", i);
}

/* Reads everything; a terminal delivers it a little later. */
static struct buf read_all(int fd)
{
    struct buf text = {0};
    ssize_t n;

    struct pollfd more = {.fd = fd, .events = POLLIN};

    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (poll(&more, 1, SETTLE_MS) > 0 && (n = read(fd, buf_reserve(&text, 65536), 65536)) > 0)
        text.n += (size_t)n;
    return text;
}

static unsigned count(const struct buf *text, const char *what)
{
    const char *at = text->p, *end = text->p + text->n;
    unsigned n = 0;

    while (at && at < end && (at = memmem(at, (size_t)(end - at), what, strlen(what))) != NULL)
        n++, at++;
    return n;
}

static unsigned dropped(const struct buf *text)
{
    const char *key = "event=log_dropped dropped=", *at = text->p, *end = text->p + text->n;
    unsigned n = 0;

    while (at && at < end && (at = memmem(at, (size_t)(end - at), key, strlen(key))) != NULL)
        n += (unsigned)strtoul(at += strlen(key), NULL, 10);
    return n;
}

/* Without a reader lines are dropped. When it reads again, the first line is their exact count. A truncated
 * line counts as lost, though its beginning may be visible. */
static void holds_up_nothing_and_counts(struct world *world)
{
    struct buf before, after;
    unsigned said = LINES + 1, seen, cuts;

    say(LINES);
    before = read_all(world->ours);
    seen = count(&before, "event=session");
    assert_in_range(seen, 1, LINES - 1);
    say(1);
    while ((after = read_all(world->ours)).n == 0) {
        buf_fini(&after);
        say(1);
        said++;
    }
    assert_int_equal(count(&after, "event=session"), 1);
    assert_true(dropped(&after) > 0);
    assert_true(memmem(after.p, after.n, "log_dropped", 11) < memmem(after.p, after.n, "event=session", 13));
    cuts = count(&before, "event=log_dropped") + (before.p[before.n - 1] != '\n');
    assert_in_range(seen + 1 + dropped(&before) + dropped(&after), said, said + cuts);
    assert_int_equal(count(&after, "\nts="), 1 + (before.p[before.n - 1] != '\n'));
    buf_fini(&before);
    buf_fini(&after);
}

static void a_pipe(void **state)
{
    struct world world;
    int ends[2], flags;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    flags = fcntl(ends[1], F_GETFL);
    begin(&world, ends[0], ends[1]);
    assert_int_equal(fcntl(ends[1], F_GETFL), flags); /* the shell's flags are unchanged */
    holds_up_nothing_and_counts(&world);
    finish(&world);
}

static void a_stream_socket_like_the_journals(void **state)
{
    struct world world;
    int ends[2], size = 4096;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    begin(&world, ends[0], ends[1]);
    holds_up_nothing_and_counts(&world);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    finish(&world);
}

static void a_datagram_socket(void **state)
{
    struct world world;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
    begin(&world, ends[0], ends[1]);
    holds_up_nothing_and_counts(&world);
    finish(&world);
}

static void a_terminal_that_was_stopped(void **state)
{
    struct world world;
    struct termios raw;
    int ours, theirs;

    assert_int_equal(openpty(&ours, &theirs, NULL, NULL, NULL), 0);
    assert_int_equal(tcgetattr(theirs, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(theirs, TCSANOW, &raw), 0);
    begin(&world, ours, theirs);
    holds_up_nothing_and_counts(&world);
    finish(&world);
}

static void loop(struct event_base *base, int ms)
{
    event_base_loopexit(base, &(struct timeval){ms / 1000, ms % 1000 * 1000});
    event_base_dispatch(base);
}

static pid_t writer_of(void)
{
    char path[64];
    long pid = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    file = fopen(path, "re");
    if (file && fscanf(file, "%ld", &pid) != 1)
        pid = 0;
    if (file)
        fclose(file);
    return (pid_t)pid;
}

/* A hanging disk blocks the writer process only. */
static void a_file_whose_writer_hangs(void **state)
{
    const struct identity self = {geteuid() == 0 ? 65534 : geteuid(), geteuid() == 0 ? 65534 : getegid()};
    struct event_base *base = event_base_new();
    int file = memfd_create("log", MFD_CLOEXEC);
    struct world world;
    struct buf text;
    pid_t writer;

    begin(&world, file, fcntl(file, F_DUPFD_CLOEXEC, 0));
    log_output_serve(&world.output, base, &self);
    writer = writer_of();
    assert_true(writer > 0);
    kill(writer, SIGSTOP);
    assert_int_equal(waitpid(writer, NULL, WUNTRACED), writer);
    say(LINES);
    /* If it is killed, another one continues. */
    kill(writer, SIGKILL);
    loop(base, 1500);
    assert_true(writer_of() > 0 && writer_of() != writer);
    say(1);
    log_output_leave(&world.output);
    log_output_close(&world.output);
    lseek(world.ours, 0, SEEK_SET);
    text = read_all(world.ours);
    assert_true(dropped(&text) > 0);
    assert_int_equal(count(&text, "event=session") + count(&text, "event=log_writer_ended") + dropped(&text),
                     LINES + 1 + 1);
    buf_fini(&text);
    event_base_free(base);
    finish(&world);
}

/* What was logged before the writer started arrives in the end, even if the writer never starts. */
static void a_file_without_a_writer(void **state)
{
    int file = memfd_create("log", MFD_CLOEXEC);
    struct world world;
    struct buf text;

    begin(&world, file, fcntl(file, F_DUPFD_CLOEXEC, 0));
    say(10);
    assert_int_equal(lseek(file, 0, SEEK_END), 0);
    log_output_close(&world.output);
    lseek(file, 0, SEEK_SET);
    text = read_all(file);
    assert_int_equal(count(&text, "event=session"), 10);
    buf_fini(&text);
    finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe),
        cmocka_unit_test(a_stream_socket_like_the_journals),
        cmocka_unit_test(a_datagram_socket),
        cmocka_unit_test(a_terminal_that_was_stopped),
        cmocka_unit_test(a_file_whose_writer_hangs),
        cmocka_unit_test(a_file_without_a_writer),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
