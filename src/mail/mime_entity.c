#include "mail/mime_entity.h"

#include "mail/mime_delimiters.h"
#include "mail/mime_line.h"

enum {
    NAME_MAX_OCTETS = 64, /* so many octets are searched for the name of a field and its colon */
    VALUE_LETTERS = 1024, /* so many letters of a value are kept at a time */
    WORD_MAX_LETTERS = 20,
};

/* The words that values are searched for. */
enum word {
    WORD_BASE64,
    WORD_B64,
    WORD_QUOTED_PRINTABLE,
    WORD_QP,
    WORD_UU,
    WORD_UTF16,
    WORD_UTF7,
    WORD_EXTERNAL,
    WORD_NAME,
    WORD_ATTACHMENT,
    WORD_TNEF,
    WORD_VENDOR_TNEF,
    WORDS,
};

static const struct span words[WORDS] = {
    SPAN("base64"), SPAN("b64"),          SPAN("quotedprintable"),   SPAN("qp"),
    SPAN("uu"),     SPAN("charsetutf16"), SPAN("charsetutf7"),       SPAN("externalbody"),
    SPAN("name"),   SPAN("attachment"),   SPAN("applicationmstnef"), SPAN("applicationvndmstnef"),
};

/* A value, reduced to lower-case letters and digits. Of a long value, only its last letters are kept, and the
 * words that were found in earlier ones. */
struct value {
    unsigned found; /* a set of 1 << enum word */
    bool is_long;
    size_t n;
    char letters[VALUE_LETTERS];
};

/* A field that is being read: its value with, and without, comments. */
struct reading {
    struct mime_entity *entity;
    bool is_encoding, is_other;
    unsigned depth; /* of parentheses */
    struct value whole, bare;
};

static unsigned words_in(const struct value *value)
{
    unsigned found = value->found;

    for (size_t i = 0; i < WORDS; i++)
        if (memmem(value->letters, value->n, words[i].p, words[i].n))
            found |= 1u << i;
    return found;
}

/* Keeps only the last letters, because a word may begin in them. */
static void shorten(struct value *value)
{
    value->found = words_in(value);
    value->is_long = true;
    memmove(value->letters, value->letters + value->n - WORD_MAX_LETTERS, WORD_MAX_LETTERS);
    value->n = WORD_MAX_LETTERS;
}

static void add_letter(struct value *value, char c)
{
    char lower = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;

    if (!((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9')))
        return;
    if (value->n == sizeof value->letters)
        shorten(value);
    value->letters[value->n++] = lower;
}

static void add_text(struct reading *reading, struct span text)
{
    if (!reading->is_encoding && !reading->is_other)
        return;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        add_letter(&reading->whole, c);
        if (c == '(')
            reading->depth++;
        else if (c == ')' && reading->depth > 0)
            reading->depth--;
        else if (reading->depth == 0)
            add_letter(&reading->bare, c);
    }
}

static bool is_value(const struct reading *reading, struct span word)
{
    return !reading->bare.is_long && span_eq((struct span){reading->bare.letters, reading->bare.n}, word);
}

static bool is_identity(const struct reading *reading)
{
    return is_value(reading, SPAN("7bit")) || is_value(reading, SPAN("8bit")) ||
           is_value(reading, SPAN("binary"));
}

static unsigned words_of(const struct reading *reading)
{
    return words_in(&reading->whole) | words_in(&reading->bare);
}

static bool has(unsigned found, enum word word)
{
    return found & 1u << word;
}

static void take_encoding(struct mime_entity *entity, unsigned found, bool is_identity)
{
    bool is_base64 = has(found, WORD_BASE64) || has(found, WORD_B64);
    bool is_quoted = has(found, WORD_QUOTED_PRINTABLE) || has(found, WORD_QP);
    bool is_uuencoded = has(found, WORD_UU);
    bool is_unknown = !is_base64 && !is_quoted && !is_uuencoded && !is_identity;

    entity->is_base64 = entity->is_base64 || is_base64 || is_unknown;
    entity->is_quoted_printable = entity->is_quoted_printable || is_quoted || is_unknown;
    entity->is_uuencoded = entity->is_uuencoded || is_uuencoded || is_unknown;
}

static void take_other(struct mime_entity *entity, unsigned found)
{
    entity->is_utf16 = entity->is_utf16 || has(found, WORD_UTF16);
    entity->is_utf7 = entity->is_utf7 || has(found, WORD_UTF7);
    entity->is_external = entity->is_external || has(found, WORD_EXTERNAL);
    entity->is_tnef = entity->is_tnef || has(found, WORD_TNEF) || has(found, WORD_VENDOR_TNEF);
    entity->is_named = entity->is_named || has(found, WORD_NAME) || has(found, WORD_ATTACHMENT);
}

static void end_field(struct reading *reading)
{
    if (reading->is_encoding)
        take_encoding(reading->entity, words_of(reading), is_identity(reading));
    else if (reading->is_other)
        take_other(reading->entity, words_of(reading));
    *reading = (struct reading){.entity = reading->entity};
}

static bool is_encoding_name(struct span name)
{
    return span_eq_nocase(name, SPAN("content-transfer-encoding"));
}

static bool is_other_name(struct span name)
{
    return span_eq_nocase(name, SPAN("content-type")) || span_eq_nocase(name, SPAN("content-disposition"));
}

/* Returns the name of the field that the line begins, without blanks and control characters before its colon;
 * empty if the line begins no field. The colon of a field of MIME may be on the next line. */
static struct span name_of(struct span line)
{
    const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
    struct span name = {line.p, colon ? (size_t)(colon - line.p) : line.n};

    while (name.n && (unsigned char)name.p[name.n - 1] <= ' ')
        name.n--;
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] <= ' ')
            return (struct span){0};
    return colon || is_encoding_name(name) || is_other_name(name) ? name : (struct span){0};
}

