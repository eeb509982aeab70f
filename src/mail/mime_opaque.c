#include "mail/mime_opaque.h"

#include "mail/mime_tnef.h"

/* A packet of a session key, in its old or its new format. */
static bool is_session_key(unsigned char octet)
{
    return (octet & 0xfc) == 0x84 || (octet & 0xfc) == 0x8c || octet == 0xc1 || octet == 0xc3;
}

/* A sequence that begins with an object identifier of the lengths that content types have. */
static bool is_smime(struct span start)
{
    return start.p[0] == '0' &&
           (memmem(start.p, start.n, "\x06\x09", 2) || memmem(start.p, start.n, "\x06\x0b", 2));
}

bool mime_opaque_starts(struct span content)
{
    struct span start = span_first(content, MIME_OPAQUE_OCTETS);

    return start.n && (mime_tnef_is(start) || span_starts(start, SPAN("\xd0\xcf\x11\xe0")) ||
                       span_starts(start, SPAN("Rar!\x1a\x07")) || span_starts(start, SPAN("-----BEGI")) ||
                       is_session_key((unsigned char)start.p[0]) || is_smime(start));
}

bool mime_opaque_is_within(struct span text)
{
    static const char armor[] = "-----BEGIN PGP MESSAGE-----";

    return text.n && memmem(text.p, text.n, armor, sizeof armor - 1);
}
