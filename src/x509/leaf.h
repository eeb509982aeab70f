/* leaf: makes a leaf certificate. */
#ifndef POSTERN_X509_LEAF_H
#define POSTERN_X509_LEAF_H

#include "tls/leaf_request.h"
#include "x509/authority.h"

struct leaf_made {
    size_t size;         /* octets of the DER form; 0: it could not be made */
    int64_t not_after_s; /* Unix time; not later than the authority's */
    char serial[33];     /* hex */
};

/* Makes the leaf for a request that the rules permit (leaf_request_check). It ends no later than the
 * authority of its kind. DER that does not fit in `capacity` octets is a failure. */
struct leaf_made leaf_mint(const struct authority *authority, const struct leaf_request *request,
                           uint8_t *der, size_t capacity);

#endif
