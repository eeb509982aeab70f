#include "net/conn.h"

ssize_t conn_transport_receive(struct conn *conn, void *into, size_t capacity)
{
    ssize_t n = recv(conn->fd, into, capacity, 0);

    if (n > 0)
        conn->octets_in += (uint64_t)n;
    return n;
}

ssize_t conn_transport_send(struct conn *conn, struct iovec *pieces, size_t count)
{
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    ssize_t n;

    if (count == 0)
        return 0;
    n = count == 1 ? send(conn->fd, pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL)
                   : sendmsg(conn->fd, &message, MSG_NOSIGNAL);
    if (n > 0)
        conn->octets_out += (uint64_t)n;
    return n;
}

const struct conn_transport conn_transport_plain = {conn_transport_receive, conn_transport_send, NULL, NULL};
