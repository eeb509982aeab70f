/* passphrase: where the passphrase of the authority's keys comes from. */
#ifndef POSTERN_X509_PASSPHRASE_H
#define POSTERN_X509_PASSPHRASE_H

#include "base/buf.h"
#include "conf/conf_tls.h"

/* The name of the systemd credential. */
#define PASSPHRASE_CREDENTIAL "postern-tls-passphrase"

/* The passphrase has three sources, in this order: [tls] passphrase_file, if it is set; the credential, if it
 * exists; the secret with the descriptor `asked` (sys/secret), unless `asked` is 0. Appends the first line of
 * the first source; nothing if there is no source. False: the source could not be read; *error has the
 * reason. The caller clears the passphrase by passphrase_wipe. */
bool passphrase_read(const struct conf_tls *conf, int asked, struct buf *passphrase, struct buf *error);
/* Returns whether a file or a credential has the passphrase. */
bool passphrase_is_configured(const struct conf_tls *conf);
/* Overwrites the passphrase, and frees its memory. */
void passphrase_wipe(struct buf *passphrase);

#endif
