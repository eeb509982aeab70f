#include "cmd/cmd.h"
#include "cmd/tls/tls_output.h"
#include "cmd/tls/tls_verbs.h"
#include "cmd/tls_passphrase.h"
#include "sys/durable.h"
#include "x509/authority.h"
#include "x509/passphrase.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

int cmd_tls_renew(const struct conf *conf, const struct tls_options *options)
{
    struct buf error = {0}, passphrase = {0};
    struct secret asked = SECRET_EMPTY;
    int directory = durable_open_directory(conf->tls.directory, &error);
    bool is_renewed = directory >= 0 && tls_passphrase_get(&conf->tls, &asked, &error) &&
                      passphrase_read(&conf->tls, asked.p ? asked.fd : 0, &passphrase, &error) &&
                      authority_renew(directory, buf_span(&passphrase), time(NULL), &error);

    passphrase_wipe(&passphrase);
    secret_fini(&asked);
    if (directory >= 0)
        close(directory);
    if (!is_renewed)
        return tls_output_error(&error);
    buf_fini(&error);
    printf("The certificates in %s are new; their keys are the same. Clients that trust the old certificate\n"
           "trust it until it expires: install the new one on them before (postern tls export).\n"
           "Next: postern reload\n",
           conf->tls.directory);
    return CMD_DONE;
}
