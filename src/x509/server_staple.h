/* server_staple: the OCSP response that a server attaches to its certificate (stapling: RFC 6066, 8; RFC
 * 6960). */
#ifndef POSTERN_X509_SERVER_STAPLE_H
#define POSTERN_X509_SERVER_STAPLE_H

#include "base/span.h"

#include <openssl/x509.h>

/* Checks a response in DER; empty: none was sent. `chain` is the verified chain, with the server's
 * certificate first. Returns an X509_V_ERR number:
 *
 *      0  the certificate is good, or there is no response and none is required
 *     23  the certificate is revoked
 *     41  an authority requires responses, but the certificate does not say so
 *     73  a response is required, but there is none
 *     74  the response is malformed, not signed on behalf of the issuer, or about another certificate
 *     75  the issuer does not know the certificate
 *
 * Servers that cannot get a new response send an outdated one, or one that only reports an error. Such a
 * response counts as none. */
int server_staple_check(struct span response, STACK_OF(X509) * chain, X509_STORE *store);

#endif
