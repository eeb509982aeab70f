#include "x509/certificate.h"

#include <openssl/pem.h>
#include <time.h>

void certificate_fingerprint(const X509 *certificate, struct digest *fingerprint)
{
    unsigned n = DIGEST_SIZE;

    *fingerprint = (struct digest){0};
    X509_digest(certificate, EVP_sha256(), fingerprint->bytes, &n);
}

void certificate_print_fingerprint(const X509 *certificate, struct buf *out)
{
    struct digest fingerprint;

    certificate_fingerprint(certificate, &fingerprint);
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        buf_add_format(out, "%s%02X", i ? ":" : "", fingerprint.bytes[i]);
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

int64_t certificate_not_before_s(const X509 *certificate)
{
    return seconds_of(X509_get0_notBefore(certificate));
}

int64_t certificate_not_after_s(const X509 *certificate)
{
    return seconds_of(X509_get0_notAfter(certificate));
}

void certificate_print_name(const X509 *certificate, struct buf *out)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const ASN1_STRING *name = at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));

    if (name)
        buf_add(out,
                (struct span){(const char *)ASN1_STRING_get0_data(name), (size_t)ASN1_STRING_length(name)});
}

void certificate_add_der(const X509 *certificate, struct buf *out)
{
    unsigned char *der = NULL;
    int n = i2d_X509(certificate, &der);

    if (n > 0)
        buf_add(out, (struct span){(const char *)der, (size_t)n});
    OPENSSL_free(der);
}

void certificate_add_pem(X509 *certificate, struct buf *out)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text;
    long n;

    if (memory && PEM_write_bio_X509(memory, certificate) == 1 && (n = BIO_get_mem_data(memory, &text)) > 0)
        buf_add(out, (struct span){text, (size_t)n});
    BIO_free(memory);
}
