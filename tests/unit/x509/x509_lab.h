/* x509_lab: an authority in a directory of its own, and requests for leaves. */
#ifndef POSTERN_TESTS_X509_LAB_H
#define POSTERN_TESTS_X509_LAB_H

#include "sys/durable.h"
#include "x509/authority.h"
#include "x509/certificate.h"
#include "x509/leaf.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define DAY INT64_C(86400)

struct x509_lab {
    char path[32];
    int directory;
    int64_t now_s;
    struct buf error;
};

/* Setup and teardown of a test; *state is a struct x509_lab. */
int x509_lab_begin(void **state);
int x509_lab_end(void **state);

/* Makes an authority without a passphrase, and loads it. The caller frees it. */
struct authority *x509_lab_authority(struct x509_lab *lab);
bool x509_lab_create(struct x509_lab *lab, const char *permitted, const char *passphrase);
struct authority *x509_lab_load(struct x509_lab *lab, const char *passphrase);
/* A request for a name and further ones, for 60 days, of a server whose fingerprint is this octet, repeated.
 */
struct leaf_request x509_lab_request(const struct x509_lab *lab, const char *names, uint8_t fingerprint);
/* Mints, and reads the result. The caller frees it. */
X509 *x509_lab_leaf(const struct authority *authority, const struct leaf_request *request);
/* Returns the error of OpenSSL's verification by this root for this name; X509_V_OK. */
int x509_lab_verify(X509 *leaf, X509 *root, const char *name);
/* Returns the text form of a certificate. The caller frees it. */
char *x509_lab_text(X509 *certificate);

#endif
