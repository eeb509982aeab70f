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

/* Returns the line without the blanks at its end. Blanks at its beginning are kept, because for most programs
 * a line that begins with a blank is no delimiter. */
static struct span key_of(struct span line)
{
    while (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
        line.n--;
    return line;
}

/* One reading of a delimiter: the line itself or, if it may close a multipart, the line without its final
 * "--". */
struct form {
    struct span key;
    long index;
    bool is_end;
};

/* Orders by key, then by position. */
static int compare(const void *left, const void *right)
{
    const struct form *a = left, *b = right;
    int order = memcmp(a->key.p, b->key.p, a->key.n < b->key.n ? a->key.n : b->key.n);

    if (order)
        return order;
    if (a->key.n != b->key.n)
        return a->key.n < b->key.n ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static size_t list_forms(const struct mime_delimiters *delimiters, struct form *forms)
{
    size_t n = 0;

    for (size_t i = 0; i < delimiters->n; i++) {
        struct span key = key_of(delimiters->at[i].line);

        forms[n++] = (struct form){key, (long)i, false};
        if (key.n > 2 && span_ends(key, SPAN("--")))
            forms[n++] = (struct form){key_of(span_first(key, key.n - 2)), (long)i, true};
    }
    return n;
}

static void link_alike(struct mime_delimiters *delimiters)
{
    struct form *forms = mem_grow(NULL, 2 * delimiters->n, sizeof *forms);
    size_t n = list_forms(delimiters, forms);

    qsort(forms, n, sizeof *forms, compare);
    for (size_t i = 0; i + 1 < n; i++)
        if (!forms[i].is_end && span_eq(forms[i].key, forms[i + 1].key))
            delimiters->at[forms[i].index].next_alike = forms[i + 1].index;
    free(forms);
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
