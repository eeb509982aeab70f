#include "net/conn_tls_internal.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

enum {
    RECORD_BYTES = SSL3_RT_MAX_PLAIN_LENGTH,
    ENCRYPT_MAX_BYTES = 16 * RECORD_BYTES, /* per call of `send` */
    /* While more than this waits to be sent, nothing is received. So a peer that provokes answers and does
       not read them cannot make the buffer grow without limit. */
    UNSENT_MAX_BYTES = 2 * ENCRYPT_MAX_BYTES,
};

static struct conn_tls *tls_of(const struct conn *conn)
{
    return conn->transport_state;
}

/* Records OpenSSL's first fault, and returns the errno for it. */
static int fault_of(struct conn_tls *tls)
{
    if (tls->fault)
        return tls->fault;
    if (!tls->error)
        tls->error = ERR_peek_error();
    ERR_clear_error();
    tls->fault = tls->socket_error ? tls->socket_error : tls->at_end && !tls->is_ready ? ECONNRESET : EPROTO;
    return tls->fault;
}

/* Returns the errno for a failed handshake, and sets send_awaits if it can continue. */
static int handshake_fault(struct conn_tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        tls->conn->send_awaits = tls->conn->held_out ? EV_WRITE : EV_READ;
        return EAGAIN;
    case SSL_ERROR_WANT_CLIENT_HELLO_CB: tls->conn->send_awaits = 0; return EAGAIN;
    case SSL_ERROR_WANT_X509_LOOKUP: return ENOKEY;
    default: return fault_of(tls);
    }
}

/* Continues the handshake. Returns 0 when it is complete and all its output is sent, otherwise -1 with errno.
 * On EAGAIN the next event in send_awaits continues it. */
static ssize_t shake_hands(struct conn_tls *tls)
{
    int result, error;

    tls->may_receive = true;
    ERR_clear_error();
    result = SSL_do_handshake(tls->ssl);
    if (!conn_tls_bio_flush(tls))
        return -1;
    tls->is_ready = result == 1;
    tls->conn->held_in = conn_tls_bio_held(tls);
    if (tls->is_ready && !tls->conn->held_out)
        return 0;
    error = tls->is_ready ? EAGAIN : handshake_fault(tls, result);
    errno = error;
    return -1;
}

/* Pieces that are smaller than a record are gathered, so that each record is as large as possible. */
struct source {
    struct iovec *pieces;
    size_t count, offset;
};

static struct span next_part(const struct source *source)
{
    const struct iovec *piece = source->pieces;

    return (struct span){(const char *)piece->iov_base + source->offset, piece->iov_len - source->offset};
}

static void advance(struct source *source, size_t n)
{
    source->offset += n;
    while (source->count > 0 && source->offset == source->pieces->iov_len) {
        source->pieces++;
        source->count--;
        source->offset = 0;
    }
}

/* Returns the plaintext of one or more records, and advances the source. */
static struct span next_plaintext(struct source *source)
{
    static char gathered[RECORD_BYTES];
    struct span part = span_first(next_part(source), ENCRYPT_MAX_BYTES);
    size_t n = 0;

    if (part.n >= RECORD_BYTES || source->count == 1) {
        part.n = part.n > RECORD_BYTES ? part.n - part.n % RECORD_BYTES : part.n;
        advance(source, part.n);
        return part;
    }
    while (source->count > 0 && n < sizeof gathered) {
        part = span_first(next_part(source), sizeof gathered - n);
        memcpy(gathered + n, part.p, part.n);
        n += part.n;
        advance(source, part.n);
    }
    return (struct span){gathered, n};
}

/* Returns the number of octets encrypted. 0 with errno: OpenSSL has failed. */
static size_t encrypt(struct conn_tls *tls, struct iovec *pieces, size_t count)
{
    struct source source = {pieces, count, 0};
    size_t taken = 0;

    advance(&source, 0);
    while (source.count > 0 && taken < ENCRYPT_MAX_BYTES) {
        struct span part = next_plaintext(&source);

        ERR_clear_error();
        if (SSL_write(tls->ssl, part.p, (int)part.n) != (int)part.n) {
            errno = fault_of(tls);
            return 0;
        }
        taken += part.n;
    }
    return taken;
}

