#include "mail/mime_hidden.h"

#include "base/base64.h"
#include "base/buf.h"
#include "mail/mime_declared.h"
#include "mail/mime_delimiters.h"
#include "mail/mime_entity.h"
#include "mail/mime_inline.h"
#include "mail/mime_line.h"

#include <stdlib.h>

enum {
    DEPTH_MAX = 64,   /* maximum nesting of multiparts */
    CONTENT_MIN = 16, /* content with fewer octets is trivial */
    BASE64_MIN = 22,  /* base64 with fewer letters is trivial */
    EVIDENT_MIN = 40, /* so many letters, and no other text, count as base64 without a field */
    ESCAPES_MIN = 8,  /* so many "=" count as quoted-printable without a field */
};

/* Does the ordinary reading show a line? */
enum place { PLACE_SHOWN, PLACE_NOWHERE };

/* A multipart. */
struct level {
    size_t n; /* of the boundary */
    char boundary[MIME_DECLARED_BOUNDARY_MAX];
    bool is_digest;
    bool is_disputed; /* the structure of the multipart, or of a part that contains it */
};

/* The state of base64 in a shown part. */
struct base64_state {
    bool is_active, is_begun;
    bool is_ended; /* after padding, or after other text */
    size_t letters_after;
};

struct walk {
    struct span message, rest;
    struct level levels[DEPTH_MAX + 1]; /* at levels[depth]: the one that was closed last (has_closed) */
    size_t depth;
    bool has_closed;
    enum place place;
    bool is_disputed;
    bool is_after_delimiter; /* the last line with "--" is nearly a delimiter (is_near_delimiter) */
    const char *read_to;     /* fields before this place have been read */
    struct base64_state base64;
    bool is_found;
};

/* Numbers of letters of base64, and of all octets that are not blanks. */
struct letters {
    size_t base64, all;
};

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

/* Counts until there are enough of both. */
static void count_letters(struct letters *letters, struct span line)
{
    for (size_t i = 0; i < line.n && (letters->base64 < BASE64_MIN || letters->all < CONTENT_MIN); i++) {
        letters->base64 += base64_sextet(line.p[i]) >= 0;
        letters->all += !is_blank(line.p[i]);
    }
}

static struct letters letters_of(struct span content)
{
    struct letters letters = {0};
    struct span line;

    while (mime_line_next(&content, &line) && !mime_delimiter_is(line) &&
           (letters.base64 < BASE64_MIN || letters.all < CONTENT_MIN))
        count_letters(&letters, line);
    return letters;
}

/* Without a branch, for speed. */
static unsigned is_of_base64(unsigned char c)
{
    return ((c | 0x20u) - 'a' < 26) | (c - (unsigned)'0' < 10) | (c == '+') | (c == '/') | (c == '=');
}

/* Is the line base64 and nothing else? */
static bool is_pure(struct span line)
{
    unsigned is_pure = 1;

    line = span_trim(line);
    for (size_t i = 0; i < line.n; i++)
        is_pure &= is_of_base64((unsigned char)line.p[i]);
    return line.n > 0 && is_pure;
}

/* Does the content begin with so much base64 that it cannot be text? */
static bool is_evident_base64(struct span content)
{
    struct span line;
    size_t n = 0;

    while (n < EVIDENT_MIN && mime_line_next(&content, &line) && !mime_delimiter_is(line)) {
        if (span_trim(line).n == 0)
            continue;
        if (!is_pure(line))
            return false;
        for (size_t i = 0; i < line.n; i++)
            n += base64_sextet(line.p[i]) >= 0;
    }
    return n >= EVIDENT_MIN;
}

static bool is_evident_quoted_printable(struct span content)
{
    struct span line;
    size_t n = 0;

    while (n < ESCAPES_MIN && mime_line_next(&content, &line) && !mime_delimiter_is(line))
        for (size_t i = 0; i < line.n; i++)
            n += line.p[i] == '=';
    return n >= ESCAPES_MIN;
}

static bool is_hidden_content(const struct mime_entity *entity, struct span content, bool is_after_delimiter)
{
    struct letters letters = letters_of(content);

    if (entity->is_base64 && letters.base64 >= BASE64_MIN)
        return true;
    return letters.all >= CONTENT_MIN &&
           (entity->is_quoted_printable || entity->is_uuencoded || entity->is_named || is_after_delimiter);
}

/* Examines a part that the ordinary reading does not see. */
static void take_stray(struct walk *walk, struct span text)
{
    struct mime_entity entity;

    mime_entity_read(&entity, text);
    for (size_t i = 0; i < entity.body_count && !walk->is_found; i++)
        walk->is_found = is_hidden_content(&entity, entity.bodies[i], walk->is_after_delimiter);
    walk->read_to = entity.bodies[entity.body_count - 1].p;
}

