/* mime_signed: the content of an S/MIME object that is signed and not encrypted (RFC 5652 5: SignedData), in
 * DER or BER. */
#ifndef POSTERN_MAIL_MIME_SIGNED_H
#define POSTERN_MAIL_MIME_SIGNED_H

#include "base/buf.h"

/* Appends the content. False: the object is not signed data, or its content is elsewhere (detached
 * signature). */
bool mime_signed_content(struct span object, struct buf *out);

#endif
