/* Making and renewing an authority. Each file is written under a temporary name, and then renamed. */
#include "x509/authority.h"

#include "base/token.h"
#include "sys/durable.h"
#include "sys/write_all.h"
#include "tls/tls_names.h"
#include "x509/authority_internal.h"
#include "x509/certificate.h"
#include "x509/certificate_make.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define DAY_S INT64_C(86400)

/* A certificate begins this time ago, for clients whose clock is behind. */
enum { BEFORE_DAYS = 1 };

static const char untrusted_suffix[] = " (not trusted)";

/* Writes the file as *.new; install() gives it its name. */
static bool write_new(int directory, const char *file, struct span text, struct buf *error)
{
    char name[DURABLE_NAME_SIZE];
    int fd;

    snprintf(name, sizeof name, "%s.new", file);
    durable_try_remove(directory, name);
    fd = durable_create(directory, name);
    if (fd < 0)
        return durable_fail(error, name);
    if (!write_all(fd, text)) {
        durable_fail(error, name);
        durable_finish(&fd);
        return false;
    }
    return durable_finish(&fd) || durable_fail(error, name);
}

static bool install(int directory, const char *file, bool replaces, struct buf *error)
{
    char name[DURABLE_NAME_SIZE];

    snprintf(name, sizeof name, "%s.new", file);
    return (replaces ? durable_replace(directory, name, file) : durable_rename(directory, name, file)) ||
           durable_fail(error, file);
}

static bool add_key_pem(EVP_PKEY *key, struct span passphrase, struct buf *out)
{
    BIO *memory = BIO_new(BIO_s_secmem());
    bool is_encrypted = passphrase.n > 0;
    char *text;
    long n = 0;

    if (memory && PEM_write_bio_PKCS8PrivateKey(memory, key, is_encrypted ? EVP_aes_256_cbc() : NULL,
                                                passphrase.p, (int)passphrase.n, NULL, NULL) == 1)
        n = BIO_get_mem_data(memory, &text);
    if (n > 0)
        buf_add(out, (struct span){text, (size_t)n});
    BIO_free(memory);
    return n > 0;
}

static bool write_key(int directory, const char *file, EVP_PKEY *key, struct span passphrase,
                      struct buf *error)
{
    struct buf text = {0};
    bool is_written = add_key_pem(key, passphrase, &text) ? write_new(directory, file, buf_span(&text), error)
                                                          : certificate_make_failed(error, file);

    if (text.p)
        OPENSSL_cleanse(text.p, text.n);
    buf_fini(&text);
    return is_written;
}

static bool write_certificate(int directory, enum leaf_kind kind, X509 *certificate, struct buf *error)
{
    struct buf text = {0};
    bool is_written;

    certificate_add_pem(certificate, &text);
    is_written = write_new(directory, authority_certificate_file(kind), buf_span(&text), error);
    buf_fini(&text);
    return is_written;
}

static bool add_constraints(X509 *certificate, const char *permitted)
{
    struct buf value = {0};
    struct span word;
    bool is_added = true;

    buf_add(&value, SPAN("critical"));
    for (struct span rest = span_of(permitted); token_next_word(&rest, &word);)
        buf_add_format(&value, ",permitted;DNS:%.*s", (int)word.n, word.p);
    if (value.n > SPAN("critical").n) {
        buf_add(&value, SPAN(",excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0"));
        is_added =
            certificate_make_extension(certificate, certificate, NID_name_constraints, buf_c_str(&value));
    }
    buf_fini(&value);
    return is_added;
}

static X509 *self_sign(X509 *certificate, EVP_PKEY *key)
{
    if (certificate && X509_sign(certificate, key, EVP_sha256()) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static X509 *make_certificate(struct span name, const char *permitted, EVP_PKEY *key, int64_t now_s)
{
    X509 *ca = certificate_make(name, now_s - BEFORE_DAYS * DAY_S, now_s + AUTHORITY_DAYS * DAY_S, key);

    if (ca && X509_set_issuer_name(ca, X509_get_subject_name(ca)) == 1 &&
        certificate_make_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        certificate_make_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        certificate_make_extension(ca, ca, NID_subject_key_identifier, "hash") &&
        certificate_make_extension(ca, ca, NID_authority_key_identifier, "keyid:always") &&
        add_constraints(ca, permitted))
        return self_sign(ca, key);
    X509_free(ca);
    return NULL;
}

static bool write_pair(int directory, enum leaf_kind kind, struct span name,
                       const struct authority_options *options, struct buf *error)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *ca = key ? make_certificate(name, options->permitted, key, options->now_s) : NULL;
    bool is_written = ca ? write_key(directory, authority_key_file(kind), key, options->passphrase, error) &&
                               write_certificate(directory, kind, ca, error)
                         : certificate_make_failed(error, authority_certificate_file(kind));

    X509_free(ca);
    EVP_PKEY_free(key);
    return is_written;
}

static bool write_pairs(int directory, const struct authority_options *options, struct buf *error)
{
    struct buf untrusted = {0};
    size_t room = AUTHORITY_NAME_MAX - SPAN(" (not trusted)").n;
    bool is_written;

    buf_add(&untrusted, span_first(span_of(options->name), room));
    buf_add(&untrusted, span_of(untrusted_suffix));
    is_written = write_pair(directory, LEAF_UNTRUSTED, buf_span(&untrusted), options, error) &&
                 write_pair(directory, LEAF_TRUSTED, span_of(options->name), options, error);
    buf_fini(&untrusted);
    return is_written;
}

static bool write_leaf_key(int directory, struct span passphrase, struct buf *error)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    bool is_written = key ? write_key(directory, authority_leaf_key_file, key, passphrase, error)
                          : certificate_make_failed(error, authority_leaf_key_file);

    EVP_PKEY_free(key);
    return is_written;
}

