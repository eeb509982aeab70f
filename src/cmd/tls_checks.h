/* tls_checks: checks the certificate authority of [tls], if mode = intercept. */
#ifndef POSTERN_CMD_TLS_CHECKS_H
#define POSTERN_CMD_TLS_CHECKS_H

#include "conf/conf.h"

/* Adds an error if a certificate cannot be read. If a certificate has expired or is not valid yet, or if
 * other users can access a key, adds an error with `is_check`, and otherwise only a warning, because the
 * service can still serve clients without TLS. Adds a warning if a certificate expires within 30 days.
 *
 * With `is_check`, also loads the keys. Adds an error if they do not belong to the certificates, and a
 * warning if their passphrase is unknown. The service must not load the keys here, because its processes
 * would inherit them. */
void tls_check(const struct conf *conf, bool is_check, struct problems *problems);

#endif
