#include "scan/clamd_call.h"

#include "base/buf.h"
#include "scan/clamd_reply.h"
#include "net/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

enum { CHUNK_BYTES = 65536, WAITING_MAX_BYTES = 2 * CHUNK_BYTES, COMMAND_ANSWER_MAX = 65536 };

struct clamd_call {
    struct event_base *base;
    const struct inet_sockets *sockets;
    size_t next; /* the next address to try */
    struct conn conn;
    struct span command; /* only if fd is -1 */
    int fd;
    uint64_t size, offset;
    bool is_stream, is_sent;
    int error;
    pid_t process;
    struct event *deadline, *deferred;
    clamd_call_done *done;
    void *context;
};

static void free_call(struct clamd_call *call)
{
    conn_fini(&call->conn);
    event_free(call->deadline);
    event_free(call->deferred);
    free(call);
}

static void finish(struct clamd_call *call, enum clamd_call_end end, struct span answer)
{
    const struct clamd_call_result result = {end, call->is_stream, answer, call->error, call->process};

    event_del(call->deadline);
    event_del(call->deferred);
    conn_read(&call->conn, false);
    call->done(call->context, &result);
    call->done = NULL;
    event_active(call->deferred, EV_TIMEOUT, 1); /* frees the call */
}

static void fail(struct clamd_call *call, enum clamd_call_end end)
{
    finish(call, end, (struct span){0});
}

static void try_next(struct clamd_call *call);

/* Frees the call if done was called; otherwise tries the next address. Both free the connection, so neither
 * may happen inside its callbacks. */
static void on_deferred(evutil_socket_t fd, short what, void *context)
{
    struct clamd_call *call = context;

    if (!call->done) {
        free_call(call);
        return;
    }
    conn_fini(&call->conn);
    try_next(call);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    fail(context, CLAMD_CALL_LATE);
}

/* Sends a chunk after its length in network byte order. An empty chunk ends the stream. */
static void write_piece(struct clamd_call *call, struct span piece)
{
    uint32_t length = htonl((uint32_t)piece.n);

    conn_write(&call->conn, (struct span){(const char *)&length, sizeof length});
    conn_write(&call->conn, piece);
}

static bool read_piece(struct clamd_call *call, char *chunk, size_t *n)
{
    uint64_t left = call->size - call->offset;
    ssize_t got;

    do
        got = pread(call->fd, chunk, left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES, (off_t)call->offset);
    while (got < 0 && errno == EINTR);
    call->error = got < 0 ? errno : ENODATA;
    *n = got > 0 ? (size_t)got : 0;
    call->offset += *n;
    return got > 0 || left == 0;
}

static void stream(struct clamd_call *call)
{
    static char chunk[CHUNK_BYTES];
    size_t n;

    while (!call->is_sent && conn_waiting(&call->conn) < WAITING_MAX_BYTES) {
        if (!read_piece(call, chunk, &n)) {
            fail(call, CLAMD_CALL_UNREADABLE);
            return;
        }
        write_piece(call, (struct span){chunk, n});
        call->is_sent = n == 0;
        conn_flush(&call->conn);
    }
}

/* The descriptor must follow the command: clamd reads them in this order. */
static void send_descriptor(struct clamd_call *call)
{
    conn_write(&call->conn, SPAN("zFILDES\0"));
    conn_flush(&call->conn);
    call->is_sent = conn_waiting(&call->conn) == 0 && conn_send_descriptor(&call->conn, call->fd);
    if (call->is_sent)
        return;
    call->error = errno;
    fail(call, CLAMD_CALL_BROKEN);
}

