#include "x509/leaf_key.h"

#include "x509/certificate.h"

#include <openssl/evp.h>
#include <stdlib.h>

static void digest_of(struct span bytes, struct digest *digest)
{
    *digest = (struct digest){0};
    EVP_Digest(bytes.p, bytes.n, digest->bytes, NULL, EVP_sha256(), NULL);
}

static void add_digest(struct buf *buf, const struct digest *digest)
{
    buf_add(buf, (struct span){(const char *)digest->bytes, sizeof digest->bytes});
}

void leaf_key_authority(const struct authority *authority, enum leaf_kind kind, struct digest *digest)
{
    struct buf all = {0};
    unsigned char *public_key = NULL;
    int n = i2d_PUBKEY(authority_leaf_key(authority), &public_key);
    struct digest fingerprint;

    certificate_fingerprint(authority_certificate(authority, kind), &fingerprint);
    add_digest(&all, &fingerprint);
    if (n > 0)
        buf_add(&all, (struct span){(const char *)public_key, (size_t)n});
    digest_of(buf_span(&all), digest);
    OPENSSL_free(public_key);
    buf_fini(&all);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct digest));
}

/* Writes a digest for each name, in an order that depends on the set of names only. Returns the number of
 * names. */
static size_t digest_names(const struct leaf_request *request, struct digest digests[LEAF_NAMES_MAX])
{
    struct leaf_name_walk walk = {request, 0};
    struct leaf_name name;
    size_t n = 0;

    while (n < LEAF_NAMES_MAX && leaf_request_next_name(&walk, &name)) {
        struct buf text = {0};

        buf_add_char(&text, (char)name.type);
        for (size_t i = 0; i < name.octets.n; i++)
            buf_add_char(&text, name.type == LEAF_DNS ? lower(name.octets.p[i]) : name.octets.p[i]);
        digest_of(buf_span(&text), &digests[n++]);
        buf_fini(&text);
    }
    qsort(digests, n, sizeof *digests, compare);
    return n;
}

void leaf_key_of(const struct digest *authority, const struct leaf_request *request, struct digest *key)
{
    struct digest names[LEAF_NAMES_MAX];
    size_t n = digest_names(request, names);
    struct buf all = {0};

    add_digest(&all, authority);
    buf_add_char(&all, (char)request->kind);
    buf_add(&all, (struct span){(const char *)request->fingerprint, sizeof request->fingerprint});
    for (size_t i = 0; i < n; i++)
        add_digest(&all, &names[i]);
    digest_of(buf_span(&all), key);
    buf_fini(&all);
}
