/* lab_certificate: makes certificates with any fault. */
#ifndef POSTERN_TEST_LAB_CERTIFICATE_H
#define POSTERN_TEST_LAB_CERTIFICATE_H

#include "base/buf.h"

#include <openssl/x509.h>

enum lab_key {
    LAB_P256,
    LAB_P384,
    LAB_RSA2048,
    LAB_RSA2047,
    LAB_RSA1024,
    LAB_RSA512,
    LAB_RSA_E3,
    LAB_P192,
    LAB_SECP256K1,
    LAB_EXPLICIT, /* P-256 with explicit parameters */
    LAB_ED25519,
    LAB_KEYS
};

/* {0} is a good certificate of its role. */
struct lab_certificate {
    /* "-": no subject. Bytes can be written as %XX here and in `dns`. */
    const char *cn;
    /* Changes to the extensions of the role: NAME=VALUE as in openssl.cnf, separated by "|". It replaces the
     * extension of this name, without a VALUE it removes it, and with "+" before it is added to it. */
    const char *extensions;
    const char *dns;       /* replaces the names by this DNS name, whatever its bytes */
    int from_h, to_h;      /* hours from now; both 0: from yesterday, for 90 days */
    const char *not_after; /* as in ASN1_TIME_set_string, in place of to_h */
    enum lab_key key;
    const char *digest; /* of its signature; NULL: SHA256 */
    bool is_v1, is_corrupt, has_negative_serial;
    unsigned more_names; /* so many further DNS names */
};

/* The keys are made once for each process. `slot` 0 to 31 gives different keys of a kind. */
EVP_PKEY *lab_key(enum lab_key kind, unsigned slot);

enum lab_slot {
    LAB_SLOT_ROOT,
    LAB_SLOT_LEAF,
    LAB_SLOT_OLD_ROOT,
    LAB_SLOT_STRANGER,
    LAB_SLOT_RESPONDER,
    LAB_SLOT_SECOND_LEAF,
    LAB_SLOT_INTERMEDIATE, /* and those after it */
};

/* What the extensions of a role are without changes. */
extern const char lab_root_extensions[], lab_intermediate_extensions[], lab_leaf_extensions[];

/* issuer NULL: self-signed. */
X509 *lab_certificate_make(const struct lab_certificate *spec, const char *default_cn, const char *extensions,
                           EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key);

/* Ends the process if something that must work does not. */
#define lab_must(condition) ((condition) ? (void)0 : lab_broken(#condition, __FILE__, __LINE__))
void lab_broken(const char *what, const char *file, int line);

#endif
