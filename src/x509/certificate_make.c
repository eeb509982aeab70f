#include "x509/certificate_make.h"

#include "base/buf.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

enum { VERSION_3 = 2, SERIAL_BITS = 127, COMMON_NAME_MAX = 64 };

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool is_set = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                  !BN_is_zero(number) && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

    BN_free(number);
    return is_set;
}

static bool set_dates(X509 *certificate, int64_t not_before_s, int64_t not_after_s)
{
    return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)not_before_s) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)not_after_s);
}

static bool set_subject(X509 *certificate, struct span name)
{
    if (name.n == 0 || name.n > COMMON_NAME_MAX)
        return true;
    return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)name.p, (int)name.n, -1, 0) == 1;
}

X509 *certificate_make(struct span name, int64_t not_before_s, int64_t not_after_s, EVP_PKEY *key)
{
    X509 *certificate = X509_new();

    if (certificate && X509_set_version(certificate, VERSION_3) == 1 && set_serial(certificate) &&
        set_dates(certificate, not_before_s, not_after_s) && set_subject(certificate, name) &&
        X509_set_pubkey(certificate, key) == 1)
        return certificate;
    X509_free(certificate);
    return NULL;
}

bool certificate_make_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool is_added;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    is_added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

bool certificate_make_failed(struct buf *error, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    buf_add_format(error, "%s: %s", what, reason ? reason : "OpenSSL failed");
    ERR_clear_error();
    return false;
}
