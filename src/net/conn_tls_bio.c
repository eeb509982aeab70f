/* The ciphertext of conn_tls: a BIO over the socket functions of conn.
 *
 * The block for input keeps the rest of what one connection has received until another connection needs the
 * block. Then the rest is copied to that connection. So no connection can see the octets of another one, and
 * a connection that takes all of its input copies nothing. */

#include "net/conn_tls_internal.h"

#include <errno.h>

enum {
    IN_BYTES = 128 << 10,
    OUT_BYTES = 400 << 10, /* more than conn_tls.c encrypts at a time */
};

static char in_block[IN_BYTES], out_block[OUT_BYTES];
static struct conn_tls *in_owner;
static struct span in_rest; /* of in_owner */
static size_t out_octets;   /* 0 whenever conn_tls.c returns */

static struct span received(const struct conn_tls *tls)
{
    return span_from(buf_span(&tls->received), tls->received_at);
}

size_t conn_tls_bio_held(const struct conn_tls *tls)
{
    return received(tls).n + (in_owner == tls ? in_rest.n : 0);
}

static void free_in_block(void)
{
    if (in_owner && in_rest.n)
        buf_add(&in_owner->received, in_rest);
    in_owner = NULL;
    in_rest = (struct span){0};
}

/* Fills the block from the socket. Returns false if nothing was received. */
static bool fill(struct conn_tls *tls)
{
    ssize_t n;

    if (!tls->may_receive)
        return false;
    free_in_block();
    n = conn_transport_receive(tls->conn, in_block, sizeof in_block);
    tls->may_receive = n == sizeof in_block;
    tls->at_end = n == 0;
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        tls->socket_error = errno;
    if (n <= 0)
        return false;
    in_owner = tls;
    in_rest = (struct span){in_block, (size_t)n};
    return true;
}

static struct span take(struct span *from, size_t n)
{
    struct span part = span_first(*from, n);

    *from = span_from(*from, part.n);
    return part;
}

static size_t take_received(struct conn_tls *tls, char *into, size_t capacity)
{
    struct span rest = received(tls);
    struct span part = take(&rest, capacity);

    memcpy(into, part.p, part.n);
    tls->received_at += part.n;
    if (rest.n == 0) {
        buf_fini(&tls->received);
        tls->received_at = 0;
    }
    return part.n;
}

static int read_bio(BIO *bio, char *into, int capacity)
{
    struct conn_tls *tls = BIO_get_data(bio);
    struct span part;

    BIO_clear_retry_flags(bio);
    if (tls->received.n)
        return (int)take_received(tls, into, (size_t)capacity);
    if ((in_owner != tls || in_rest.n == 0) && !fill(tls)) {
        if (!tls->at_end && !tls->socket_error)
            BIO_set_retry_read(bio);
        return tls->at_end ? 0 : -1;
    }
    part = take(&in_rest, (size_t)capacity);
    memcpy(into, part.p, part.n);
    return (int)part.n;
}

static struct span take_out_block(void)
{
    struct span all = {out_block, out_octets};

    out_octets = 0;
    return all;
}

void conn_tls_bio_hold(struct conn_tls *tls)
{
    buf_add(&tls->unsent, take_out_block());
    tls->conn->held_out = tls->unsent.n - tls->unsent_at;
}

static int write_bio(BIO *bio, const char *from, int n)
{
    struct conn_tls *tls = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (out_octets + (size_t)n > sizeof out_block)
        conn_tls_bio_hold(tls);
    if ((size_t)n > sizeof out_block) {
        buf_add(&tls->unsent, (struct span){from, (size_t)n});
        return n;
    }
    memcpy(out_block + out_octets, from, (size_t)n);
    out_octets += (size_t)n;
    return n;
}

static long control_bio(BIO *bio, int command, long number, void *pointer)
{
    struct conn_tls *tls = BIO_get_data(bio);

    if (command == BIO_CTRL_EOF)
        return tls->at_end;
    return command == BIO_CTRL_FLUSH;
}

static const BIO_METHOD *method(void)
{
    static BIO_METHOD *made;

    if (made)
        return made;
    made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "conn");
    if (!made || !BIO_meth_set_read(made, read_bio) || !BIO_meth_set_write(made, write_bio) ||
        !BIO_meth_set_ctrl(made, control_bio))
        mem_exhausted();
    return made;
}

BIO *conn_tls_bio_new(struct conn_tls *tls)
{
    BIO *bio = BIO_new(method());

    if (!bio)
        mem_exhausted();
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    return bio;
}

/* Returns the number of octets sent. *failed: the socket has failed, with errno. */
static size_t send_span(struct conn_tls *tls, struct span bytes, bool *failed)
{
    struct iovec piece = {(char *)bytes.p, bytes.n};
    ssize_t n = conn_transport_send(tls->conn, &piece, 1);

    *failed = n < 0 && errno != EAGAIN && errno != EINTR;
    return n < 0 ? 0 : (size_t)n;
}

bool conn_tls_bio_flush(struct conn_tls *tls)
{
    bool failed = false;
    struct span rest;

    if (tls->unsent.n) {
        conn_tls_bio_hold(tls);
        tls->unsent_at += send_span(tls, span_from(buf_span(&tls->unsent), tls->unsent_at), &failed);
        if (tls->unsent_at == tls->unsent.n) {
            buf_fini(&tls->unsent);
            tls->unsent_at = 0;
        }
    } else if (out_octets) {
        rest = take_out_block();
        rest = span_from(rest, send_span(tls, rest, &failed));
        buf_add(&tls->unsent, rest);
    }
    tls->conn->held_out = tls->unsent.n - tls->unsent_at;
    return !failed;
}

void conn_tls_bio_fini(struct conn_tls *tls)
{
    if (in_owner == tls) {
        in_owner = NULL;
        in_rest = (struct span){0};
    }
    out_octets = 0;
    buf_fini(&tls->received);
    buf_fini(&tls->unsent);
}
