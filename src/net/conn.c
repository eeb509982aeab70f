/* conn: creating, connecting, reading and closing a connection. */

#include "net/conn_internal.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Maximum number of blocks read from one connection before others are served. This many blocks hold more than
 * the default of [spool] memory_max. */
enum { READ_BURST = 32 };

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

/* Receives at most one block into `scratch`. *n: number of bytes; 0: the peer's end. False: nothing can be
 * received now, or the connection has failed. */
static bool read_some(struct conn *conn, size_t *n)
{
    ssize_t got;

    conn->receive_awaits = EV_READ;
    got = conn->transport->receive(conn, scratch, sizeof scratch);
    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR)
            fail(conn, errno);
        return false;
    }
    *n = (size_t)got;
    return true;
}

/* Reads one block. Returns whether more input may have arrived already. */
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
    /* If the owner has closed the connection, `fresh` is empty. */
    if (conn->fresh.n)
        buf_add(&conn->in, conn->fresh);
    conn->fresh = (struct span){0};
    return n == sizeof scratch || conn->held_in > 0;
}

/* Arranges what the transport needs after receiving: to send what it has added, to wait until the socket is
 * writable, or to be called again for octets that it holds. */
static void arrange_next(struct conn *conn)
{
    if (!conn_is_open(conn))
        return;
    if (conn->held_out > 0)
        conn_await_sending(conn);
    if (conn->receive_awaits == EV_WRITE) {
        event_del(conn->read_event);
        conn_watch(conn, conn->write_event);
    }
    conn_receive_held(conn);
}

/* Reads up to READ_BURST blocks, usually a whole message. If one block of each connection were read in turn,
 * many large messages would be in memory at the same time, and none of them in the processor cache. */
void conn_receive(struct conn *conn)
{
    if (!conn->reading && conn->send_awaits != EV_READ)
        event_del(conn->read_event);
    for (int i = 0; i < READ_BURST && conn->reading; i++)
        if (!receive(conn))
            break;
    arrange_next(conn);
}

/* Even if the socket has failed in a handshake, the transport is called. It may still read octets of the peer
 * that give a better reason. */
static void continue_connecting(struct conn *conn)
{
    int error = 0;
    socklen_t size = sizeof error;

    getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    conn->send_awaits = EV_WRITE;
    if (conn->transport->send(conn, NULL, 0) < 0 && (!error || errno == EPROTO))
        error = errno;
    if (error == EAGAIN || error == EINTR) {
        conn_await_sending(conn);
    } else if (error) {
        fail(conn, error);
    } else {
        conn->connecting = false;
        if (conn_waiting(conn) > 0)
            conn_await_sending(conn);
        conn->handlers->connected(conn->context, conn);
    }
}

static void continue_sending(struct conn *conn)
{
    int error = 0;

    if (conn_send_waiting(conn, &error))
        conn->handlers->drained(conn->context, conn);
    else if (error)
        fail(conn, error);
    else
        conn_await_sending(conn);
}

static void continue_receiving(struct conn *conn)
{
    if (conn->handlers->arrived)
        conn->handlers->arrived(conn->context, conn);
    else
        conn_receive(conn);
}

/* If the transport waited for this event to connect or to send, the event is turned off. It is turned on
 * again if the transport still waits for it, or if the owner reads. */
static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;

    if (conn->connecting || conn->send_awaits == EV_READ) {
        event_del(conn->read_event);
        if (conn->connecting)
            continue_connecting(conn);
        else
            continue_sending(conn);
        if (!conn_is_open(conn) || !conn->reading)
            return;
        conn_watch(conn, conn->read_event);
    }
    continue_receiving(conn);
}

static void on_held(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;

    if (conn->reading && conn->held_in > 0 && conn->receive_awaits == EV_READ)
        continue_receiving(conn);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;
    bool receives = conn->receive_awaits == EV_WRITE;

    if (conn->is_unwatched) {
        fail(conn, ENOMEM);
        return;
    }
    conn->receive_awaits = EV_READ;
    if (conn->connecting) {
        continue_connecting(conn);
        return;
    }
    if (!receives || conn_waiting(conn) > 0)
        continue_sending(conn);
    if (receives && conn_is_open(conn) && conn->reading) {
        conn_watch(conn, conn->read_event);
        continue_receiving(conn);
    }
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
    *conn = (struct conn){.fd = fd,
                          .handlers = handlers,
                          .context = context,
                          .transport = &conn_transport_plain,
                          .receive_awaits = EV_READ,
                          .send_awaits = EV_WRITE};
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
    conn_watch(conn, conn->write_event);
    return true;
}

void conn_set_transport(struct conn *conn, const struct conn_transport *transport, void *state)
{
    assert(conn_input(conn).n == 0 && conn_waiting(conn) == 0);
    conn->transport = transport;
    conn->transport_state = state;
    if (!conn->held_event)
        conn->held_event = event_new(event_get_base(conn->read_event), -1, 0, on_held, conn);
    assert(conn->held_event);
    conn_read(conn, false);
    event_del(conn->read_event);
    if (!conn->connecting)
        conn_resume(conn);
    conn->connecting = true;
}

void conn_resume(struct conn *conn)
{
    event_active(conn->write_event, EV_WRITE, 0);
}

void conn_fini(struct conn *conn)
{
    if (conn->fd < 0)
        return;
    if (conn->transport->free)
        conn->transport->free(conn->transport_state);
    event_free(conn->read_event);
    event_free(conn->write_event);
    if (conn->held_event)
        event_free(conn->held_event);
    close(conn->fd);
    if (conn->out)
        evbuffer_free(conn->out);
    buf_fini(&conn->in);
    *conn = (struct conn){.fd = -1};
}

/* Turning reading off leaves the event on until the next bytes arrive, because reading is usually turned on
 * again before they do. */
void conn_read(struct conn *conn, bool on)
{
    on = on && !conn->at_end && !conn->failed && !conn->connecting;
    if (conn->fd < 0 || on == conn->reading)
        return;
    conn->reading = on;
    if (!on || conn->receive_awaits != EV_READ)
        return;
    if (!event_pending(conn->read_event, EV_READ, NULL))
        conn_watch(conn, conn->read_event);
    conn_receive_held(conn);
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

bool conn_has_input(const struct conn *conn)
{
    int held = 0;

    return conn_input(conn).n > 0 ||
           (conn_is_open(conn) && ioctl(conn->fd, FIONREAD, &held) == 0 && held > 0);
}

/* Reads only what has arrived before the call. Otherwise a peer that sends as fast as this loop reads would
 * keep the loop running. Does not use the scratch block, which may hold another connection's bytes. */
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
