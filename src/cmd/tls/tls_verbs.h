/* tls_verbs: the verbs of `postern tls`, one file per verb. The table of verbs is in tls.c. Each function
 * returns the exit status. If it fails, it has printed a message. */
#ifndef POSTERN_CMD_TLS_TLS_VERBS_H
#define POSTERN_CMD_TLS_TLS_VERBS_H

#include "conf/conf.h"

enum tls_export_format { TLS_EXPORT_PEM, TLS_EXPORT_DER, TLS_EXPORT_MOBILECONFIG };

struct tls_options {
    bool json;                     /* show only */
    const char *name;              /* init: the common name; NULL: made from the host's name */
    const char *permitted;         /* init: words, the domains for which it may issue; empty: all */
    bool asks_passphrase;          /* init: asks for one on the terminal, and encrypts the keys */
    enum tls_export_format format; /* export */
    const char *file;              /* export: NULL: standard output */
};

int cmd_tls_init(const struct conf *conf, const struct tls_options *options);
int cmd_tls_show(const struct conf *conf, const struct tls_options *options);
int cmd_tls_renew(const struct conf *conf, const struct tls_options *options);
int cmd_tls_export(const struct conf *conf, const struct tls_options *options);

#endif
