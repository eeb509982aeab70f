#include "framed_transport.h"

#include <errno.h>
#include <stdlib.h>

enum { HEADER_BYTES = 3, RECORD_MAX_BYTES = 16384, READ_BYTES = 4096, MASK = 0x5a };

static void add_masked(struct buf *to, struct span bytes)
{
    char *into = buf_reserve(to, bytes.n);

    for (size_t i = 0; i < bytes.n; i++)
        into[i] = (char)(bytes.p[i] ^ MASK);
    to->n += bytes.n;
}

void framed_add(struct framed *framed, enum framed_kind kind, struct span bytes)
{
    buf_add_char(&framed->out, (char)kind);
    buf_add_char(&framed->out, (char)(bytes.n >> 8));
    buf_add_char(&framed->out, (char)bytes.n);
    add_masked(&framed->out, bytes);
}

static void drop_first(struct buf *buf, size_t n)
{
    memmove(buf->p, buf->p + n, buf->n - n);
    buf->n -= n;
}

static void take_record(struct framed *framed, char kind, struct span bytes)
{
    switch (kind) {
    case FRAMED_HELLO: framed->has_received_hello = true; break;
    case FRAMED_DATA: add_masked(&framed->decoded, bytes); break;
    case FRAMED_ANSWER: framed->awaits_answer = false; break;
    case FRAMED_PING: framed_add(framed, FRAMED_PONG, (struct span){0}); break;
    case FRAMED_PONG: framed->has_received_pong = true; break;
    case FRAMED_CLOSE: framed->is_closed = true; break;
    case FRAMED_UPDATE:
        framed_add(framed, FRAMED_ANSWER, (struct span){0});
        framed->owes_answer = true;
        break;
    default: framed->is_malformed = true;
    }
}

void framed_decode(struct framed *framed)
{
    while (framed->raw.n >= HEADER_BYTES && !framed->is_malformed) {
        const unsigned char *header = (const unsigned char *)framed->raw.p;
        size_t n = (size_t)header[1] << 8 | header[2];

        framed->is_malformed = n > RECORD_MAX_BYTES;
        if (framed->raw.n < HEADER_BYTES + n)
            return;
        take_record(framed, framed->raw.p[0], (struct span){framed->raw.p + HEADER_BYTES, n});
        drop_first(&framed->raw, HEADER_BYTES + n);
    }
}

static void note_held(struct conn *conn)
{
    struct framed *framed = conn->transport_state;

    conn->held_in = framed->decoded.n;
    conn->held_out = framed->out.n;
}

/* Reads more of the socket. As recv; an end is an error. */
static bool read_more(struct conn *conn)
{
    struct framed *framed = conn->transport_state;
    ssize_t n = conn_transport_receive(conn, buf_reserve(&framed->raw, READ_BYTES), READ_BYTES);

    if (n == 0)
        errno = ECONNRESET;
    if (n <= 0)
        return false;
    framed->raw.n += (size_t)n;
    framed_decode(framed);
    note_held(conn);
    if (framed->is_malformed)
        errno = EPROTO;
    return !framed->is_malformed;
}

/* False: errno. */
static bool push(struct conn *conn)
{
    struct framed *framed = conn->transport_state;

    while (framed->out.n > 0) {
        ssize_t n = conn_transport_send(conn, &(struct iovec){framed->out.p, framed->out.n}, 1);

        if (n < 0)
            return false;
        drop_first(&framed->out, (size_t)n);
        note_held(conn);
    }
    framed->owes_answer = false;
    return true;
}

static ssize_t shake_hands(struct conn *conn)
{
    struct framed *framed = conn->transport_state;

    if (!framed->may_begin) {
        conn->send_awaits = 0;
        errno = EAGAIN;
        return -1;
    }
    if (!framed->has_sent_hello)
        framed_add(framed, FRAMED_HELLO, SPAN("hello"));
    framed->has_sent_hello = true;
    if (!push(conn))
        return -1;
    framed_decode(framed);
    note_held(conn);
    while (!framed->has_received_hello)
        if (!read_more(conn)) {
            conn->send_awaits = EV_READ;
            return -1;
        }
    return 0;
}

static ssize_t give(struct conn *conn, char *into, size_t capacity)
{
    struct framed *framed = conn->transport_state;
    size_t n = framed->decoded.n;

    n = n < FRAMED_PART_BYTES ? n : FRAMED_PART_BYTES;
    n = n < capacity ? n : capacity;
    memcpy(into, framed->decoded.p, n);
    drop_first(&framed->decoded, n);
    note_held(conn);
    return (ssize_t)n;
}

static ssize_t framed_receive(struct conn *conn, void *into, size_t capacity)
{
    struct framed *framed = conn->transport_state;

    framed->receptions++;
    for (;;) {
        if (framed->owes_answer && !push(conn)) {
            conn->receive_awaits = EV_WRITE;
            return -1;
        }
        if (framed->decoded.n > 0)
            return give(conn, into, capacity);
        if (framed->is_closed)
            return 0;
        if (!read_more(conn))
            return -1;
    }
}

static size_t take_piece(struct framed *framed, struct iovec piece)
{
    size_t n = piece.iov_len < RECORD_MAX_BYTES ? piece.iov_len : RECORD_MAX_BYTES;

    framed_add(framed, FRAMED_DATA, (struct span){piece.iov_base, n});
    framed->since_update += n;
    if (framed->since_update > FRAMED_UPDATE_EVERY) {
        framed_add(framed, FRAMED_UPDATE, (struct span){0});
        framed->since_update = 0;
        framed->awaits_answer = true;
    }
    return n;
}

static ssize_t framed_send(struct conn *conn, struct iovec *pieces, size_t count)
{
    struct framed *framed = conn->transport_state;
    size_t n;

    if (!framed->has_received_hello)
        return shake_hands(conn);
    if (!push(conn))
        return -1;
    if (count == 0)
        return 0;
    while (framed->awaits_answer)
        if (!read_more(conn)) {
            conn->send_awaits = EV_READ;
            return -1;
        }
    n = take_piece(framed, *pieces);
    note_held(conn);
    push(conn);
    return (ssize_t)n;
}

static void framed_shutdown(struct conn *conn)
{
    framed_add(conn->transport_state, FRAMED_CLOSE, (struct span){0});
    note_held(conn);
}

void framed_fini(struct framed *framed)
{
    buf_fini(&framed->raw);
    buf_fini(&framed->decoded);
    buf_fini(&framed->out);
}

static void framed_free(void *state)
{
    framed_fini(state);
    free(state);
}

const struct conn_transport framed_transport = {framed_receive, framed_send, framed_shutdown, framed_free};
