/* rfc2047: encoded words in header fields (RFC 2047, RFC 2231 5 for the language).
 *
 * Decoding accepts what occurs in real mail: words inside quotes, spaces in a word, base64 without padding,
 * and characters split between two words of one set. Raw 8-bit bytes are read as UTF-8 if the whole value is
 * valid UTF-8, otherwise as windows-1252. The result is cleaned (base/text), so that an encoded CR LF never
 * becomes a line end. Encoding is strict: whole characters, at most 75 octets per word. */
#ifndef POSTERN_MAIL_RFC2047_H
#define POSTERN_MAIL_RFC2047_H

#include "base/text.h"

enum { RFC2047_WORD_MAX = 75 };

/* Decodes a field's value, as it is in the message, and adds it to the text. */
void rfc2047_decode(struct span value, struct text *text);

/* Encodes the start of *utf8 as one encoded word of at most `max` octets, and takes it off *utf8. Takes as
 * many whole characters as fit, but at least one. So the word can exceed `max`, but never RFC2047_WORD_MAX.
 * Returns the length of the word; 0 if *utf8 is empty. The caller separates words by white space, which is
 * not displayed. */
enum { RFC2047_WORD_MIN = 24 }; /* enough for any one character */
size_t rfc2047_encode_word(struct span *utf8, size_t max, char word[RFC2047_WORD_MAX]);

#endif
