/* server_staple: the OCSP response that a server attaches to its certificate (stapling: RFC 6066, 8; RFC
 * 6960). */
#ifndef POSTERN_X509_SERVER_STAPLE_H
#define POSTERN_X509_SERVER_STAPLE_H

#include "base/span.h"

#include <openssl/x509.h>

/* Checks a response in DER; empty: none was sent. `chain` is the verified chain, with the server's
 * certificate first. Returns an X509_V_ERR number: 0 (good, or none although none is required), 23 (revoked),
 * 73 (a response is required and there is none that is current), 74 (malformed, not signed on behalf of the
 * issuer, or about another certificate), 75 (the issuer does not know the certificate), or 41 (an authority
 * requires responses, and the certificate does not say so). A response that is out of date, or a mere error
 * message, counts as none, because servers that cannot renew theirs send such.
 */
int server_staple_check(struct span response, STACK_OF(X509) * chain, X509_STORE *store);

#endif
