/* span: non-owning byte slice.
 *
 * Parsers take and return spans, not NUL-terminated strings: mail can contain NULs. A span is valid until its
 * buffer is freed or grows. Code that needs the bytes longer copies them. */
#ifndef POSTERN_BASE_SPAN_H
#define POSTERN_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct span {
    const char *p;
    size_t n;
};

#define SPAN(literal) ((struct span){"" literal, sizeof(literal) - 1})

static inline struct span span_of(const char *string)
{
    return (struct span){string, strlen(string)};
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* For keywords of protocols and names of header fields: one of the two must be ASCII without a NUL. */
static inline bool span_eq_nocase(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

static inline bool span_starts(struct span s, struct span prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool span_ends(struct span s, struct span end)
{
    return s.n >= end.n && (end.n == 0 || memcmp(s.p + s.n - end.n, end.p, end.n) == 0);
}

static inline bool span_starts_nocase(struct span s, struct span prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || strncasecmp(s.p, prefix.p, prefix.n) == 0);
}

/* Returns s without its first `skip` bytes; empty if s is not longer than that. */
static inline struct span span_from(struct span s, size_t skip)
{
    if (s.n == 0) /* arithmetic on NULL is undefined */
        return s;
    return skip < s.n ? (struct span){s.p + skip, s.n - skip} : (struct span){s.p + s.n, 0};
}

/* Returns s without spaces and tabs at its ends. */
static inline struct span span_trim(struct span s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = span_from(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static inline struct span span_first(struct span s, size_t max)
{
    return (struct span){s.p, s.n < max ? s.n : max};
}

#endif
