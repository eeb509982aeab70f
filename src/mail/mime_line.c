#include "mail/mime_line.h"

static size_t length_of_line(struct span s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
        n++;
    return n;
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
    if (rest->n == 0)
        return false;
    *line = span_first(*rest, length_of_line(*rest));
    *rest = span_from(*rest, line->n);
    *rest = span_from(*rest, length_of_end(*rest));
    return true;
}
