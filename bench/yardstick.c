/* yardstick: a minimal relay, to compare others with. Usage: yardstick MODE SERVER_PORT
 *
 *     cut            copies bytes in both directions as they arrive
 *     store          receives a whole message, then sends it, as any scanning gateway must
 *     store-sha256   the same, and hashes the message, as any gateway that remembers verdicts must
 *
 * One process, one epoll, two sockets per session; the message is held in memory that is freed after it was
 * sent. It trusts both sides, does not check dots and lengths, and handles one command at a time. */

#include "base/buf.h"
#include "bench/tcp.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SCRATCH = 65536, WAITING_MAX = 262144, EVENTS = 256 };
enum hold { HOLD_NOTHING, HOLD_IF_OK, HOLD_TO_END };

struct pop3_session;

struct leg {
    int fd;
    struct pop3_session *session;
    struct leg *other;
    struct buf out; /* to be written to this leg */
    size_t written;
    bool stalled; /* not read, because the other leg does not accept the bytes */
};

struct pop3_session {
    struct leg client, server;
    enum hold hold;
    EVP_MD_CTX *hash;
    struct pop3_session *next_dead;
    bool dead;
};

static bool stores, hashes;
static uint16_t server_port;
static struct pop3_session *graveyard;

static void bury(struct pop3_session *session)
{
    if (session->dead)
        return;
    session->dead = true;
    session->next_dead = graveyard;
    graveyard = session;
}

/* After all events of an iteration, since one of them may belong to the other leg. */
static void dig(void)
{
    while (graveyard) {
        struct pop3_session *session = graveyard;

        graveyard = session->next_dead;
        close(session->client.fd);
        close(session->server.fd);
        buf_fini(&session->client.out);
        buf_fini(&session->server.out);
        EVP_MD_CTX_free(session->hash);
        free(session);
    }
}

static void flush(struct leg *leg)
{
    struct iovec rest = {leg->out.p + leg->written, leg->out.n - leg->written}, *vector = &rest;
    unsigned count = rest.iov_len > 0;

    if (!tcp_write(leg->fd, &vector, &count)) {
        bury(leg->session);
    } else if (count == 0) {
        buf_fini(&leg->out);
        leg->written = 0;
    } else {
        leg->written = leg->out.n - rest.iov_len;
    }
}

/* Bytes that are not accepted at once stay in the buffer. */
static void pass(struct leg *leg, struct span bytes)
{
    struct iovec whole = {(void *)(uintptr_t)bytes.p, bytes.n}, *vector = &whole;
    unsigned count = 1;

    if (leg->out.n == 0 && !tcp_write(leg->fd, &vector, &count))
        bury(leg->session);
    else if (count)
        buf_add(&leg->out, (struct span){whole.iov_base, whole.iov_len});
}

static void hash(struct pop3_session *session, struct span bytes)
{
    if (!session->hash) {
        session->hash = EVP_MD_CTX_new();
        if (!session->hash || EVP_DigestInit_ex(session->hash, EVP_sha256(), NULL) != 1)
            tcp_die("EVP_DigestInit_ex");
    }
    EVP_DigestUpdate(session->hash, bytes.p, bytes.n);
}

static void end_hash(struct pop3_session *session)
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    EVP_DigestFinal_ex(session->hash, digest, NULL);
    EVP_DigestInit_ex(session->hash, EVP_sha256(), NULL);
}

static void hold(struct pop3_session *session, struct span bytes)
{
    static const char end[] = "\r\n.\r\n";
    struct buf *out = &session->client.out;

    if (session->hold == HOLD_IF_OK && bytes.p[0] != '+') {
        session->hold = HOLD_NOTHING;
        pass(&session->client, bytes);
        return;
    }
    session->hold = HOLD_TO_END;
    if (hashes)
        hash(session, bytes);
    buf_add(out, bytes);
    if (out->n < sizeof end - 1 || memcmp(out->p + out->n - (sizeof end - 1), end, sizeof end - 1) != 0)
        return;
    if (hashes)
        end_hash(session);
    session->hold = HOLD_NOTHING;
    flush(&session->client);
}

static void take(struct leg *from, struct span bytes)
{
    struct pop3_session *session = from->session;

    if (from == &session->client && stores && span_starts_nocase(bytes, SPAN("RETR ")))
        session->hold = HOLD_IF_OK;
    if (from == &session->server && session->hold != HOLD_NOTHING)
        hold(session, bytes);
    else
        pass(from->other, bytes);
}

static void pump(struct leg *from)
{
    static char scratch[SCRATCH];
    struct pop3_session *session = from->session;
    ssize_t n = sizeof scratch;

    while (!session->dead && n == sizeof scratch) {
        from->stalled = session->hold == HOLD_NOTHING && from->other->out.n > WAITING_MAX;
        if (from->stalled)
            return;
        n = tcp_read(from->fd, scratch, sizeof scratch);
        if (n < 0)
            bury(session);
        else if (n > 0)
            take(from, (struct span){scratch, (size_t)n});
    }
}

static void move(struct leg *leg, uint32_t what)
{
    bool holds = leg == &leg->session->client && leg->session->hold == HOLD_TO_END;

    if (what & EPOLLOUT && leg->out.n && !holds) {
        flush(leg);
        if (leg->out.n == 0 && leg->other->stalled)
            pump(leg->other);
    }
    if (what & (EPOLLIN | EPOLLERR | EPOLLHUP))
        pump(leg);
}

static void begin(int poll, int listener)
{
    int fd;

    while ((fd = tcp_accept(listener)) >= 0) {
        struct pop3_session *session = mem_alloc_zero(sizeof *session);

        session->client = (struct leg){.fd = fd, .session = session, .other = &session->server};
        session->server =
            (struct leg){.fd = tcp_connect(server_port), .session = session, .other = &session->client};
        tcp_poll_add(poll, session->client.fd, &session->client);
        tcp_poll_add(poll, session->server.fd, &session->server);
    }
}

static void run(int poll, int listener)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int n = epoll_wait(poll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            struct leg *leg = events[i].data.ptr;

            if (!leg)
                begin(poll, listener);
            else if (!leg->session->dead)
                move(leg, events[i].events);
        }
        dig();
    }
}

int main(int argc, char **argv)
{
    int listener, poll = tcp_poll_new();

    if (argc != 3) {
        fprintf(stderr, "usage: yardstick cut|store|store-sha256 PORT\n");
        return 2;
    }
    stores = strcmp(argv[1], "cut") != 0;
    hashes = strcmp(argv[1], "store-sha256") == 0;
    server_port = (uint16_t)tcp_number(argv[2], 1, UINT16_MAX);
    tcp_raise_limit();
    listener = tcp_listen();
    tcp_poll_add(poll, listener, NULL);
    run(poll, listener);
}
