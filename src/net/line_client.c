#include "net/line_client.h"

#include "base/address.h"
#include "sys/process.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static bool fail(int error)
{
    errno = error;
    return false;
}

static bool await(const struct line_client *talk, short what)
{
    struct pollfd wait = {.fd = talk->fd, .events = what};
    uint64_t now_ms = process_clock_ms();
    int ready;

    if (now_ms >= talk->ends_ms)
        return fail(ETIMEDOUT);
    ready = poll(&wait, 1, (int)(talk->ends_ms - now_ms));
    return ready > 0 || fail(ready == 0 ? ETIMEDOUT : errno);
}

static bool finish_connect(const struct line_client *talk)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (!await(talk, POLLOUT) || getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return false;
    return !error || fail(error);
}

bool line_client_open(struct line_client *talk, const union inet_address *to, uint64_t deadline_ms)
{
    *talk = (struct line_client){.ends_ms = process_clock_ms() + deadline_ms};
    talk->fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (talk->fd < 0)
        return false;
    if (connect(talk->fd, &to->any, address_size(to)) == 0)
        return true;
    return errno == EINPROGRESS && finish_connect(talk);
}

bool line_client_write_line(struct line_client *talk, struct span bytes)
{
    while (bytes.n) {
        ssize_t sent = send(talk->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

        if (sent > 0)
            bytes = span_from(bytes, (size_t)sent);
        else if (errno != EAGAIN || !await(talk, POLLOUT))
            return false;
    }
    return true;
}

static bool read_more(struct line_client *talk)
{
    enum { CHUNK = 1024 };
    ssize_t got = recv(talk->fd, buf_reserve(&talk->pending, CHUNK), CHUNK, 0);

    if (got > 0)
        talk->pending.n += (size_t)got;
    if (got == 0)
        return fail(ECONNRESET);
    return got > 0 || (errno == EAGAIN && await(talk, POLLIN));
}

static void take_line(struct line_client *talk, size_t length, struct buf *line)
{
    struct span text = {talk->pending.p, length};
    size_t left = talk->pending.n - length - 1;

    if (text.n && text.p[text.n - 1] == '\r')
        text.n--;
    buf_add(line, text);
    memmove(talk->pending.p, talk->pending.p + length + 1, left);
    talk->pending.n = left;
}

bool line_client_read_line(struct line_client *talk, struct buf *line)
{
    for (;;) {
        const char *end = talk->pending.n ? memchr(talk->pending.p, '\n', talk->pending.n) : NULL;

        if (end) {
            take_line(talk, (size_t)(end - talk->pending.p), line);
            return true;
        }
        if (talk->pending.n > LINE_CLIENT_MAX)
            return fail(EMSGSIZE);
        if (!read_more(talk))
            return false;
    }
}

void line_client_close(struct line_client *talk)
{
    if (talk->fd >= 0)
        close(talk->fd);
    talk->fd = -1;
    buf_fini(&talk->pending);
}
