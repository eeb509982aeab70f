#include "mail/mime_delimiters.h"

#include "base/buf.h"
#include "mail/mime_line.h"

#include <stdlib.h>

bool mime_delimiter_is(struct span line)
{
    return span_starts(span_trim(line), SPAN("--"));
}

static void add(struct mime_delimiters *delimiters, size_t at, struct span line)
{
    size_t n = delimiters->n;

    if ((n & (n - 1)) == 0)
        delimiters->at = mem_grow(delimiters->at, n ? n * 2 : 1, sizeof *delimiters->at);
    delimiters->at[delimiters->n++] = (struct mime_delimiter){at, line, MIME_DELIMITER_NONE};
}

/* Without blanks at its end, and then without "--" there. A line with blanks at its beginning is not like one
 * without: to most programs it is none. */
static struct span key_of(struct span line)
{
    struct span key = line;

    while (key.n && (key.p[key.n - 1] == ' ' || key.p[key.n - 1] == '\t'))
        key.n--;
    if (key.n > 2 && span_ends(key, SPAN("--")))
        key.n -= 2;
    return key;
}

/* By key, then by position. */
static int compare(const void *left, const void *right)
{
    const struct mime_delimiter *a = *(struct mime_delimiter *const *)left;
    const struct mime_delimiter *b = *(struct mime_delimiter *const *)right;
    struct span x = key_of(a->line), y = key_of(b->line);
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

    if (order)
        return order;
    if (x.n != y.n)
        return x.n < y.n ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static void link_alike(struct mime_delimiters *delimiters)
{
    struct mime_delimiter **sorted = mem_grow(NULL, delimiters->n, sizeof(struct mime_delimiter *));

    for (size_t i = 0; i < delimiters->n; i++)
        sorted[i] = &delimiters->at[i];
    qsort(sorted, delimiters->n, sizeof *sorted, compare);
    for (size_t i = 0; i + 1 < delimiters->n; i++)
        if (span_eq(key_of(sorted[i]->line), key_of(sorted[i + 1]->line)))
            sorted[i]->next_alike = sorted[i + 1] - delimiters->at;
    free(sorted);
}

void mime_delimiters_find(struct mime_delimiters *delimiters, struct span text)
{
    struct span rest = text, line;

    *delimiters = (struct mime_delimiters){0};
    while (mime_line_next(&rest, &line))
        if (mime_delimiter_is(line))
            add(delimiters, (size_t)(line.p - text.p), line);
    link_alike(delimiters);
}

long mime_delimiters_after(const struct mime_delimiters *delimiters, size_t offset)
{
    size_t low = 0, high = delimiters->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (delimiters->at[middle].at < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < delimiters->n ? (long)low : MIME_DELIMITER_NONE;
}

void mime_delimiters_fini(struct mime_delimiters *delimiters)
{
    free(delimiters->at);
    *delimiters = (struct mime_delimiters){0};
}
