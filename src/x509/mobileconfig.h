/* mobileconfig: a configuration profile for iOS, iPadOS and macOS with one root certificate. */
#ifndef POSTERN_X509_MOBILECONFIG_H
#define POSTERN_X509_MOBILECONFIG_H

#include "base/buf.h"

#include <openssl/types.h>

/* Appends the profile, in XML. */
void mobileconfig_add(const X509 *certificate, struct buf *out);

#endif
