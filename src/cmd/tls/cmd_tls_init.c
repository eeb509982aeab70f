#include "cmd/cmd.h"
#include "cmd/tls/tls_output.h"
#include "cmd/tls/tls_verbs.h"
#include "cmd/tls_passphrase.h"
#include "sys/durable.h"
#include "sys/host_name.h"
#include "x509/authority.h"
#include "x509/certificate.h"
#include "x509/passphrase.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Makes the directory. If its parent, the package's own directory, is missing, makes it, too. */
static bool make_directory(const char *path, struct buf *error)
{
    struct buf parent = {0};
    const char *slash = strrchr(path, '/');
    bool is_made;

    if (slash && slash > path)
        buf_add(&parent, (struct span){path, (size_t)(slash - path)});
    is_made = mkdir(path, 0700) == 0 || errno == EEXIST ||
              (errno == ENOENT && parent.n && mkdir(buf_c_str(&parent), 0755) == 0 && mkdir(path, 0700) == 0);
    buf_fini(&parent);
    return is_made || durable_fail(error, path);
}

static void print_next_steps(const struct conf *conf, const X509 *certificate, bool is_encrypted)
{
    struct buf text = {0};

    buf_add_format(&text, "The authority is in %s.\nSHA-256 ", conf->tls.directory);
    certificate_print_fingerprint(certificate, &text);
    buf_add(
        &text,
        SPAN("\n\nNext: install its certificate on the clients (postern tls export), and set [tls] mode = "
             "intercept.\n"));
    if (!is_encrypted)
        buf_add(&text, SPAN("Its keys are not encrypted: keep backups of this directory secret.\n"));
    fputs(buf_c_str(&text), stdout);
    buf_fini(&text);
}

static bool make(const struct conf *conf, const struct authority_options *options, struct buf *error)
{
    int directory =
        make_directory(conf->tls.directory, error) ? durable_open_directory(conf->tls.directory, error) : -1;
    X509 *certificate = directory >= 0 && authority_create(directory, options, error)
                            ? authority_read_certificate(directory, LEAF_TRUSTED, error)
                            : NULL;

    if (certificate)
        print_next_steps(conf, certificate, options->passphrase.n > 0);
    X509_free(certificate);
    if (directory >= 0)
        close(directory);
    return error->n == 0;
}

static bool ask_passphrase(const struct conf *conf, struct secret *asked, struct buf *error)
{
    if (!passphrase_is_configured(&conf->tls))
        return tls_passphrase_make(asked, error);
    buf_add(error,
            SPAN("--passphrase is only valid if neither [tls] passphrase_file nor a credential has one"));
    return false;
}

int cmd_tls_init(const struct conf *conf, const struct tls_options *options)
{
    struct buf error = {0}, passphrase = {0};
    struct secret asked = SECRET_EMPTY;
    char name[AUTHORITY_NAME_MAX + 1];
    struct host_name host;
    bool is_made;

    host_name_get(&host);
    snprintf(name, sizeof name, "Postern on %.50s", host.host);
    is_made = (!options->asks_passphrase || ask_passphrase(conf, &asked, &error)) &&
              passphrase_read(&conf->tls, asked.p ? asked.fd : 0, &passphrase, &error) &&
              make(conf,
                   &(struct authority_options){.name = options->name ? options->name : name,
                                               .permitted = options->permitted,
                                               .passphrase = buf_span(&passphrase),
                                               .now_s = time(NULL)},
                   &error);
    passphrase_wipe(&passphrase);
    secret_fini(&asked);
    return is_made ? CMD_DONE : tls_output_error(&error);
}
