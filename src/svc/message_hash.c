#include "svc/message_hash.h"

#include "base/buf.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK_BYTES = 65536, CHUNKS_A_TURN = 16 };

struct message_hash {
    struct event *turn;
    EVP_MD_CTX *sum;
    int fd;
    uint64_t size, offset;
    message_hash_done *done;
    void *context;
};

static void free_hash(struct message_hash *hash)
{
    event_free(hash->turn);
    EVP_MD_CTX_free(hash->sum);
    free(hash);
}

static void finish(struct message_hash *hash, bool is_whole)
{
    struct digest digest;
    bool ok = is_whole && EVP_DigestFinal_ex(hash->sum, digest.bytes, NULL) == 1;

    hash->done(hash->context, ok ? &digest : NULL);
    free_hash(hash);
}

/* False: it cannot be read, or ended before its size. */
static bool take_chunk(struct message_hash *hash)
{
    static char chunk[CHUNK_BYTES];
    uint64_t left = hash->size - hash->offset;
    ssize_t n =
        pread(hash->fd, chunk, left < sizeof chunk ? (size_t)left : sizeof chunk, (off_t)hash->offset);

    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0)
        return false;
    hash->offset += (uint64_t)n;
    return EVP_DigestUpdate(hash->sum, chunk, (size_t)n) == 1;
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
    struct message_hash *hash = context;

    for (int i = 0; i < CHUNKS_A_TURN && hash->offset < hash->size; i++)
        if (!take_chunk(hash)) {
            finish(hash, false);
            return;
        }
    if (hash->offset == hash->size)
        finish(hash, true);
    else
        event_active(hash->turn, EV_TIMEOUT, 1);
}

/* Looked up once: OpenSSL takes longer for that than for a short message. */
static const EVP_MD *sha256(void)
{
    static EVP_MD *found;

    if (!found)
        found = EVP_MD_fetch(NULL, "SHA256", NULL);
    return found;
}

uint64_t message_glance(struct span start, uint64_t size)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t glance = size * odd, word;

    start = span_first(start, MESSAGE_GLANCE_BYTES);
    for (; start.n >= sizeof word; start = span_from(start, sizeof word)) {
        memcpy(&word, start.p, sizeof word);
        glance = (glance ^ glance >> 32 ^ word) * odd;
    }
    return glance ^ glance >> 29;
}

bool message_hash_of(struct span bytes, struct digest *digest)
{
    static EVP_MD_CTX *sum;

    if (!sum)
        sum = EVP_MD_CTX_new();
    return sum && sha256() && EVP_DigestInit_ex(sum, sha256(), NULL) == 1 &&
           EVP_DigestUpdate(sum, bytes.p, bytes.n) == 1 && EVP_DigestFinal_ex(sum, digest->bytes, NULL) == 1;
}

bool message_hash_prepare(void)
{
    struct digest digest;

    return message_hash_of((struct span){0}, &digest);
}

struct message_hash *message_hash_start(struct event_base *base, int fd, uint64_t size,
                                        message_hash_done *done, void *context)
{
    struct message_hash *hash = mem_alloc_zero(sizeof *hash);

    hash->fd = fd;
    hash->size = size;
    hash->done = done;
    hash->context = context;
    hash->turn = event_new(base, -1, 0, on_turn, hash);
    hash->sum = EVP_MD_CTX_new();
    if (!hash->turn || !hash->sum || EVP_DigestInit_ex(hash->sum, sha256(), NULL) != 1)
        abort();
    event_active(hash->turn, EV_TIMEOUT, 1);
    return hash;
}

void message_hash_cancel(struct message_hash **hash)
{
    if (*hash)
        free_hash(*hash);
    *hash = NULL;
}
