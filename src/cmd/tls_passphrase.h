/* tls_passphrase: asks for the passphrase of the authority's keys on the terminal. */
#ifndef POSTERN_CMD_TLS_PASSPHRASE_H
#define POSTERN_CMD_TLS_PASSPHRASE_H

#include "base/buf.h"
#include "conf/conf_tls.h"
#include "sys/secret.h"

/* If the keys are encrypted, and neither a file nor a credential has the passphrase, asks for it, at most
 * three times. Then *secret has the passphrase, for passphrase_read. If no passphrase is needed, *secret is
 * empty. A child process tries to load the keys, so that no key remains in the memory of this process.
 *
 * False: *error has the reason, for example that there is no terminal. Other faults of the authority are left
 * to the process that loads the keys. */
bool tls_passphrase_get(const struct conf_tls *conf, struct secret *secret, struct buf *error);
/* Asks twice for a new passphrase. False: *error has the reason. */
bool tls_passphrase_make(struct secret *secret, struct buf *error);

#endif