/* Returns the process that listens on a Unix socket; 0: unknown, or the connection is TCP. */
static pid_t listener_of(const struct conn *conn)
{
    struct ucred peer = {0};
    socklen_t size = sizeof peer;

    return getsockopt(conn->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

static void on_connected(void *context, struct conn *conn)
{
    struct clamd_call *call = context;

    call->process = listener_of(conn);
    conn_read(conn, true);
    if (call->fd < 0) {
        conn_write(conn, call->command);
        conn_flush(conn);
    } else if (call->is_stream) {
        conn_write(conn, SPAN("zINSTREAM\0"));
        stream(call);
    } else {
        send_descriptor(call);
    }
}

static void on_readable(void *context, struct conn *conn)
{
    struct clamd_call *call = context;
    struct span input = conn_input(conn);
    const char *end = memchr(input.p, '\0', input.n);

    if (!call->done)
        return;
    if (end && (size_t)(end - input.p) + 1 == input.n)
        finish(call, CLAMD_CALL_ANSWERED, span_first(input, input.n - 1));
    else if (end || input.n > (call->fd < 0 ? COMMAND_ANSWER_MAX : CLAMD_ANSWER_MAX))
        fail(call, CLAMD_CALL_BROKEN);
}

static void on_ended(void *context, struct conn *conn)
{
    struct clamd_call *call = context;

    if (call->done)
        fail(call, CLAMD_CALL_BROKEN);
}

static void on_drained(void *context, struct conn *conn)
{
    struct clamd_call *call = context;

    if (call->done && call->is_stream)
        stream(call);
}

/* Looks for an unread reply: if the stream exceeds clamd's limit, clamd replies and closes the connection. */
static void on_failed(void *context, struct conn *conn, int error)
{
    struct clamd_call *call = context;
    char late[CLAMD_ANSWER_MAX];
    ssize_t n;

    if (!call->done)
        return;
    call->error = error;
    if (conn->connecting) {
        event_active(call->deferred, EV_TIMEOUT, 1);
        return;
    }
    n = call->is_stream ? read(conn->fd, late, sizeof late) : 0;
    if (n > 0 && conn_input(conn).n == 0 && memchr(late, '\0', (size_t)n) == late + n - 1)
        finish(call, CLAMD_CALL_ANSWERED, (struct span){late, (size_t)n - 1});
    else
        fail(call, CLAMD_CALL_BROKEN);
}

static const struct conn_handlers handlers = {on_connected, on_readable, on_ended,
                                              on_drained,   on_failed,   NULL};

static socklen_t socket_size(const union inet_socket *socket)
{
    if (socket->any.sa_family == AF_UNIX)
        return sizeof socket->un;
    return socket->any.sa_family == AF_INET6 ? sizeof socket->in6 : sizeof socket->in;
}

static void try_next(struct clamd_call *call)
{
    while (call->next < call->sockets->n) {
        const union inet_socket *socket = &call->sockets->at[call->next++];

        call->is_stream = socket->any.sa_family != AF_UNIX;
        if (conn_init_connect(&call->conn, call->base, &socket->any, socket_size(socket),
                              &(struct outgoing){0}, &handlers, call))
            return;
        call->error = errno;
    }
    fail(call, CLAMD_CALL_UNREACHABLE);
}

struct clamd_call *clamd_call_start(struct event_base *base, const struct inet_sockets *sockets, int fd,
                                    uint64_t size, uint64_t deadline_ms, clamd_call_done *done, void *context)
{
    struct clamd_call *call = mem_alloc_zero(sizeof *call);
    struct timeval in = {(time_t)(deadline_ms / 1000), (suseconds_t)(deadline_ms % 1000 * 1000)};

    call->base = base;
    call->sockets = sockets;
    call->conn.fd = -1;
    call->fd = fd;
    call->size = size;
    call->done = done;
    call->context = context;
    call->deadline = evtimer_new(base, on_deadline, call);
    call->deferred = event_new(base, -1, 0, on_deferred, call);
    event_add(call->deadline, &in);
    event_active(call->deferred, EV_TIMEOUT, 1);
    return call;
}

struct clamd_call *clamd_call_ask(struct event_base *base, const struct inet_sockets *sockets,
                                  struct span command, uint64_t deadline_ms, clamd_call_done *done,
                                  void *context)
{
    struct clamd_call *call = clamd_call_start(base, sockets, -1, 0, deadline_ms, done, context);

    call->command = command;
    return call;
}

void clamd_call_stop(struct clamd_call *call)
{
    if (!call->is_sent && call->done)
        event_active(call->deadline, EV_TIMEOUT, 1);
}

void clamd_call_cancel(struct clamd_call **call)
{
    if (*call)
        free_call(*call);
    *call = NULL;
}
