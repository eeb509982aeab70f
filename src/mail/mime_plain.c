#include "mail/mime_plain.h"

#include "mail/mime_entity.h"
#include "mail/mime_fields.h"
#include "mail/mime_inline.h"
#include "mail/mime_line.h"
#include "mail/mime_opaque.h"

/* Maximum of the depth of nested multiparts plus the number of messages within the message. Engines have
 * limits of their own. */
enum { DEPTH_MAX = 12 };

/* What stands before the next delimiter. */
enum place { PLACE_PREAMBLE, PLACE_LEAF, PLACE_EPILOGUE };

enum ending { ENDING_NEXT, ENDING_CLOSE, ENDING_TEXT };

struct walk {
    struct span rest; /* of the message */
    struct span boundaries[DEPTH_MAX];
    size_t depth, messages;
    enum place place;
    struct mime_fields fields; /* of the current part */
};

/* No boundary may begin with another open one. */
static bool enter_multipart(struct walk *walk)
{
    struct span boundary = walk->fields.boundary;

    if (boundary.n == 0 || walk->fields.encoding != MIME_ENCODING_NONE ||
        walk->depth + walk->messages >= DEPTH_MAX)
        return false;
    for (size_t i = 0; i < walk->depth; i++)
        if (span_starts(walk->boundaries[i], boundary) || span_starts(boundary, walk->boundaries[i]))
            return false;
    walk->boundaries[walk->depth++] = boundary;
    walk->place = PLACE_PREAMBLE;
    return true;
}

/* Reads the header of a message or part, and the headers of the messages within it. The header of a message
 * must have a field. */
static bool enter_entity(struct walk *walk, bool is_message)
{
    struct mime_fields *fields = &walk->fields;

    do {
        if (is_message && span_starts(walk->rest, SPAN("\r\n")))
            return false;
        if (!mime_fields_read(fields, &walk->rest))
            return false;
        if (is_message && !fields->has_version && (fields->has_type || fields->has_encoding))
            return false;
        is_message = fields->is_message;
        walk->messages += is_message;
        if (walk->depth + walk->messages > DEPTH_MAX)
            return false;
    } while (is_message);
    walk->place = PLACE_LEAF;
    return !fields->is_multipart || enter_multipart(walk);
}

/* Could a mail program take the line for a delimiter? In a leaf, only lines with an open boundary count;
 * elsewhere, every line that begins with "--" counts. */
static bool is_like_delimiter(const struct walk *walk, struct span line)
{
    struct span text;

    if (line.n == 0 || (line.p[0] != '-' && line.p[0] != ' ' && line.p[0] != '\t'))
        return false;
    text = span_trim(line);
    if (!span_starts(text, SPAN("--")))
        return false;
    if (walk->place != PLACE_LEAF)
        return true;
    for (size_t i = 0; i < walk->depth; i++)
        if (span_starts(span_from(text, 2), walk->boundaries[i]))
            return true;
    return false;
}

static bool is_delimiter(const struct walk *walk, struct span line, enum ending *ending)
{
    struct span boundary = walk->depth ? walk->boundaries[walk->depth - 1] : (struct span){0};
    struct span after = span_from(line, 2 + boundary.n);

    if (boundary.n == 0 || !span_starts(line, SPAN("--")) || !span_starts(span_from(line, 2), boundary))
        return false;
    *ending = after.n == 0 ? ENDING_NEXT : ENDING_CLOSE;
    return after.n == 0 || span_eq(after, SPAN("--"));
}

/* Takes the content up to the next delimiter, or to the end of the message. False: it is not plain. */
static bool take_content(struct walk *walk, struct span *content, enum ending *ending)
{
    struct span start = walk->rest, line;

    while (mime_line_next(&walk->rest, &line)) {
        bool has_end = walk->rest.p - (line.p + line.n) == 2 && line.p[line.n] == '\r';

        if (is_delimiter(walk, line, ending)) {
            size_t before = (size_t)(line.p - start.p);

            *content = span_first(start, before < 2 ? 0 : before - 2);
            return has_end || walk->rest.n == 0;
        }
        if (line.n > MIME_LINE_OCTETS_MAX || (!has_end && walk->rest.n) || is_like_delimiter(walk, line) ||
            mime_entity_is_field(line))
            return false;
    }
    *content = start;
    *ending = ENDING_TEXT;
    return walk->depth == 0;
}

static bool is_plain_text(struct span text)
{
    struct mime_inline found;
    struct span rest = text;

    if (mime_opaque_starts(text) || mime_opaque_is_within(text) || mime_inline_next(&rest, &found))
        return false;
    return !mime_inline_url_next(&text, &found);
}

