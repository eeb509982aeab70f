/* leaf_key: the key under which a leaf is stored: a digest of all that determines the leaf but its dates. */
#ifndef POSTERN_X509_LEAF_KEY_H
#define POSTERN_X509_LEAF_KEY_H

#include "base/digest_map.h"
#include "tls/leaf_request.h"
#include "x509/authority.h"

/* Computes a digest of the certificate of this authority and of the leaf key. */
void leaf_key_authority(const struct authority *authority, enum leaf_kind kind, struct digest *digest);
/* The order and the case of the names have no effect. */
void leaf_key_of(const struct digest *authority, const struct leaf_request *request, struct digest *key);

#endif
