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

static bool await(const struct line_client *client, short what)
{
    struct pollfd wait = {.fd = client->fd, .events = what};
    uint64_t now_ms = process_clock_ms();
    int ready;

    if (now_ms >= client->ends_ms)
        return fail(ETIMEDOUT);
    ready = poll(&wait, 1, (int)(client->ends_ms - now_ms));
    return ready > 0 || fail(ready == 0 ? ETIMEDOUT : errno);
}

static bool finish_connect(const struct line_client *client)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (!await(client, POLLOUT) || getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return false;
    return !error || fail(error);
}

bool line_client_open(struct line_client *client, const union inet_address *to, uint64_t deadline_ms)
{
    *client = (struct line_client){.ends_ms = process_clock_ms() + deadline_ms};
    client->fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (client->fd < 0)
        return false;
    if (connect(client->fd, &to->any, address_size(to)) == 0)
        return true;
    return errno == EINPROGRESS && finish_connect(client);
}

bool line_client_write_line(struct line_client *client, struct span bytes)
{
    while (bytes.n) {
        ssize_t sent = send(client->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

        if (sent > 0)
            bytes = span_from(bytes, (size_t)sent);
        else if (errno != EAGAIN || !await(client, POLLOUT))
            return false;
    }
    return true;
}

static bool read_more(struct line_client *client)
{
    enum { CHUNK = 1024 };
    ssize_t got = recv(client->fd, buf_reserve(&client->pending, CHUNK), CHUNK, 0);

    if (got > 0)
        client->pending.n += (size_t)got;
    if (got == 0)
        return fail(ECONNRESET);
    return got > 0 || (errno == EAGAIN && await(client, POLLIN));
}

static void take_line(struct line_client *client, size_t length, struct buf *line)
{
    struct span text = {client->pending.p, length};
    size_t left = client->pending.n - length - 1;

    if (text.n && text.p[text.n - 1] == '\r')
        text.n--;
    buf_add(line, text);
    memmove(client->pending.p, client->pending.p + length + 1, left);
    client->pending.n = left;
}

bool line_client_read_line(struct line_client *client, struct buf *line)
{
    for (;;) {
        const char *end = client->pending.n ? memchr(client->pending.p, '\n', client->pending.n) : NULL;

        if (end) {
            take_line(client, (size_t)(end - client->pending.p), line);
            return true;
        }
        if (client->pending.n > LINE_CLIENT_MAX)
            return fail(EMSGSIZE);
        if (!read_more(client))
            return false;
    }
}

void line_client_close(struct line_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    buf_fini(&client->pending);
}
