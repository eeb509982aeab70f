#include "page/page_request.h"

/* RFC 9112, 2.2: empty lines before the request line are ignored. */
static struct span without_empty_lines(struct span bytes)
{
    while (bytes.n && (bytes.p[0] == '\r' || bytes.p[0] == '\n'))
        bytes = span_from(bytes, 1);
    return bytes;
}

/* RFC 9112, 2.2: a line may end in LF alone. */
static bool has_empty_line(struct span bytes)
{
    const char *at = bytes.p, *end = bytes.p + bytes.n;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        if ((at < end && at[0] == '\n') || (end - at > 1 && at[0] == '\r' && at[1] == '\n'))
            return true;
    }
    return false;
}

static struct span first_line(struct span bytes)
{
    const char *lf = bytes.n ? memchr(bytes.p, '\n', bytes.n) : NULL;
    struct span line = {bytes.p, lf ? (size_t)(lf - bytes.p) : 0};

    if (span_ends(line, SPAN("\r")))
        line.n--;
    return line;
}

/* Takes the text before the next space from *line. */
static struct span take_word(struct span *line)
{
    const char *space = line->n ? memchr(line->p, ' ', line->n) : NULL;
    struct span word = {line->p, space ? (size_t)(space - line->p) : line->n};

    *line = span_from(*line, space ? word.n + 1 : word.n);
    return word;
}

/* Returns the path of a target. A target is a path with an optional query, or a URL. */
static struct span path_of(struct span target)
{
    static const struct span scheme = SPAN("http://");
    const char *at;

    if (span_starts_nocase(target, scheme)) {
        target = span_from(target, scheme.n);
        at = target.n ? memchr(target.p, '/', target.n) : NULL;
        target = at ? span_from(target, (size_t)(at - target.p)) : SPAN("/");
    }
    at = target.n ? memchr(target.p, '?', target.n) : NULL;
    return at ? span_first(target, (size_t)(at - target.p)) : target;
}

static enum page_route route_of(struct span path)
{
    static const struct span paths[] = {
        [PAGE_HOME] = SPAN("/"),
        [PAGE_PEM] = SPAN("/postern.pem"),
        [PAGE_DER] = SPAN("/postern.crt"),
        [PAGE_PROFILE] = SPAN("/postern.mobileconfig"),
    };

    for (enum page_route route = 0; route < PAGE_UNKNOWN; route++)
        if (span_eq(path, paths[route]))
            return route;
    return PAGE_UNKNOWN;
}

static bool is_version(struct span word)
{
    return word.n == 8 && span_starts(word, SPAN("HTTP/1.")) && word.p[7] >= '0' && word.p[7] <= '9';
}

static struct page_request read_line(struct span line)
{
    struct span method = take_word(&line), target = take_word(&line);
    bool is_head = span_eq(method, SPAN("HEAD"));

    if (!method.n || !target.n || !is_version(line))
        return (struct page_request){.route = PAGE_BAD};
    if (!is_head && !span_eq(method, SPAN("GET")))
        return (struct page_request){.route = PAGE_NOT_ALLOWED};
    return (struct page_request){.route = route_of(path_of(target)), .is_head = is_head};
}

bool page_request_read(struct span bytes, struct page_request *request)
{
    struct span head = without_empty_lines(bytes);

    if (!has_empty_line(span_first(head, PAGE_HEAD_MAX))) {
        *request = (struct page_request){.route = PAGE_TOO_LARGE};
        return bytes.n > PAGE_HEAD_MAX;
    }
    *request = read_line(first_line(head));
    return true;
}