static struct span boundary_of(const struct level *level)
{
    return (struct span){level->boundary, level->n};
}

/* Is the line nearly a delimiter of an open multipart, or of the multipart that was closed last? */
static bool is_near_delimiter(const struct walk *walk, struct span line)
{
    struct span text = span_trim(line);

    if (!span_starts(text, SPAN("--")))
        return false;
    for (size_t i = 0; i < walk->depth + walk->has_closed; i++)
        if (span_starts(span_from(text, 2), boundary_of(&walk->levels[i])))
            return true;
    return false;
}

/* Returns the level whose delimiter the line is, or DEPTH_MAX; the innermost one counts. */
static size_t level_of_delimiter(const struct walk *walk, struct span line, bool *is_close)
{
    bool is_after_cr = line.p > walk->message.p && line.p[-1] == '\r';

    if (is_after_cr || !span_starts(line, SPAN("--")))
        return DEPTH_MAX;
    line = span_from(line, 2);
    while (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
        line.n--;
    for (size_t i = walk->depth; i > 0; i--) {
        struct span boundary = boundary_of(&walk->levels[i - 1]);

        *is_close = line.n == boundary.n + 2 && span_ends(line, SPAN("--"));
        if ((line.n == boundary.n || *is_close) && span_starts(line, boundary))
            return i - 1;
    }
    return DEPTH_MAX;
}

/* Takes the lines up to the next empty line, or up to a delimiter. A line of blanks continues the header if
 * an empty line follows. Otherwise the header ends at the line of blanks, and the structure is disputed. */
static struct span take_header(struct walk *walk)
{
    struct span rest = walk->rest, header = {rest.p, 0}, after_blanks = {0}, line = {0};
    bool is_close;

    while (mime_line_next(&rest, &line) && level_of_delimiter(walk, line, &is_close) == DEPTH_MAX) {
        walk->rest = rest;
        if (line.n == 0)
            return header;
        if (!after_blanks.p && header.n && span_trim(line).n == 0)
            after_blanks = rest;
        header.n = (size_t)(rest.p - header.p);
    }
    if (after_blanks.p) {
        take_stray(walk, header);
        walk->is_disputed = true;
        walk->rest = after_blanks;
        header.n = (size_t)(after_blanks.p - header.p);
    }
    return header;
}

static void skip_empty_lines(struct span *rest)
{
    struct span after = *rest, line;

    while (mime_line_next(&after, &line) && line.n == 0)
        *rest = after;
}

static void enter_multipart(struct walk *walk, const struct mime_declared *declared)
{
    struct level *level = &walk->levels[walk->depth];

    walk->has_closed = false;
    walk->place = PLACE_NOWHERE;
    if (declared->boundary_n == 0 || walk->depth == DEPTH_MAX)
        return;
    level->n = declared->boundary_n;
    memcpy(level->boundary, declared->boundary, declared->boundary_n);
    level->is_digest = declared->kind == MIME_DECLARED_DIGEST;
    level->is_disputed = walk->is_disputed;
    walk->depth++;
}

/* Does the content look as if another encoding were meant than the ordinary reading uses? */
static bool is_hidden_by_encoding(const struct mime_declared *declared, struct span content)
{
    const unsigned base64 = 1u << MIME_DECLARED_BASE64, unknown = 1u << MIME_DECLARED_UNKNOWN;
    unsigned encodings = declared->other_encodings;

    switch ((enum mime_declared_encoding)declared->encoding) {
    case MIME_DECLARED_BASE64:
        return (encodings & ~base64) && !is_evident_base64(content) && letters_of(content).all >= CONTENT_MIN;
    case MIME_DECLARED_UNKNOWN: encodings |= unknown; break;
    case MIME_DECLARED_IDENTITY:
        if ((encodings & 1u << MIME_DECLARED_QUOTED_PRINTABLE) && is_evident_quoted_printable(content))
            return true;
        break;
    case MIME_DECLARED_QUOTED_PRINTABLE:
    case MIME_DECLARED_UUENCODE: break;
    }
    return (encodings & (base64 | unknown)) && is_evident_base64(content);
}

/* A multipart must not be encoded. If it is in base64 all the same, the ordinary reading sees no part of
 * it. */
static bool is_hidden_by_kind(const struct mime_declared *declared, struct span content)
{
    return (declared->encoding == MIME_DECLARED_BASE64 || declared->encoding == MIME_DECLARED_UNKNOWN) &&
           is_evident_base64(content);
}

static void enter_leaf(struct walk *walk, const struct mime_declared *declared)
{
    walk->place = PLACE_SHOWN;
    walk->is_found = walk->is_found || is_hidden_by_encoding(declared, walk->rest);
    walk->base64.is_active = declared->encoding == MIME_DECLARED_BASE64;
}

/* A message with an encoding is shown as a file. */
static bool is_message(const struct mime_declared *declared)
{
    return declared->kind == MIME_DECLARED_MESSAGE && declared->encoding == MIME_DECLARED_IDENTITY;
}

/* Reads the header at the front of the rest, and the headers of the messages within that part. */
static void enter_part(struct walk *walk, enum mime_declared_kind kind)
{
    struct mime_declared declared;
    struct span start, header;

    walk->is_after_delimiter = false;
    walk->base64 = (struct base64_state){0};
    do {
        start = walk->rest;
        header = take_header(walk);
        mime_declared_read(&declared, header, kind);
        walk->is_disputed = walk->is_disputed || declared.is_disputed;
        if (!declared.has_field && header.n) {
            walk->rest = start;
            walk->is_disputed = true;
        }
        kind = MIME_DECLARED_LEAF;
        if (is_message(&declared))
            skip_empty_lines(&walk->rest);
    } while (is_message(&declared) && walk->rest.n);
    if (declared.kind == MIME_DECLARED_MULTIPART || declared.kind == MIME_DECLARED_DIGEST) {
        walk->is_found = walk->is_found || is_hidden_by_kind(&declared, walk->rest);
        enter_multipart(walk, &declared);
    } else {
        enter_leaf(walk, &declared);
    }
}

static bool take_delimiter(struct walk *walk, struct span line)
{
    bool is_close;
    size_t i = level_of_delimiter(walk, line, &is_close);

    if (i == DEPTH_MAX)
        return false;
    walk->depth = i + !is_close;
    walk->has_closed = is_close;
    walk->is_disputed = walk->levels[i].is_disputed;
    walk->is_after_delimiter = false;
    walk->place = PLACE_NOWHERE;
    walk->base64.is_active = false;
    if (!is_close)
        enter_part(walk, walk->levels[i].is_digest ? MIME_DECLARED_MESSAGE : MIME_DECLARED_LEAF);
    return true;
}

/* Counts the letters after the end of base64: after padding, or after other text. If other text comes first,
 * stops counting. */
static void take_base64(struct walk *walk, struct span line)
{
    struct base64_state *state = &walk->base64;

    if (span_trim(line).n == 0)
        return;
    if (!is_pure(line)) {
        state->is_active = state->is_begun;
        state->is_ended = true;
        return;
    }
    state->is_begun = true;
    if (!state->is_ended && !memchr(line.p, '=', line.n))
        return;
    for (size_t i = 0; i < line.n; i++) {
        state->is_ended = state->is_ended || line.p[i] == '=';
        state->letters_after += state->is_ended && base64_sextet(line.p[i]) >= 0;
    }
    if (state->letters_after >= EVIDENT_MIN)
        walk->is_found = true;
}

static void take_line(struct walk *walk, struct span line, struct span text)
{
    bool is_first = walk->is_after_delimiter || line.p == walk->message.p;
    struct span field = is_first ? mime_entity_skip_marks(line) : line, one = line;
    bool is_sought = walk->place == PLACE_NOWHERE || walk->is_disputed || walk->is_after_delimiter;
    struct mime_inline found;

    if (walk->base64.is_active)
        take_base64(walk, line);
    if (mime_delimiter_is(line))
        walk->is_after_delimiter = is_near_delimiter(walk, line);
    else if (is_sought && line.p >= walk->read_to && mime_entity_is_field(field))
        take_stray(walk, text);
    else if (walk->place == PLACE_NOWHERE && mime_inline_next(&one, &found))
        walk->is_found = walk->is_found || letters_of(walk->rest).all >= CONTENT_MIN;
}

/* Does the message begin with blanks, a line end or a byte order mark? For some programs, it then has no
 * header. */
static bool has_lead(struct span message)
{
    return message.n &&
           (mime_entity_skip_marks(message).p != message.p || message.p[0] == '\r' || message.p[0] == '\n');
}

static bool search(struct walk *walk)
{
    struct span line, text;

    walk->read_to = walk->message.p;
    if (has_lead(walk->message))
        walk->is_disputed = true;
    else
        enter_part(walk, MIME_DECLARED_LEAF);
    for (text = walk->rest; !walk->is_found && mime_line_next(&walk->rest, &line); text = walk->rest)
        if (!take_delimiter(walk, line))
            take_line(walk, line, text);
    return walk->is_found;
}

bool mime_hidden_in(struct span message)
{
    struct walk *walk = mem_alloc_zero(sizeof *walk);
    bool is_found;

    walk->message = walk->rest = message;
    is_found = search(walk);
    free(walk);
    return is_found;
}
