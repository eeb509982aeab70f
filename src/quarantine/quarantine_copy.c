#include "quarantine/quarantine_copy.h"

#include "sys/durable.h"
#include "sys/write_all.h"

#include <openssl/evp.h>

enum { CHUNK_BYTES = 65536 };

/* OpenSSL does not set errno. */
static bool fail_hash(struct buf *error)
{
    buf_add(error, SPAN("hashing the message: SHA-256 has failed"));
    return false;
}

static bool copy(int from, uint64_t size, int to, EVP_MD_CTX *hash, struct buf *error)
{
    char chunk[CHUNK_BYTES];
    uint64_t done = 0;

    for (;;) {
        ssize_t got = durable_read_at(from, chunk, sizeof chunk, done);

        if (got < 0)
            return durable_fail(error, "reading the message");
        done += (uint64_t)got;
        if (done > size || (got == 0 && done < size)) {
            buf_add_format(error, "the message does not have the announced size of %llu bytes",
                           (unsigned long long)size);
            return false;
        }
        if (got == 0)
            return true;
        if (EVP_DigestUpdate(hash, chunk, (size_t)got) != 1)
            return fail_hash(error);
        if (to >= 0 && !write_all(to, (struct span){chunk, (size_t)got}))
            return durable_fail(error, "writing the message");
    }
}

bool quarantine_copy(int from, uint64_t size, int to, struct digest *sha256, struct buf *error)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool is_begun = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;
    bool is_copied = (is_begun || fail_hash(error)) && copy(from, size, to, hash, error) &&
                     (EVP_DigestFinal_ex(hash, sha256->bytes, NULL) == 1 || fail_hash(error));

    EVP_MD_CTX_free(hash);
    return is_copied;
}
