#include "core/mail_facts.h"

#include "mail/kept_field.h"
#include "mail/mail_address.h"
#include "mail/rfc2047.h"

/* Capacity for a field. A field that does not fit is left out. */
enum { REWRITE_MAX = 8192 };

struct rewrite {
    size_t n;
    bool failed;
    char text[REWRITE_MAX];
};

void mail_facts_init(struct mail_facts_reader *reader, struct mail_facts *facts, struct kept_header *kept)
{
    *reader = (struct mail_facts_reader){.facts = facts, .kept = kept};
    memset(facts, 0, sizeof *facts);
    memset(kept, 0, sizeof *kept);
}

static struct span decode(struct span value, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    rfc2047_decode(value, &text);
    return text_end(&text);
}

/* Shortens a long name so that the address after it fits. */
static void decode_address(struct span value, char *out, size_t size)
{
    char wide[MAIL_HEADER_FIELD_MAX + 1];
    struct span whole = decode(value, wide, sizeof wide);
    struct mail_address found;
    struct text text;
    size_t name_size;

    if (whole.n < size || !mail_address_find(whole, &found) || found.address.n + 4 >= size) {
        decode(value, out, size);
        return;
    }
    name_size = size - found.address.n - 3;
    text_init(&text, out, name_size);
    text_add(&text, found.name);
    name_size = text_end(&text).n;
    if (name_size)
        out[name_size++] = ' ';
    out[name_size++] = '<';
    memcpy(out + name_size, found.address.p, found.address.n);
    name_size += found.address.n;
    out[name_size++] = '>';
    out[name_size] = '\0';
}

static void decode_plain(struct span value, char *out, size_t size)
{
    decode(value, out, size);
}

/* X(field of the message, member of the facts, how it is decoded) */
#define FACTS_TABLE(X)                  \
    X("From", from, decode_address)     \
    X("To", to, decode_plain)           \
    X("Date", date, decode_plain)       \
    X("Subject", subject, decode_plain) \
    X("Message-ID", message_id, decode_plain)

static void note_fact(struct mail_facts *facts, const struct mail_field *field)
{
#define X(field_name, member, decoder)                                      \
    if (span_eq_nocase(field->name, SPAN(field_name)) && !facts->member[0]) \
        decoder(field->value, facts->member, sizeof facts->member);
    FACTS_TABLE(X)
#undef X
}

static void put(struct rewrite *rewrite, struct span bytes)
{
    if (rewrite->failed || bytes.n > REWRITE_MAX - rewrite->n) {
        rewrite->failed = true;
        return;
    }
    memcpy(rewrite->text + rewrite->n, bytes.p, bytes.n);
    rewrite->n += bytes.n;
}

/* Writes each encoded word on a line of its own, so that no line becomes too long. */
static void put_encoded(struct rewrite *rewrite, struct span raw)
{
    char utf8[REWRITE_MAX], word[RFC2047_WORD_MAX];
    struct span rest = decode(raw, utf8, sizeof utf8);
    size_t n;

    while ((n = rfc2047_encode_word(&rest, sizeof word, word)) > 0) {
        put(rewrite, SPAN("\r\n "));
        put(rewrite, (struct span){word, n});
    }
}

static size_t quoted_length(struct span s)
{
    size_t i = 1;

    while (i < s.n && s.p[i] != '"')
        i += s.p[i] == '\\' ? 2 : 1;
    return i + 1 < s.n ? i + 1 : s.n;
}

/* Returns the length of a quoted string, or of the words before the next special character (RFC 5322,
 * 3.2.3). */
static size_t phrase_length(struct span s)
{
    size_t n = 0;

    if (s.p[0] == '"')
        return quoted_length(s);
    while (n < s.n && !strchr("\"<>(),:;@", s.p[n] ? s.p[n] : ' '))
        n++;
    return n ? n : 1;
}

/* Writes an address field with its raw 8-bit phrases as encoded words. Fails for an address that is not
 * ASCII: any change would make it another address. */
