/* tls_checks: checks the certificate authority of [tls], if mode = intercept. */
#ifndef POSTERN_CMD_TLS_CHECKS_H
#define POSTERN_CMD_TLS_CHECKS_H

#include "conf/conf.h"

/* Adds an error if a certificate is missing. Adds an error, or without `is_check` a warning, if one is out of
 * its dates or if others can read a key: the service can still serve clients without TLS. Adds a warning if
 * a certificate expires within 30 days. Each problem names its remedy.
 *
 * With `is_check`, also loads the keys, and adds an error if they do not belong to the certificates. The
 * service must not do that: its processes would inherit the keys. */
void tls_check(const struct conf *conf, bool is_check, struct problems *problems);

#endif
