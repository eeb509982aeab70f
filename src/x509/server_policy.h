/* server_policy: certificate policies (RFC 5280, 6.1): an authority can require that the certificates below
 * it have a policy.
 *
 * Postern itself requires no policy, so policies matter only in a chain with such a requirement. Only for
 * such a chain does OpenSSL process policies. The reason: OpenSSL 3.0.19 leaks memory for each certificate
 * that has policy constraints but no policies, and a server could send one in every handshake. */
#ifndef POSTERN_X509_SERVER_POLICY_H
#define POSTERN_X509_SERVER_POLICY_H

#include <openssl/x509.h>

/* Verifications with this store then report X509_V_ERR_NO_EXPLICIT_POLICY if a requirement is not met, or if
 * a certificate of a chain with a requirement has policy constraints but no policies. */
void server_policy_set(X509_STORE *store);

#endif