/* The certificate that clients trust is installed last: while it is missing, there is no authority. */
static bool install_all(int directory, struct buf *error)
{
    return install(directory, authority_leaf_key_file, false, error) &&
           install(directory, authority_key_file(LEAF_UNTRUSTED), false, error) &&
           install(directory, authority_certificate_file(LEAF_UNTRUSTED), false, error) &&
           install(directory, authority_key_file(LEAF_TRUSTED), false, error) &&
           install(directory, authority_certificate_file(LEAF_TRUSTED), false, error) &&
           (durable_sync(directory) || durable_fail(error, "fsync"));
}

static bool check_options(const struct authority_options *options, struct buf *error)
{
    struct span name = span_of(options->name), word;

    if (name.n == 0 || name.n > AUTHORITY_NAME_MAX) {
        buf_add_format(error, "the name of the authority must have 1 to %d octets", AUTHORITY_NAME_MAX);
        return false;
    }
    if (options->passphrase.n > AUTHORITY_PASSPHRASE_MAX) {
        buf_add_format(error, "the passphrase must have at most %d octets", AUTHORITY_PASSPHRASE_MAX);
        return false;
    }
    for (struct span rest = span_of(options->permitted); token_next_word(&rest, &word);)
        if (!tls_name_is_host(word)) {
            buf_add(error, SPAN("not a domain: "));
            token_add_quoted(error, word);
            return false;
        }
    return true;
}

/* Returns whether a file of an authority exists already. */
static bool is_taken(int directory, struct buf *error)
{
    const char *const files[] = {authority_certificate_file(LEAF_TRUSTED), authority_key_file(LEAF_TRUSTED),
                                 authority_certificate_file(LEAF_UNTRUSTED),
                                 authority_key_file(LEAF_UNTRUSTED), authority_leaf_key_file};

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (durable_exists(directory, files[i])) {
            buf_add_format(error, "%s exists already", files[i]);
            return true;
        }
    return false;
}

bool authority_create(int directory, const struct authority_options *options, struct buf *error)
{
    return check_options(options, error) && !is_taken(directory, error) &&
           write_pairs(directory, options, error) && write_leaf_key(directory, options->passphrase, error) &&
           install_all(directory, error);
}

/* Returns a copy of the certificate with new dates and another serial number. */
static X509 *copy_with_new_dates(X509 *old, EVP_PKEY *key, int64_t now_s)
{
    X509 *fresh =
        certificate_make((struct span){0}, now_s - BEFORE_DAYS * DAY_S, now_s + AUTHORITY_DAYS * DAY_S, key);
    bool is_copied = fresh && X509_set_subject_name(fresh, X509_get_subject_name(old)) == 1 &&
                     X509_set_issuer_name(fresh, X509_get_subject_name(old)) == 1;

    for (int i = 0; is_copied && i < X509_get_ext_count(old); i++)
        is_copied = X509_add_ext(fresh, X509_get_ext(old, i), -1) == 1;
    if (is_copied)
        return self_sign(fresh, key);
    X509_free(fresh);
    return NULL;
}

static bool keep_old(int directory, enum leaf_kind kind, struct buf *error)
{
    const char *file = authority_certificate_file(kind);
    const char *old = kind == LEAF_TRUSTED ? "ca.old.pem" : "untrusted.old.pem";

    return (durable_try_remove(directory, old) && durable_link(directory, file, old)) ||
           durable_fail(error, old);
}

static bool renew_one(int directory, const struct authority *authority, enum leaf_kind kind, int64_t now_s,
                      struct buf *error)
{
    X509 *fresh = copy_with_new_dates(authority->certificates[kind], authority->keys[kind], now_s);
    const char *file = authority_certificate_file(kind);
    bool is_renewed = fresh ? write_certificate(directory, kind, fresh, error) &&
                                  keep_old(directory, kind, error) && install(directory, file, true, error)
                            : certificate_make_failed(error, file);

    X509_free(fresh);
    return is_renewed;
}

bool authority_renew(int directory, struct span passphrase, int64_t now_s, struct buf *error)
{
    enum authority_fault fault;
    struct authority *authority = authority_load(directory, passphrase, &fault, error);
    bool is_renewed = authority && renew_one(directory, authority, LEAF_UNTRUSTED, now_s, error) &&
                      renew_one(directory, authority, LEAF_TRUSTED, now_s, error) &&
                      (durable_sync(directory) || durable_fail(error, "fsync"));

    authority_free(&authority);
    return is_renewed;
}