static bool is_plain_decoded(enum mime_coding coding, struct span content)
{
    struct buf decoded = {0};
    bool is_plain;

    mime_decode(coding, content, &decoded);
    is_plain = is_plain_text(buf_span(&decoded));
    buf_fini(&decoded);
    return is_plain;
}

/* The characters of base64 and of line ends; a table, for speed. */
static const unsigned char is_of_base64[256] = {
    /* clang-format off */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, /* 0x00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 0x10 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, /* 0x20 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, /* 0x30 */
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0x40 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, /* 0x50 */
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0x60 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, /* 0x70 */
    /* clang-format on */
};

/* At most two "=" are padding. Only line ends may follow them. */
static bool is_base64(struct span content)
{
    size_t ends = 0, pads = 0;
    unsigned is_well_formed = 1;

    while (content.n && (content.p[content.n - 1] == '\r' || content.p[content.n - 1] == '\n'))
        content.n--;
    while (content.n && pads < 2 && content.p[content.n - 1] == '=') {
        content.n--;
        pads++;
    }
    for (size_t i = 0; i < content.n; i++) {
        is_well_formed &= is_of_base64[(unsigned char)content.p[i]];
        ends += content.p[i] == '\r' || content.p[i] == '\n';
    }
    return is_well_formed && (content.n - ends + pads) % 4 == 0;
}

static bool is_capital_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool has_blank_at_line_end(struct span content)
{
    const char *end;

    for (struct span rest = content; rest.n && (end = memchr(rest.p, '\r', rest.n));
         rest = span_from(rest, (size_t)(end + 1 - rest.p)))
        if (end > content.p && is_blank(end[-1]))
            return true;
    return content.n && is_blank(content.p[content.n - 1]);
}

/* Some decoders remove blanks at the end of a line, others do not. */
static bool is_quoted_printable(struct span content)
{
    struct span rest = content;
    const char *equals;

    for (; rest.n && (equals = memchr(rest.p, '=', rest.n)); rest = span_from(rest, 3)) {
        rest = span_from(rest, (size_t)(equals - rest.p));
        if (rest.n < 3 || !((rest.p[1] == '\r' && rest.p[2] == '\n') ||
                            (is_capital_digit(rest.p[1]) && is_capital_digit(rest.p[2]))))
            return false;
    }
    return !has_blank_at_line_end(content);
}

/* Only the first letters are decoded. */
static bool is_base64_opaque(struct span content)
{
    char letters[(MIME_OPAQUE_OCTETS + 2) / 3 * 4];
    struct buf decoded = {0};
    bool is_opaque;
    size_t n = 0;

    for (size_t i = 0; i < content.n && n < sizeof letters; i++)
        if (content.p[i] != '\r' && content.p[i] != '\n')
            letters[n++] = content.p[i];
    mime_decode(MIME_BASE64, (struct span){letters, n}, &decoded);
    is_opaque = mime_opaque_starts(buf_span(&decoded));
    buf_fini(&decoded);
    return is_opaque;
}

/* A part without a Content-Type is text. */
static bool is_plain_leaf(const struct mime_fields *fields, struct span content)
{
    bool is_text = fields->is_text || !fields->has_type;

    switch (fields->encoding) {
    case MIME_ENCODING_BASE64:
        return is_base64(content) && !is_base64_opaque(content) &&
               (!is_text || is_plain_decoded(MIME_BASE64, content));
    case MIME_ENCODING_QUOTED_PRINTABLE:
        return is_quoted_printable(content) && is_plain_decoded(MIME_QUOTED_PRINTABLE, content);
    case MIME_ENCODING_NONE: break;
    }
    return is_plain_text(content);
}

static bool is_plain_content(const struct walk *walk, struct span content)
{
    return walk->place == PLACE_LEAF ? is_plain_leaf(&walk->fields, content) : is_plain_text(content);
}

bool mime_is_plain(struct span message)
{
    struct walk walk = {.rest = message};
    enum ending ending = ENDING_NEXT;
    struct span content;

    if (!enter_entity(&walk, true))
        return false;
    while (take_content(&walk, &content, &ending) && is_plain_content(&walk, content)) {
        if (ending == ENDING_TEXT)
            return true;
        if (ending == ENDING_CLOSE) {
            walk.depth--;
            walk.place = PLACE_EPILOGUE;
        } else if (!enter_entity(&walk, false)) {
            return false;
        }
    }
    return false;
}