static ssize_t send_tls(struct conn *conn, struct iovec *pieces, size_t count)
{
    struct conn_tls *tls = tls_of(conn);
    size_t taken;
    int error;

    if (!tls->is_ready)
        return shake_hands(tls);
    if (!conn_tls_bio_flush(tls))
        return -1;
    if (conn->held_out) {
        errno = EAGAIN;
        return -1;
    }
    taken = encrypt(tls, pieces, count);
    error = errno;
    if (!conn_tls_bio_flush(tls))
        return -1;
    errno = error;
    return taken == 0 && count > 0 ? -1 : (ssize_t)taken;
}

/* Decrypts until `into` is full or no whole record is left. */
static size_t decrypt(struct conn_tls *tls, char *into, size_t capacity)
{
    size_t n = 0;
    int result = 1;

    ERR_clear_error();
    while (n < capacity && result > 0) {
        result = SSL_read(tls->ssl, into + n, (int)(capacity - n));
        if (result > 0)
            n += (size_t)result;
    }
    if (result > 0)
        return n;
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ: break;
    case SSL_ERROR_ZERO_RETURN: tls->is_closed = true; break;
    default: fault_of(tls);
    }
    return n;
}

/* The peer's end or a fault may already be known, and then no event of the socket reports it. So it counts as
 * held input. */
static size_t held_in(const struct conn_tls *tls)
{
    size_t octets = conn_tls_bio_held(tls) + (size_t)SSL_pending(tls->ssl);

    return octets == 0 && (tls->is_closed || tls->fault) ? 1 : octets;
}

static ssize_t receive_tls(struct conn *conn, void *into, size_t capacity)
{
    struct conn_tls *tls = tls_of(conn);
    size_t n = 0;

    if (conn->held_out > UNSENT_MAX_BYTES) {
        conn->receive_awaits = EV_WRITE;
        errno = EAGAIN;
        return -1;
    }
    tls->may_receive = true;
    if (!tls->is_closed && !tls->fault)
        n = decrypt(tls, into, capacity);
    conn_tls_bio_flush(tls);
    conn->held_in = held_in(tls);
    if (n > 0)
        return (ssize_t)n;
    if (tls->is_closed)
        return 0;
    errno = tls->fault ? tls->fault : EAGAIN;
    return -1;
}

static void shut_down_tls(struct conn *conn)
{
    struct conn_tls *tls = tls_of(conn);

    if (tls->is_cut || !tls->is_ready)
        return;
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
    conn_tls_bio_hold(tls);
}

/* OpenSSL permits the resumption of a session only if its connection was shut down. */
static void free_tls(void *state)
{
    struct conn_tls *tls = state;

    if (tls->is_ready && !tls->fault)
        SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(tls->ssl);
    conn_tls_bio_fini(tls);
    free(tls);
}

static const struct conn_transport conn_transport_tls = {receive_tls, send_tls, shut_down_tls, free_tls};

void conn_tls_start(struct conn *conn, SSL *ssl, struct span received)
{
    struct conn_tls *tls = mem_alloc_zero(sizeof *tls);
    BIO *bio = conn_tls_bio_new(tls);

    tls->conn = conn;
    tls->ssl = ssl;
    buf_add(&tls->received, received);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    conn_set_transport(conn, &conn_transport_tls, tls);
}

static struct conn_tls *if_tls(const struct conn *conn)
{
    return conn->fd >= 0 && conn->transport == &conn_transport_tls ? tls_of(conn) : NULL;
}

SSL *conn_tls_of(const struct conn *conn)
{
    const struct conn_tls *tls = if_tls(conn);

    return tls ? tls->ssl : NULL;
}

unsigned long conn_tls_error(const struct conn *conn)
{
    const struct conn_tls *tls = if_tls(conn);

    return tls ? tls->error : 0;
}

int conn_tls_alert(const struct conn *conn)
{
    int reason = ERR_GET_REASON(conn_tls_error(conn));

    return reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256
               ? reason - SSL_AD_REASON_OFFSET
               : -1;
}

bool conn_tls_was_cut(const struct conn *conn)
{
    const struct conn_tls *tls = if_tls(conn);

    return tls && tls->at_end && tls->is_closed;
}

void conn_tls_cut(struct conn *conn)
{
    struct conn_tls *tls = if_tls(conn);

    if (tls)
        tls->is_cut = true;
}
