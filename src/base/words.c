#include "base/words.h"

#include "base/buf.h"

#include <stdlib.h>

struct splitter {
    struct span rest;
    struct buf word;
    bool in_word; /* a word has begun; it may be empty: '' */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char take(struct splitter *s)
{
    char c = s->rest.p[0];

    s->rest = span_from(s->rest, 1);
    return c;
}

static const char *take_single_quoted(struct splitter *s)
{
    while (s->rest.n) {
        char c = take(s);

        if (c == '\'')
            return NULL;
        buf_add_char(&s->word, c);
    }
    return "a single quote is not closed";
}

static const char *take_double_quoted(struct splitter *s)
{
    while (s->rest.n) {
        char c = take(s);

        if (c == '"')
            return NULL;
        if (c == '\\' && s->rest.n && strchr("$`\"\\", s->rest.p[0]))
            c = take(s);
        buf_add_char(&s->word, c);
    }
    return "a double quote is not closed";
}

/* Takes a quoted string, an escaped character or an ordinary one. Returns NULL or an error. */
static const char *take_part(struct splitter *s)
{
    char c = take(s);

    s->in_word = true;
    if (c == '\'')
        return take_single_quoted(s);
    if (c == '"')
        return take_double_quoted(s);
    if (c == '\\') {
        if (!s->rest.n)
            return "nothing follows the last backslash";
        c = take(s);
    }
    buf_add_char(&s->word, c);
    return NULL;
}

static const char *end_word(struct splitter *s, struct words *words)
{
    if (!s->in_word)
        return NULL;
    _Static_assert(WORDS_MAX == 64, "the text names the limit");
    if (words->n == WORDS_MAX)
        return "at most 64 words";
    words->at[words->n++] = mem_copy_string(buf_span(&s->word));
    buf_clear(&s->word);
    s->in_word = false;
    return NULL;
}

static const char *split(struct splitter *s, struct words *words)
{
    while (s->rest.n) {
        const char *error;

        if (is_blank(s->rest.p[0])) {
            take(s);
            error = end_word(s, words);
        } else {
            error = take_part(s);
        }
        if (error)
            return error;
    }
    return end_word(s, words);
}

const char *words_init(struct words *words, struct span text)
{
    struct splitter s = {.rest = text};
    const char *error;

    *words = (struct words){0};
    if (text.n && memchr(text.p, '\0', text.n))
        return "the command contains a NUL byte";
    error = split(&s, words);
    buf_fini(&s.word);
    if (!error && (words->n == 0 || words->at[0][0] == '\0'))
        error = "the command is empty";
    if (error)
        words_fini(words);
    return error;
}

void words_fini(struct words *words)
{
    for (size_t i = 0; i < words->n; i++)
        free(words->at[i]);
    *words = (struct words){0};
}
