#include "tests/unit/x509/lab_certificate.h"

#include <openssl/conf.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 32, EXTENSIONS_MAX = 24, HOUR_S = 3600 };

const char lab_root_extensions[] = "basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign|"
                                   "subjectKeyIdentifier=hash";
const char lab_intermediate_extensions[] =
    "basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign,digitalSignature|"
    "subjectKeyIdentifier=hash|authorityKeyIdentifier=keyid";
const char lab_leaf_extensions[] =
    "basicConstraints=critical,CA:FALSE|keyUsage=critical,digitalSignature|extendedKeyUsage=serverAuth|"
    "subjectAltName=DNS:pop.example.org|subjectKeyIdentifier=hash|authorityKeyIdentifier=keyid";

void lab_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    ERR_print_errors_fp(stderr);
    abort();
}

static EVP_PKEY *make_ec(int curve, int encoding)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    EVP_PKEY *key = NULL;

    lab_must(EVP_PKEY_keygen_init(context) == 1);
    lab_must(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, curve) == 1);
    lab_must(EVP_PKEY_CTX_set_ec_param_enc(context, encoding) == 1);
    lab_must(EVP_PKEY_keygen(context, &key) == 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *make_rsa(int bits, unsigned long exponent)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
    BIGNUM *e = BN_new();
    EVP_PKEY *key = NULL;

    BN_set_word(e, exponent);
    lab_must(EVP_PKEY_keygen_init(context) == 1);
    lab_must(EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1);
    lab_must(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e) == 1);
    lab_must(EVP_PKEY_keygen(context, &key) == 1);
    BN_free(e);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *make_key(enum lab_key kind)
{
    switch (kind) {
    case LAB_P256: return make_ec(NID_X9_62_prime256v1, OPENSSL_EC_NAMED_CURVE);
    case LAB_P384: return make_ec(NID_secp384r1, OPENSSL_EC_NAMED_CURVE);
    case LAB_P192: return make_ec(NID_X9_62_prime192v1, OPENSSL_EC_NAMED_CURVE);
    case LAB_SECP256K1: return make_ec(NID_secp256k1, OPENSSL_EC_NAMED_CURVE);
    case LAB_EXPLICIT: return make_ec(NID_X9_62_prime256v1, OPENSSL_EC_EXPLICIT_CURVE);
    case LAB_RSA2048: return make_rsa(2048, 65537);
    case LAB_RSA2047: return make_rsa(2047, 65537);
    case LAB_RSA1024: return make_rsa(1024, 65537);
    case LAB_RSA512: return make_rsa(512, 65537);
    case LAB_RSA_E3: return make_rsa(2048, 3);
    case LAB_ED25519: return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case LAB_KEYS: break;
    }
    abort();
}

EVP_PKEY *lab_key(enum lab_key kind, unsigned slot)
{
    static EVP_PKEY *keys[LAB_KEYS][SLOTS];

    /* Keys of RSA are slow to make; two of a kind are enough. */
    if (kind >= LAB_RSA2048 && kind <= LAB_RSA_E3)
        slot = slot == LAB_SLOT_LEAF;
    if (!keys[kind][slot])
        keys[kind][slot] = make_key(kind);
    return keys[kind][slot];
}

/* Replaces %XX by the byte. */
static size_t unescape(const char *text, char *out)
{
    size_t n = 0;

    for (; *text; text++) {
        unsigned byte;

        if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1) {
            out[n++] = (char)byte;
            text += 2;
        } else {
            out[n++] = *text;
        }
    }
    return n;
}

static void set_cn(X509_NAME *name, const char *cn)
{
    char bytes[512];
    size_t n = unescape(cn, bytes);

    if (strcmp(cn, "-") != 0)
        lab_must(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, (const unsigned char *)bytes,
                                            (int)n, -1, 0) == 1);
}

struct extension {
    char name[48], value[2048];
};

struct extensions {
    size_t n;
    struct extension at[EXTENSIONS_MAX];
};

static size_t find_extension(const struct extensions *all, const char *name)
{
    size_t i = 0;

    while (i < all->n && strcmp(all->at[i].name, name) != 0)
        i++;
    return i;
}

static void change_extension(struct extensions *all, char *entry)
{
    bool is_further = entry[0] == '+';
    char *name = entry + is_further, *equals = strchr(name, '=');
    size_t i;

    lab_must(equals != NULL);
    *equals = '\0';
    i = is_further ? all->n : find_extension(all, name);
    if (!equals[1] && i < all->n) { /* the order is kept */
        memmove(&all->at[i], &all->at[i + 1], (all->n - i - 1) * sizeof all->at[0]);
        all->n--;
    } else if (equals[1]) {
        lab_must(i < EXTENSIONS_MAX);
        snprintf(all->at[i].name, sizeof all->at[i].name, "%s", name);
        snprintf(all->at[i].value, sizeof all->at[i].value, "%s", equals + 1);
        if (i == all->n)
            all->n++;
    }
}

