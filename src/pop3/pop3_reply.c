#include "pop3/pop3_reply.h"

enum rule { PASS, IF_STLS, IF_TOP, MECHANISMS };

struct capability {
    const char *name;
    enum rule rule;
};

static const struct capability capabilities[] = {
    {"TOP", IF_TOP},          {"USER", PASS},           {"SASL", MECHANISMS}, {"RESP-CODES", PASS},
    {"LOGIN-DELAY", PASS},    {"PIPELINING", PASS},     {"EXPIRE", PASS},     {"UIDL", PASS},
    {"IMPLEMENTATION", PASS}, {"AUTH-RESP-CODE", PASS}, {"STLS", IF_STLS},    {"UTF8", PASS},
    {"LANG", PASS},
};

static const char *const mechanisms[] = {
    "PLAIN",         "LOGIN",   "CRAM-MD5",    "SCRAM-SHA-1", "SCRAM-SHA-256",
    "SCRAM-SHA-512", "XOAUTH2", "OAUTHBEARER", "EXTERNAL",    "ANONYMOUS",
};

static struct span take_word(struct span *rest)
{
    struct span word;

    while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = span_from(*rest, 1);
    word = *rest;
    word.n = 0;
    while (word.n < rest->n && rest->p[word.n] != ' ' && rest->p[word.n] != '\t')
        word.n++;
    *rest = span_from(*rest, word.n);
    return word;
}

enum pop3_status pop3_reply_status(struct span line)
{
    if (span_starts_nocase(line, SPAN("+OK")))
        return POP3_OK;
    if (span_starts_nocase(line, SPAN("-ERR")))
        return POP3_ERR;
    return span_starts(line, SPAN("+")) ? POP3_CONTINUE : POP3_MALFORMED;
}

static bool starts_with_letter(struct span text)
{
    return text.n && ((text.p[0] >= 'A' && text.p[0] <= 'Z') || (text.p[0] >= 'a' && text.p[0] <= 'z'));
}

struct span pop3_reply_indicator(struct span line, struct span *text)
{
    bool is_ok = pop3_reply_status(line) == POP3_OK;
    struct span indicator = is_ok ? SPAN("+OK") : SPAN("-ERR");

    *text = span_from(line, indicator.n);
    return starts_with_letter(*text) ? is_ok ? SPAN("+OK ") : SPAN("-ERR ") : indicator;
}

bool pop3_mechanism_passes(struct span mechanism)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
        if (span_eq_nocase(mechanism, span_of(mechanisms[i])))
            return true;
    return false;
}

static size_t put(char *out, size_t n, struct span bytes)
{
    memcpy(out + n, bytes.p, bytes.n);
    return n + bytes.n;
}

/* Writes SASL and the mechanisms that pass. Returns the length; 0: no mechanism passes. */
static size_t filter_mechanisms(struct span rest, char *out)
{
    size_t n = put(out, 0, SPAN("SASL"));
    size_t without_any = n;

    for (struct span word = take_word(&rest); word.n; word = take_word(&rest)) {
        if (!pop3_mechanism_passes(word))
            continue;
        n = put(out, n, SPAN(" "));
        n = put(out, n, word);
    }
    return n == without_any ? 0 : n;
}

static const struct capability *find(struct span name)
{
    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++)
        if (span_eq_nocase(name, span_of(capabilities[i].name)))
            return &capabilities[i];
    return NULL;
}

size_t pop3_capability_filter(struct span line, struct pop3_offer offer, char *out)
{
    struct span rest = line;
    const struct capability *capability = find(take_word(&rest));

    if (!capability)
        return 0;
    switch (capability->rule) {
    case PASS: return put(out, 0, line);
    case IF_STLS: return offer.stls ? put(out, 0, line) : 0;
    case IF_TOP: return offer.top ? put(out, 0, line) : 0;
    case MECHANISMS: return filter_mechanisms(rest, out);
    }
    return 0;
}

static bool read_number(struct span word, uint64_t *number)
{
    *number = 0;
    if (word.n == 0 || word.n > 18)
        return false;
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] < '0' || word.p[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(word.p[i] - '0');
    }
    return true;
}

static bool take_message_number(struct span *rest, uint32_t *number)
{
    uint64_t n;

    if (!read_number(take_word(rest), &n) || n == 0 || n > INT32_MAX)
        return false;
    *number = (uint32_t)n;
    return true;
}

bool pop3_listing_parse(struct span line, uint32_t *number, uint64_t *octets)
{
    struct span rest = line;

    return take_message_number(&rest, number) && read_number(take_word(&rest), octets);
}

bool pop3_uid_parse(struct span line, uint32_t *number, struct span *uid)
{
    struct span rest = line;

    if (!take_message_number(&rest, number))
        return false;
    *uid = take_word(&rest);
    for (size_t i = 0; i < uid->n; i++)
        if (uid->p[i] < '!' || uid->p[i] > '~')
            return false;
    return uid->n > 0 && uid->n <= POP3_UID_MAX;
}
