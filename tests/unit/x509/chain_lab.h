/* chain_lab: makes certificate chains with any fault, lets a TLS server present them, and lets
 * server_judgement decide. Used by the matrix of bad certificates and by the generator of random ones
 * (tests/chains). */
#ifndef POSTERN_TEST_CHAIN_LAB_H
#define POSTERN_TEST_CHAIN_LAB_H

#include "base/buf.h"
#include "tests/unit/x509/lab_certificate.h"
#include "x509/server_judgement.h"
#include "x509/server_trust.h"

enum { LAB_CHAIN_MAX = 256, LAB_INTERMEDIATES_MAX = 16 };

enum lab_option {
    LAB_NO_INTERMEDIATE = 1 << 0, /* the root signs the server's certificate */
    LAB_INTERMEDIATE_NOT_SENT = 1 << 1,
    LAB_ROOT_SENT = 1 << 2,
    LAB_ROOT_NOT_TRUSTED = 1 << 3, /* another root is */
    LAB_FALSE_ROOT = 1 << 4,       /* the trusted root has the same name, but another key */
    LAB_SELF_SIGNED = 1 << 5,      /* the server's certificate */
    LAB_LEAF_TRUSTED = 1 << 6,
    LAB_INTERMEDIATE_TRUSTED = 1 << 7, /* in place of the root */
    LAB_LEAF_SIGNS = 1 << 8,           /* the server's certificate has signed the one that is used */
    LAB_CROSS_SENT = 1 << 9,           /* the root, signed by an older root that has expired */
    LAB_UNORDERED = 1 << 10,        /* the certificates are sent in reverse order, but the server's first */
    LAB_CRL = 1 << 11,              /* of the issuers; it names neither certificate */
    LAB_CRL_LEAF = 1 << 12,         /* the server's certificate is revoked */
    LAB_CRL_INTERMEDIATE = 1 << 13, /* the intermediate certificate is */
    LAB_CRL_EXPIRED = 1 << 14,
    LAB_CRL_STRANGER = 1 << 15, /* only of an issuer that is not in the chain */
    LAB_STAPLE_GOOD = 1 << 16,
    LAB_STAPLE_REVOKED = 1 << 17,
    LAB_STAPLE_UNKNOWN = 1 << 18,
    LAB_STAPLE_EXPIRED = 1 << 19, /* together with one of these */
    LAB_STAPLE_BY_STRANGER = 1 << 20,
    LAB_STAPLE_OF_ANOTHER = 1 << 21, /* about another certificate */
    LAB_STAPLE_GARBAGE = 1 << 22,
    LAB_STAPLE_LATER = 1 << 23,     /* the error message try_later */
    LAB_STAPLE_DELEGATED = 1 << 24, /* signed by a responder that the issuer has certified */
    LAB_TLS13_ONLY = 1 << 25,       /* with TLS 1.2, OpenSSL's server does not send such a certificate */
};

struct lab_chain {
    const char *wanted; /* NULL: pop.example.org; "": none */
    struct lab_certificate root, intermediate, leaf;
    unsigned more_intermediates, strangers;
    unsigned options;
};

struct lab_made {
    char directory[64];
    X509 *root, *leaf, *issuer; /* issuer: of the leaf */
    EVP_PKEY *leaf_key, *issuer_key;
    X509 *sent[LAB_CHAIN_MAX]; /* owned */
    size_t sent_count;
    struct buf staple;
    struct conf_tls conf; /* with the files of the directory */
    char trust[96], crl[96];
};

void lab_make(struct lab_made *made, const struct lab_chain *chain);
void lab_free(struct lab_made *made);

/* A context for a server that sends this chain, at security level 0. */
SSL_CTX *lab_server_context(const struct lab_made *made);
/* Connects a client of the trust with a server, and judges the server. The SSL of the client is returned. */
SSL *lab_connect(const struct server_trust *trust, SSL_CTX *server, const char *wanted,
                 const union inet_address *address, struct server_judgement *j);
/* All of this for one chain and one version of TLS. */
void lab_judge(const struct lab_chain *chain, int version, struct server_judgement *j);
union inet_address lab_address(const char *text, uint16_t port);

#endif
