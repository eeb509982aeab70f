#include "base/shell_line.h"

/* A word, and its characters that are not quoted. */
struct word {
    struct span text;
    struct buf bare; /* as long as the text; quoted characters are NUL */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_operator(char c)
{
    return c == '|' || c == ';' || c == '&';
}

static char at(const struct word *word, size_t i)
{
    return i < word->bare.n ? word->bare.p[i] : '\0';
}

static size_t quoted_end(struct span text, size_t i)
{
    char quote = text.p[i++];

    while (i < text.n && text.p[i] != quote)
        i += quote == '"' && text.p[i] == '\\' && i + 1 < text.n ? 2 : 1;
    return i < text.n ? i + 1 : text.n;
}

/* Takes the next word off *rest; false: there is none. */
static bool next_word(struct span *rest, struct word *word)
{
    size_t n = 0;

    while (rest->n && is_blank(rest->p[0]))
        *rest = span_from(*rest, 1);
    buf_clear(&word->bare);
    while (n < rest->n && !is_blank(rest->p[n])) {
        char c = rest->p[n];
        size_t end = c == '\'' || c == '"'          ? quoted_end(*rest, n)
                     : c == '\\' && n + 1 < rest->n ? n + 2
                                                    : n + 1;

        for (bool is_quoted = c == '\'' || c == '"' || c == '\\'; n < end; n++)
            buf_add_char(&word->bare, is_quoted ? '\0' : c);
    }
    word->text = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return n > 0;
}

/* True if an operator is the first or last character, or is doubled, or occurs in the program's name:
 * elsewhere it may be part of an argument, such as a URL. */
static bool has_operator(const struct word *word, bool is_program)
{
    size_t n = word->bare.n;

    for (size_t i = 0; i < n; i++)
        if (is_operator(at(word, i)) &&
            (is_program || i == 0 || i + 1 == n || at(word, i) == at(word, i + 1)))
            return true;
    return false;
}

static bool has_redirection_or_substitution(const struct word *word)
{
    for (size_t i = 0; i < word->bare.n; i++) {
        char c = at(word, i), next = at(word, i + 1);

        if (c == '<' || c == '>' || c == '`' || (c == '$' && (next == '(' || next == '{' || is_letter(next))))
            return true;
    }
    return false;
}

static bool is_expanded(const struct word *word)
{
    char first = at(word, 0);

    if (first == '~')
        return word->bare.n == 1 || at(word, 1) == '/' || is_letter(at(word, 1));
    if (first != '/' && first != '.' && first != '*')
        return false;
    for (size_t i = 0; i < word->bare.n; i++)
        if (at(word, i) == '*' || at(word, i) == '?' || at(word, i) == '[')
            return true;
    return false;
}

struct span shell_line_find(struct span line)
{
    struct word word = {0};
    struct span found = {0};
    bool is_program = true;

    while (!found.n && next_word(&line, &word)) {
        if (has_operator(&word, is_program) || has_redirection_or_substitution(&word) || is_expanded(&word))
            found = word.text;
        is_program = false;
    }
    buf_fini(&word.bare);
    return found;
}

void shell_line_add_wrapped(struct buf *out, struct span line)
{
    buf_add(out, SPAN("/bin/sh -c '"));
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == '\'')
            buf_add(out, SPAN("'\\''"));
        else
            buf_add_char(out, line.p[i]);
    buf_add(out, SPAN(" \"$0\"'"));
}