static void change_extensions(struct extensions *all, const char *changes)
{
    char *copy = strdup(changes ? changes : ""), *rest = copy;

    for (char *entry; (entry = strsep(&rest, "|"));)
        if (*entry)
            change_extension(all, entry);
    free(copy);
}

static void add_names(X509 *certificate, const struct lab_certificate *spec)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    char bytes[512];

    for (unsigned i = 0; i <= spec->more_names; i++) {
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *string = ASN1_IA5STRING_new();
        size_t n = i ? (size_t)snprintf(bytes, sizeof bytes, "n%u.example.org", i)
                     : unescape(spec->dns ? spec->dns : "pop.example.org", bytes);

        ASN1_STRING_set(string, bytes, (int)n);
        GENERAL_NAME_set0_value(name, GEN_DNS, string);
        sk_GENERAL_NAME_push(names, name);
    }
    lab_must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND) == 1);
    GENERAL_NAMES_free(names);
}

static void drop_key_of_issuer(struct extensions *all)
{
    size_t i = find_extension(all, "authorityKeyIdentifier");

    if (i < all->n && strcmp(all->at[i].value, "keyid") == 0)
        change_extensions(all, "authorityKeyIdentifier=");
}

static void add_extensions(X509 *certificate, X509 *issuer, const struct lab_certificate *spec,
                           const char *defaults)
{
    struct extensions *all = mem_alloc_zero(sizeof *all);
    CONF *empty = NCONF_new(NULL);
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_nconf(&context, empty);
    change_extensions(all, defaults);
    if (spec->dns || spec->more_names) {
        change_extensions(all, "subjectAltName=");
        add_names(certificate, spec);
    }
    change_extensions(all, spec->extensions);
    if (issuer != certificate && !X509_get0_subject_key_id(issuer))
        drop_key_of_issuer(all);
    for (size_t i = 0; i < all->n; i++) {
        X509_EXTENSION *extension = X509V3_EXT_nconf(empty, &context, all->at[i].name, all->at[i].value);

        if (!extension)
            fprintf(stderr, "%s=%s\n", all->at[i].name, all->at[i].value);
        lab_must(extension != NULL);
        lab_must(X509_add_ext(certificate, extension, -1) == 1);
        X509_EXTENSION_free(extension);
    }
    NCONF_free(empty);
    free(all);
}

static void set_dates(X509 *certificate, const struct lab_certificate *spec)
{
    bool is_default = spec->from_h == 0 && spec->to_h == 0;

    X509_gmtime_adj(X509_getm_notBefore(certificate), (is_default ? -24 : spec->from_h) * HOUR_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), (is_default ? 90 * 24 : spec->to_h) * HOUR_S);
    if (spec->not_after)
        lab_must(ASN1_TIME_set_string(X509_getm_notAfter(certificate), spec->not_after) == 1);
}

static X509 *corrupt(X509 *certificate)
{
    unsigned char *der = NULL;
    int n = i2d_X509(certificate, &der);
    const unsigned char *at = der;
    X509 *result;

    der[n - 1] ^= 1;
    result = d2i_X509(NULL, &at, n);
    lab_must(result != NULL);
    OPENSSL_free(der);
    X509_free(certificate);
    return result;
}

static const EVP_MD *digest_of(const struct lab_certificate *spec, EVP_PKEY *issuer_key)
{
    if (spec->digest && strcmp(spec->digest, "MD5") == 0 && EVP_PKEY_is_a(issuer_key, "EC"))
        return EVP_sha1(); /* ECDSA with MD5 has no number */
    if (EVP_PKEY_is_a(issuer_key, "ED25519"))
        return NULL;
    return EVP_get_digestbyname(spec->digest ? spec->digest : "SHA256");
}

X509 *lab_certificate_make(const struct lab_certificate *spec, const char *default_cn, const char *extensions,
                           EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    static long serial = 1000;
    X509 *certificate = X509_new();

    serial += 7;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), spec->has_negative_serial ? -serial : serial);
    X509_set_version(certificate, spec->is_v1 ? X509_VERSION_1 : X509_VERSION_3);
    set_cn(X509_get_subject_name(certificate), spec->cn ? spec->cn : default_cn);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer ? issuer : certificate));
    set_dates(certificate, spec);
    lab_must(X509_set_pubkey(certificate, key) == 1);
    if (!spec->is_v1)
        add_extensions(certificate, issuer ? issuer : certificate, spec, extensions);
    lab_must(X509_sign(certificate, issuer_key, digest_of(spec, issuer_key)) > 0);
    return spec->is_corrupt ? corrupt(certificate) : certificate;
}
