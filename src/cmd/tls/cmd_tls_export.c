#include "cmd/cmd.h"
#include "cmd/tls/tls_output.h"
#include "cmd/tls/tls_verbs.h"
#include "sys/durable.h"
#include "sys/write_all.h"
#include "x509/authority.h"
#include "x509/certificate.h"
#include "x509/mobileconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool write_out(const char *file, struct span text, struct buf *error)
{
    int fd = file ? open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644) : STDOUT_FILENO;
    bool is_written = fd >= 0 && write_all(fd, text);

    if (!is_written)
        durable_fail(error, file ? file : "standard output");
    if (file && fd >= 0 && close(fd) != 0 && is_written)
        is_written = durable_fail(error, file);
    return is_written;
}

int cmd_tls_export(const struct conf *conf, const struct tls_options *options)
{
    struct buf error = {0}, text = {0};
    int directory = durable_open_directory(conf->tls.directory, &error);
    X509 *certificate = directory >= 0 ? authority_read_certificate(directory, LEAF_TRUSTED, &error) : NULL;
    bool is_written = false;

    if (certificate) {
        switch (options->format) {
        case TLS_EXPORT_PEM: certificate_add_pem(certificate, &text); break;
        case TLS_EXPORT_DER: certificate_add_der(certificate, &text); break;
        case TLS_EXPORT_MOBILECONFIG: mobileconfig_add(certificate, &text); break;
        }
        is_written = write_out(options->file, buf_span(&text), &error);
    }
    X509_free(certificate);
    buf_fini(&text);
    if (directory >= 0)
        close(directory);
    return is_written ? CMD_DONE : tls_output_error(&error);
}
