#include "mail/partial.h"

enum { TYPE_MAX = 32 };

static const char type_name[] = "message/partial";
static const char word_letters[] = "/partial"; /* begins with a rare letter, so that most bytes are skipped */

static bool is_white(char c)
{
    return (unsigned char)c <= ' ';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The first letter of the word occurs in it only once. So after a mismatch, a new match can only start with
 * the present letter. */
static size_t match(size_t matched, char c)
{
    if (is_white(c))
        return matched;
    if (lower(c) == word_letters[matched])
        return matched + 1;
    return c == word_letters[0] ? 1 : 0;
}

static struct span from_first_letter(struct span bytes)
{
    const char *first = memchr(bytes.p, word_letters[0], bytes.n);

    return span_from(bytes, first ? (size_t)(first - bytes.p) : bytes.n);
}

bool partial_word_next(struct partial_word *word, struct span bytes)
{
    while (bytes.n && word_letters[word->matched]) {
        if (word->matched == 0)
            bytes = from_first_letter(bytes);
        if (bytes.n)
            word->matched = match(word->matched, bytes.p[0]);
        bytes = span_from(bytes, 1);
    }
    return word_letters[word->matched] == '\0';
}

/* Compares the type before its parameters, ignoring the white space and folds that are allowed around it. */
static bool names_partial(struct span value)
{
    char type[TYPE_MAX];
    size_t n = 0;

    for (size_t i = 0; i < value.n && value.p[i] != ';' && n < sizeof type; i++)
        if (!is_white(value.p[i]))
            type[n++] = value.p[i];
    return span_eq_nocase((struct span){type, n}, span_of(type_name));
}

static void take(struct partial *partial, const struct mail_field *field)
{
    if (span_eq_nocase(field->name, SPAN("Content-Type")) && names_partial(field->value))
        partial->is_found = partial->is_ended = true;
}

void partial_init(struct partial *partial)
{
    mail_header_init(&partial->header);
    partial->is_ended = partial->is_found = false;
}

void partial_next(struct partial *partial, struct span bytes)
{
    struct mail_field field;

    while (!partial->is_ended) {
        switch (mail_header_next(&partial->header, &bytes, &field)) {
        case MAIL_HEADER_MORE: return;
        case MAIL_HEADER_FIELD: take(partial, &field); break;
        case MAIL_HEADER_END: partial->is_ended = true; break;
        }
    }
}

bool partial_end(struct partial *partial)
{
    struct mail_field field;

    while (!partial->is_ended && mail_header_finish(&partial->header, &field) == MAIL_HEADER_FIELD)
        take(partial, &field);
    partial->is_ended = true;
    return partial->is_found;
}
