/* conn_out: the output of a connection. */

#include "net/conn_internal.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdint.h>
#include <sys/ioctl.h>

enum {
    BORROW_MIN_BYTES = 1024, /* fewer bytes are copied faster than borrowed */
    PIECES_MAX = 16,         /* per call of the transport */
};

/* An empty buffer for reuse. Most connections need a buffer only from conn_write to the next conn_flush. */
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

/* Sends pieces of the waiting output. (evbuffer_write would use a slower system call.) */
static ssize_t send_some(struct conn *conn)
{
    struct iovec pieces[PIECES_MAX];
    int count = conn->out ? evbuffer_peek(conn->out, -1, NULL, pieces, PIECES_MAX) : 0;
    ssize_t n;

    conn->send_awaits = EV_WRITE;
    n = conn->transport->send(conn, pieces, (size_t)(count < PIECES_MAX ? count : PIECES_MAX));
    if (n > 0)
        evbuffer_drain(conn->out, (size_t)n);
    conn_receive_held(conn);
    return n;
}

static bool send_all(struct conn *conn, int *error)
{
    while (conn_waiting(conn) > 0) {
        if (send_some(conn) < 0) {
            *error = errno == EAGAIN || errno == EINTR ? 0 : errno;
            return false;
        }
    }
    if (conn->out)
        give_evbuffer(conn->out);
    conn->out = NULL;
    conn->borrows = false;
    return true;
}

/* Sends the transport's last octets, then shuts the socket down. */
static bool send_end(struct conn *conn, int *error)
{
    if (conn->ending == CONN_ENDING_WANTED && conn->transport->shutdown)
        conn->transport->shutdown(conn);
    conn->ending = CONN_ENDING_SENT;
    if (!send_all(conn, error))
        return false;
    shutdown(conn->fd, SHUT_WR);
    return true;
}

bool conn_send_waiting(struct conn *conn, int *error)
{
    return send_all(conn, error) && (conn->ending == CONN_ENDING_NONE || send_end(conn, error));
}

void conn_await_sending(struct conn *conn)
{
    if (conn->send_awaits == EV_READ)
        conn_watch(conn, conn->read_event);
    else if (conn->send_awaits == EV_WRITE)
        conn_watch(conn, conn->write_event);
}

/* Ends the process if memory is exhausted, as buf does. */
static void require(bool done)
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
    require(conn->out);
    return true;
}

void conn_write(struct conn *conn, struct span bytes)
{
    if (may_write(conn, bytes))
        require(evbuffer_add(conn->out, bytes.p, bytes.n) == 0);
}

void conn_write_borrowed(struct conn *conn, struct span bytes)
{
    if (bytes.n < BORROW_MIN_BYTES) {
        conn_write(conn, bytes);
    } else if (may_write(conn, bytes)) {
        require(evbuffer_add_reference(conn->out, bytes.p, bytes.n, NULL, NULL) == 0);
        conn->borrows = true;
    }
}

void conn_keep(struct conn *conn)
{
    struct evbuffer *borrowed = conn->out;
    struct evbuffer_iovec space;
    size_t n;

    if (!conn->borrows || !borrowed)
        return;
    n = evbuffer_get_length(borrowed);
    conn->borrows = false;
    conn->out = take_evbuffer();
    require(conn->out && evbuffer_reserve_space(conn->out, (ev_ssize_t)n, &space, 1) == 1);
    space.iov_len = n;
    evbuffer_remove(borrowed, space.iov_base, n);
    evbuffer_commit_space(conn->out, &space, 1);
    give_evbuffer(borrowed);
}

bool conn_send_descriptor(struct conn *conn, int fd)
{
    struct iovec part = {(char[]){'\0'}, 1};
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    struct cmsghdr *carried = CMSG_FIRSTHDR(&message);

    carried->cmsg_level = SOL_SOCKET;
    carried->cmsg_type = SCM_RIGHTS;
    carried->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(carried), &fd, sizeof fd);
    return sendmsg(conn->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

size_t conn_waiting(const struct conn *conn)
{
    return conn->held_out + (conn->out ? evbuffer_get_length(conn->out) : 0);
}

uint64_t conn_acked_bytes(const struct conn *conn)
{
    int held = 0;

    if (!conn_is_open(conn) || ioctl(conn->fd, SIOCOUTQ, &held) != 0 || held < 0)
        return conn->octets_out;
    return conn->octets_out - (uint64_t)held;
}

/* The event loop reports a failure, so that no handler is called by this function. */
void conn_flush(struct conn *conn)
{
    int error = 0;

    if (!conn_is_open(conn) || conn->connecting || conn_waiting(conn) == 0)
        return;
    if (!conn_send_waiting(conn, &error))
        conn_await_sending(conn);
}

void conn_shutdown_write(struct conn *conn)
{
    int error = 0;

    if (!conn_is_open(conn) || conn->connecting || conn->ending != CONN_ENDING_NONE)
        return;
    conn->ending = CONN_ENDING_WANTED;
    if (!conn_send_waiting(conn, &error))
        conn_await_sending(conn);
}
