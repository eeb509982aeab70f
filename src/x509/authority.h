/* authority: the certificate authority of this installation, in a directory of its own.
 *
 *     ca.pem, ca.key                the authority that clients trust
 *     untrusted.pem, untrusted.key  a second authority, which no client trusts
 *     leaf.key                      the one key of all leaves
 *
 * The second authority issues the leaves for servers whose certificates are not trusted, so that clients show
 * their own warning. All keys are P-256. A CA certificate is valid for 10 years, permits no further
 * authorities below it (pathlen 0), and may be restricted to names (RFC 5280, 4.2.1.10). The files belong to
 * the user who runs `postern tls init`, with mode 0600. Each is on disk completely or not at all
 * (sys/durable). The keys may be encrypted with a passphrase (PKCS#8, AES-256).
 *
 * The service loads the keys only in the signer, and in a short-lived child that tries the passphrase. In
 * another process, they could remain in memory. */
#ifndef POSTERN_X509_AUTHORITY_H
#define POSTERN_X509_AUTHORITY_H

#include "base/buf.h"
#include "tls/leaf_request.h"

#include <openssl/x509.h>

enum { AUTHORITY_DAYS = 3653, AUTHORITY_PASSPHRASE_MAX = 1024, AUTHORITY_NAME_MAX = 64 };

struct authority_options {
    const char *name; /* common name of the CA; at most AUTHORITY_NAME_MAX octets, UTF-8 */
    /* Words: the domains for which the authority may issue; it may then issue for no address. Empty: there is
     * no restriction. */
    const char *permitted;
    struct span passphrase; /* empty: the keys are not encrypted */
    int64_t now_s;
};

struct authority;

/* Makes all files in the directory. None of them may exist there. False: *error has the reason. */
bool authority_create(int directory, const struct authority_options *options, struct buf *error);
/* Makes new certificates for the same keys, with the same names and restrictions, and new dates. The old
 * certificates are kept as ca.old.pem and untrusted.old.pem. Clients that trust the new certificate accept
 * the leaves. Clients that trust only the old certificate also accept them, until it expires. */
bool authority_renew(int directory, struct span passphrase, int64_t now_s, struct buf *error);

enum authority_fault {
    AUTHORITY_OK,
    AUTHORITY_UNUSABLE, /* a file is missing or malformed, or does not belong to the others */
    AUTHORITY_NEEDS_PASSPHRASE,
    AUTHORITY_WRONG_PASSPHRASE,
};

/* Loads the keys and the certificates, and checks that they belong together. NULL: *fault and *error have the
 * reason. */
struct authority *authority_load(int directory, struct span passphrase, enum authority_fault *fault,
                                 struct buf *error);
void authority_free(struct authority **authority);
X509 *authority_certificate(const struct authority *authority, enum leaf_kind kind);
EVP_PKEY *authority_key(const struct authority *authority, enum leaf_kind kind);
EVP_PKEY *authority_leaf_key(const struct authority *authority);

/* Reads a certificate, but no key. The caller frees it. NULL: *error has the reason. */
X509 *authority_read_certificate(int directory, enum leaf_kind kind, struct buf *error);
/* Returns the name of the file with the certificate or the key. */
const char *authority_certificate_file(enum leaf_kind kind);
const char *authority_key_file(enum leaf_kind kind);
extern const char authority_leaf_key_file[];

#endif
