#include "notice/notice_template.h"

#include "base/text.h"
#include "mail/charset.h"
#include "mail/mail_header.h"

#include <stdlib.h>

enum { TEMPLATE_LINE_MAX = 16384 }; /* with a NUL */

struct parser {
    struct notice_template *template;
    struct span rest, charset;
    unsigned line;
    struct buf *error;
};

static bool fail(struct parser *parser, const char *what, struct span culprit)
{
    buf_clear(parser->error);
    buf_add_format(parser->error, "%u: %s%.*s", parser->line, what, (int)culprit.n, culprit.p);
    return false;
}

static enum notice_variable find_variable(struct span name)
{
#define X(variable, prose)              \
    if (span_eq(name, SPAN(#variable))) \
        return NOTICE_##variable;
    NOTICE_VARIABLES(X)
#undef X
    return NOTICE_TEXT;
}

static void add_piece(struct notice_template *template, enum notice_variable variable, struct span text)
{
    struct notice_piece *piece;

    template->pieces = mem_grow(template->pieces, template->piece_count + 1, sizeof *template->pieces);
    piece = &template->pieces[template->piece_count++];
    *piece = (struct notice_piece){variable, template->text.n, text.n};
    buf_add(&template->text, text);
}

/* Returns the length of %NAME% at the start of s; 0: there is no variable. */
static size_t variable_length(struct span s)
{
    size_t n = 1;

    while (n < s.n && ((s.p[n] >= 'A' && s.p[n] <= 'Z') || (s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '_'))
        n++;
    return n > 1 && n < s.n && s.p[n] == '%' ? n + 1 : 0;
}

static bool parse_pieces(struct parser *parser, struct span line)
{
    size_t begin = 0, i = 0;

    while (i < line.n) {
        struct span at = span_from(line, i);
        size_t n = line.p[i] == '%' ? variable_length(at) : 0;
        enum notice_variable variable = n ? find_variable(span_first(span_from(at, 1), n - 2)) : NOTICE_TEXT;

        if (n && variable == NOTICE_TEXT)
            return fail(parser, "unknown variable ", span_first(at, n));
        if (n) {
            add_piece(parser->template, NOTICE_TEXT, span_first(span_from(line, begin), i - begin));
            add_piece(parser->template, variable, (struct span){"", 0});
            begin = i + n;
        }
        i += n ? n : 1;
    }
    add_piece(parser->template, NOTICE_TEXT, span_from(line, begin));
    return true;
}

static struct span take_line(struct span *rest)
{
    const char *end = memchr(rest->p, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    struct span line = span_first(*rest, n);

    *rest = span_from(*rest, n + 1);
    while (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* Takes the next line and converts it to UTF-8. */
static bool next_line(struct parser *parser, char buffer[TEMPLATE_LINE_MAX], struct span *line)
{
    struct span raw = take_line(&parser->rest);
    struct text text;

    parser->line++;
    text_init(&text, buffer, TEMPLATE_LINE_MAX);
    text.keeps_white = true;
    if (!charset_to_text(parser->charset, raw, &text))
        return fail(parser, "bytes that are not valid in the template's charset, ", parser->charset);
    if (text.is_cut)
        return fail(parser, "line of more than 16383 bytes", SPAN(""));
    *line = text_end(&text);
    return true;
}

static size_t name_length(struct span line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7f && line.p[n] != ':')
        n++;
    return n && n < line.n && n <= MAIL_HEADER_NAME_MAX && line.p[n] == ':' ? n : 0;
}

static bool is_one_of(struct span value, const char *a, const char *b, const char *c)
{
    return span_eq_nocase(value, span_of(a)) || span_eq_nocase(value, span_of(b)) ||
           span_eq_nocase(value, span_of(c));
}

/* Rejects types other than plain text, and encodings that this parser does not decode. */
static bool check_field(struct parser *parser, struct span name, struct span value)
{
    if (span_eq_nocase(name, SPAN("Content-Transfer-Encoding")) &&
        !is_one_of(value, "7bit", "8bit", "binary"))
        return fail(parser, "expected Content-Transfer-Encoding 7bit, 8bit or binary, got ", value);
    if (span_eq_nocase(name, SPAN("Content-Type")) && !span_starts_nocase(value, SPAN("text/plain")))
        return fail(parser, "expected Content-Type text/plain, got ", value);
    return true;
}

static bool begin_field(struct parser *parser, struct span line)
{
    struct notice_template *template = parser->template;
    size_t n = name_length(line);
    struct span name = span_first(line, n), value = span_trim(span_from(line, n + 1));
    struct notice_field *field;

    if (n == 0)
        return fail(parser, "neither a header line nor the empty line that ends the header", SPAN(""));
    template->fields = mem_grow(template->fields, template->field_count + 1, sizeof *template->fields);
    field = &template->fields[template->field_count++];
    *field = (struct notice_field){
        notice_field_kind(name), template->text.n, n, template->piece_count, 0, parser->line};
    buf_add(&template->text, name);
    if (!check_field(parser, name, value) || !parse_pieces(parser, value))
        return false;
    field->count = template->piece_count - field->first;
    return true;
}

static bool continue_field(struct parser *parser, struct span line)
{
    struct notice_template *template = parser->template;
    struct notice_field *field = &template->fields[template->field_count - 1];

    add_piece(template, NOTICE_TEXT, SPAN(" "));
    if (!parse_pieces(parser, span_trim(line)))
        return false;
    field->count = template->piece_count - field->first;
    return true;
}

static bool parse_header(struct parser *parser)
{
    char buffer[TEMPLATE_LINE_MAX];
    struct span line = {"", 0};

    while (parser->rest.n) {
        if (!next_line(parser, buffer, &line))
            return false;
        if (line.n == 0)
            return true;
        if ((line.p[0] == ' ' || line.p[0] == '\t') && parser->template->field_count) {
            if (!continue_field(parser, line))
                return false;
        } else if (!begin_field(parser, line)) {
            return false;
        }
    }
    parser->line++;
    return fail(parser, "no empty line between header and body", SPAN(""));
}

/* P3Scan sends a template verbatim. Therefore its templates end with the dot that ends the message. */
static bool is_final_dot(struct span line, struct span rest)
{
    if (!span_eq(line, SPAN(".")))
        return false;
    while (rest.n && strchr(" \t\r\n", rest.p[0]) && rest.p[0])
        rest = span_from(rest, 1);
    return rest.n == 0;
}

static bool parse_body(struct parser *parser)
{
    char buffer[TEMPLATE_LINE_MAX];
    struct span line = {"", 0};

    parser->template->body = parser->template->piece_count;
    while (parser->rest.n) {
        if (!next_line(parser, buffer, &line))
            return false;
        if (is_final_dot(line, parser->rest))
            return true;
        if (!parse_pieces(parser, line))
            return false;
        add_piece(parser->template, NOTICE_TEXT, SPAN("\n"));
    }
    return true;
}

static bool select_fields(struct parser *parser)
{
    struct notice_template *template = parser->template;

    for (size_t i = 0; i < template->field_count; i++) {
        struct notice_field *field = &template->fields[i];

        parser->line = field->line;
        if (!notice_field_is_wanted(template, field))
            field->kind = NOTICE_FIELD_IGNORED;
        else if (field->kind == NOTICE_FIELD_ADDRESS && !notice_field_has_address(template, field))
            return fail(parser, "expected one mail address in ",
                        notice_template_text(template, field->name_at, field->name_n));
    }
    return true;
}

static void add_unfolded(struct buf *out, struct span value)
{
    buf_clear(out);
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] != '\r' && value.p[i] != '\n')
            buf_add_char(out, value.p[i]);
}

/* Charset and language must be known before the first line is parsed. */
static bool find_charset_and_language(struct parser *parser, struct buf *charset)
{
    struct mail_header header;
    struct mail_field field;
    struct span bytes = parser->rest;

    mail_header_init(&header);
    while (mail_header_next(&header, &bytes, &field) == MAIL_HEADER_FIELD) {
        struct buf value = {0};

        add_unfolded(&value, field.value);
        if (span_eq_nocase(field.name, SPAN("Content-Type")))
            buf_clear(charset), buf_add(charset, notice_charset_of(buf_span(&value)));
        if (span_eq_nocase(field.name, SPAN("Content-Language")) &&
            notice_words_find(span_trim(buf_span(&value))))
            parser->template->words = notice_words_find(span_trim(buf_span(&value)));
        buf_fini(&value);
    }
    parser->charset = charset->n ? buf_span(charset) : SPAN("utf-8");
    parser->line = 1;
    if (!charset_is_known(parser->charset))
        return fail(parser, "unknown charset ", parser->charset);
    parser->line = 0;
    return true;
}

struct notice_template *notice_template_new(struct span text, const struct notice_host *host,
                                            struct buf *error)
{
    struct notice_template *template = mem_alloc_zero(sizeof *template);
    struct parser parser = {.template = template, .rest = text, .error = error};
    struct buf charset = {0};

    template->host = *host;
    template->words = host->language ? notice_words_find(span_of(host->language)) : NULL;
    if (!template->words)
        template->words = notice_words_default();
    if (span_starts(parser.rest, SPAN("\xef\xbb\xbf")))
        parser.rest = span_from(parser.rest, 3);
    if (!find_charset_and_language(&parser, &charset) || !parse_header(&parser) || !parse_body(&parser) ||
        !select_fields(&parser))
        notice_template_free(&template);
    buf_fini(&charset);
    return template;
}

void notice_template_free(struct notice_template **template)
{
    if (!*template)
        return;
    buf_fini(&(*template)->text);
    free((*template)->pieces);
    free((*template)->fields);
    free(*template);
    *template = NULL;
}
