#include "x509/authority.h"

#include "sys/durable.h"
#include "x509/authority_internal.h"
#include "x509/certificate_make.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

const char authority_leaf_key_file[] = "leaf.key";

const char *authority_certificate_file(enum leaf_kind kind)
{
    return kind == LEAF_TRUSTED ? "ca.pem" : "untrusted.pem";
}

const char *authority_key_file(enum leaf_kind kind)
{
    return kind == LEAF_TRUSTED ? "ca.key" : "untrusted.key";
}

struct passphrase {
    struct span text;
    enum authority_fault fault; /* of the last key that could not be loaded */
};

/* OpenSSL's pem_password_cb. Without a passphrase it fails, instead of asking on the terminal. */
static int give_passphrase(char *into, int size, int is_writing, void *context)
{
    struct passphrase *passphrase = context;

    passphrase->fault = passphrase->text.n ? AUTHORITY_WRONG_PASSPHRASE : AUTHORITY_NEEDS_PASSPHRASE;
    if (passphrase->text.n == 0 || passphrase->text.n > (size_t)size)
        return -1;
    memcpy(into, passphrase->text.p, passphrase->text.n);
    return (int)passphrase->text.n;
}

static bool load_file(int directory, const char *file, struct buf *into, struct buf *error)
{
    return durable_load(directory, file, AUTHORITY_FILE_MAX, into) || durable_fail(error, file);
}

static const char *fault_text(enum authority_fault fault)
{
    switch (fault) {
    case AUTHORITY_NEEDS_PASSPHRASE: return "encrypted with a passphrase";
    case AUTHORITY_WRONG_PASSPHRASE: return "wrong passphrase";
    case AUTHORITY_OK:
    case AUTHORITY_UNUSABLE: break;
    }
    return "not a private key in PEM format";
}

static EVP_PKEY *load_key(int directory, const char *file, struct passphrase *passphrase, struct buf *error)
{
    struct buf text = {0};
    EVP_PKEY *key = NULL;
    BIO *memory;

    if (load_file(directory, file, &text, error)) {
        memory = BIO_new_mem_buf(text.p, (int)text.n);
        key = PEM_read_bio_PrivateKey(memory, NULL, give_passphrase, passphrase);
        BIO_free(memory);
        if (!key)
            buf_add_format(error, "%s: %s", file, fault_text(passphrase->fault));
        else
            passphrase->fault = AUTHORITY_UNUSABLE;
        ERR_clear_error();
    }
    if (text.p)
        OPENSSL_cleanse(text.p, text.n);
    buf_fini(&text);
    return key;
}

X509 *authority_read_certificate(int directory, enum leaf_kind kind, struct buf *error)
{
    const char *file = authority_certificate_file(kind);
    struct buf text = {0};
    X509 *certificate = NULL;
    BIO *memory;

    if (load_file(directory, file, &text, error)) {
        memory = BIO_new_mem_buf(text.p, (int)text.n);
        certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL);
        BIO_free(memory);
        if (!certificate)
            buf_add_format(error, "%s: not a certificate in PEM format", file);
        ERR_clear_error();
    }
    buf_fini(&text);
    return certificate;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t n;

    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &n) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static bool check_pair(struct authority *authority, enum leaf_kind kind, struct buf *error)
{
    if (X509_check_private_key(authority->certificates[kind], authority->keys[kind]) == 1)
        return true;
    ERR_clear_error();
    buf_add_format(error, "%s is not the key of %s", authority_key_file(kind),
                   authority_certificate_file(kind));
    return false;
}

static bool load_pair(struct authority *authority, int directory, enum leaf_kind kind,
                      struct passphrase *passphrase, struct buf *error)
{
    authority->certificates[kind] = authority_read_certificate(directory, kind, error);
    if (!authority->certificates[kind])
        return false;
    authority->keys[kind] = load_key(directory, authority_key_file(kind), passphrase, error);
    return authority->keys[kind] && check_pair(authority, kind, error);
}

static bool load_leaf_key(struct authority *authority, int directory, struct passphrase *passphrase,
                          struct buf *error)
{
    authority->leaf_key = load_key(directory, authority_leaf_key_file, passphrase, error);
    if (!authority->leaf_key)
        return false;
    if (is_p256(authority->leaf_key))
        return true;
    buf_add_format(error, "%s: not a P-256 key", authority_leaf_key_file);
    return false;
}

struct authority *authority_load(int directory, struct span passphrase, enum authority_fault *fault,
                                 struct buf *error)
{
    struct authority *authority = mem_alloc_zero(sizeof *authority);
    struct passphrase asked = {.text = passphrase, .fault = AUTHORITY_UNUSABLE};
    bool is_loaded = load_pair(authority, directory, LEAF_TRUSTED, &asked, error) &&
                     load_pair(authority, directory, LEAF_UNTRUSTED, &asked, error) &&
                     load_leaf_key(authority, directory, &asked, error);

    *fault = is_loaded ? AUTHORITY_OK : asked.fault;
    if (!is_loaded)
        authority_free(&authority);
    return authority;
}

void authority_free(struct authority **owned)
{
    struct authority *authority = *owned;

    *owned = NULL;
    if (!authority)
        return;
    for (size_t i = 0; i < LEAF_KINDS; i++) {
        X509_free(authority->certificates[i]);
        EVP_PKEY_free(authority->keys[i]);
    }
    EVP_PKEY_free(authority->leaf_key);
    free(authority);
}

X509 *authority_certificate(const struct authority *authority, enum leaf_kind kind)
{
    return authority->certificates[kind];
}

EVP_PKEY *authority_key(const struct authority *authority, enum leaf_kind kind)
{
    return authority->keys[kind];
}

EVP_PKEY *authority_leaf_key(const struct authority *authority)
{
    return authority->leaf_key;
}
