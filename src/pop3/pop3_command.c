#include "pop3/pop3_command.h"

#include "base/number.h"

#include <assert.h>

enum arguments { NONE, NUMBER, NUMBER_OR_NONE, NUMBER_LINES, TEXT, TEXT_OR_NONE, OPAQUE };

struct row {
    const char *name;
    enum arguments arguments;
    enum pop3_shape without_argument, with_argument;
};

static const struct row rows[POP3_VERB_COUNT] = {
#define X(verb, arguments, without, with) {#verb, arguments, POP3_##without, POP3_##with},
    POP3_COMMAND_TABLE(X)
#undef X
};

const char *pop3_verb_name(enum pop3_verb verb)
{
    return rows[verb].name;
}

enum pop3_shape pop3_command_shape(const struct pop3_command *command)
{
    return command->has_argument ? rows[command->verb].with_argument : rows[command->verb].without_argument;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span trim(struct span s)
{
    while (s.n && is_blank(s.p[0]))
        s = span_from(s, 1);
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Removes the first word from *rest and returns it. */
static struct span take_word(struct span *rest)
{
    struct span word = *rest;
    size_t n = 0;

    while (n < rest->n && !is_blank(rest->p[n]))
        n++;
    word.n = n;
    *rest = trim(span_from(*rest, n));
    return word;
}

static bool read_number(struct span word, uint32_t min, uint32_t *number)
{
    uint64_t value = 0;

    if (word.n == 0)
        return false;
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] < '0' || word.p[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(word.p[i] - '0');
        if (value > INT32_MAX)
            return false;
    }
    *number = (uint32_t)value;
    return value >= min;
}

static bool read_numbers(struct pop3_command *command, struct span rest, bool with_lines)
{
    if (!read_number(take_word(&rest), 1, &command->number))
        return false;
    if (with_lines && !read_number(take_word(&rest), 0, &command->lines))
        return false;
    command->has_argument = true;
    return rest.n == 0;
}

static bool read_text(struct pop3_command *command, struct span text)
{
    command->text = text;
    command->has_argument = text.n > 0;
    return command->has_argument;
}

/* `after_verb` includes the blanks after the verb. */
static bool read_arguments(struct pop3_command *command, struct span after_verb)
{
    struct span rest = trim(after_verb);

    switch (rows[command->verb].arguments) {
    case NONE: return rest.n == 0;
    case NUMBER: return read_numbers(command, rest, false);
    case NUMBER_OR_NONE: return rest.n == 0 || read_numbers(command, rest, false);
    case NUMBER_LINES: return read_numbers(command, rest, true);
    case TEXT: return read_text(command, rest);
    case TEXT_OR_NONE: return rest.n == 0 || read_text(command, rest);
    case OPAQUE: return read_text(command, span_from(after_verb, 1));
    }
    return false;
}

static bool has_forbidden_byte(struct span line)
{
    return line.n &&
           (memchr(line.p, '\0', line.n) || memchr(line.p, '\r', line.n) || memchr(line.p, '\n', line.n));
}

enum pop3_parsed pop3_command_parse(struct span line, struct pop3_command *command)
{
    struct span rest = line;
    struct span verb = take_word(&rest);

    *command = (struct pop3_command){0};
    for (int i = 0; i < POP3_VERB_COUNT; i++) {
        if (!span_eq_nocase(verb, span_of(rows[i].name)))
            continue;
        command->verb = (enum pop3_verb)i;
        if (has_forbidden_byte(line) || !read_arguments(command, span_from(line, verb.n)))
            return POP3_BAD_ARGUMENTS;
        return POP3_PARSED;
    }
    return POP3_UNKNOWN_VERB;
}

/* The unused part of the caller's buffer. */
struct output {
    char *p;
    size_t n;
};

static void put(struct output *out, struct span bytes)
{
    assert(bytes.n <= out->n);
    memcpy(out->p, bytes.p, bytes.n);
    out->p += bytes.n;
    out->n -= bytes.n;
}

static void put_number(struct output *out, uint32_t number)
{
    char digits[NUMBER_DIGITS_MAX];

    put(out, SPAN(" "));
    put(out, (struct span){digits, number_write(number, digits)});
}

size_t pop3_command_write(const struct pop3_command *command, char *into, size_t size)
{
    const struct row *row = &rows[command->verb];
    struct output out = {into, size};

    put(&out, span_of(row->name));
    if (command->text.n) {
        put(&out, SPAN(" "));
        put(&out, command->text);
    } else if (command->number) {
        put_number(&out, command->number);
        if (row->arguments == NUMBER_LINES)
            put_number(&out, command->lines);
    }
    put(&out, SPAN("\r\n"));
    return size - out.n;
}
