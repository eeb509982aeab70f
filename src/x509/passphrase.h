/* passphrase: where the passphrase of the authority's keys comes from. */
#ifndef POSTERN_X509_PASSPHRASE_H
#define POSTERN_X509_PASSPHRASE_H

#include "base/buf.h"
#include "conf/conf_tls.h"

/* The name of the systemd credential. */
#define PASSPHRASE_CREDENTIAL "postern-tls-passphrase"

/* Appends the first line of [tls] passphrase_file or, if that is empty, of the credential; nothing if there
 * is none. False: a file could not be read; *error has the reason. The caller clears it by passphrase_wipe.
 */
bool passphrase_read(const struct conf_tls *conf, struct buf *passphrase, struct buf *error);
/* Overwrites the passphrase, and frees its memory. */
void passphrase_wipe(struct buf *passphrase);

#endif
