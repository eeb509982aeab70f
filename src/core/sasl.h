/* sasl: extracts the user name from a SASL exchange, for the log and the quarantine [S4].
 *
 * Only the name is taken. The scratch buffer, which also holds passwords and tokens, is wiped before
 * sasl_user returns. RFC 4616 (PLAIN), RFC 5802 (SCRAM), RFC 2195 (CRAM-MD5), RFC 7628 (OAUTHBEARER). LOGIN
 * and XOAUTH2 have no RFC. */
#ifndef POSTERN_CORE_SASL_H
#define POSTERN_CORE_SASL_H

#include "base/span.h"

#include <stdint.h>

enum { SASL_USER_MAX = 127 };

/* `response` is the client's response number `step`, in base64 as on the wire. Step 0 is the first response,
 * whether it came with the command or later; only this response can have a name. If it has one, writes the
 * name with a NUL into `user`. False: there is no name, or it is too long. */
bool sasl_user(struct span mechanism, uint32_t step, struct span response, char user[SASL_USER_MAX + 1]);

#endif
