#include "cmd/tls_checks.h"

#include "sys/durable.h"
#include "x509/authority.h"
#include "x509/certificate.h"
#include "x509/passphrase.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY_S INT64_C(86400)

enum { WARN_DAYS = 30 };

struct check {
    const char *path; /* of the directory */
    int directory;
    bool is_check;
    int64_t now_s;
    struct problems *problems;
};

static void check_dates(const struct check *check, const char *file, const X509 *certificate)
{
    int64_t left_s = certificate_not_after_s(certificate) - check->now_s;

    if (left_s <= 0)
        problems_add(
            check->problems, check->is_check,
            "%s/%s has expired, so that no client accepts a connection with TLS; renew it: postern tls renew",
            check->path, file);
    else if (certificate_not_before_s(certificate) > check->now_s)
        problems_add(check->problems, check->is_check, "%s/%s is not valid yet; set the clock of this host",
                     check->path, file);
    else if (left_s < WARN_DAYS * DAY_S)
        problems_add(check->problems, false,
                     "%s/%s expires in %" PRId64 " days; renew it: postern tls renew, and install the new "
                     "certificate on the clients",
                     check->path, file, left_s / DAY_S);
}

static void check_certificate(const struct check *check, enum leaf_kind kind)
{
    struct buf error = {0};
    X509 *certificate = authority_read_certificate(check->directory, kind, &error);

    if (certificate)
        check_dates(check, authority_certificate_file(kind), certificate);
    else
        problems_add(check->problems, true,
                     "[tls] mode = intercept: %s/%s; the authority is made by postern tls init", check->path,
                     buf_c_str(&error));
    X509_free(certificate);
    buf_fini(&error);
}

static void check_mode(const struct check *check, const char *file)
{
    struct stat found;

    if (fstatat(check->directory, file, &found, 0) == 0 && found.st_mode & (S_IRWXG | S_IRWXO))
        problems_add(check->problems, check->is_check,
                     "%s/%s is accessible to others; a stolen key makes false certificates that clients "
                     "trust: chmod 600 %s/%s",
                     check->path, file, check->path, file);
}

static void check_keys(const struct check *check, const struct conf *conf)
{
    struct buf error = {0}, passphrase = {0};
    enum authority_fault fault = AUTHORITY_UNUSABLE;
    struct authority *authority = NULL;

    if (passphrase_read(&conf->tls, 0, &passphrase, &error))
        authority = authority_load(check->directory, buf_span(&passphrase), &fault, &error);
    passphrase_wipe(&passphrase);
    if (!authority && fault == AUTHORITY_NEEDS_PASSPHRASE)
        problems_add(
            check->problems, false,
            "the keys in %s are encrypted, and were not checked: set [tls] passphrase_file, or start "
            "the service with the credential " PASSPHRASE_CREDENTIAL " or on a terminal",
            check->path);
    else if (!authority)
        problems_add(check->problems, true, "[tls] directory %s: %s", check->path, buf_c_str(&error));
    authority_free(&authority);
    buf_fini(&error);
}

void tls_check(const struct conf *conf, bool is_check, struct problems *problems)
{
    struct buf error = {0};
    struct check check = {
        .path = conf->tls.directory, .is_check = is_check, .now_s = time(NULL), .problems = problems};
    size_t before = problems->errors;

    if (conf->tls.mode != TLS_MODE_INTERCEPT)
        return;
    check.directory = durable_open_directory(conf->tls.directory, &error);
    if (check.directory < 0) {
        problems_add(problems, true, "[tls] mode = intercept: %s; the authority is made by postern tls init",
                     buf_c_str(&error));
    } else {
        for (enum leaf_kind kind = 0; kind < LEAF_KINDS; kind++) {
            check_certificate(&check, kind);
            check_mode(&check, authority_key_file(kind));
        }
        check_mode(&check, authority_leaf_key_file);
        if (is_check && problems->errors == before)
            check_keys(&check, conf);
        close(check.directory);
    }
    buf_fini(&error);
}
