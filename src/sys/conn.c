#include "sys/conn.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    BORROW_MIN_BYTES = 1024, /* less is copied sooner than it is borrowed */
    PIECES_MAX = 16,         /* in one call */
    READ_BURST = 32, /* blocks before others get their turn: more than [spool] memory_max of a message */
};

static char scratch[CONN_SCRATCH_BYTES];

static void fail(struct conn *conn, int error)
{
    if (conn->failed)
        return;
    conn->failed = true;
    event_del(conn->read_event);
    event_del(conn->write_event);
    conn->handlers->failed(conn->context, conn, error);
}

/* True: read something, *n bytes; 0 is the end. */
static bool read_some(struct conn *conn, size_t *n)
{
    ssize_t got = recv(conn->fd, scratch, sizeof scratch, 0);

    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR)
            fail(conn, errno);
        return false;
    }
    *n = (size_t)got;
    conn->octets_in += *n;
    return true;
}

/* One block. True: there may be more at once. */
static bool receive(struct conn *conn)
{
    size_t n;

    if (!read_some(conn, &n))
        return false;
    if (n == 0) {
        conn->at_end = true;
        conn_read(conn, false);
        conn->handlers->ended(conn->context, conn);
        return false;
    }
    if (conn->in.n)
        buf_add(&conn->in, (struct span){scratch, n});
    else
        conn->fresh = (struct span){scratch, n};
    conn->handlers->readable(conn->context, conn);
    /* The owner may have ended the connection, which clears both. */
    if (conn->fresh.n)
        buf_add(&conn->in, conn->fresh);
    conn->fresh = (struct span){0};
    return n == sizeof scratch;
}

/* A message that has come whole is taken whole: with a block of each in turn, a hundred large ones would be
 * in memory at a time, and in no cache. */
void conn_receive(struct conn *conn)
{
    if (!conn->reading)
        event_del(conn->read_event);
    for (int i = 0; i < READ_BURST && conn->reading; i++)
        if (!receive(conn))
            return;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;

    if (conn->handlers->arrived)
        conn->handlers->arrived(conn->context, conn);
    else
        conn_receive(conn);
}

static void finish_connecting(struct conn *conn)
{
    int error = 0;
    socklen_t size = sizeof error;

    getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        fail(conn, error);
        return;
    }
    conn->connecting = false;
    conn->handlers->connected(conn->context, conn);
}

/* An empty one: most are needed for the time of a call. */
static struct evbuffer *spare;

static struct evbuffer *take_evbuffer(void)
{
    struct evbuffer *buffer = spare ? spare : evbuffer_new();

    spare = NULL;
    return buffer;
}

static void give_evbuffer(struct evbuffer *buffer)
{
    if (spare)
        evbuffer_free(buffer);
    else
        spare = buffer;
}

