#include "core/sasl.h"

enum { SCRATCH = 512 }; /* number of decoded bytes that are examined; the name is near the start */

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t decode(struct span text, char *out, size_t size)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t n = 0;

    for (size_t i = 0; i < text.n && n < size; i++) {
        int value = digit(text.p[i]);

        if (value < 0)
            break;
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            out[n++] = (char)(bits >> bit_count & 0xff);
        }
    }
    return n;
}

/* Returns the bytes after `from`, up to a byte of `ends` or to the end; empty if `from` does not occur. */
static struct span between(struct span text, struct span from, struct span ends)
{
    const char *start = memmem(text.p, text.n, from.p, from.n);
    struct span found = start ? span_from(text, (size_t)(start - text.p) + from.n) : (struct span){text.p, 0};

    for (size_t i = 0; i < found.n; i++)
        if (memchr(ends.p, found.p[i], ends.n))
            return span_first(found, i);
    return found;
}

static struct span plain_name(struct span text)
{
    const char *nul = memchr(text.p, '\0', text.n);
    struct span rest = nul ? span_from(text, (size_t)(nul - text.p) + 1) : (struct span){text.p, 0};
    const char *end = rest.n ? memchr(rest.p, '\0', rest.n) : NULL;

    return end ? span_first(rest, (size_t)(end - rest.p)) : (struct span){text.p, 0};
}

/* The response is "name digest"; only the name may contain a space. */
static struct span cram_name(struct span text)
{
    while (text.n && text.p[text.n - 1] != ' ')
        text.n--;
    return span_first(text, text.n ? text.n - 1 : 0);
}

static struct span find_name(struct span mechanism, struct span text)
{
    if (span_eq_nocase(mechanism, SPAN("PLAIN")))
        return plain_name(text);
    if (span_eq_nocase(mechanism, SPAN("LOGIN")))
        return text;
    if (span_eq_nocase(mechanism, SPAN("CRAM-MD5")))
        return cram_name(text);
    if (span_starts_nocase(mechanism, SPAN("SCRAM-")))
        return between(text, SPAN(",n="), SPAN(","));
    if (span_eq_nocase(mechanism, SPAN("XOAUTH2")) && span_starts(text, SPAN("user=")))
        return between(text, SPAN("user="), SPAN("\x01"));
    /* The response begins with "n,a=NAME,^A". */
    if (span_eq_nocase(mechanism, SPAN("OAUTHBEARER")))
        return between(text, SPAN(",a="), SPAN(",\x01"));
    return (struct span){text.p, 0};
}

bool sasl_user(struct span mechanism, uint32_t step, struct span response, char user[SASL_USER_MAX + 1])
{
    char scratch[SCRATCH];
    struct span name;
    bool found;

    if (step > 0)
        return false;
    name = find_name(mechanism, (struct span){scratch, decode(response, scratch, sizeof scratch)});
    found = name.n > 0 && name.n <= SASL_USER_MAX;
    if (found) {
        memcpy(user, name.p, name.n);
        user[name.n] = '\0';
    }
    explicit_bzero(scratch, sizeof scratch);
    return found;
}
