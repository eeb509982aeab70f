/* sasl: extracts the user name from a SASL exchange, for the log and the quarantine [S4].
 *
 * Only the name is taken; the scratch buffer, which also holds passwords and tokens, is wiped before return.
 * RFC 4616 (PLAIN), RFC 5802 (SCRAM), RFC 2195 (CRAM-MD5), RFC 7628 (OAUTHBEARER); LOGIN and XOAUTH2 as they
 * are used. */
#ifndef POSTERN_CORE_SASL_H
#define POSTERN_CORE_SASL_H

#include "base/span.h"

#include <stdint.h>

enum { SASL_USER_MAX = 127 };

/* `response` is the client's response number `step` (0: the first, initial or not), in base64 as on the wire.
 * Writes the name with a NUL into user and returns true, or returns false if this response holds no name. */
bool sasl_user(struct span mechanism, uint32_t step, struct span response, char user[SASL_USER_MAX + 1]);

#endif