/* As evbuffer_write, which takes a dearer way through the kernel. */
static ssize_t send_some(int fd, struct evbuffer *out)
{
    struct evbuffer_iovec pieces[PIECES_MAX];
    int count = evbuffer_peek(out, -1, NULL, pieces, PIECES_MAX);
    struct msghdr message = {.msg_iov = pieces,
                             .msg_iovlen = (size_t)(count < PIECES_MAX ? count : PIECES_MAX)};
    ssize_t n = count == 1 ? send(fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                           : sendmsg(fd, &message, MSG_NOSIGNAL);

    if (n > 0)
        evbuffer_drain(out, (size_t)n);
    return n;
}

/* True when nothing waits any more. */
static bool write_some(struct conn *conn, int *error)
{
    while (conn->out && evbuffer_get_length(conn->out) > 0) {
        ssize_t n = send_some(conn->fd, conn->out);

        if (n < 0) {
            *error = errno == EAGAIN || errno == EINTR ? 0 : errno;
            return false;
        }
        conn->octets_out += (uint64_t)n;
    }
    if (conn->out)
        give_evbuffer(conn->out);
    conn->out = NULL;
    conn->borrows = false;
    return true;
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;
    int error = 0;

    if (conn->connecting) {
        finish_connecting(conn);
        return;
    }
    if (write_some(conn, &error))
        conn->handlers->drained(conn->context, conn);
    else if (error)
        fail(conn, error);
    else
        event_add(conn->write_event, NULL);
}

static void set_options(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void conn_init(struct conn *conn, struct event_base *base, int fd, const struct conn_handlers *handlers,
               void *context)
{
    *conn = (struct conn){.fd = fd, .handlers = handlers, .context = context};
    set_options(fd);
    conn->read_event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, conn);
    conn->write_event = event_new(base, fd, EV_WRITE, on_writable, conn);
    assert(conn->read_event && conn->write_event);
}

bool conn_init_connect(struct conn *conn, struct event_base *base, const struct sockaddr *to, socklen_t size,
                       const struct outgoing *outgoing, const struct conn_handlers *handlers, void *context)
{
    int fd = outgoing_socket(to->sa_family, outgoing);

    *conn = (struct conn){.fd = -1};
    if (fd < 0)
        return false;
    if (connect(fd, to, size) != 0 && errno != EINPROGRESS) {
        int error = errno;

        close(fd);
        errno = error;
        return false;
    }
    conn_init(conn, base, fd, handlers, context);
    conn->connecting = true;
    event_add(conn->write_event, NULL);
    return true;
}

void conn_fini(struct conn *conn)
{
    if (conn->fd < 0)
        return;
    event_free(conn->read_event);
    event_free(conn->write_event);
    close(conn->fd);
    if (conn->out)
        evbuffer_free(conn->out);
    buf_fini(&conn->in);
    *conn = (struct conn){.fd = -1};
}

bool conn_is_open(const struct conn *conn)
{
    return conn->fd >= 0 && !conn->failed;
}

/* Told to stop, it does so when bytes come: mostly it is told to go on before that. */
void conn_read(struct conn *conn, bool on)
{
    on = on && !conn->at_end && !conn->failed && !conn->connecting;
    if (conn->fd < 0 || on == conn->reading)
        return;
    conn->reading = on;
    if (on && !event_pending(conn->read_event, EV_READ, NULL))
        event_add(conn->read_event, NULL);
}

struct span conn_input(const struct conn *conn)
{
    return conn->in.n ? buf_span(&conn->in) : conn->fresh;
}

void conn_take(struct conn *conn, size_t n)
{
    if (conn->fresh.n) {
        conn->fresh = span_from(conn->fresh, n);
    } else if (n == conn->in.n) {
        buf_fini(&conn->in);
    } else {
        memmove(conn->in.p, conn->in.p + n, conn->in.n - n);
        conn->in.n -= n;
    }
}

/* No more than is there now: a peer may send as fast as we read. The scratch may hold the other leg's bytes.
 */
void conn_drop_input(struct conn *conn)
{
    static char dropped[16384];
    int held = 0;

    conn->fresh = (struct span){0};
    buf_fini(&conn->in);
    if (!conn_is_open(conn) || ioctl(conn->fd, FIONREAD, &held) != 0)
        return;
    while (held > 0) {
        ssize_t n = recv(conn->fd, dropped, (size_t)held < sizeof dropped ? (size_t)held : sizeof dropped,
                         MSG_DONTWAIT);

        if (n <= 0)
            return;
        held -= (int)n;
    }
}

/* Out of memory: as buf does. */
static void insist(bool done)
{
    if (!done)
        mem_exhausted();
}

static bool may_write(struct conn *conn, struct span bytes)
{
    if (!conn_is_open(conn) || bytes.n == 0)
        return false;
    if (!conn->out)
        conn->out = take_evbuffer();
    insist(conn->out);
    return true;
}

void conn_write(struct conn *conn, struct span bytes)
{
    if (may_write(conn, bytes))
        insist(evbuffer_add(conn->out, bytes.p, bytes.n) == 0);
}

void conn_write_borrowed(struct conn *conn, struct span bytes)
{
    if (bytes.n < BORROW_MIN_BYTES) {
        conn_write(conn, bytes);
    } else if (may_write(conn, bytes)) {
        insist(evbuffer_add_reference(conn->out, bytes.p, bytes.n, NULL, NULL) == 0);
        conn->borrows = true;
    }
}

void conn_keep(struct conn *conn)
{
    struct evbuffer *borrowed = conn->out;
    struct evbuffer_iovec room;
    size_t n;

    if (!conn->borrows || !borrowed)
        return;
    n = evbuffer_get_length(borrowed);
    conn->borrows = false;
    conn->out = evbuffer_new();
    insist(conn->out && evbuffer_reserve_space(conn->out, (ev_ssize_t)n, &room, 1) == 1);
    room.iov_len = n;
    evbuffer_remove(borrowed, room.iov_base, n);
    evbuffer_commit_space(conn->out, &room, 1);
    evbuffer_free(borrowed);
}

bool conn_send_descriptor(struct conn *conn, int fd)
{
    struct iovec part = {(char[]){'\0'}, 1};
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    struct cmsghdr *carried = CMSG_FIRSTHDR(&message);

    carried->cmsg_level = SOL_SOCKET;
    carried->cmsg_type = SCM_RIGHTS;
    carried->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(carried), &fd, sizeof fd);
    return sendmsg(conn->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

size_t conn_waiting(const struct conn *conn)
{
    return conn->out ? evbuffer_get_length(conn->out) : 0;
}

uint64_t conn_taken_by_peer(const struct conn *conn)
{
    int held = 0;

    if (!conn_is_open(conn) || ioctl(conn->fd, SIOCOUTQ, &held) != 0 || held < 0)
        return conn->octets_out;
    return conn->octets_out - (uint64_t)held;
}

/* An error is left for the event loop to find, so that no callback runs within the owner's call. */
void conn_flush(struct conn *conn)
{
    int error = 0;

    if (!conn_is_open(conn) || !conn->out)
        return;
    if (!conn->connecting && write_some(conn, &error))
        return;
    event_add(conn->write_event, NULL);
}

void conn_shutdown_write(struct conn *conn)
{
    if (conn_is_open(conn) && !conn->connecting)
        shutdown(conn->fd, SHUT_WR);
}
