#include "mail/mime_line.h"

/* Number of octets that are searched for an LF at once. In a text without LFs, each line costs one such
 * search. */
enum { WINDOW = 256 };

/* Searches by memchr, which is much faster than a loop over the octets. */
static size_t length_of_line(struct span s)
{
    size_t at = 0;

    while (at < s.n) {
        struct span window = span_first(span_from(s, at), WINDOW);
        const char *feed = memchr(window.p, '\n', window.n), *end;

        if (feed)
            window.n = (size_t)(feed - window.p);
        end = window.n ? memchr(window.p, '\r', window.n) : NULL;
        if (end || feed)
            return (size_t)((end ? end : feed) - s.p);
        at += window.n;
    }
    return s.n;
}

static size_t length_of_end(struct span s)
{
    size_t crs = 0;

    while (crs < s.n && crs < MIME_LINE_CRS_MAX && s.p[crs] == '\r')
        crs++;
    if (crs < s.n && s.p[crs] == '\n')
        return crs + 1;
    return crs > 0;
}

bool mime_line_next(struct span *rest, struct span *line)
{
    size_t length;

    if (rest->n == 0)
        return false;
    length = length_of_line(*rest);
    *line = span_first(*rest, length);
    *rest = span_from(*rest, length);
    *rest = span_from(*rest, length_of_end(*rest));
    return true;
}
