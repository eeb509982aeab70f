/* server_policy: certificate policies (RFC 5280, 6.1): an authority can require that the certificates below
 * it have one.
 *
 * Postern wants no policy of its own, so policies matter only in a chain with such a requirement. OpenSSL's
 * processing is used for these chains alone: it leaks memory for each certificate that has policy constraints
 * but no policies (3.0.19), and a server could send them in every handshake. */
#ifndef POSTERN_X509_SERVER_POLICY_H
#define POSTERN_X509_SERVER_POLICY_H

#include <openssl/x509.h>

/* Makes verifications with this store heed requirements: X509_V_ERR_NO_EXPLICIT_POLICY is reported if one is
 * not met, or if a certificate of a chain with a requirement has constraints but no policies. */
void server_policy_set(X509_STORE *store);

#endif
