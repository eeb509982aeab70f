/* base64: encodes octets in base64 (RFC 2045 6.8), in lines of at most 76 characters, each ended by CRLF. */
#ifndef POSTERN_BASE_BASE64_H
#define POSTERN_BASE_BASE64_H

#include "base/buf.h"

enum { BASE64_LINE_OCTETS = 57 };

void base64_add(struct buf *out, struct span octets);

#endif
