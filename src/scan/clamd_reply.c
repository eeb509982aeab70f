#include "scan/clamd_reply.h"

#include <time.h>

static bool take(struct span *rest, struct span prefix)
{
    if (!span_starts(*rest, prefix))
        return false;
    *rest = span_from(*rest, prefix.n);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Is this one printable word other than "(null)"? */
static bool is_name(struct span word)
{
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] <= ' ' || word.p[i] >= 0x7f)
            return false;
    return word.n > 0 && !span_eq(word, SPAN("(null)"));
}

static enum clamd_answer parse_result(struct span rest, struct span *name)
{
    const struct span found = SPAN(" FOUND");

    if (span_eq(rest, SPAN("OK")))
        return CLAMD_OK;
    if (rest.n <= found.n || !span_eq(span_from(rest, rest.n - found.n), found))
        return CLAMD_MALFORMED;
    *name = span_first(rest, rest.n - found.n);
    return is_name(*name) ? CLAMD_FOUND : CLAMD_MALFORMED;
}

enum clamd_answer clamd_reply_parse_fildes(struct span answer, struct span *name)
{
    struct span digits;

    if (!take(&answer, SPAN("fd[")))
        return CLAMD_MALFORMED;
    digits = answer;
    while (answer.n && is_digit(answer.p[0]))
        answer = span_from(answer, 1);
    if (answer.n == digits.n || !take(&answer, SPAN("]: ")))
        return CLAMD_MALFORMED;
    return parse_result(answer, name);
}

enum clamd_answer clamd_reply_parse_instream(struct span answer, struct span *name)
{
    if (span_eq(answer, SPAN("INSTREAM size limit exceeded. ERROR")))
        return CLAMD_STREAM_TOO_LARGE;
    return take(&answer, SPAN("stream: ")) ? parse_result(answer, name) : CLAMD_MALFORMED;
}

bool clamd_reply_parse_version(struct span answer, struct span *version)
{
    const char *slash = memchr(answer.p, '/', answer.n);
    size_t first = slash ? (size_t)(slash - answer.p) : answer.n;
    const char *date = first < answer.n ? memchr(answer.p + first + 1, '/', answer.n - first - 1) : NULL;

    *version = date ? span_first(answer, (size_t)(date - answer.p)) : answer;
    return span_starts(answer, SPAN("ClamAV "));
}

int64_t clamd_reply_parse_date(struct span answer)
{
    struct tm when = {0};
    struct span version;
    char date[32];

    if (!clamd_reply_parse_version(answer, &version) || version.n == answer.n)
        return 0;
    answer = span_first(span_from(answer, version.n + 1), sizeof date - 1);
    memcpy(date, answer.p, answer.n);
    date[answer.n] = '\0';
    return strptime(date, "%a %b %d %H:%M:%S %Y", &when) ? timegm(&when) : 0;
}

/* Parses the label and a number of at most six digits. */
static bool take_number(struct span *rest, struct span label, unsigned *number)
{
    size_t n = 0;

    if (!take(rest, label))
        return false;
    for (*number = 0; n < rest->n && n < 6 && is_digit(rest->p[n]); n++)
        *number = *number * 10 + (unsigned)(rest->p[n] - '0');
    *rest = span_from(*rest, n);
    return n > 0;
}

/* Removes the text before the pool that scans. */
static bool find_primary(struct span *rest)
{
    const struct span state = SPAN("\nSTATE: VALID PRIMARY\n");
    const char *found = memmem(rest->p, rest->n, state.p, state.n);

    if (found)
        *rest = span_from(*rest, (size_t)(found - rest->p) + state.n);
    return found != NULL;
}

unsigned clamd_reply_parse_threads(struct span answer)
{
    const struct span end = SPAN("\nEND");
    bool is_whole = answer.n >= end.n && span_eq(span_from(answer, answer.n - end.n), end);
    unsigned pools, live, idle, max, timeout;

    if (is_whole && take_number(&answer, SPAN("POOLS: "), &pools) && find_primary(&answer) &&
        take_number(&answer, SPAN("THREADS: live "), &live) && take_number(&answer, SPAN("  idle "), &idle) &&
        take_number(&answer, SPAN(" max "), &max) && take_number(&answer, SPAN(" idle-timeout "), &timeout) &&
        span_starts(answer, SPAN("\n")))
        return max;
    return 0;
}
