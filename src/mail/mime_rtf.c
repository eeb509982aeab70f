#include "mail/mime_rtf.h"

enum {
    HEADER_OCTETS = 16, /* both sizes, the kind, a checksum */
    KIND_AT = 8,
    WINDOW = 4096,
    LENGTH_MIN = 2, /* of a reference */
};

/* The window begins with this text. */
#define INITIAL                                                                                          \
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript " \
    "\\fdecor "                                                                                          \
    "MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "           \
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

/* The last octets that were written, in a ring. */
struct window {
    struct buf *out;
    size_t at;
    char octets[WINDOW];
};

static void put(struct window *window, char c)
{
    buf_add_char(window->out, c);
    window->octets[window->at] = c;
    window->at = (window->at + 1) % WINDOW;
}

/* A reference has 12 bits of position and 4 bits of length. False: it is the end mark. */
static bool put_reference(struct window *window, unsigned reference)
{
    size_t from = reference >> 4;

    if (from == window->at)
        return false;
    for (unsigned n = (reference & 15) + LENGTH_MIN; n; n--, from = (from + 1) % WINDOW)
        put(window, window->octets[from]);
    return true;
}

/* A control octet says which of the eight tokens that follow it are references. False: there is no end mark,
 * which some writers omit. */
static bool decompress(struct window *window, struct span rest)
{
    for (unsigned control = 1; rest.n; control >>= 1) {
        if (control == 1) {
            control = 0x200u | (unsigned)(unsigned char)rest.p[0] << 1;
            rest = span_from(rest, 1);
        } else if (!(control & 1)) {
            put(window, rest.p[0]);
            rest = span_from(rest, 1);
        } else if (rest.n < 2 ||
                   !put_reference(window, (unsigned char)rest.p[0] * 256u + (unsigned char)rest.p[1])) {
            return rest.n >= 2;
        } else {
            rest = span_from(rest, 2);
        }
    }
    return false;
}

/* The second number of the header is the size of the text. */
static bool has_whole_text(struct span content, size_t octets)
{
    size_t size = 0;

    for (size_t i = 8; i > 4; i--)
        size = size << 8 | (unsigned char)content.p[i - 1];
    return octets >= size;
}

bool mime_rtf_decode(struct span content, struct buf *out)
{
    size_t before = out->n;
    struct window window = {.out = out, .at = sizeof INITIAL - 1, .octets = INITIAL};
    struct span kind = span_first(span_from(content, KIND_AT), 4);

    if (span_eq(kind, SPAN("LZFu")))
        return decompress(&window, span_from(content, HEADER_OCTETS)) ||
               has_whole_text(content, out->n - before);
    if (!span_eq(kind, SPAN("MELA")))
        return false;
    buf_add(out, span_from(content, HEADER_OCTETS));
    return true;
}
