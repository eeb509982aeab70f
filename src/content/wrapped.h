/* wrapped: finds content in wrappers that mail programs open but libclamav does not.
 *
 * S/MIME (RFC 5652, BER): a message that is contained in its signature (SignedData with content), or is
 * compressed or encrypted. A detached signature has no content and does not count.
 *
 * Calendars and cards (RFC 5545 3.1.3, RFC 2426 2.4.1, RFC 6350, vCard 2.1): attachments in base64. A
 * picture, which is recognised by its first bytes, does not count.
 *
 * Pure; linear; allocates nothing. */
#ifndef POSTERN_CONTENT_WRAPPED_H
#define POSTERN_CONTENT_WRAPPED_H

#include "base/span.h"

enum wrapped { WRAPPED_NOT, WRAPPED_OPEN, WRAPPED_ENCRYPTED }; /* OPEN: not encrypted */

/* Sets *what to "smime", "calendar" or "card". */
enum wrapped wrapped_content(struct span file, const char **what);

#endif
