/* certificate_make: makes X.509 certificates: the steps that are the same for authorities and leaves. */
#ifndef POSTERN_X509_CERTIFICATE_MAKE_H
#define POSTERN_X509_CERTIFICATE_MAKE_H

#include "base/buf.h"

#include <openssl/x509.h>
#include <stdint.h>

/* Makes a certificate of version 3, without extensions and unsigned. Its serial number is random, because
 * clients refuse two certificates of one issuer with the same number. name: the common name of the subject.
 * If it is empty or longer than X.509 permits, the subject is empty. NULL: OpenSSL failed. */
X509 *certificate_make(struct span name, int64_t not_before_s, int64_t not_after_s, EVP_PKEY *key);
/* Adds an extension, in the syntax of x509v3_config(5). `issuer` is the certificate itself if it is
 * self-signed. */
bool certificate_make_extension(X509 *certificate, X509 *issuer, int nid, const char *value);
/* Appends `what` and the reason why OpenSSL failed. Clears OpenSSL's queue of errors. Returns false, so that
 * the caller can return the result. */
bool certificate_make_failed(struct buf *error, const char *what);

#endif
