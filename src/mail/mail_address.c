#include "mail/mail_address.h"

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_atom(char c)
{
    return is_alphanumeric(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_dot_atom(struct span s)
{
    bool after_dot = true;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' ? after_dot : !is_atom(s.p[i]))
            return false;
        after_dot = s.p[i] == '.';
    }
    return !after_dot;
}

static bool is_domain_literal(struct span s)
{
    if (s.n < 3 || s.p[0] != '[' || s.p[s.n - 1] != ']')
        return false;
    for (size_t i = 1; i + 1 < s.n; i++)
        if (!is_alphanumeric(s.p[i]) && s.p[i] != '.' && s.p[i] != ':' && s.p[i] != '-')
            return false;
    return true;
}

bool mail_address_is_valid(struct span address)
{
    const char *at = address.n ? memchr(address.p, '@', address.n) : NULL;
    struct span local, domain;

    if (!at || address.n > MAIL_ADDRESS_MAX)
        return false;
    local = span_first(address, (size_t)(at - address.p));
    domain = span_from(address, local.n + 1);
    return is_dot_atom(local) && (is_dot_atom(domain) || is_domain_literal(domain));
}

bool mail_address_is_message_id(struct span text)
{
    return text.n > 2 && text.p[0] == '<' && text.p[text.n - 1] == '>' &&
           mail_address_is_valid(span_first(span_from(text, 1), text.n - 2));
}

static struct span unquote(struct span s)
{
    bool is_quoted = s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"';

    return is_quoted ? span_trim(span_first(span_from(s, 1), s.n - 2)) : s;
}

bool mail_address_find(struct span text, struct mail_address *found)
{
    const char *open = text.n ? memrchr(text.p, '<', text.n) : NULL;
    struct span rest = open ? span_from(text, (size_t)(open - text.p) + 1) : (struct span){"", 0};
    const char *close = rest.n ? memchr(rest.p, '>', rest.n) : NULL;

    if (close) {
        found->name = unquote(span_trim(span_first(text, (size_t)(open - text.p))));
        found->address = span_trim(span_first(rest, (size_t)(close - rest.p)));
    } else {
        found->name = (struct span){"", 0};
        found->address = span_trim(text);
    }
    return mail_address_is_valid(found->address);
}

bool mail_address_is_balanced(struct span value)
{
    bool in_quotes = false, in_angle = false;
    unsigned comments = 0;

    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];

        if (c == '\\' && (in_quotes || comments))
            i++;
        else if (c == '"' && !comments)
            in_quotes = !in_quotes;
        else if (in_quotes)
            continue;
        else if (c == '(')
            comments++;
        else if (c == ')' && comments-- == 0)
            return false;
        else if (!comments && (c == '<' || c == '>')) {
            if (in_angle == (c == '<'))
                return false;
            in_angle = c == '<';
        }
    }
    return !in_quotes && !in_angle && comments == 0;
}
