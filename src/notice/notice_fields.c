#include "base/text.h"
#include "notice/notice_template.h"
#include "mail/mail_address.h"

/* X(header field of a template, its kind); a final "-" matches any suffix */
#define FIELD_TABLE(X)           \
    X("MIME-Version", IGNORED)   \
    X("Content-", IGNORED)       \
    X("Message-ID", IGNORED)     \
    X("References", IGNORED)     \
    X("In-Reply-To", IGNORED)    \
    X("Auto-Submitted", IGNORED) \
    X("X-Postern-", IGNORED)     \
    X("Received", IGNORED)       \
    X("Return-Path", IGNORED)    \
    X("Date", IGNORED)           \
    X("Bcc", IGNORED)            \
    X("From", ADDRESS)           \
    X("Sender", ADDRESS)         \
    X("Reply-To", ADDRESS)       \
    X("To", ADDRESS)             \
    X("Cc", ADDRESS)             \
    X("Subject", SUBJECT)

enum notice_field_kind notice_field_kind(struct span name)
{
#define X(field, kind)                                                                        \
    if ((SPAN(field).p[SPAN(field).n - 1] == '-' && span_starts_nocase(name, SPAN(field))) || \
        span_eq_nocase(name, SPAN(field)))                                                    \
        return NOTICE_FIELD_##kind;
    FIELD_TABLE(X)
#undef X
    return NOTICE_FIELD_OTHER;
}

bool notice_field_is_wanted(const struct notice_template *template, const struct notice_field *field)
{
    struct span name = notice_template_text(template, field->name_at, field->name_n);

    for (const struct notice_field *other = template->fields; other < field; other++)
        if (span_eq_nocase(name, notice_template_text(template, other->name_at, other->name_n)))
            return false;
    for (size_t i = field->first; field->kind == NOTICE_FIELD_ADDRESS && i < field->first + field->count; i++)
        if (template->pieces[i].variable != NOTICE_TEXT &&
            !notice_variable_is_of_host(template->pieces[i].variable))
            return false;
    return field->kind != NOTICE_FIELD_IGNORED;
}

struct span notice_field_value(const struct notice_template *template, const struct notice_field *field,
                               const struct incident *incident, char buffer[NOTICE_FIELD_VALUE_MAX])
{
    struct buf raw = {0};
    struct text text;

    notice_pieces_add(template, field->first, field->count, incident, &raw);
    text_init(&text, buffer, NOTICE_FIELD_VALUE_MAX);
    text_add(&text, buf_span(&raw));
    buf_fini(&raw);
    return text_end(&text);
}

bool notice_field_has_address(const struct notice_template *template, const struct notice_field *field)
{
    char buffer[NOTICE_FIELD_VALUE_MAX];
    struct mail_address address;

    return mail_address_find(notice_field_value(template, field, NULL, buffer), &address);
}

struct span notice_charset_of(struct span value)
{
    for (; value.n; value = span_from(value, 1)) {
        struct span rest = span_trim(span_from(value, sizeof "charset" - 1));
        size_t n = 0;

        if (!span_starts_nocase(value, SPAN("charset")) || rest.n == 0 || rest.p[0] != '=')
            continue;
        rest = span_trim(span_from(rest, 1));
        if (rest.n && rest.p[0] == '"')
            rest = span_from(rest, 1);
        while (n < rest.n && rest.p[n] && !strchr("\"; \t\r\n", rest.p[n]))
            n++;
        return span_first(rest, n);
    }
    return value;
}
