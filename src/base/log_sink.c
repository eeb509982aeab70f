#include "base/log_sink.h"

#include "base/log_event.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static struct log_losses own, *losses = &own;
static bool is_no_socket;

void log_sink_share(struct log_losses *shared)
{
    losses = shared ? shared : &own;
    is_no_socket = false;
}

static ssize_t write_once(struct iovec *parts, size_t n)
{
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = n};
    ssize_t written = -1;

    if (!is_no_socket) {
        written = sendmsg(STDERR_FILENO, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        is_no_socket = written < 0 && errno == ENOTSOCK;
    }
    return is_no_socket ? writev(STDERR_FILENO, parts, (int)n) : written;
}

static ssize_t write_parts(struct iovec *parts, size_t n)
{
    ssize_t written;

    do
        written = write_once(parts, n);
    while (written < 0 && errno == EINTR);
    return written;
}

size_t log_sink_write(struct span lines)
{
    char newline[] = "\n";
    struct iovec parts[] = {{newline, 1}, {(void *)(uintptr_t)lines.p, lines.n}};
    size_t before = atomic_load(&losses->is_cut) ? 1 : 0;
    ssize_t written = write_parts(before ? parts : parts + 1, before + 1);
    size_t done = written > (ssize_t)before ? (size_t)written - before : 0;

    if (written > 0)
        atomic_store(&losses->is_cut, done && lines.p[done - 1] != '\n');
    return done;
}

/* Returns how many lost lines this line stands for: N if it reports N lost lines, otherwise 1. The first key
 * `event` in the line is Postern's own, because values from peers come later. */
static uint64_t lines_of(struct span line)
{
    const char *event = memmem(line.p, line.n, " event=", sizeof " event=" - 1);
    struct span rest = span_from(line, event ? (size_t)(event - line.p) : line.n);
    uint64_t lines = 0;
    char report[64];

    snprintf(report, sizeof report, " event=%s " LOG_SINK_KEY "=", log_event_name(EVENT_log_dropped));
    if (!span_starts(rest, span_of(report)))
        return 1;
    for (rest = span_from(rest, strlen(report)); rest.n && rest.p[0] >= '0' && rest.p[0] <= '9';
         rest = span_from(rest, 1))
        lines = lines * 10 + (uint64_t)(rest.p[0] - '0');
    return lines;
}

void log_sink_count_lost(struct span lines)
{
    uint64_t count = 0;
    const char *end;

    while (lines.n && (end = memchr(lines.p, '\n', lines.n)) != NULL) {
        size_t n = (size_t)(end - lines.p) + 1;

        count += lines_of(span_first(lines, n));
        lines = span_from(lines, n);
    }
    log_sink_add_lost(count);
}

void log_sink_add_lost(uint64_t lines)
{
    if (lines)
        atomic_fetch_add(&losses->lines, lines);
}

uint64_t log_sink_take_lost(void)
{
    return atomic_load(&losses->lines) ? atomic_exchange(&losses->lines, 0) : 0;
}
