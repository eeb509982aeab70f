/* server_judgement: judges whether a server's certificate is good for the name that the client asked for.
 *
 * OpenSSL verifies during the handshake. Every error that it finds is recorded, not only the last. After the
 * handshake, this module checks what OpenSSL does not check by itself. doc/TLS.md lists these checks, with
 * the decision for each kind of bad certificate:
 *
 *   - a certificate whose key usage does not permit signatures, and a certificate of an authority;
 *   - a stapled OCSP response that says "revoked" or "unknown", is malformed, or is not signed on behalf of
 *     the issuer;
 *   - a certificate that requires a stapled response (RFC 7633), if none that is valid was sent;
 *   - a resumed session, which OpenSSL does not verify: the name and the dates are checked again.
 *
 * Use: server_judgement_begin, the handshake, server_judgement_end whether the handshake succeeded or failed,
 * then tls_policy_decide with `faults` and `has_name`. Before this decision, no byte of the client may be
 * sent to the server. */
#ifndef POSTERN_X509_SERVER_JUDGEMENT_H
#define POSTERN_X509_SERVER_JUDGEMENT_H

#include "base/inet.h"
#include "tls/leaf_request.h"
#include "tls/tls_policy.h"

#include <openssl/ssl.h>
#include <stdint.h>

enum { SERVER_JUDGEMENT_ERRORS_MAX = 16, SERVER_JUDGEMENT_FINGERPRINT_SIZE = 32 };

struct server_judgement {
    unsigned faults;  /* set of enum tls_fault (tls_fault_bit); 0: the certificate is good */
    bool is_complete; /* the handshake was completed; if not, `faults` has what was found until then */
    bool has_name;    /* the certificate was compared with a name, or names the server's address */
    bool has_certificate;
    bool is_resumed;
    bool wants_client_certificate; /* SSL_do_handshake then returns with SSL_ERROR_WANT_X509_LOOKUP */
    bool is_bypassed; /* no name was given, the certificate is good, and it has a name of [tls] bypass */
    unsigned error_count;
    int errors[SERVER_JUDGEMENT_ERRORS_MAX]; /* X509_V_ERR numbers, each once, in order of discovery */
    unsigned long failure; /* OpenSSL's reason why the handshake failed (ERR_reason_error_string); 0: none */
    uint8_t fingerprint[SERVER_JUDGEMENT_FINGERPRINT_SIZE]; /* SHA-256 of the certificate (DER); see
                                                               has_certificate */
};

/* Prepares a connection of server_trust_context before its handshake: the name to verify and to ask for
 * (SNI), and a session to resume. `wanted` is a host name, with or without a trailing dot, or an address as
 * text; NULL or empty: none. Any other text is a fault. The memory of `j` is not used after the call. */
void server_judgement_begin(SSL *ssl, struct server_judgement *j, const char *wanted,
                            const union inet_address *server);
/* Fills *j, and empties OpenSSL's queue of errors. */
void server_judgement_end(SSL *ssl, struct server_judgement *j);

/* Fills a request for the leaf that the client gets in place of the server's certificate.
 *
 * Names: the valid names of the certificate, except the host names of [tls] bypass. If a host name was given,
 * and the certificate is valid for it, this name comes first; if the certificate then has more than
 * LEAF_NAMES_MAX names, only those that match the given name are added. The common name is never used.
 *
 * Dates: those of the certificate. If a certificate of the chain has expired or is not valid yet: the time in
 * which the whole chain is valid, so that the leaf is never better. The kind is LEAF_UNTRUSTED if the chain
 * is not trusted. `id` is 0. False: there is no certificate, or no name. */
bool server_judgement_leaf_request(SSL *ssl, const struct server_judgement *j, int64_t now_s,
                                   struct leaf_request *out);

/* Returns the fault to which an X509_V_ERR number belongs; TLS_OK: the error is no fault of the server. */
enum tls_fault server_judgement_fault(int error);

#endif