static bool is_at_field(struct span line)
{
    struct span name;

    if (!span_starts_nocase(line, SPAN("content-")))
        return false;
    name = name_of(line);
    return is_encoding_name(name) || is_other_name(name);
}

/* Takes the next field of MIME that begins within an overlong line, but not at its beginning. A program with
 * shorter lines would break the line, and may find a field there. */
static bool late_field_next(struct span *rest, struct span *field)
{
    while (rest->n > 1) {
        *field = *rest = span_from(*rest, 1);
        if (is_at_field(span_first(*field, NAME_MAX_OCTETS)))
            return true;
    }
    return false;
}

bool mime_entity_is_field(struct span line)
{
    struct span rest = line, field;

    return is_at_field(line) || (line.n > MIME_LINE_OCTETS_MAX && late_field_next(&rest, &field));
}

static void begin_field(struct reading *reading, struct span line, struct span name)
{
    end_field(reading);
    reading->is_encoding = is_encoding_name(name);
    reading->is_other = is_other_name(name);
    add_text(reading, span_from(line, name.n));
}

/* Each of these fields ends where the next one begins. */
static void add_late_fields(struct reading *reading, struct span line)
{
    struct span field, next = {0};
    bool has_field = late_field_next(&line, &field), has_next;

    for (; has_field; has_field = has_next, field = next) {
        has_next = late_field_next(&line, &next);
        if (has_next)
            field.n = (size_t)(next.p - field.p);
        begin_field(reading, field, name_of(span_first(field, NAME_MAX_OCTETS)));
    }
}

/* Some programs only search for the name of the field. They accept other text before the name, and a missing
 * colon after it. In such a line, only known encodings count. */
static void add_odd_encoding(struct mime_entity *entity, struct span line)
{
    const struct span name = SPAN("content-transfer-encoding");
    struct span rest = span_first(line, NAME_MAX_OCTETS);
    struct reading odd = {.is_encoding = true};

    while (rest.n >= name.n && !span_starts_nocase(rest, name))
        rest = span_from(rest, 1);
    if (rest.n < name.n)
        return;
    add_text(&odd, span_from(rest, name.n));
    if (words_of(&odd))
        take_encoding(entity, words_of(&odd), true);
}

static void add_body(struct mime_entity *entity, struct span body)
{
    if (entity->body_count < MIME_ENTITY_BODIES_MAX)
        entity->bodies[entity->body_count++] = body;
}

struct span mime_entity_skip_marks(struct span text)
{
    if (span_starts(text, SPAN("\xef\xbb\xbf")))
        text = span_from(text, 3);
    while (text.n && (unsigned char)text.p[0] <= ' ' && text.p[0] != '\r' && text.p[0] != '\n')
        text = span_from(text, 1);
    return text;
}

static bool is_mbox_line(struct span line)
{
    return span_starts(line, SPAN("From ")) || span_starts(line, SPAN(">From "));
}

static struct span skip_lead(struct span text)
{
    struct span rest = text = mime_entity_skip_marks(text), line;

    while (mime_line_next(&rest, &line) && (line.n == 0 || is_mbox_line(line)))
        text = rest = mime_entity_skip_marks(rest);
    return text;
}

static bool is_blank_start(struct span line)
{
    return line.n && (line.p[0] == ' ' || line.p[0] == '\t');
}

/* The body may begin after the first line that has only blanks, and at the first line that is no field; later
 * lines of these kinds do not count. For some programs a delimiter ends the header, and the body begins after
 * it. For others it is no delimiter, and the header continues up to the next one. */
void mime_entity_read(struct mime_entity *entity, struct span text)
{
    struct reading reading = {.entity = entity};
    bool had_blanks = false, had_stray = false;
    struct span line, rest = skip_lead(text), before = rest, delimiter = {0};

    *entity = (struct mime_entity){0};
    for (; mime_line_next(&rest, &line) && line.n; before = rest) {
        struct span name = name_of(line);

        if (mime_delimiter_is(line)) {
            if (delimiter.p)
                break;
            delimiter = before;
            add_body(entity, rest);
        } else if (is_blank_start(line)) {
            if (span_trim(line).n == 0 && !had_blanks) {
                add_body(entity, rest);
                had_blanks = true;
            }
            add_text(&reading, line);
        } else if (name.n) {
            begin_field(&reading, line, name);
        } else if (!had_stray) {
            add_body(entity, before);
            had_stray = true;
        }
        if (!is_encoding_name(name))
            add_odd_encoding(entity, line);
        if (line.n > MIME_LINE_OCTETS_MAX)
            add_late_fields(&reading, line);
    }
    end_field(&reading);
    add_body(entity, rest);
    if (delimiter.p)
        add_body(entity, delimiter);
}
