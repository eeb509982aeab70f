#include "x509/leaf.h"

#include "x509/certificate.h"
#include "x509/certificate_make.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static bool push(GENERAL_NAMES *names, const struct leaf_name *name)
{
    int type = name->type == LEAF_IP ? GEN_IPADD : GEN_DNS;
    ASN1_STRING *octets = ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    GENERAL_NAME *general = GENERAL_NAME_new();

    if (!octets || !general || ASN1_STRING_set(octets, name->octets.p, (int)name->octets.n) != 1) {
        ASN1_STRING_free(octets);
        GENERAL_NAME_free(general);
        return false;
    }
    GENERAL_NAME_set0_value(general, type, octets);
    if (sk_GENERAL_NAME_push(names, general) > 0)
        return true;
    GENERAL_NAME_free(general);
    return false;
}

/* The extension is critical if the subject is empty (RFC 5280, 4.2.1.6). */
static bool add_names(X509 *certificate, const struct leaf_request *request)
{
    bool is_critical = X509_NAME_entry_count(X509_get_subject_name(certificate)) == 0;
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    struct leaf_name_walk walk = {request, 0};
    struct leaf_name name;
    bool is_added = names != NULL;

    while (is_added && leaf_request_next_name(&walk, &name))
        is_added = push(names, &name);
    is_added = is_added && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, is_critical, 0) == 1;
    GENERAL_NAMES_free(names);
    return is_added;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const struct leaf_request *request)
{
    return certificate_make_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           certificate_make_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
           certificate_make_extension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
           certificate_make_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
           certificate_make_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") &&
           add_names(certificate, request);
}

/* Returns the first name, for the subject. */
static struct span subject_of(const struct leaf_request *request, char text[INET6_ADDRSTRLEN])
{
    struct leaf_name_walk walk = {request, 0};
    struct leaf_name name;

    if (!leaf_request_next_name(&walk, &name))
        return (struct span){0};
    if (name.type == LEAF_DNS)
        return name.octets;
    inet_ntop(name.octets.n == sizeof(struct in6_addr) ? AF_INET6 : AF_INET, name.octets.p, text,
              INET6_ADDRSTRLEN);
    return span_of(text);
}

static void print_serial(X509 *certificate, char serial[33])
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;

    snprintf(serial, 33, "%s", hex ? hex : "");
    OPENSSL_free(hex);
    BN_free(number);
}

static size_t write_der(X509 *certificate, uint8_t *der, size_t capacity)
{
    int n = i2d_X509(certificate, NULL);

    if (n <= 0 || (size_t)n > capacity)
        return 0;
    return i2d_X509(certificate, &der) == n ? (size_t)n : 0;
}

struct leaf_made leaf_mint(const struct authority *authority, const struct leaf_request *request,
                           uint8_t *der, size_t capacity)
{
    X509 *issuer = authority_certificate(authority, request->kind);
    int64_t last_s = certificate_not_after_s(issuer);
    struct leaf_made made = {.not_after_s = request->not_after_s < last_s ? request->not_after_s : last_s};
    int64_t not_before_s =
        request->not_before_s < made.not_after_s ? request->not_before_s : made.not_after_s;
    char text[INET6_ADDRSTRLEN];
    X509 *certificate = certificate_make(subject_of(request, text), not_before_s, made.not_after_s,
                                         authority_leaf_key(authority));

    if (certificate && X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
        add_extensions(certificate, issuer, request) &&
        X509_sign(certificate, authority_key(authority, request->kind), EVP_sha256()) > 0) {
        made.size = write_der(certificate, der, capacity);
        print_serial(certificate, made.serial);
    }
    X509_free(certificate);
    ERR_clear_error();
    return made;
}
