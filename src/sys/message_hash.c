#include "sys/message_hash.h"

#include "base/buf.h"
#include "sys/message_pass.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct message_hash {
    struct message_pass *pass;
    EVP_MD_CTX *sum;
    message_hash_done *done;
    void *context;
};

static void free_hash(struct message_hash *hash)
{
    EVP_MD_CTX_free(hash->sum);
    free(hash);
}

static bool add(void *context, struct span bytes)
{
    return EVP_DigestUpdate(((struct message_hash *)context)->sum, bytes.p, bytes.n) == 1;
}

static void on_passed(void *context, bool is_whole)
{
    struct message_hash *hash = context;
    struct digest digest;
    bool ok = is_whole && EVP_DigestFinal_ex(hash->sum, digest.bytes, NULL) == 1;

    hash->done(hash->context, ok ? &digest : NULL);
    free_hash(hash);
}

static const struct message_pass_handlers handlers = {add, on_passed};

/* Looked up once: in OpenSSL the look-up takes longer than hashing a short message. */
static const EVP_MD *sha256(void)
{
    static EVP_MD *found;

    if (!found)
        found = EVP_MD_fetch(NULL, "SHA256", NULL);
    return found;
}

uint64_t message_fingerprint(struct span start, uint64_t size)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t fingerprint = size * odd, word;

    start = span_first(start, MESSAGE_FINGERPRINT_BYTES);
    for (; start.n >= sizeof word; start = span_from(start, sizeof word)) {
        memcpy(&word, start.p, sizeof word);
        fingerprint = (fingerprint ^ fingerprint >> 32 ^ word) * odd;
    }
    return fingerprint ^ fingerprint >> 29;
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

    hash->done = done;
    hash->context = context;
    hash->sum = EVP_MD_CTX_new();
    if (!hash->sum || EVP_DigestInit_ex(hash->sum, sha256(), NULL) != 1)
        abort();
    hash->pass = message_pass_start(base, fd, size, &handlers, hash);
    return hash;
}

void message_hash_cancel(struct message_hash **hash)
{
    if (*hash) {
        message_pass_cancel(&(*hash)->pass);
        free_hash(*hash);
    }
    *hash = NULL;
}
