/* authority_internal: declarations shared by the files of the authority. */
#ifndef POSTERN_X509_AUTHORITY_INTERNAL_H
#define POSTERN_X509_AUTHORITY_INTERNAL_H

#include "x509/authority.h"

enum { AUTHORITY_FILE_MAX = 64 * 1024 };

struct authority {
    X509 *certificates[LEAF_KINDS];
    EVP_PKEY *keys[LEAF_KINDS];
    EVP_PKEY *leaf_key;
};

#endif
