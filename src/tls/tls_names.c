#include "tls/tls_names.h"

enum { LABEL_MAX = 63 };

static const struct span wildcard = {"*.", 2};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct span tls_name_without_dot(struct span name)
{
    return name.n && name.p[name.n - 1] == '.' ? span_first(name, name.n - 1) : name;
}

/* Returns the part before the first dot. */
static struct span first_label(struct span name)
{
    const char *dot = name.n ? memchr(name.p, '.', name.n) : NULL;

    return dot ? span_first(name, (size_t)(dot - name.p)) : name;
}

static bool is_label(struct span label)
{
    if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!is_letter(label.p[i]) && !is_digit(label.p[i]) && label.p[i] != '-')
            return false;
    return true;
}

static bool is_number(struct span label)
{
    for (size_t i = 0; i < label.n; i++)
        if (!is_digit(label.p[i]))
            return false;
    return true;
}

/* Counts the labels of a host name; 0: the name is not a host name. */
static size_t count_labels(struct span name)
{
    size_t n = 0;

    for (struct span rest = name; name.n <= TLS_NAME_MAX; n++) {
        struct span label = first_label(rest);

        if (!is_label(label))
            return 0;
        if (label.n == rest.n)
            return is_number(label) ? 0 : n + 1;
        rest = span_from(rest, label.n + 1);
    }
    return 0;
}

bool tls_name_is_host(struct span name)
{
    return count_labels(name) > 0;
}

bool tls_name_is_wildcard(struct span name)
{
    return name.n <= TLS_NAME_MAX && span_starts(name, wildcard) &&
           count_labels(span_from(name, wildcard.n)) >= 2;
}

bool tls_name_is_valid(struct span name)
{
    return tls_name_is_host(name) || tls_name_is_wildcard(name);
}

bool tls_name_matches(struct span pattern, struct span host)
{
    pattern = tls_name_without_dot(pattern);
    host = tls_name_without_dot(host);
    if (!tls_name_is_host(host))
        return false;
    if (!tls_name_is_wildcard(pattern))
        return span_eq_nocase(pattern, host);
    return span_eq_nocase(span_from(pattern, 1), span_from(host, first_label(host).n));
}

/* Returns whether the name ends in a dot and the domain, and has something before them. */
static bool is_below(struct span domain, struct span name)
{
    return name.n > domain.n + 1 && name.p[name.n - domain.n - 1] == '.' &&
           span_eq_nocase(span_from(name, name.n - domain.n), domain);
}

bool tls_name_touches(struct span entry, struct span name)
{
    entry = tls_name_without_dot(entry);
    name = tls_name_without_dot(name);
    if (!span_starts(entry, wildcard))
        return tls_name_matches(name, entry);
    /* This also holds for wildcard names: as text, "*.example.org" is below example.org, as its hosts are. */
    return tls_name_is_valid(name) && is_below(span_from(entry, wildcard.n), name);
}
