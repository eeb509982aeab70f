/* certificate: facts about an X.509 certificate, in the forms in which Postern prints and stores them. */
#ifndef POSTERN_X509_CERTIFICATE_H
#define POSTERN_X509_CERTIFICATE_H

#include "base/buf.h"
#include "base/digest_map.h"

#include <openssl/x509.h>

/* SHA-256 of the DER form. */
void certificate_fingerprint(const X509 *certificate, struct digest *fingerprint);
/* Appends the fingerprint as pairs of hex digits with colons. */
void certificate_print_fingerprint(const X509 *certificate, struct buf *out);
/* Unix time; 0: the date is malformed. */
int64_t certificate_not_before_s(const X509 *certificate);
int64_t certificate_not_after_s(const X509 *certificate);
/* Appends the common name of the subject; nothing if there is none. */
void certificate_print_name(const X509 *certificate, struct buf *out);
void certificate_add_der(const X509 *certificate, struct buf *out);
void certificate_add_pem(X509 *certificate, struct buf *out);

#endif
