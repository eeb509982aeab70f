#include "mail/line_ends.h"

/* Lexical elements of a message. They do not depend on the reading (enum line_ends_reading). */
enum piece {
    PIECE_NONE, /* more bytes are needed */
    PIECE_TEXT,
    PIECE_END,  /* an LF, with the CRs before it, if any */
    PIECE_LONE, /* CRs that are not followed by an LF */
};

static const char *const names[] = {"collapsed", "universal", "stripped"};

static size_t text_length(struct span in)
{
    size_t n = 0;

    while (n < in.n && in.p[n] != '\r' && in.p[n] != '\n')
        n++;
    return n;
}

/* Handles `count` consecutive line ends. The first empty line ends the header. */
static void end_line(struct line_ends_walk *walk, uint64_t count)
{
    if (!walk->is_line_begun || count > 1)
        walk->is_in_body = true;
    walk->is_line_begun = false;
}

static enum piece take_text(struct line_ends_walk *walk, struct span *in, struct span *text)
{
    *text = span_first(*in, text_length(*in));
    *in = span_from(*in, text->n);
    walk->is_line_begun = true;
    return PIECE_TEXT;
}

/* Takes the next piece off *in. For PIECE_END and PIECE_LONE, sets *crs to the number of CRs. */
static enum piece next_piece(struct line_ends_walk *walk, struct span *in, struct span *text, uint64_t *crs)
{
    for (; in->n && in->p[0] == '\r'; *in = span_from(*in, 1))
        walk->crs++;
    if (in->n == 0)
        return PIECE_NONE;
    *crs = walk->crs;
    walk->crs = 0;
    if (in->p[0] == '\n') {
        *in = span_from(*in, 1);
        end_line(walk, 1);
        return PIECE_END;
    }
    if (*crs == 0)
        return take_text(walk, in, text);
    end_line(walk, *crs);
    return PIECE_LONE;
}

void line_ends_detect_init(struct line_ends_detector *detector)
{
    *detector = (struct line_ends_detector){0};
}

static void note(struct line_ends_detector *detector, enum piece piece, uint64_t crs, bool was_in_body)
{
    if (piece == PIECE_END && crs > 1)
        detector->has_doubled = true;
    else if (piece == PIECE_LONE && was_in_body)
        detector->has_lone_in_body = true;
    else if (piece == PIECE_LONE)
        detector->has_lone_in_header = true;
}

/* In a body only CRs matter: skips to the next one. */
static void skip_to_cr(const struct line_ends_detector *detector, struct span *in)
{
    const char *cr;

    if (!detector->walk.is_in_body || detector->walk.crs || in->n == 0)
        return;
    cr = memchr(in->p, '\r', in->n);
    *in = span_from(*in, cr ? (size_t)(cr - in->p) : in->n);
}

void line_ends_detect_next(struct line_ends_detector *detector, struct span bytes)
{
    struct span text;

    while (bytes.n) {
        bool was_in_body = detector->walk.is_in_body;
        enum piece piece;
        uint64_t crs = 0;

        skip_to_cr(detector, &bytes);
        piece = next_piece(&detector->walk, &bytes, &text, &crs);
        note(detector, piece, crs, was_in_body);
    }
}

unsigned line_ends_detect_end(struct line_ends_detector *detector)
{
    bool has_any_lone;

    if (detector->walk.crs)
        note(detector, PIECE_LONE, detector->walk.crs, detector->walk.is_in_body);
    detector->walk.crs = 0;
    has_any_lone = detector->has_lone_in_header || detector->has_lone_in_body;
    return (detector->has_doubled || detector->has_lone_in_header ? 1U << LINE_ENDS_COLLAPSED : 0) |
           (detector->has_lone_in_body ? 1U << LINE_ENDS_UNIVERSAL : 0) |
           (has_any_lone ? 1U << LINE_ENDS_STRIPPED : 0);
}

void line_ends_init(struct line_ends *ends, enum line_ends_reading reading,
                    void (*emit)(void *context, struct span run), void *context)
{
    *ends = (struct line_ends){.reading = reading, .emit = emit, .context = context};
}

static void repeat(struct line_ends *ends, struct span what, uint64_t times)
{
    for (; times; times--)
        ends->emit(ends->context, what);
}

static void take_lone(struct line_ends *ends, uint64_t crs, bool was_in_body)
{
    switch (ends->reading) {
    case LINE_ENDS_COLLAPSED: repeat(ends, was_in_body ? SPAN("\r") : SPAN("\r\n"), crs); break;
    case LINE_ENDS_UNIVERSAL: repeat(ends, SPAN("\r\n"), crs); break;
    case LINE_ENDS_STRIPPED:
    case LINE_ENDS_READINGS: break;
    }
}

void line_ends_next(struct line_ends *ends, struct span bytes)
{
    while (bytes.n) {
        bool was_in_body = ends->walk.is_in_body;
        struct span text = {0};
        uint64_t crs = 0;

        switch (next_piece(&ends->walk, &bytes, &text, &crs)) {
        case PIECE_NONE: break;
        case PIECE_TEXT: ends->emit(ends->context, text); break;
        case PIECE_END: ends->emit(ends->context, SPAN("\r\n")); break;
        case PIECE_LONE: take_lone(ends, crs, was_in_body); break;
        }
    }
}

void line_ends_end(struct line_ends *ends)
{
    take_lone(ends, ends->walk.crs, ends->walk.is_in_body);
    ends->walk.crs = 0;
}

const char *line_ends_name(enum line_ends_reading reading)
{
    return names[reading];
}
