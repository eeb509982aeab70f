/* base64: encodes octets in base64 (RFC 2045 6.8), in lines of at most 76 characters, each ended by CRLF. */
#ifndef POSTERN_BASE_BASE64_H
#define POSTERN_BASE_BASE64_H

#include "base/buf.h"

enum { BASE64_LINE_OCTETS = 57 };

void base64_add(struct buf *out, struct span octets);

/* Returns the value of a character; -1: it is not in the alphabet. */
static inline int base64_sextet(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

#endif
