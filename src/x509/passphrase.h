/* passphrase: where the passphrase of the authority's keys comes from. */
#ifndef POSTERN_X509_PASSPHRASE_H
#define POSTERN_X509_PASSPHRASE_H

#include "base/buf.h"
#include "conf/conf_tls.h"

/* The name of the systemd credential. */
#define PASSPHRASE_CREDENTIAL "postern-tls-passphrase"

/* Appends the first line of [tls] passphrase_file, if that is set, otherwise of the credential, if there is
 * one, otherwise of the secret with the descriptor `asked` (sys/secret); 0: none. Without all of them appends
 * nothing. False: a file could not be read; *error has the reason. The caller clears it by passphrase_wipe.
 */
bool passphrase_read(const struct conf_tls *conf, int asked, struct buf *passphrase, struct buf *error);
/* Returns whether a file or a credential has the passphrase. */
bool passphrase_is_configured(const struct conf_tls *conf);
/* Overwrites the passphrase, and frees its memory. */
void passphrase_wipe(struct buf *passphrase);

#endif
