/* pgp: detects OpenPGP messages (RFC 9580), armored or binary.
 *
 * An encrypted message begins with the packets of its session key, or with encrypted data. A signed message
 * that is not encrypted uses the same armor, but its packets differ. Pure; linear; allocates nothing. */
#ifndef POSTERN_CONTENT_PGP_H
#define POSTERN_CONTENT_PGP_H

#include "base/span.h"

/* The file is binary, or a line of it begins an armored message. */
bool pgp_is_encrypted(struct span file);

#endif