static void rewrite_addresses(struct rewrite *rewrite, struct span value)
{
    bool in_angle = false;

    while (value.n && !rewrite->failed) {
        size_t n = phrase_length(value);
        struct span phrase = span_first(value, n);

        value = span_from(value, n);
        if (text_is_ascii(phrase)) {
            put(rewrite, phrase);
        } else if (in_angle || (value.n && value.p[0] == '@')) {
            rewrite->failed = true;
        } else {
            if (phrase.p[0] == '"')
                phrase = span_first(span_from(phrase, 1), phrase.n > 2 ? phrase.n - 2 : 0);
            put_encoded(rewrite, phrase);
            put(rewrite, SPAN(" "));
        }
        in_angle = phrase.p[0] == '<' || (in_angle && phrase.p[0] != '>');
    }
}

static unsigned count_received(const struct mail_facts_reader *reader)
{
    unsigned count = 0;

    for (unsigned i = 0; i < reader->field_count; i++)
        count += reader->fields[i].kind == KEPT_RECEIVED;
    return count;
}

/* False: no Received field is left to remove. */
static bool drop_middle_received(struct mail_facts_reader *reader)
{
    unsigned skip = count_received(reader) / 2, i = 0;
    size_t at = 0, length;

    if (count_received(reader) == 0)
        return false;
    for (; reader->fields[i].kind != KEPT_RECEIVED || skip > 0; i++) {
        skip -= reader->fields[i].kind == KEPT_RECEIVED;
        at += reader->fields[i].length;
    }
    length = reader->fields[i].length;
    memmove(reader->kept->text + at, reader->kept->text + at + length, reader->kept->n - at - length);
    reader->kept->n -= (uint32_t)length;
    reader->field_count--;
    memmove(&reader->fields[i], &reader->fields[i + 1], (reader->field_count - i) * sizeof reader->fields[0]);
    return true;
}

static bool has_kind(const struct mail_facts_reader *reader, enum kept_kind kind)
{
    for (unsigned i = 0; i < reader->field_count; i++)
        if (reader->fields[i].kind == kind)
            return true;
    return false;
}

static void keep(struct mail_facts_reader *reader, enum kept_kind kind, struct span line)
{
    struct kept_header *kept = reader->kept;

    if (line.n > sizeof kept->text / 2)
        return;
    while (line.n > sizeof kept->text - kept->n || reader->field_count == MAIL_FACTS_FIELDS_MAX)
        if (!drop_middle_received(reader))
            return;
    memcpy(kept->text + kept->n, line.p, line.n);
    kept->n += (uint32_t)line.n;
    reader->fields[reader->field_count].length = (uint16_t)line.n;
    reader->fields[reader->field_count++].kind = (uint8_t)kind;
}

static bool is_blank(struct span value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!strchr(" \t\r\n", value.p[i]) || !value.p[i])
            return false;
    return true;
}

static bool is_address_kind(enum kept_kind kind)
{
    return kind == KEPT_FROM || kind == KEPT_TO || kind == KEPT_CC;
}

/* Composes the field as it will be kept. Returns false if it cannot be kept. */
static bool compose(struct rewrite *line, enum kept_kind kind, const struct mail_field *field)
{
    bool is_address = is_address_kind(kind);

    if (is_blank(field->value) || (is_address && !mail_address_is_balanced(field->value)))
        return false;
    put(line, field->name);
    put(line, SPAN(":"));
    if (is_address && !text_is_ascii(field->value))
        rewrite_addresses(line, field->value);
    else
        put(line, field->value);
    put(line, SPAN("\r\n"));
    return !line->failed;
}

void mail_facts_field(struct mail_facts_reader *reader, const struct mail_field *field)
{
    enum kept_kind kind = kept_field_kind(field->name);
    struct rewrite line = {0};
    struct span rest, whole;

    note_fact(reader->facts, field);
    if (kind == KEPT_NONE || field->is_cut || (!kept_field_may_repeat(kind) && has_kind(reader, kind)))
        return;
    if (!compose(&line, kind, field))
        return;
    rest = (struct span){line.text, line.n};
    whole = kept_field_take(&rest);
    if (whole.n && rest.n == 0)
        keep(reader, kind, whole);
}
