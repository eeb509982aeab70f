/* rfc2047: encoded words in header fields (RFC 2047, RFC 2231 5 for the language).
 *
 * Decoding takes what real mail has: words inside quotes, spaces in a word, base64 without its padding,
 * characters cut between two words of one set, raw 8-bit bytes (UTF-8 if all of them are, else windows-1252).
 * What comes out is cleaned (base/text), so that no encoded CR LF is ever one. Encoding is strict: whole
 * characters, 75 octets a word at most. */
#ifndef POSTERN_MAIL_RFC2047_H
#define POSTERN_MAIL_RFC2047_H

#include "base/text.h"

enum { RFC2047_WORD_MAX = 75 };

/* Adds a field's value, as it stands in the message, to the text. */
void rfc2047_decode(struct span value, struct text *text);

/* Takes as many whole characters off the front of *utf8 as one encoded word of at most `room` octets holds
 * (never more than RFC2047_WORD_MAX; one character at least, whatever the room) and writes the word; its
 * length, 0 when *utf8 is empty. Between two words belongs white space, which is not shown. */
enum { RFC2047_ROOM_MIN = 24 }; /* the word of one character */
size_t rfc2047_encode_word(struct span *utf8, size_t room, char word[RFC2047_WORD_MAX]);

#endif
